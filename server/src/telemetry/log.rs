//! Logs: structured, to standard error, set up once by the binary.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Names of the levels, from silent to everything.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Starts logging for the whole process. Does nothing when a logger is there already.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::builder().parse_lossy(&config.level);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr);
    let started = match config.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // The only failure is that a logger is there, which is what the caller wants.
    drop(started);
}

/// Whether a filter is well formed: levels for everything, `target=level` for parts, separated by
/// commas.
///
/// A bare word that is no level is refused: the library takes it for a target, and a misspelled
/// level would mute everything else.
///
/// # Errors
/// With what is wrong and which levels there are.
pub fn check_filter(directives: &str) -> Result<(), String> {
    let levels = LEVELS.join(", ");
    let is_level = |word: &str| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    for directive in directives.split(',').map(str::trim) {
        let is_bare = !directive.contains(['=', '[', ']', '{', '}']);
        if is_bare && !is_level(directive) {
            return Err(format!(
                "'{directive}' is no level; expected one of {levels}, or target=level"
            ));
        }
    }
    match EnvFilter::builder().parse(directives) {
        Ok(_filter) => Ok(()),
        Err(error) => Err(format!("{error} in '{directives}'; levels are {levels}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(directives: &str, is_right: bool) {
        let checked = check_filter(directives);
        assert_eq!(checked.is_ok(), is_right, "{directives}: {checked:?}");
        if let Err(what) = checked {
            assert!(
                what.contains("off, error, warn, info, debug, trace"),
                "{what}"
            );
        }
    }

    #[test]
    fn levels_and_targets_with_levels_are_filters() {
        for level in LEVELS {
            check(level, true);
            check(&level.to_uppercase(), true);
            check(&format!("telamon_server={level}"), true);
        }
        check("warn,telamon_server=debug,hyper::proto=off", true);
        check("warn,[request{route=graph}]=trace", true);
    }

    #[test]
    fn what_would_mute_everything_is_no_filter() {
        for directives in ["loud", "", "info,", "telamon_server", "info,wran", "in fo"] {
            check(directives, false);
        }
        check("telamon_server=loud", false);
        check("warn,telamon_server=loud", false);
    }
}
