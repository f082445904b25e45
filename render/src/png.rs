//! Pictures as PNG files: 8-bit indexed where 256 colours are enough, else RGB.
//!
//! The bytes are a function of the definition alone: no time stamp, one filter and one compression
//! level. Text chunks are there only where they are asked for.

mod indexed;
mod words;

use ::png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};

use crate::RenderError;
use crate::graph::GraphDef;
use crate::raster::{Pixels, paint};
use crate::scene::Scene;

use indexed::{Indexed, indexed};
use words::Words;

pub use crate::scene::error::{ErrorKind, ErrorLines, ErrorPicture, ErrorRole, cells_of};

/// The fastest level whose files are about as small as those of the default level.
const DEFLATE: DeflateCompression = DeflateCompression::Level(4);

/// Draws a graph.
pub fn encode(graph: &GraphDef) -> Result<Vec<u8>, RenderError> {
    write(&paint(&Scene::build(graph)?))
}

/// Draws a graph into a file that also says where it comes from (`source`, an address), its time, what
/// it shows in a sentence, and how dense its pixels are where the zoom is not 1.
pub fn encode_with_words(graph: &GraphDef, source: &str) -> Result<Vec<u8>, RenderError> {
    let scene = Scene::build(graph)?;
    let words = Words::of(graph, source, scene.zoom)?;
    write_with(&paint(&scene), &words)
}

/// Draws an error instead of a graph.
pub fn error_image(picture: &ErrorPicture<'_>) -> Result<Vec<u8>, RenderError> {
    write(&paint(&Scene::of_error(picture)))
}

/// Writes painted pixels; fails only when the picture has no pixel.
pub fn write(pixels: &Pixels) -> Result<Vec<u8>, RenderError> {
    write_with(pixels, &Words::default())
}

fn write_with(pixels: &Pixels, words: &Words) -> Result<Vec<u8>, RenderError> {
    let failed = |error: ::png::EncodingError| RenderError::Encode(Box::new(error));
    let mut bytes = Vec::with_capacity(pixels.colors.len() / 16 + 1024);
    let mut encoder = Encoder::new(&mut bytes, pixels.width, pixels.height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(Filter::NoFilter);
    encoder.set_deflate_compression(DEFLATE);
    encoder.set_pixel_dims(words.pixel_dimensions());
    let data = if let Some(Indexed { palette, indexes }) = indexed(pixels) {
        encoder.set_color(ColorType::Indexed);
        let palette = palette.into_iter().flat_map(bytes_of);
        encoder.set_palette(palette.collect::<Vec<_>>());
        indexes
    } else {
        encoder.set_color(ColorType::Rgb);
        pixels
            .colors
            .iter()
            .flat_map(|&rgb| bytes_of(rgb))
            .collect()
    };
    let mut writer = encoder.write_header().map_err(failed)?;
    words.write(&mut writer).map_err(failed)?;
    writer.write_image_data(&data).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn bytes_of(rgb: u32) -> [u8; 3] {
    let [_, red, green, blue] = rgb.to_be_bytes();
    [red, green, blue]
}

#[cfg(test)]
mod tests;
