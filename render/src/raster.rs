//! From a scene to pixels, on the machine's own arithmetic only.
//!
//! Shapes are plotters elements and `SkiaBackend` is a plotters backend, so that other backends
//! can paint the same scene and other elements can be painted here. Backend coordinates are
//! sixteenths of a device pixel: plotters' coordinates are whole numbers, which alone would be too
//! coarse for text.

mod backend;
mod elements;
mod pixels;

use plotters::element::{Drawable as _, PointCollection as _};

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
    let mut backend = SkiaBackend::new(&mut pixels);
    for shape in &scene.shapes {
        // Places of a scene are those of the backend: no drawing area has to map them.
        let element = Element::new(shape, scene.zoom);
        let drawn = element.draw(element.point_iter(), &mut backend, scene.size);
        // The backend's error type has no values.
        drawn.expect("painting into memory cannot fail");
    }
    pixels.drop_unseen();
    pixels
}
