//! Pictures as PNG files: 8-bit indexed where 256 colours are enough, else RGB.
//!
//! The bytes are a function of the definition alone: no time stamp, one rule for filters and one
//! compression level. Text chunks are there only where they are asked for.

mod deflate;
mod indexed;
mod words;

use ::png::chunk::IDAT;
use ::png::{BitDepth, ColorType, Encoder};

use crate::RenderError;
use crate::graph::GraphDef;
use crate::raster::{Pixels, paint};
use crate::scene::Scene;

use deflate::deflate;
use indexed::{Rows, bytes_of};
use words::Words;

pub use crate::scene::error::{ErrorKind, ErrorLines, ErrorPicture, ErrorRole, cluster_sizes};

/// Draws a graph.
pub fn encode(graph: &GraphDef) -> Result<Vec<u8>, RenderError> {
    let pixels = paint(&Scene::build(graph)?);
    write(&pixels)
}

/// Draws a graph into a file that also says where it comes from (`source`, an address), its time, what
/// it shows in a sentence, and how dense its pixels are where the zoom is not 1.
pub fn encode_with_words(graph: &GraphDef, source: &str) -> Result<Vec<u8>, RenderError> {
    let scene = Scene::build(graph)?;
    let words = Words::of(graph, source, scene.zoom)?;
    let pixels = paint(&scene);
    drop(scene);
    write_with(&pixels, &words)
}

/// Draws an error instead of a graph.
pub fn error_image(picture: &ErrorPicture<'_>) -> Result<Vec<u8>, RenderError> {
    let pixels = paint(&Scene::of_error(picture));
    write(&pixels)
}

/// Writes painted pixels; fails only when the picture has no pixel.
pub fn write(pixels: &Pixels) -> Result<Vec<u8>, RenderError> {
    write_with(pixels, &Words::default())
}

fn write_with(pixels: &Pixels, words: &Words) -> Result<Vec<u8>, RenderError> {
    let failed = |error: ::png::EncodingError| RenderError::Encode(Box::new(error));
    let rows = Rows::of(pixels);
    let data = deflate(pixels, &rows).map_err(|error| failed(error.into()))?;
    let mut bytes = Vec::with_capacity(data.len() + 4096);
    let mut encoder = Encoder::new(&mut bytes, pixels.width, pixels.height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_pixel_dims(words.pixel_dimensions());
    if let Some(palette) = rows.palette() {
        encoder.set_color(ColorType::Indexed);
        let palette = palette.iter().copied().flat_map(bytes_of);
        encoder.set_palette(palette.collect::<Vec<_>>());
    } else {
        encoder.set_color(ColorType::Rgb);
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    words.write(&mut writer).map_err(failed)?;
    writer.write_chunk(IDAT, &data).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
