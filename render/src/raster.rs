//! From a scene to pixels, on the machine's own arithmetic only.
//!
//! Shapes are plotters elements and `SkiaBackend` is a plotters backend, so that other backends
//! can paint the same scene and other elements can be painted here. Backend coordinates are
//! sixteenths of a device pixel: plotters' coordinates are whole numbers, which alone would be too
//! coarse for text.

mod backend;
mod elements;

use plotters::drawing::IntoDrawingArea as _;

use crate::scene::Scene;

use backend::SkiaBackend;
use elements::Element;

/// Backend units per device pixel.
const UNITS: i32 = 16;

/// An opaque picture, row by row, `0x00RRGGBB`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height` colours.
    pub colors: Vec<u32>,
}

impl Pixels {
    /// A picture of one colour.
    pub(crate) fn filled((width, height): (u32, u32), rgb: u32) -> Self {
        let count = usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(0);
        Self {
            width,
            height,
            colors: vec![rgb & 0x00FF_FFFF; count],
        }
    }
}

/// Paints a scene.
pub fn paint(scene: &Scene) -> Pixels {
    let mut pixels = Pixels::filled(scene.size, scene.background.to_argb());
    let area = SkiaBackend::new(&mut pixels).into_drawing_area();
    for shape in &scene.shapes {
        let element = Element::new(shape, scene.zoom);
        // The backend's error type has no values.
        area.draw(&element)
            .expect("painting into memory cannot fail");
    }
    drop(area);
    pixels
}
