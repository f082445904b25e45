//! Words in a picture file: where it comes from, when it is of, and what it shows.
//!
//! Takes a graph and the address it was asked at; gives text chunks, which no decoder has to read.
//!
//! ```text
//!   Latin-1, at most 100 characters  tEXt
//!   Latin-1, longer                  zTXt, deflated
//!   anything else                    iTXt, deflated beyond 100 characters
//! ```
//!
//! `Source` and `Description` are those of the reference.

use std::io::Write;

use ::png::text_metadata::{ITXtChunk, TEXtChunk, ZTXtChunk};
use ::png::{EncodingError, PixelDimensions, Unit, Writer};

use crate::RenderError;
use crate::graph::GraphDef;
use crate::summary;
use crate::zone::instant_text;

/// Longer texts are deflated.
const PLAIN_CHARS_MAX: usize = 100;
/// 96 pixels an inch, which is what a picture without zoom is drawn for, in pixels a metre.
const PIXELS_PER_METRE: f64 = 96.0 / 0.0254;

/// What a file says beside its pixels; nothing by default.
#[derive(Debug, Default)]
pub(super) struct Words {
    texts: Vec<(&'static str, String)>,
    /// Pixels a metre, where they are not the usual ones.
    density: Option<u32>,
}

impl Words {
    /// Where a graph comes from, its time, and what it shows.
    pub(super) fn of(graph: &GraphDef, source: &str, zoom: f64) -> Result<Self, RenderError> {
        let (start, end) = (instant_text(graph.start), instant_text(graph.end));
        let summary = summary::sentence(graph)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a zoom is positive and at most 2"
        )]
        let density = (PIXELS_PER_METRE * zoom).round() as u32;
        Ok(Self {
            texts: vec![
                ("Source", printable(source)),
                ("Description", format!("start={start}, end={end}")),
                ("Comment", printable(&summary)),
            ],
            density: (zoom != 1.0).then_some(density),
        })
    }

    /// How many pixels make a metre, where it is said.
    pub(super) fn pixel_dimensions(&self) -> Option<PixelDimensions> {
        self.density.map(|density| PixelDimensions {
            xppu: density,
            yppu: density,
            unit: Unit::Meter,
        })
    }

    /// Writes the chunks; after the header and before the pixels.
    pub(super) fn write(&self, writer: &mut Writer<impl Write>) -> Result<(), EncodingError> {
        for (keyword, text) in &self.texts {
            let is_short = text.chars().count() <= PLAIN_CHARS_MAX;
            match (is_latin_1(text), is_short) {
                (true, true) => {
                    writer.write_text_chunk(&TEXtChunk::new(*keyword, text.as_str()))?;
                }
                (true, false) => {
                    let mut chunk = ZTXtChunk::new(*keyword, text.as_str());
                    chunk.compress_text()?;
                    writer.write_text_chunk(&chunk)?;
                }
                (false, is_short) => {
                    let mut chunk = ITXtChunk::new(*keyword, text.as_str());
                    chunk.compressed = !is_short;
                    writer.write_text_chunk(&chunk)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether the old kinds of chunks may hold a text: its characters are printable ones of Latin-1.
fn is_latin_1(text: &str) -> bool {
    text.chars()
        .all(|char| matches!(char, ' '..='~' | '\u{a1}'..='\u{ff}'))
}

/// A text without control characters, one of which would end it.
fn printable(text: &str) -> String {
    let blank = |char: char| if char.is_control() { ' ' } else { char };
    text.chars().map(blank).collect()
}
