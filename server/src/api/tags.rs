//! `/api/v1/tags`: which keys there are, and which values a key has.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::HeaderName;
use serde::Serialize;
use telamon_model::Predicate;
use telamon_model::predicate::utf16_cmp;
use telamon_query::exec::EvalError;
use telamon_query::lang::{self, ParseOptions, Vocabulary};
use telamon_render::encode::arrow::{self, TableColumn};
use telamon_store::Snapshot;

use super::params::{Params, decode_path};
use super::problem::Problem;
use crate::config::Config;
use crate::edge::Request;
use crate::reply::{JSON, Reply, TEXT};
use crate::server::{Server, parse_options};

const PREFIX: &str = "/api/v1/tags";
const NEXT_OFFSET: HeaderName = HeaderName::from_static("x-nflx-atlas-next-offset");
/// Items of a page where the request does not say, and the size from which there may be more.
const LIMIT: usize = 1000;

/// What was asked.
#[derive(Debug)]
struct TagsRequest {
    /// `None` lists keys.
    key: Option<String>,
    query: Predicate,
    format: TagsFormat,
    listing: Listing,
    limit: usize,
    /// Items up to this one are left out.
    after: Option<String>,
}

/// How items are written; any other name is JSON, as in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TagsFormat {
    Json,
    Text,
    Arrow,
}

impl TagsFormat {
    fn read(params: &Params) -> Self {
        match params.first("format") {
            Some("txt") => Self::Text,
            Some("arrow") => Self::Arrow,
            Some(_) | None => Self::Json,
        }
    }
}

/// What is told of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    /// Its name.
    Names,
    /// `verbose`: key, value and the -1 of the reference, which never counts.
    Verbose,
    /// `counts`: key, value and the number of series.
    Counts,
}

/// A value as the longer answers list it.
#[derive(Serialize)]
struct Counted<'a> {
    key: &'a str,
    value: &'a str,
    count: i64,
}

/// An item with the number of its series.
type Item = (Arc<str>, u64);

/// Lists keys, or values of a key.
pub(crate) async fn tags(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = TagsRequest::read(&request, &server.config)?;
    let snapshot = server.engine.snapshot();
    let listed = server.run_query(&request.id, move |_limits| {
        let items = asked.list(&snapshot)?;
        asked.answer(&items)
    });
    listed.await
}

impl TagsRequest {
    fn read(request: &Request, config: &Config) -> Result<Self, Problem> {
        let params = Params::parse(&request.query);
        let path = decode_path(&request.path).unwrap_or_default();
        let key = path
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.strip_prefix('/'));
        let limit = match params.int("limit")? {
            None => LIMIT,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|&limit| limit > 0)
                .ok_or_else(|| {
                    let text = format!("requirement failed: limit must be positive (got {limit})");
                    Problem::illegal_argument(text).of("limit")
                })?,
        };
        Ok(Self {
            key: key.filter(|key| !key.is_empty()).map(str::to_owned),
            query: params
                .first("q")
                .map_or(Ok(Predicate::True), |text| parse_query(text, config))?,
            format: TagsFormat::read(&params),
            listing: Listing::read(&params),
            limit,
            after: params
                .first("offset")
                .filter(|after| !after.is_empty())
                .map(str::to_owned),
        })
    }

    /// The items of the page, in the order of UTF-16 code units.
    fn list(&self, snapshot: &Snapshot) -> Result<Vec<Item>, Problem> {
        if self.key.is_none() && self.listing != Listing::Names {
            // The reference tells more of the values of a key, never of keys.
            return Ok(Vec::new());
        }
        let mut counts: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        for shard in snapshot.shards() {
            let selected = match &self.query {
                Predicate::True => None,
                query => Some(shard.select(query).map_err(EvalError::from)?),
            };
            match &self.key {
                None => {
                    let keys = shard.tag_keys(selected.as_ref());
                    counts.extend(keys.into_iter().map(|key| (key, 0)));
                }
                Some(key) => {
                    for (value, count) in shard.tag_values(key, selected.as_ref()) {
                        *counts.entry(value).or_default() += count;
                    }
                }
            }
        }
        let mut items: Vec<Item> = counts.into_iter().collect();
        items.sort_by(|(a, _), (b, _)| utf16_cmp(a, b));
        if let Some(after) = self.after() {
            items.retain(|(item, _)| utf16_cmp(item, after).is_gt());
        }
        items.truncate(self.limit);
        Ok(items)
    }

    /// The item to go on after; a verbose offset names key and value, and one that does not is no
    /// offset to the reference.
    fn after(&self) -> Option<&str> {
        let after = self.after.as_deref()?;
        match (self.listing, after.split_once(',')) {
            (Listing::Names, _) | (Listing::Counts, None) => Some(after),
            (Listing::Verbose | Listing::Counts, Some((_, value))) => Some(value),
            (Listing::Verbose, None) => None,
        }
    }

    fn counted<'a>(&'a self, (value, count): &'a Item) -> Counted<'a> {
        Counted {
            key: self.key.as_deref().unwrap_or_default(),
            value,
            count: match self.listing {
                Listing::Counts => i64::try_from(*count).unwrap_or(i64::MAX),
                Listing::Names | Listing::Verbose => -1,
            },
        }
    }

    fn answer(&self, items: &[Item]) -> Result<Reply, Problem> {
        let names = self.listing == Listing::Names;
        let reply = match self.format {
            TagsFormat::Text => Reply::ok(TEXT, self.text(items)),
            TagsFormat::Arrow => Reply::ok(arrow::MEDIA_TYPE, self.table(items)?),
            TagsFormat::Json => Reply::ok(JSON, self.json(items)),
        };
        match items.last() {
            Some((last, _)) if items.len() >= self.limit.min(LIMIT) => {
                let next = if names {
                    last.to_string()
                } else {
                    format!("{},{last}", self.key.as_deref().unwrap_or_default())
                };
                Ok(reply.with_header(NEXT_OFFSET, &next))
            }
            Some(_) | None => Ok(reply),
        }
    }

    fn text(&self, items: &[Item]) -> String {
        let line = |item: &Item| {
            let Counted { key, value, count } = self.counted(item);
            match self.listing {
                Listing::Names => value.to_owned(),
                Listing::Verbose | Listing::Counts => format!("{key}\t{value}\t{count}"),
            }
        };
        let lines: Vec<String> = items.iter().map(line).collect();
        lines.join("\n")
    }

    fn json(&self, items: &[Item]) -> Vec<u8> {
        let body = match self.listing {
            Listing::Names => {
                let values: Vec<&str> = items.iter().map(|(item, _)| &**item).collect();
                serde_json::to_vec(&values)
            }
            Listing::Verbose | Listing::Counts => {
                let counted: Vec<Counted<'_>> =
                    items.iter().map(|item| self.counted(item)).collect();
                serde_json::to_vec(&counted)
            }
        };
        body.expect("texts and numbers are valid JSON")
    }

    /// Columns of the same names as the fields of the JSON answer.
    fn table(&self, items: &[Item]) -> Result<Vec<u8>, Problem> {
        let texts: Vec<&str> = items.iter().map(|(item, _)| &**item).collect();
        let columns = match (self.listing, &self.key) {
            (Listing::Names, None) => vec![TableColumn::Texts("key", texts)],
            (Listing::Names, Some(_)) => vec![TableColumn::Texts("value", texts)],
            (Listing::Verbose | Listing::Counts, key) => {
                let counts = items.iter().map(|item| self.counted(item).count).collect();
                vec![
                    TableColumn::Texts(
                        "key",
                        vec![key.as_deref().unwrap_or_default(); items.len()],
                    ),
                    TableColumn::Texts("value", texts),
                    TableColumn::Counts("count", counts),
                ]
            }
        };
        Ok(arrow::write_table(columns)?)
    }
}

impl Listing {
    fn read(params: &Params) -> Self {
        if params.flag("counts") {
            Self::Counts
        } else if params.flag("verbose") {
            Self::Verbose
        } else {
            Self::Names
        }
    }
}

fn parse_query(text: &str, config: &Config) -> Result<Predicate, Problem> {
    let options = ParseOptions {
        vocabulary: Vocabulary::Query,
        ..parse_options(config)
    };
    let values = lang::run(text, &options).map_err(|error| Problem::from(error).of("q"))?;
    match values.as_slice() {
        [lang::Value::Query(query)] => Ok((**query).clone()),
        others => Err(Problem::bad_request(
            "IllegalStateException",
            "expected a single query on the stack",
        )
        .titled(match others.len() {
            0 => "a query is missing".to_owned(),
            1 => "q is not a query".to_owned(),
            count => format!("there are {count} values where one query is needed"),
        })
        .of("q")
        .with_hint("q selects series: name,cpu,:eq; queries are joined by :and or :or")),
    }
}
