//! Words that say which series are meant: the vocabulary `query`.

use std::sync::Arc;

use telamon_model::Predicate;

use crate::lang::{Fault, Type, Value, Vocabulary, escape};
use crate::pattern;

use super::{Args, Body, Word, algebra};

const KEY_VALUE: &str = "k:String v:String -- Query";

const fn query(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    Word::new(
        Vocabulary::Query,
        name,
        signature,
        params,
        Body::Pure(compute),
    )
}

/// A test of a key against a text.
const fn test(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    query(name, KEY_VALUE, &[Type::Text, Type::Text], compute)
}

pub(super) const WORDS: &[Word] = &[
    query("true", " -- Query", &[], |_| give(Predicate::True))
        .says("Every series.", &[":true"]),
    query("false", " -- Query", &[], |_| give(Predicate::False))
        .says("No series.", &[":false"]),
    query("has", "k:String -- Query", &[Type::Text], |args| {
        give(Predicate::Has(Arc::clone(args.text(0)?)))
    })
    .says("Series that have the key.", &["name,:has"]),
    test("eq", |args| compare(args, Predicate::Equal))
        .says("Series whose value of the key equals the text.", &["name,sps,:eq"]),
    test("lt", |args| compare(args, Predicate::Less)).says(
        "Series whose value of the key comes before the text, compared letter by letter.",
        &["name,sps,:lt"],
    ),
    test("le", |args| compare(args, Predicate::LessEqual)).says(
        "Series whose value of the key equals the text or comes before it, compared letter by letter.",
        &["name,sps,:le"],
    ),
    test("gt", |args| compare(args, Predicate::Greater)).says(
        "Series whose value of the key comes after the text, compared letter by letter. For numbers \
         write `:const` after the second one.",
        &["name,sps,:gt"],
    ),
    test("ge", |args| compare(args, Predicate::GreaterEqual)).says(
        "Series whose value of the key equals the text or comes after it, compared letter by letter.",
        &["name,sps,:ge"],
    ),
    test("re", |args| matching(args, false, Clone::clone)).says(
        "Series whose value of the key matches the regular expression. It is anchored at the start, \
         not at the end.",
        &["name,DiscoveryStatus_(UP|DOWN),:re"],
    ),
    test("reic", |args| matching(args, true, Clone::clone)).says(
        "Series whose value of the key matches the regular expression, without regard to case.",
        &["name,discoverystatus_(up|down),:reic"],
    ),
    test("contains", |args| {
        matching(args, false, |text| format!(".*{}", quoted(text)).into())
    })
    .says("Series whose value of the key contains the text.", &["name,discovery,:contains"]),
    test("starts", |args| matching(args, false, |text| quoted(text).into()))
        .says("Series whose value of the key starts with the text.", &["name,discovery,:starts"]),
    test("ends", |args| {
        matching(args, false, |text| format!(".*{}$", quoted(text)).into())
    })
    .says("Series whose value of the key ends with the text.", &["name,sps,:ends"]),
    query(
        "in",
        "k:String vs:StringList -- Query",
        &[Type::Text, Type::TextList],
        |args| {
            let key = Arc::clone(args.text(0)?);
            let values = args.keys(1)?;
            give(match &*values {
                [] => Predicate::False,
                [value] => Predicate::Equal(key, Arc::clone(value)),
                _ => Predicate::In(key, values),
            })
        },
    )
    .says(
        "Series whose value of the key is one of a list.",
        &["name,(,sps,requestsPerSecond,),:in"],
    ),
    query("and", "q1:Query q2:Query -- Query", &[Type::Query, Type::Query], |args| {
        give((**args.query(0)?).clone().and((**args.query(1)?).clone()))
    })
    .says("Series that both queries select.", &["name,sps,:eq,nf.app,nccp,:eq,:and"]),
    query("or", "q1:Query q2:Query -- Query", &[Type::Query, Type::Query], |args| {
        give((**args.query(0)?).clone().or((**args.query(1)?).clone()))
    })
    .says("Series that either query selects.", &["name,sps,:eq,name,ssCpuUser,:eq,:or"]),
    query("not", "q:Query -- Query", &[Type::Query], |args| {
        give((**args.query(0)?).clone().negate())
    })
    .says("Series that the query does not select.", &["name,sps,:eq,:not"]),
    query("cq", "expr:Any q:Query -- Any", &[Type::Any, Type::Query], |args| {
        algebra::and_query(args.value(0)?, args.query(1)?)
    })
    .says(
        "Adds a query to every query of an expression.",
        &["name,sps,:eq,:sum,nf.app,nccp,:eq,:cq"],
    ),
];

fn give(query: Predicate) -> Result<Value, Fault> {
    Ok(Value::Query(Arc::new(query)))
}

fn compare(args: &Args<'_>, build: fn(Arc<str>, Arc<str>) -> Predicate) -> Result<Value, Fault> {
    give(build(Arc::clone(args.text(0)?), Arc::clone(args.text(1)?)))
}

fn matching(
    args: &Args<'_>,
    ignore_case: bool,
    text: fn(&Arc<str>) -> Arc<str>,
) -> Result<Value, Fault> {
    let limits = args.limits().pattern;
    let pattern = pattern::compile(&text(args.text(1)?), ignore_case, limits).map_err(|error| {
        let title = error.text.lines().next().unwrap_or_default().to_owned();
        let hint = error.hint.unwrap_or_else(|| {
            let is_about_flags = title.ends_with("inline flags");
            let hint = if is_about_flags {
                FLAGS_HINT
            } else {
                PATTERN_HINT
            };
            hint.to_owned()
        });
        let pattern = args.text(1).map_or("", |text| text);
        let mut fault = Fault::new(error.class, error.text);
        fault.help.limit = error.limit;
        fault.title(title).hint(hint).operand(pattern)
    })?;
    give(Predicate::Matches(Arc::clone(args.text(0)?), pattern))
}

const PATTERN_HINT: &str = "the value of :re is a regular expression; before a mark that stands for \
                            itself write \\, or use :contains, :starts or :ends";

const FLAGS_HINT: &str = ":reic ignores case; there are no other flags";

/// Quotes a text for a pattern as the reference does: not `|` and `-`, so an alternative in the text
/// stays one.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\u{c}' => quoted.push_str("\\f"),
            '\\' | '^' | '$' | '.' | '?' | '*' | '+' | '[' | ']' | '(' | ')' | '{' | '}' => {
                quoted.push('\\');
                quoted.push(c);
            }
            ' '..='~' => quoted.push(c),
            _ => escape::push_escape(&mut quoted, c),
        }
    }
    quoted
}
