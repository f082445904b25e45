//! `telamon config check`: the configuration as it is understood.

use super::{ConfigArgs, load, say};

pub(crate) fn check(args: &ConfigArgs) -> anyhow::Result<()> {
    let config = load(args)?;
    say(config.to_string().trim_end());
    Ok(())
}
