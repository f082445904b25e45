//! `telamon config check`: the configuration as it is understood, and whether its rules are.

use telamon_server::check_rules;

use super::{ConfigArgs, load, say};

pub(crate) fn check(args: &ConfigArgs) -> anyhow::Result<()> {
    let config = load(args)?;
    check_rules(&config)?;
    say(config.to_string().trim_end());
    Ok(())
}
