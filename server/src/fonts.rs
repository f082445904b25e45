//! Fonts of the operator's own, from the folder that the configuration names.
//!
//! Takes the folder, gives what can be drawn with and what is wrong with each other file: a picture
//! with a box in it is better than no server. Which font draws what belongs to `render`.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use telamon_render::{FontError, Fonts};

/// Fonts of all of Unicode have 20 MB.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// A folder of everything there is has two thousand; opening one takes a millisecond.
const FILES_MAX: usize = 4096;

/// The fonts of a folder.
pub(crate) struct Loaded {
    pub(crate) fonts: Fonts,
    /// How many there are.
    pub(crate) count: usize,
    /// Files that are not among them.
    pub(crate) rejects: Vec<(PathBuf, Reject)>,
}

/// Why a file is left out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Reject {
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("has more than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("is beyond the first {FILES_MAX} fonts")]
    TooMany,
    #[error(transparent)]
    Font(#[from] FontError),
}

/// Reads the fonts of a folder in the order of their names. Files with other endings are passed over.
///
/// # Errors
/// If the folder cannot be listed.
pub(crate) fn load(folder: &Path) -> io::Result<Loaded> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        if ending.is_some_and(|ending| ["ttf", "otf", "ttc"].iter().any(|font| ending == *font)) {
            files.push(path);
        }
    }
    files.sort();
    let mut loaded = Loaded {
        fonts: Fonts::default(),
        count: 0,
        rejects: Vec::new(),
    };
    for (index, path) in files.into_iter().enumerate() {
        let added = if index < FILES_MAX {
            read(&path).and_then(|bytes| Ok(loaded.fonts.add(bytes)?))
        } else {
            Err(Reject::TooMany)
        };
        match added {
            Ok(count) => loaded.count += count,
            Err(reject) => loaded.rejects.push((path, reject)),
        }
    }
    Ok(loaded)
}

fn read(path: &Path) -> Result<Vec<u8>, Reject> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Reject::TooLarge);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_fonts_and_says_what_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let font = include_bytes!("../../render/assets/NotoSansThai.ttf");
        for (name, bytes) in [
            ("b.TTF", &font[..]),
            ("a.otf", b"no font"),
            ("c.ttf", &font[..300]),
            ("readme.txt", b"text"),
        ] {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        fs::create_dir(folder.path().join("d.ttf")).unwrap();
        let loaded = load(folder.path()).unwrap();
        assert_eq!(loaded.count, 1);
        let told: Vec<String> = (loaded.rejects.iter())
            .map(|(path, reject)| format!("{} {reject}", path.file_name().unwrap().display()))
            .collect();
        let [none, cut, other] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!(none, "a.otf is no TrueType or OpenType font");
        assert_eq!(cut, "c.ttf has no outlines of characters");
        assert!(other.starts_with("d.ttf cannot be read: "), "{other}");
        assert!(load(&folder.path().join("nowhere")).is_err());
    }
}
