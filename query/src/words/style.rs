//! How an expression is shown: the vocabulary `style`.
//!
//! Values are kept as written and checked where they are used, as in the reference; only colors are
//! put into one form.

use std::sync::Arc;

use crate::expr::{Setting, StyledExpr};
use crate::lang::{ErrorClass, Fault, Type, Value, Vocabulary};

use super::{Args, Body, Word};

const fn style(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    Word::new(
        Vocabulary::Style,
        name,
        signature,
        params,
        Body::Pure(compute),
    )
}

const TEXT: &str = "StyleExpr v:String -- StyleExpr";

/// A word that writes a text into a setting.
const fn setting(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    style(name, TEXT, &[Type::Styled, Type::Text], compute)
}

/// A word for a line style.
const fn line_style(name: &'static str, body: &'static str) -> Word {
    Word::new(
        Vocabulary::Style,
        name,
        "StyleExpr -- StyleExpr",
        &[Type::Styled],
        Body::Macro(body),
    )
}

pub(super) const WORDS: &[Word] = &[
    setting("legend", |args| write(args, Setting::Legend)).says(
        "Sets the text of the legend. `$(key)` stands for the value of a tag.",
        &["name,sps,:eq,(,nf.cluster,),:by,$(nf.cluster),:legend"],
    ),
    style(
        "decode",
        "StyleExpr mode:String -- StyleExpr",
        &[Type::Styled, Type::Text],
        |args| edit_legend(args, format!("{},:decode", args.text(1)?)),
    )
    .says(
        "Decodes the legend: `hex` turns `_21` into the character with that code, `none` changes \
         nothing.",
        &["1,one_21_25,:legend,hex,:decode"],
    ),
    style(
        "s",
        "StyleExpr s:String r:String -- StyleExpr",
        &[Type::Styled, Type::Text, Type::Text],
        |args| edit_legend(args, format!("{},{},:s", args.text(1)?, args.text(2)?)),
    )
    .says(
        "Replaces every match of a regular expression in the legend. `$(1)` or `$(name)` in the \
         replacement stands for a group of the match, else for the value of a tag.",
        &["name,sps,:eq,(,nf.cluster,),:by,$nf.cluster,:legend,^nccp-(.*)$,$1,:s"],
    ),
    setting("axis", |args| write(args, Setting::Axis)).says(
        "Sets the axis, from 0 to 4.",
        &["name,sps,:eq,:sum,1,:axis"],
    ),
    style(
        "offset",
        "StyleExpr offsets:StringList -- StyleExpr",
        &[Type::Styled, Type::TextList],
        |args| {
            let offsets = args.keys(1)?;
            let mut text = "(,".to_owned();
            for offset in offsets.iter() {
                text.push_str(&format!("{offset},"));
            }
            text.push(')');
            give(args.styled(0)?.with(Setting::Offset, text))
        },
    )
    .says(
        "Draws the expression once for each of some offsets.",
        &["name,sps,:eq,:sum,(,0h,1d,1w,),:offset"],
    )
    .instead("use :offset with one duration on copies of the expression"),
    style(
        "filter",
        "StyleExpr TimeSeriesExpr -- StyleExpr",
        &[Type::WithSettings, Type::Expr],
        |args| {
            let mut styled = args.styled(0)?;
            styled.expr = Arc::new(super::filter::filtered(&styled.expr, &args.expr(1)?)?);
            give(styled)
        },
    )
    .says(
        "Keeps the lines of an expression with settings for which the condition holds.",
        &["name,sps,:eq,(,nf.cluster,),:by,$nf.cluster,:legend,:stat-max,30e3,:lt,:filter"],
    ),
    setting("sort", |args| write(args, Setting::Sort)).says(
        "Sorts the lines by legend, min, max, avg, count, total or last.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,:sort"],
    ),
    setting("order", |args| write(args, Setting::Order)).says(
        "Sets the direction of sorting: asc or desc.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,:sort,desc,:order"],
    ),
    setting("limit", |args| write(args, Setting::Limit)).says(
        "Shows only the first n lines after sorting.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,:sort,desc,:order,2,:limit"],
    ),
    Word::new(
        Vocabulary::Style,
        "head",
        "StyleExpr n:String -- StyleExpr",
        &[Type::Styled, Type::Text],
        Body::Macro(":limit"),
    )
    .says(
        "Shows only the first n lines.",
        &["name,sps,:eq,(,nf.cluster,),:by,2,:head"],
    )
    .instead("use :limit"),
    setting("alpha", alpha).says(
        "Sets how opaque the color is: two hex digits, 00 cannot be seen.",
        &[
            "name,sps,:eq,:sum,40,:alpha",
            "name,sps,:eq,:sum,f00,:color,40,:alpha",
        ],
    ),
    style(
        "color",
        "StyleExpr v:Color -- StyleExpr",
        &[Type::Styled, Type::Color],
        |args| {
            let mut styled = args.styled(0)?;
            styled.settings.remove(Setting::Alpha);
            styled.settings.remove(Setting::Palette);
            give(styled.with(Setting::Color, normal_color(args.text(1)?)))
        },
    )
    .says(
        "Sets the color: a name, or hex digits as RGB, RRGGBB or AARRGGBB.",
        &[
            "name,sps,:eq,:sum,ff0000,:color",
            "name,sps,:eq,:sum,blue1,:color",
        ],
    ),
    style(
        "palette",
        "TimeSeriesExpr String -- StyleExpr",
        &[Type::Styled, Type::TextOrList],
        palette,
    )
    .says(
        "Sets the colors lines take in turn: the name of a palette, hash:name to choose by the label, \
         or a list of colors.",
        &[
            "name,sps,:eq,(,nf.cluster,),:by,reds,:palette",
            "name,sps,:eq,(,nf.cluster,),:by,(,f00,00ff00,000000ff,),:palette",
        ],
    ),
    setting("ls", |args| write(args, Setting::Ls)).says(
        "Sets the line style: line, area, stack or vspan.",
        &["name,sps,:eq,(,name,),:by,area,:ls"],
    ),
    setting("lw", |args| write(args, Setting::Lw))
        .says("Sets the width of the line.", &["name,sps,:eq,:sum,2,:lw"]),
    line_style("area", "area,:ls")
        .says("Fills from zero to the line.", &["name,sps,:eq,:sum,:area"]),
    line_style("line", "line,:ls").says("Draws a line.", &["name,sps,:eq,:sum,:line"]),
    line_style("stack", "stack,:ls").says(
        "Fills lines on top of each other.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stack"],
    ),
    line_style("heatmap", "heatmap,:ls").says(
        "Counts how many lines have values where, and draws the counts as colors.",
        &["name,sps,:eq,(,nf.cluster,),:by,:heatmap"],
    ),
    line_style("percentiles-heatmap", "(,percentile,),:cg,heatmap,:ls").says(
        "Draws the buckets of a percentile timer or summary as a heatmap.",
        &["name,requestLatency,:eq,:percentiles-heatmap"],
    ),
    line_style("vspan", "vspan,:ls").says(
        "Marks the times at which the value is not zero.",
        &["name,sps,:eq,:sum,:dup,200e3,:gt,:vspan"],
    ),
    super::stateful::EPIC_VIZ,
    style(
        "strip-style",
        "StyleExpr -- TimeSeriesExpr",
        &[Type::Styled],
        |args| Ok(Value::Expr(args.expr(0)?)),
    )
    .says(
        "Removes all presentation settings.",
        &["name,sps,:eq,:sum,custom,:legend,:strip-style"],
    ),
];

fn give(styled: StyledExpr) -> Result<Value, Fault> {
    Ok(Value::Styled(Arc::new(styled)))
}

fn write(args: &Args<'_>, setting: Setting) -> Result<Value, Fault> {
    give(args.styled(0)?.with(setting, Arc::clone(args.text(1)?)))
}

/// Adds an edit of the legend after those it has.
fn edit_legend(args: &Args<'_>, edit: String) -> Result<Value, Fault> {
    let styled = args.styled(0)?;
    let edits = match styled.setting(Setting::Sed) {
        Some(before) => format!("{before},{edit}"),
        None => edit,
    };
    args.limits().check_text(edits.len())?;
    give(styled.with(Setting::Sed, edits))
}

/// A list is kept as the text it would have in a program.
fn palette(args: &Args<'_>) -> Result<Value, Fault> {
    let text = match args.value(1)? {
        Value::Text(text) => Arc::clone(text),
        _ => format!("(,{},)", args.keys(1)?.join(",")).into(),
    };
    let mut styled = args.styled(0)?;
    styled.settings.remove(Setting::Color);
    styled.settings.remove(Setting::Alpha);
    give(styled.with(Setting::Palette, text))
}

/// Goes into the color when that is in hex, else stays a setting of its own.
fn alpha(args: &Args<'_>) -> Result<Value, Fault> {
    let styled = args.styled(0)?;
    let text = args.text(1)?;
    let color = styled.setting(Setting::Color).map(normal_color);
    let Some(color) = color.filter(|color| is_hex(color)) else {
        return write(args, Setting::Alpha);
    };
    let level = i32::from_str_radix(text, 16).map_err(|_not_hex| {
        Fault::new(
            ErrorClass::NumberFormat,
            format!("For input string: \"{text}\" under radix 16"),
        )
        .hint("alpha has two hex digits, such as 40")
    })?;
    if !(0..256).contains(&level) {
        return Err(
            Fault::argument("Color parameter outside of expected range: Alpha")
                .title(format!("`{text}` is more than two hex digits"))
                .operand(text)
                .hint("alpha goes from 00, invisible, to ff, opaque"),
        );
    }
    let rgb = &color[2..];
    give(styled.with(Setting::Color, format!("{level:02x}{rgb}")))
}

fn is_hex(text: &str) -> bool {
    matches!(text.len(), 3 | 6 | 8) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Hex digits as eight lower-case ones, alpha first; names as they are.
fn normal_color(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    if !is_hex(text) {
        return text.to_owned();
    }
    let digits = text.to_ascii_lowercase();
    match digits.len() {
        3 => {
            let doubled: String = digits.chars().flat_map(|c| [c, c]).collect();
            format!("ff{doubled}")
        }
        6 => format!("ff{digits}"),
        _ => digits,
    }
}
