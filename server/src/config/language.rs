//! `[language]`: words of the operator's own.
//!
//! Takes the tables as written, gives words that run, or notes all that is wrong with them.

use std::collections::BTreeMap;

use telamon_query::words::own::{OwnAverage, OwnMacro, OwnWords};
use toml::Value;

use super::raw::RawLanguage;
use super::reader::Reader;

/// Keys of the series that the reference's averages count.
const KEYS: [&str; 11] = [
    "nf.account",
    "nf.app",
    "nf.ami",
    "nf.asg",
    "nf.cluster",
    "nf.stack",
    "nf.zone",
    "nf.region",
    "nf.node",
    "nf.ns",
    "nf.vmtype",
];

impl Reader {
    pub(super) fn own_words(&mut self, raw: &RawLanguage) -> OwnWords {
        self.refuse_unknown("language", &raw.unknown);
        let averages = self.definitions("language.averages", raw.averages.as_ref());
        let averages = averages.into_iter().map(|(name, mut table)| {
            let path = format!("language.averages.{name}");
            let average = OwnAverage {
                query: self.needed(&path, "query", &mut table),
                keys: self.texts(
                    &format!("{path}.keys"),
                    table.remove("keys").as_ref(),
                    &KEYS,
                ),
                name,
            };
            self.refuse_unknown(&path, &table);
            average
        });
        let averages: Vec<OwnAverage> = averages.collect();
        let words = self.definitions("language.words", raw.words.as_ref());
        let words = words.into_iter().map(|(name, mut table)| {
            let path = format!("language.words.{name}");
            let word = OwnMacro {
                program: self.needed(&path, "program", &mut table),
                summary: self.text(
                    &format!("{path}.summary"),
                    table.remove("summary").as_ref(),
                    "",
                ),
                examples: self.texts(
                    &format!("{path}.examples"),
                    table.remove("examples").as_ref(),
                    &[],
                ),
                name,
            };
            self.refuse_unknown(&path, &table);
            word
        });
        let words: Vec<OwnMacro> = words.collect();
        let is_average = |name: &str| averages.iter().any(|average| average.name == name);
        let sections: BTreeMap<String, &str> = averages
            .iter()
            .map(|average| &average.name)
            .chain(words.iter().map(|word| &word.name))
            .map(|name| {
                (
                    name.clone(),
                    if is_average(name) {
                        "averages"
                    } else {
                        "words"
                    },
                )
            })
            .collect();
        match OwnWords::new(averages, words) {
            Ok(own) => own,
            Err(errors) => {
                for error in errors {
                    let section = sections.get(&error.name).copied().unwrap_or("words");
                    let path = format!("language.{section}.{}.{}", error.name, error.part);
                    self.note(&path, &error.what);
                }
                OwnWords::default()
            }
        }
    }

    /// The tables of a section by their names.
    fn definitions(
        &mut self,
        key: &str,
        value: Option<&Value>,
    ) -> Vec<(String, BTreeMap<String, Value>)> {
        let Some(value) = value else {
            return Vec::new();
        };
        let Some(named) = value.as_table() else {
            self.note(key, format!("expected a table of tables, found {value}"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (name, value) in named {
            match value.as_table() {
                Some(table) => {
                    let keys = table
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone()));
                    tables.push((name.clone(), keys.collect()));
                }
                None => self.note(
                    &format!("{key}.{name}"),
                    format!("expected a table, found {value}"),
                ),
            }
        }
        tables
    }

    fn needed(&mut self, path: &str, key: &str, table: &mut BTreeMap<String, Value>) -> String {
        let path = format!("{path}.{key}");
        let value = table.remove(key);
        if value.is_none() {
            self.note(&path, "expected text, found nothing");
        }
        self.text(&path, value.as_ref(), "")
    }
}
