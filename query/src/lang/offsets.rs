//! The deprecated list of offsets: one expression that is drawn once for each duration.
//!
//! Takes styled expressions; gives one expression for each offset ([`shifted`]), or a program that
//! says the same without the list ([`spell_out_offsets`]).

use std::fmt::Write as _;
use std::sync::Arc;

use telamon_model::duration;

use crate::expr::{Setting, StyledExpr};

use super::error::{Fault, LangError};
use super::room::Room;
use super::{ParseOptions, escape, run, styled_of};

/// One expression for each offset of the setting, or the expression as it is where there is none.
pub(super) fn shifted(styled: StyledExpr, exprs: &mut Vec<StyledExpr>) -> Result<(), Fault> {
    let Some(offsets) = offsets_ms(&styled)? else {
        exprs.push(styled);
        return Ok(());
    };
    if offsets.is_empty() {
        exprs.push(styled);
        return Ok(());
    }
    let plain = without_list(styled);
    for offset_ms in offsets {
        let mut copy = plain.clone();
        copy.expr = Arc::new(copy.expr.with_offset(offset_ms));
        exprs.push(copy);
    }
    Ok(())
}

/// The expressions of a program as programs without lists of offsets, the top of the stack first.
///
/// What is no expression is left out. Where a list has several offsets, the expression becomes a
/// variable that is read once for each.
///
/// # Errors
/// When the program cannot be run, or an offset is no duration.
pub fn spell_out_offsets(text: &str, options: &ParseOptions) -> Result<Vec<String>, LangError> {
    let values = run(text, options)?;
    let exprs = styled_of(&values).rev().enumerate();
    let mut room = Room::of(options);
    exprs
        .map(|(index, styled)| {
            spelled_out(styled, index)
                .and_then(|text| room.tell(text))
                .map_err(|fault| fault.at(0..text.len()))
        })
        .collect()
}

fn spelled_out(styled: StyledExpr, index: usize) -> Result<String, Fault> {
    let offsets = offsets_ms(&styled)?.unwrap_or_default();
    Ok(match offsets.as_slice() {
        [] => styled.to_string(),
        [offset_ms] => format!("{}{}", without_list(styled), suffix(*offset_ms)),
        _ => {
            let name = format!("Query{index}");
            let mut program = format!("{name},{},:set", without_list(styled));
            for offset_ms in offsets {
                write!(program, ",{name},:get{}", suffix(offset_ms))
                    .expect("a string takes any text");
            }
            program
        }
    })
}

/// What sets an offset at the end of a program; empty for none.
pub(super) fn suffix(offset_ms: i64) -> String {
    match offset_ms {
        0 => String::new(),
        _ => format!(",{},:offset", duration::format_millis(offset_ms)),
    }
}

/// The offsets of the setting in milliseconds, as listed; `None` where it is not set.
fn offsets_ms(styled: &StyledExpr) -> Result<Option<Vec<i64>>, Fault> {
    let Some(list) = styled.setting(Setting::Offset) else {
        return Ok(None);
    };
    let items = list.split(',').map(str::trim);
    let items = items.filter(|item| !matches!(*item, "" | "(" | ")"));
    let offsets: Result<Vec<i64>, Fault> = items
        .map(|item| {
            duration::parse_millis(&escape::decode(item)).map_err(|error| {
                Fault::argument(error.to_string())
                    .title(format!("`{item}` is no offset"))
                    .operand(item)
                    .hint("an offset is a duration such as 90s, 5m, 1h, 7d or PT1H30M")
            })
        })
        .collect();
    offsets.map(Some)
}

fn without_list(mut styled: StyledExpr) -> StyledExpr {
    styled.settings.remove(Setting::Offset);
    styled
}
