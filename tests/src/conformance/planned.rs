//! What is not built yet: cases that are counted apart.
//!
//! Each row names the issue that builds it and goes when it is built.

use super::cases::Case;

/// Paths whose cases are not asked, and why.
const PATHS: [(&str, &str); 4] = [
    ("/api/v2/config", "the configuration over HTTP"),
    ("/lwc/api/", "the streaming service"),
    ("/api/v1/streams", "the streaming service"),
    ("/api/v2/subscribe", "the streaming service"),
];

/// Why a case is not asked; `None` when it is.
pub fn reason(case: &Case) -> Option<&'static str> {
    let row = PATHS.iter().find(|(path, _)| case.path().starts_with(path));
    row.map(|&(_, reason)| reason)
}
