//! From the tree of a rule file to groups, collecting every problem on the way.
//!
//! A reader never stops: where something is wrong it notes the problem and goes on with a value
//! that causes no further ones. What was read counts only when no problem was noted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use telamon_model::{Step, duration};

use super::yaml::{self, Key, Node, Place, Value};
use super::{Group, ParseContext, Rule, RuleError, RuleFile};
use crate::signal::SignalExpr;
use crate::template::{Template, Use};

/// Alerts a rule may have at once, unless its group says otherwise. A page with more is no use to
/// anybody, and each costs memory.
const LIMIT_DEFAULT: usize = 1000;

/// See [`super::parse`].
pub(super) fn files(
    files: &[RuleFile],
    context: &ParseContext,
) -> Result<Vec<Group>, Vec<RuleError>> {
    let mut reader = Reader {
        context,
        file: "",
        source: "",
        problems: Vec::new(),
        group_names: BTreeSet::new(),
    };
    let mut groups = Vec::new();
    for file in files {
        reader.file = &file.name;
        reader.source = &file.text;
        groups.extend(reader.file());
    }
    if reader.problems.is_empty() {
        Ok(groups)
    } else {
        let mut problems = reader.problems;
        let position = |name: &str| files.iter().position(|file| file.name == name);
        problems.sort_by_cached_key(|p| (position(&p.file), p.line, p.column, p.path.clone()));
        Err(problems)
    }
}

struct Reader<'a> {
    context: &'a ParseContext,
    file: &'a str,
    source: &'a str,
    problems: Vec<RuleError>,
    group_names: BTreeSet<String>,
}

/// A node with the way to it.
#[derive(Clone)]
struct At<'n> {
    node: &'n Node,
    path: String,
}

impl<'n> At<'n> {
    fn item(&self, index: usize, node: &'n Node) -> Self {
        let path = format!("{}[{index}]", self.path);
        At { node, path }
    }
}

/// The known keys of a map that are there.
type Fields<'n> = BTreeMap<&'static str, At<'n>>;

impl Reader<'_> {
    fn note(&mut self, place: Place, path: &str, message: impl Into<String>) {
        self.problems.push(RuleError {
            file: self.file.to_owned(),
            line: place.line,
            column: place.column,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    fn file(&mut self) -> Vec<Group> {
        let root = match yaml::parse(self.source) {
            Ok(root) => root,
            Err((place, message)) => {
                self.note(place, "", format!("not valid YAML: {message}"));
                return Vec::new();
            }
        };
        let root = At {
            node: &root,
            path: String::new(),
        };
        let fields = self.fields(&root, &["groups"]);
        let Some(groups) = self.required(&root, &fields, "groups") else {
            return Vec::new();
        };
        let items = self.list(&groups);
        items.iter().filter_map(|item| self.group(item)).collect()
    }

    fn group(&mut self, at: &At<'_>) -> Option<Group> {
        let known = ["name", "interval", "limit", "labels", "notify", "rules"];
        let fields = self.fields(at, &known);
        let name = self
            .required(at, &fields, "name")
            .and_then(|name| self.name(&name));
        if let Some(name) = &name
            && !self.group_names.insert(name.clone())
        {
            let place = fields["name"].node.place;
            self.note(
                place,
                &fields["name"].path,
                format!("a group named `{name}` stands already in the rules"),
            );
        }
        let interval = match fields.get("interval") {
            Some(at) => self.interval(at),
            None => self.context.step,
        };
        let limit = fields
            .get("limit")
            .map_or(LIMIT_DEFAULT, |at| self.limit(at));
        let labels = fields
            .get("labels")
            .map_or_else(Vec::new, |at| self.templates(at, Use::Label));
        let notify = fields
            .get("notify")
            .map_or_else(Vec::new, |at| self.notify(at));
        let items = match self.required(at, &fields, "rules") {
            Some(rules) => self.list(&rules),
            None => Vec::new(),
        };
        let defaults = GroupDefaults {
            interval,
            labels,
            notify,
        };
        let mut seen = BTreeSet::new();
        let mut rules = Vec::new();
        for item in &items {
            let Some(rule) = self.rule(item, &defaults) else {
                continue;
            };
            if !seen.insert(identity(&rule)) {
                let message = format!(
                    "another rule of this group is also named `{}` and has the same labels",
                    rule.name
                );
                self.note(item.node.place, &item.path, message);
            }
            rules.push(rule);
        }
        Some(Group {
            name: name?.into(),
            file: self.file.into(),
            interval,
            limit,
            rules,
        })
    }

    fn rule(&mut self, at: &At<'_>, defaults: &GroupDefaults) -> Option<Rule> {
        let known = [
            "alert",
            "expr",
            "for",
            "keep_firing_for",
            "labels",
            "annotations",
            "notify",
        ];
        let fields = self.fields(at, &known);
        let name = self
            .required(at, &fields, "alert")
            .and_then(|name| self.name(&name));
        let signal = self
            .required(at, &fields, "expr")
            .and_then(|expr| self.signal(&expr, defaults.interval));
        let for_ms = fields.get("for").map_or(0, |at| self.duration(at));
        let keep_firing_for_ms = fields
            .get("keep_firing_for")
            .map_or(0, |at| self.duration(at));
        let own_labels = fields
            .get("labels")
            .map_or_else(Vec::new, |at| self.templates(at, Use::Label));
        let annotations = fields
            .get("annotations")
            .map_or_else(Vec::new, |at| self.templates(at, Use::Annotation));
        let notify = match fields.get("notify") {
            Some(at) => self.notify(at),
            None => defaults.notify.clone(),
        };
        let labels: BTreeMap<_, _> = defaults.labels.iter().cloned().chain(own_labels).collect();
        Some(Rule {
            name: name?.into(),
            signal: signal?,
            for_ms,
            keep_firing_for_ms,
            labels: labels.into_iter().collect(),
            annotations,
            notify: notify.into(),
        })
    }

    /// The entries of a map under keys we know; every other key is a problem.
    fn fields<'n>(&mut self, at: &At<'n>, known: &[&'static str]) -> Fields<'n> {
        let mut fields = Fields::new();
        for (key, node) in self.map(at) {
            let path = join(&at.path, &key.text);
            match known.iter().find(|&&name| name == key.text) {
                Some(&name) => {
                    fields.insert(name, At { node, path });
                }
                None => {
                    let message = format!("unknown key; known are {}", known.join(", "));
                    self.note(key.place, &path, message);
                }
            }
        }
        fields
    }

    fn required<'n>(
        &mut self,
        at: &At<'n>,
        fields: &Fields<'n>,
        key: &'static str,
    ) -> Option<At<'n>> {
        let found = fields.get(key).cloned();
        // Where the map itself is wrong, that has been noted; its missing keys are no news.
        if found.is_none() && matches!(at.node.value, Value::Map(_)) {
            self.note(
                at.node.place,
                &at.path,
                format!("the key `{key}` is missing"),
            );
        }
        found
    }

    fn map<'n>(&mut self, at: &At<'n>) -> &'n [(Key, Node)] {
        match &at.node.value {
            Value::Map(entries) => entries,
            other => {
                self.expected(at, "a map", other);
                &[]
            }
        }
    }

    fn list<'n>(&mut self, at: &At<'n>) -> Vec<At<'n>> {
        match &at.node.value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, node)| at.item(index, node))
                .collect(),
            other => {
                self.expected(at, "a list", other);
                Vec::new()
            }
        }
    }

    fn text<'n>(&mut self, at: &At<'n>) -> Option<&'n str> {
        match &at.node.value {
            Value::Text(text) => Some(text),
            other => {
                self.expected(at, "a text", other);
                None
            }
        }
    }

    fn expected(&mut self, at: &At<'_>, wanted: &str, found: &Value) {
        let hint = match found {
            Value::Bool | Value::Number(_) if wanted == "a text" => "; put it in quotes",
            _ => "",
        };
        let message = format!("expected {wanted}, found {}{hint}", found.kind());
        self.note(at.node.place, &at.path, message);
    }

    fn name(&mut self, at: &At<'_>) -> Option<String> {
        let text = self.text(at)?.trim();
        if text.is_empty() {
            self.note(at.node.place, &at.path, "the name is empty");
            return None;
        }
        Some(text.to_owned())
    }

    /// Milliseconds; zero after a problem.
    fn duration(&mut self, at: &At<'_>) -> i64 {
        let Some(text) = self.text(at) else { return 0 };
        match duration::parse_millis(text) {
            Ok(millis) if millis >= 0 => millis,
            Ok(_) => {
                self.note(at.node.place, &at.path, "a duration must not be negative");
                0
            }
            Err(error) => {
                let message = format!("{error}; write a duration as 30s, 5m or 1h");
                self.note(at.node.place, &at.path, message);
                0
            }
        }
    }

    fn interval(&mut self, at: &At<'_>) -> Step {
        let step = self.context.step;
        let before = self.problems.len();
        let millis = self.duration(at);
        if self.problems.len() > before {
            return step;
        }
        if millis % step.as_millis() != 0 || millis == 0 {
            let message = format!(
                "the interval must be a multiple of the step of the store, {}",
                duration::format_millis(step.as_millis())
            );
            self.note(at.node.place, &at.path, message);
            return step;
        }
        Step::from_millis(millis).unwrap_or(step)
    }

    fn limit(&mut self, at: &At<'_>) -> usize {
        if let Value::Number(text) = &at.node.value
            && let Ok(limit) = text.parse::<usize>()
            && limit > 0
        {
            return limit;
        }
        self.note(
            at.node.place,
            &at.path,
            "expected a whole number above zero",
        );
        LIMIT_DEFAULT
    }

    /// Templates sorted by key.
    fn templates(&mut self, at: &At<'_>, usage: Use) -> Vec<(Arc<str>, Template)> {
        let mut templates = BTreeMap::new();
        for (key, node) in self.map(at) {
            let entry = At {
                node,
                path: join(&at.path, &key.text),
            };
            if usage == Use::Label {
                self.check_label_key(key, &entry.path);
            }
            let Some(text) = self.text(&entry) else {
                continue;
            };
            match Template::parse(text, usage) {
                Ok(template) => {
                    templates.insert(Arc::from(key.text.as_str()), template);
                }
                Err(error) => self.note(node.place, &entry.path, error.to_string()),
            }
        }
        templates.into_iter().collect()
    }

    fn check_label_key(&mut self, key: &Key, path: &str) {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._^~".contains(c);
        if key.text == "alertname" {
            let message = "`alertname` is the name of the alert and cannot be set";
            self.note(key.place, path, message);
        } else if key.text.is_empty() || !key.text.chars().all(is_allowed) {
            let message = "a label key consists of letters, digits and - . _ ^ ~";
            self.note(key.place, path, message);
        }
    }

    /// One name or a list of names, each known and each once.
    fn notify(&mut self, at: &At<'_>) -> Vec<Arc<str>> {
        let items = match &at.node.value {
            Value::Text(_) => vec![at.clone()],
            Value::List(_) => self.list(at),
            other => {
                self.expected(at, "the name of a receiver or a list of names", other);
                Vec::new()
            }
        };
        let mut names: Vec<Arc<str>> = Vec::new();
        for item in &items {
            let Some(name) = self.text(item) else {
                continue;
            };
            if !self.context.receivers.contains(name) {
                let message = unknown_receiver(name, &self.context.receivers);
                self.note(item.node.place, &item.path, message);
            } else if !names.iter().any(|known| **known == *name) {
                names.push(name.into());
            }
        }
        names
    }

    fn signal(&mut self, at: &At<'_>, interval: Step) -> Option<SignalExpr> {
        let text = self.text(at)?;
        match SignalExpr::parse(text, interval, &self.context.language) {
            Ok(signal) => Some(signal),
            Err(error) => {
                let (place, within) = self.place_inside(at, text, error.at);
                let message = match within {
                    true => error.message,
                    false => format!(
                        "at character {} of the expression: {}",
                        error.at + 1,
                        error.message
                    ),
                };
                self.note(place, &at.path, message);
                None
            }
        }
    }

    /// The place of a character of a text, exact where its line stands in the file as it is; else the
    /// place where the text begins, and `false`.
    fn place_inside(&self, at: &At<'_>, text: &str, characters: usize) -> (Place, bool) {
        let start = at.node.place;
        let before: String = text.chars().take(characters).collect();
        let line_index = before.matches('\n').count();
        let in_line = before.chars().rev().take_while(|&c| c != '\n').count();
        let first_line = usize::try_from(start.line).unwrap_or(0).saturating_sub(1);
        let skipped = usize::try_from(start.column).unwrap_or(1).saturating_sub(1);
        let source_line = self.source.lines().nth(first_line + line_index);
        let rest: String = source_line
            .unwrap_or_default()
            .chars()
            .skip(skipped)
            .collect();
        let quote = usize::from(line_index == 0 && rest.starts_with(['"', '\'']));
        let text_line = text.lines().nth(line_index).unwrap_or_default();
        if !rest[quote..].starts_with(text_line) {
            return (start, false);
        }
        let place = Place {
            line: start.line + u64::try_from(line_index).unwrap_or(0),
            column: start.column + u64::try_from(quote + in_line).unwrap_or(0),
        };
        (place, true)
    }
}

/// What rules take from their group.
struct GroupDefaults {
    interval: Step,
    labels: Vec<(Arc<str>, Template)>,
    notify: Vec<Arc<str>>,
}

/// What makes two rules of one group the same.
fn identity(rule: &Rule) -> (Arc<str>, Vec<(Arc<str>, String)>) {
    let labels = rule
        .labels
        .iter()
        .map(|(key, template)| (Arc::clone(key), template.source().to_owned()))
        .collect();
    (Arc::clone(&rule.name), labels)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn unknown_receiver(name: &str, known: &BTreeSet<String>) -> String {
    if known.is_empty() {
        return format!("no receiver `{name}`: the configuration names none");
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    format!(
        "no receiver `{name}`; the configuration names {}",
        known.join(", ")
    )
}
