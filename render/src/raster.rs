//! From a scene to pixels, on the machine's own arithmetic only.
//!
//! Shapes are plotters elements and `SkiaBackend` is a plotters backend, so that other backends
//! can paint the same scene and other elements can be painted here. Backend coordinates are
//! sixteenths of a device pixel: plotters' coordinates are whole numbers, which alone would be too
//! coarse for text.

mod backend;
mod elements;
mod pixels;

use plotters::drawing::IntoDrawingArea as _;

use crate::scene::Scene;

use backend::SkiaBackend;
use elements::Element;

pub(crate) use pixels::Dots;
pub use pixels::Pixels;

/// Backend units per device pixel.
const UNITS: i32 = 16;

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
    pixels.drop_unseen();
    pixels
}
