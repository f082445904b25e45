//! Legend texts: templates, the variables in them, edits, and templates made from queries.
//!
//! Takes styled expressions and the labels of their lines; gives text. Which variables there are
//! beyond the tags, such as statistics, is the caller's business.

mod edit;

use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::{Predicate, duration};

pub use edit::{EDIT_STEPS, EditError, Edits};

use crate::expr::{Displayed, Expr, Setting, StyledExpr};
use crate::pattern::{Plain, plain};

/// The text of a line in the legend: the template of its expression, or its own label, with variables
/// filled in and edits done. An empty text falls back to the label.
///
/// `edits` are those of the expression, see [`edits_of`].
///
/// # Errors
/// When an edit takes too long.
pub fn legend(
    styled: &StyledExpr,
    edits: &Edits,
    label: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, EditError> {
    let template = template(styled, label);
    let text = edits.apply(substitute(&template, variable), variable)?;
    Ok(if text.is_empty() {
        label.to_owned()
    } else {
        text
    })
}

/// The edits of the legend of an expression, each of which may take some steps: see [`EDIT_STEPS`].
///
/// # Errors
/// When an edit makes no sense.
pub fn edits_of(styled: &StyledExpr, steps_max: usize) -> Result<Edits, EditError> {
    Edits::read(styled.setting(Setting::Sed).unwrap_or_default(), steps_max)
}

/// The text before variables are filled in.
fn template(styled: &StyledExpr, label: &str) -> String {
    if let Some(legend) = styled.setting(Setting::Legend) {
        return legend.to_owned();
    }
    let offset_ms = styled.expr.offset_ms();
    let shift = format!(" (offset={})", duration::format_millis(offset_ms));
    // Lines straight from the store say their offset already.
    if offset_ms > 0 && !label.ends_with(&shift) {
        format!("{label}{shift}")
    } else {
        label.to_owned()
    }
}

/// Replaces `$name` and `$(any text)` by the value of the variable, or by its name where it has none.
/// Values are not looked at again. A `$` before anything else stands for itself.
pub fn substitute(template: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(template.len());
    substitute_with(template, &mut filled, variable);
    filled
}

/// [`substitute`] at the end of a text.
fn substitute_with(template: &str, filled: &mut String, variable: &dyn Fn(&str) -> Option<String>) {
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name;
        if let Some(inside) = rest.strip_prefix('(') {
            let Some((found, after)) = inside.split_once(')') else {
                // Without its partner the parenthesis is lost, as in the reference.
                filled.push('$');
                rest = inside;
                continue;
            };
            (name, rest) = (found, after);
        } else {
            let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
            (name, rest) = rest.split_at(end);
        }
        if name.is_empty() {
            filled.push('$');
        } else {
            filled.push_str(&variable(name).unwrap_or_else(|| name.to_owned()));
        }
    }
    filled.push_str(rest);
}

/// Writes every `$name` of a template as `$(name)`, which means the same.
pub(crate) fn in_parentheses(template: &str) -> String {
    let mut written = String::with_capacity(template.len() + 8);
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at + 1);
        written.push_str(before);
        let end = after.find(|c: char| !is_name(c)).unwrap_or(after.len());
        if end > 0 {
            written.push('(');
            written.push_str(&after[..end]);
            written.push(')');
        }
        rest = &after[end..];
    }
    written.push_str(rest);
    written
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Texts by tag key.
type Pairs = BTreeMap<Arc<str>, String>;

/// Gives each expression without a legend one made of what its queries say and those of the others do
/// not; where they say nothing it is left without.
pub fn name_automatically(exprs: &mut [StyledExpr]) {
    let pairs: Vec<Pairs> = exprs
        .iter()
        .map(|styled| pairs_of_expr(&styled.expr))
        .collect();
    let common = pairs
        .iter()
        .filter(|pairs| !pairs.is_empty())
        .cloned()
        .reduce(|shared, other| intersection(&shared, &other))
        .unwrap_or_default();
    for (styled, pairs) in exprs.iter_mut().zip(&pairs) {
        if pairs.is_empty() || styled.setting(Setting::Legend).is_some() {
            continue;
        }
        let mut own = pairs.clone();
        own.retain(|key, value| common.get(key) != Some(value));
        let told = if own.is_empty() { &common } else { &own };
        let legend = automatic_template(&styled.expr, told);
        styled.settings.insert(Setting::Legend, legend.into());
    }
}

fn automatic_template(expr: &Expr, told: &Pairs) -> String {
    let mut legend = if expr.is_grouped() {
        let keys = expr.final_grouping();
        // Without keys this is `$()`, which comes out as a dollar, as in the reference.
        format!("$({})", keys.join(") $("))
    } else if let Some(name) = told.get("name") {
        name.clone()
    } else {
        let values: Vec<&str> = told.values().map(String::as_str).collect();
        values.join(" ")
    };
    if expr.offset_ms() > 0 {
        legend.push_str(" (offset=$(atlas.offset))");
    }
    legend
}

/// What all queries of the expression say. A rewrite that prints a query counts as that query.
fn pairs_of_expr(expr: &Expr) -> Pairs {
    let mut all = Vec::new();
    collect_pairs(expr, &mut all);
    all.into_iter()
        .reduce(|shared, other| intersection(&shared, &other))
        .unwrap_or_default()
}

fn collect_pairs(expr: &Expr, all: &mut Vec<Pairs>) {
    match expr {
        Expr::Data(data) => all.push(pairs_of_query(data.query())),
        Expr::Rewrite(rewrite) => match &rewrite.display {
            Displayed::Query(query) => all.push(pairs_of_query(query)),
            Displayed::Expr(_) => collect_pairs(&rewrite.eval, all),
        },
        _ => expr.children().for_each(|child| collect_pairs(child, all)),
    }
}

fn intersection(a: &Pairs, b: &Pairs) -> Pairs {
    let mut shared = a.clone();
    shared.retain(|key, value| b.get(key) == Some(value));
    shared
}

fn pairs_of_query(query: &Predicate) -> Pairs {
    match query {
        Predicate::And(a, b) => {
            let mut pairs = pairs_of_query(a);
            pairs.extend(pairs_of_query(b));
            pairs
        }
        Predicate::Not(inner) => key_value(inner)
            .map(|(key, value)| (key, format!("!{value}")))
            .into_iter()
            .collect(),
        _ => key_value(query).into_iter().collect(),
    }
}

/// Key and text of a test of one key against one text.
fn key_value(query: &Predicate) -> Option<(Arc<str>, String)> {
    let (key, text) = match query {
        Predicate::Equal(key, text)
        | Predicate::Less(key, text)
        | Predicate::LessEqual(key, text)
        | Predicate::Greater(key, text)
        | Predicate::GreaterEqual(key, text) => (key, text.to_string()),
        Predicate::Matches(key, pattern) => {
            let shown = match plain(&pattern.text) {
                Some(Plain::Prefix(text) | Plain::Contains(text)) if !pattern.ignore_case => text,
                _ => pattern.text.to_string(),
            };
            (key, shown)
        }
        Predicate::True
        | Predicate::False
        | Predicate::Has(_)
        | Predicate::In(..)
        | Predicate::And(..)
        | Predicate::Or(..)
        | Predicate::Not(_) => return None,
    };
    Some((Arc::clone(key), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{ParseOptions, parse};

    fn named(program: &str) -> Vec<String> {
        let mut exprs = parse(program, &ParseOptions::reference()).unwrap();
        name_automatically(&mut exprs);
        let legends = exprs.iter().map(|styled| styled.setting(Setting::Legend));
        legends
            .map(|legend| legend.unwrap_or("-").to_owned())
            .collect()
    }

    #[test]
    fn automatic_legends_tell_expressions_apart() {
        for (program, expected) in [
            ("name,a,:eq,x,1,:eq,:and", vec!["a"]),
            ("name,a,:eq,name,b,:eq", vec!["a", "b"]),
            (
                "name,a,:eq,x,1,:eq,:and,name,a,:eq,x,2,:eq,:and",
                vec!["1", "2"],
            ),
            (
                "name,a,:eq,mine,:legend,name,a,:eq,x,2,:eq,:and",
                vec!["mine", "2"],
            ),
            ("name,a,:eq,(,k,l,),:by", vec!["$(k) $(l)"]),
            ("name,a,:eq,(,),:by", vec!["$()"]),
            ("x,a.*,:re,y,b,:eq,:not,:and", vec!["a !b"]),
            ("x,\\Qa.b\\E.*,:re", vec!["a.b"]),
            ("x,A,:reic,y,(,1,2,),:in,:and", vec!["A"]),
            ("name,a,:eq,1h,:offset", vec!["a (offset=$(atlas.offset))"]),
            ("name,a,:eq,:avg,name,b,:eq,:div", vec!["-"]),
            ("42", vec!["-"]),
        ] {
            assert_eq!(named(program), expected, "{program}");
        }
    }

    #[test]
    fn variables_are_filled_in_once() {
        let value = |name: &str| match name {
            "a" => Some("$b".to_owned()),
            "nf.app" => Some("api".to_owned()),
            _ => None,
        };
        for (template, text) in [
            ("$a-x", "a-x"),
            ("$(a)-x", "$b-x"),
            ("$nf.app!", "api!"),
            ("$", "$"),
            ("a $ b", "a $ b"),
            ("$()", "$"),
            ("$(foo", "$foo"),
            ("$(no such)é", "no suché"),
        ] {
            assert_eq!(substitute(template, &value), text, "{template}");
        }
    }

    #[test]
    fn variables_get_parentheses() {
        for (template, written) in [
            ("$name-$x.y $(z)", "$(name-)$(x.y) $(z)"),
            ("a$$b", "a$$(b)"),
            ("$", "$"),
            ("$é", "$é"),
            ("$(a b)", "$(a b)"),
        ] {
            assert_eq!(in_parentheses(template), written, "{template}");
            assert_eq!(in_parentheses(written), written, "{written}");
        }
    }

    #[test]
    fn a_legend_is_edited_and_never_empty() {
        let text = |program: &str| {
            let exprs = parse(program, &ParseOptions::reference()).unwrap();
            let edits = edits_of(&exprs[0], EDIT_STEPS)?;
            legend(&exprs[0], &edits, "label", &|_| Some(String::new()))
        };
        assert_eq!(
            text("1,one_21_25_26_3F_x,:legend,hex,:decode").unwrap(),
            "one!%&?_x"
        );
        assert_eq!(text("1,$x,:legend").unwrap(), "label");
        assert_eq!(text("a,b,:eq,1h,:offset").unwrap(), "label (offset=1h)");
        assert_eq!(
            text("1,foo,:decode"),
            Err(EditError::UnknownEncoding("foo".to_owned()))
        );
    }
}
