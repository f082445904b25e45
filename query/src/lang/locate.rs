//! Where in a program something came to be.
//!
//! Expressions do not remember the tokens they were made of. What went wrong with one is rare, so the
//! program is run once more then, and the first step after which the part is there is the place.

use std::sync::Arc;

use super::ParseOptions;
use super::machine::{last_token, shown};
use super::token::{Source, Span};
use super::value::Value;
use super::walk::walk;
use crate::expr::Expr;

/// The word that made a part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Bytes of the program.
    pub span: Span,
    /// The stack before it, the top last.
    pub stack: Vec<String>,
}

/// Parts that are looked at in all.
const PARTS_MAX: usize = 200_000;

/// The token of a program after which a part of an expression is on top of the stack for the first
/// time. `None` where the program never has it, as when it was changed after it was read.
pub fn locate(text: &str, options: &ParseOptions, part: &Arc<Expr>) -> Option<Place> {
    let mut search = Search {
        part,
        left: PARTS_MAX,
    };
    let mut place = None;
    let walked = walk(text, options, &mut |step| {
        if place.is_none() && search.is_in(step.after.last()) {
            place = Some(Place {
                span: step.span(),
                stack: shown(step.before),
            });
        }
    });
    walked.ok().and(place)
}

/// The last token that spells a text.
pub fn locate_text(program: &str, text: &str) -> Option<Span> {
    let source = Source::new(program).ok()?;
    last_token(&source.tokens(), text, program.len())
}

struct Search<'p> {
    part: &'p Arc<Expr>,
    left: usize,
}

impl Search<'_> {
    fn is_in(&mut self, value: Option<&Value>) -> bool {
        match value {
            Some(Value::Expr(expr)) => self.contains(expr),
            Some(Value::Styled(styled)) => self.contains(&styled.expr),
            _ => false,
        }
    }

    fn contains(&mut self, expr: &Arc<Expr>) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        expr == self.part || expr.children().any(|child| self.contains(child))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::parse;

    /// Where the innermost part of the last expression that fits was made.
    fn check(program: &str, is_part: fn(&Expr) -> bool, expected: (&str, &[&str])) {
        let options = ParseOptions::reference();
        let exprs = parse(program, &options).unwrap();
        let mut part = Arc::clone(&exprs.last().unwrap().expr);
        while !is_part(&part) {
            let inner = part.children().next().map(Arc::clone);
            part = inner.unwrap();
        }
        let place = locate(program, &options, &part).unwrap();
        assert_eq!(&program[place.span], expected.0);
        assert_eq!(place.stack, expected.1);
    }

    #[test]
    fn a_part_is_found_where_it_was_made() {
        let is_data = |expr: &Expr| matches!(expr, Expr::Data(_));
        let is_binary = |expr: &Expr| matches!(expr, Expr::Binary { .. });
        let grouped = "name,a,:eq,(,b,),:by,5,:add,:abs";
        check(grouped, is_data, (":by", &["name,a,:eq", "(,b,)"]));
        check(
            grouped,
            is_binary,
            (":add", &["name,a,:eq,:sum,(,b,),:by", "5"]),
        );
        check(
            "name,a,:eq,(,b,),:by,:dup,:avg",
            is_data,
            (":by", &["name,a,:eq", "(,b,)"]),
        );
    }

    #[test]
    fn what_was_never_there_has_no_place() {
        let options = ParseOptions::reference();
        let other = Arc::new(Expr::constant(7.0));
        assert_eq!(locate("name,a,:eq,:sum", &options, &other), None);
        assert_eq!(locate("name,a,:eq,:smu", &options, &other), None);
        assert_eq!(locate_text("1,a\\u002cb,:legend", "a,b"), Some(2..10));
    }
}
