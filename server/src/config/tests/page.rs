//! The page of all keys: meaning from the comments of the raw sections, defaults from the printed
//! configuration, limits from what the reader says of a value that is out of them.

use super::*;

const PREFACE: &str = "\
# The configuration

This page is written by a test from what the server reads; do not edit it.

`telamon serve --config FILE` reads one TOML file; every key has a default, so that it may be short or missing.
`telamon config check --config FILE` prints what it comes to, or all problems at once; an unknown key is one.
[telamon.toml](telamon.toml) is an example to start from.

A duration is text like `\"10s\"`, `\"5m\"`, `\"1h\"` or `\"1d\"`; a size is text like `\"8MiB\"` or `\"17B\"`.
";

/// A section: its name, its meaning, its keys with theirs.
struct Section<'a> {
    name: &'a str,
    meaning: &'a str,
    keys: Vec<(&'a str, String)>,
}

/// The sections in the order of the source.
fn sections(source: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            let heading = text
                .strip_prefix("`[")
                .and_then(|rest| rest.split_once("]`: "));
            match heading {
                Some((name, meaning)) => sections.push(Section {
                    name,
                    meaning,
                    keys: Vec::new(),
                }),
                None => comment.push(text),
            }
            continue;
        }
        let key = line
            .strip_prefix("pub(super) ")
            .and_then(|rest| rest.strip_suffix(": Option<Value>,"));
        if let Some(key) = key {
            let section = sections.last_mut().expect("a key follows its section");
            section.keys.push((key, comment.join(" ")));
        }
        comment.clear();
    }
    sections
}

/// What a key takes: the kind of its value, and its limits where it has any.
fn takes(section: &str, key: &str, default: &toml::Value) -> String {
    let said_of = |value: &str| {
        let error = parse(&format!("[{section}]\n{key} = {value}\n"));
        error.map_or_else(
            |error| error.problems[0].what.clone(),
            |_config| String::new(),
        )
    };
    let limits = |text: String, before: &str| {
        let limits = text.split_once(before).map(|(_, limits)| limits.to_owned());
        limits.expect("the value is beyond the limits of every key")
    };
    match default {
        toml::Value::Boolean(_) => "`true` or `false`".to_owned(),
        toml::Value::Array(_) => "list of texts".to_owned(),
        toml::Value::Table(_) if section == "language" => "table of tables".to_owned(),
        toml::Value::Table(_) => "table of texts".to_owned(),
        toml::Value::Integer(_) => {
            let said = limits(said_of("-1"), "expected a number from ");
            format!("number, {}", said.replace(", found -1", ""))
        }
        toml::Value::String(text) if reader::parse_bytes(text).is_some() => {
            let said = limits(said_of("\"0B\""), "is not between ");
            format!("size, {}", said.replace(" and ", " to "))
        }
        toml::Value::String(text) if parse_millis(text).is_ok() => {
            let said = limits(said_of("\"9999d\""), "is not between ");
            format!("duration, {}", said.replace(" and ", " to "))
        }
        _ => match said_of("\"?\"") {
            said if said.starts_with("expected one of ") => {
                let options = limits(said, "expected one of ");
                let options = options.replace(", found \"?\"", "");
                let quoted = options.split(", ").map(|option| format!("`{option}`"));
                quoted.collect::<Vec<_>>().join(", ")
            }
            said if said.starts_with("expected address:port") => "address:port".to_owned(),
            _ => "text".to_owned(),
        },
    }
}

fn page() -> String {
    let printed = parse("").unwrap().to_string();
    let mut defaults: toml::Table = toml::from_str(&printed).unwrap();
    let mut page = PREFACE.to_owned();
    for section in sections(include_str!("../raw.rs")) {
        let Section {
            name,
            meaning,
            keys,
        } = section;
        let (first, rest) = meaning.split_at(1);
        page += &format!("\n## `[{name}]`\n\n{}{rest}\n\n", first.to_uppercase());
        page += "| key | takes | default | meaning |\n|---|---|---|---|\n";
        let known = defaults.remove(name).expect("every section is printed");
        let toml::Value::Table(mut known) = known else {
            panic!("{name} is no section");
        };
        for (key, meaning) in keys {
            assert!(!meaning.is_empty(), "{name}.{key} has no meaning");
            let default = known.remove(key).expect("every key is printed");
            let takes = takes(name, key, &default);
            page += &format!("| `{key}` | {takes} | `{default}` | {meaning} |\n");
        }
        assert!(known.is_empty(), "keys without a comment: {known:?}");
    }
    assert!(
        defaults.is_empty(),
        "sections without a comment: {defaults:?}"
    );
    page
}

#[test]
fn the_page_of_the_configuration_is_in_step() {
    expect_test::expect_file!["../../../../docs/operating/config.md"].assert_eq(&page());
}

/// The example works as it stands, and so does what it shows commented out.
#[test]
fn the_example_is_accepted() {
    let example = include_str!("../../../../docs/operating/telamon.toml");
    let config = parse(example).unwrap();
    assert_ne!(config, parse("").unwrap(), "an example sets something");
    let all: String = example
        .lines()
        .map(|line| {
            line.strip_prefix("#")
                .filter(|rest| !rest.starts_with(' '))
                .unwrap_or(line)
        })
        .map(|line| format!("{line}\n"))
        .collect();
    parse(&all).unwrap_or_else(|error| panic!("{error}\nin\n{all}"));
}
