//! What people look at: the gallery is what is drawn today.

use telamon_tests::gallery;
use telamon_tests::kept::Kept;

/// All files of the gallery may have at most this many bytes.
const GALLERY_BYTES_MAX: usize = 1_000_000;

#[test]
fn the_gallery_is_what_is_drawn() {
    let mut kept = Kept::new(gallery::FOLDER, "gallery.html", gallery::COMMAND);
    let files = gallery::draw().unwrap();
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(bytes < GALLERY_BYTES_MAX, "{bytes} bytes");
    for file in files {
        kept.compare(&file.name, &file.bytes).unwrap();
    }
    if let Err(told) = kept.finish() {
        panic!("{told}");
    }
}
