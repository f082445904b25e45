//! Fonts from outside, which are asked after the bundled ones.
//!
//! Takes the bytes of files, which others read, and keeps them for the life of the process. Pictures
//! that need them are the same only where the fonts are.

use std::sync::Arc;

use harfrust::font::{Blob, Format};

use super::face::{self, Face, Fit};

/// Fonts in the order in which they are asked.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "holds parsed fonts")]
pub struct Fonts {
    faces: Vec<Face>,
}

/// Why a file gives no font.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// Neither TrueType nor OpenType, nor a collection of them.
    #[error("is no TrueType or OpenType font")]
    Format,
    /// Pictures or colours only, or no characters.
    #[error("has no outlines of characters")]
    Outlines,
}

impl Fonts {
    /// Takes the bytes of a `.ttf`, `.otf` or `.ttc` file. Says how many fonts it holds.
    ///
    /// # Errors
    /// For what is no font, and for fonts that cannot be drawn.
    pub fn add(&mut self, bytes: Vec<u8>) -> Result<usize, FontError> {
        let format = Format::new(&bytes).filter(Format::is_sfnt);
        let count = format.ok_or(FontError::Format)?.num_fonts();
        let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
        let face = |index| Face::new(Blob::from(Arc::clone(&bytes)), index, Fit::Any);
        let faces: Vec<Face> = (0..count).filter_map(face).collect();
        if faces.is_empty() {
            return Err(FontError::Format);
        }
        let before = self.faces.len();
        self.faces.extend(faces.into_iter().filter(Face::is_drawn));
        match self.faces.len() - before {
            0 => Err(FontError::Outlines),
            count => Ok(count),
        }
    }

    /// Draws with these fonts from now on, in the whole process. Once, before the first picture: says
    /// whether it was the first time.
    pub fn install(self) -> bool {
        face::add(self.faces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_fonts_or_say_why_not() {
        let mut fonts = Fonts::default();
        let font = include_bytes!("../../assets/NotoSansThai.ttf").to_vec();
        assert_eq!(fonts.add(font.clone()), Ok(1));
        for other in [
            &b""[..],
            b"no font",
            &font[..4],
            b"\x89PNG\r\n\x1a\n",
            b"ttcf\0\x01\0\0\0\0\0\0",
        ] {
            assert_eq!(
                fonts.add(other.to_vec()),
                Err(FontError::Format),
                "{other:?}"
            );
        }
        // The table of contents alone.
        assert_eq!(fonts.add(font[..200].to_vec()), Err(FontError::Outlines));
        assert_eq!(fonts.faces.len(), 1);
    }
}
