//! The pattern language of `:format`: a part of what printf and Java's `Formatter` take.
//!
//! ```text
//!   % [index $] [flags - + space 0] [width] [. precision] type      %%
//! ```

use std::iter::Peekable;
use std::str::Chars;

use crate::lang::{ErrorClass, Fault, Limits, Value};
use crate::number::parse_java_double;

/// Fills the arguments into the pattern. Arguments beyond those it names are ignored.
pub(super) fn format(pattern: &str, args: &[Value], limits: &Limits) -> Result<String, Fault> {
    fill(pattern, args, limits).map_err(|fault| {
        fault.operand(pattern).hint(
            "each value of the list needs a form of its own: %s for text, %d for whole numbers, \
             %.2f for others, %% for the mark itself",
        )
    })
}

fn fill(pattern: &str, args: &[Value], limits: &Limits) -> Result<String, Fault> {
    let mut filled = String::with_capacity(pattern.len() + 16);
    let mut reader = Reader {
        rest: pattern.chars().peekable(),
        position: 0,
    };
    let mut next_arg: i64 = 0;
    while let Some(c) = reader.take() {
        if c != '%' {
            filled.push(c);
            continue;
        }
        if reader.rest.peek() == Some(&'%') {
            reader.take();
            filled.push('%');
            continue;
        }
        let start = reader.position - 1;
        let spec = Spec::read(&mut reader)?;
        let index = spec.index.unwrap_or(next_arg);
        // Going back by an explicit index does not take the automatic one back.
        next_arg = next_arg.max(index + 1);
        if index < 0 {
            return Err(Fault::new(ErrorClass::IndexOutOfBounds, index.to_string()));
        }
        let arg = usize::try_from(index)
            .ok()
            .and_then(|index| args.get(index));
        let arg = arg.ok_or_else(|| {
            Fault::argument(format!(
                "missing argument at index {index} for format specifier at position {start}"
            ))
        })?;
        filled.push_str(&spec.fill(arg)?);
        limits.check_text(filled.len())?;
    }
    Ok(filled)
}

struct Reader<'p> {
    rest: Peekable<Chars<'p>>,
    /// Characters taken.
    position: usize,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.position += 1;
        Some(c)
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(c) = self.rest.next_if(char::is_ascii_digit) {
            self.position += 1;
            digits.push(c);
        }
        digits
    }
}

/// One place to fill.
#[derive(Default)]
struct Spec {
    index: Option<i64>,
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    kind: char,
}

impl Spec {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut spec = Self::default();
        let ahead: String = reader
            .rest
            .clone()
            .take_while(char::is_ascii_digit)
            .collect();
        if !ahead.is_empty() && reader.rest.clone().nth(ahead.len()) == Some('$') {
            reader.digits();
            reader.take();
            spec.index = Some(ahead.parse::<i64>().unwrap_or(i64::MAX - 1) - 1);
        }
        while let Some(flag) = reader.rest.next_if(|c| matches!(c, '-' | '+' | ' ' | '0')) {
            reader.position += 1;
            match flag {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                _ => spec.zero = true,
            }
        }
        let width = reader.digits();
        if !width.is_empty() {
            spec.width = bounded(&width, 1..=WIDTH_MAX).ok_or_else(|| {
                Fault::argument(format!(
                    "width must be between 1 and {WIDTH_MAX}, got: {width}"
                ))
            })?;
        }
        let mut precision = None;
        if reader.rest.peek() == Some(&'.') {
            reader.take();
            precision = Some(reader.digits());
        }
        let position = reader.position;
        spec.kind = reader.take().ok_or_else(|| {
            Fault::argument(format!("missing type specifier at position {position}"))
        })?;
        spec.check(position, precision)
    }

    fn check(mut self, position: usize, precision: Option<String>) -> Result<Self, Fault> {
        let kind = self.kind;
        let precision_max = match kind {
            's' => 256,
            'f' => 32,
            'd' | 'u' | 'x' | 'X' => 0,
            _ => {
                return Err(Fault::argument(format!(
                    "invalid type specifier '{kind}' at position {position}"
                )));
            }
        };
        if let Some(digits) = precision {
            if precision_max == 0 {
                return Err(Fault::argument(format!(
                    "precision not allowed for type {kind}"
                )));
            }
            self.precision = Some(bounded(&digits, 0..=precision_max).ok_or_else(|| {
                Fault::argument(format!(
                    "precision must be between 0 and {precision_max} for type {kind}, got: {digits}"
                ))
            })?);
        }
        if kind == 's' && self.zero {
            return Err(Fault::argument("zero padding not allowed for string type"));
        }
        if kind == 's' && (self.plus || self.space) {
            return Err(Fault::argument("sign flags not allowed for string type"));
        }
        Ok(self)
    }

    fn fill(&self, arg: &Value) -> Result<String, Fault> {
        let (sign, body) = match self.kind {
            's' => {
                let text = arg.to_string();
                let kept = self.precision.unwrap_or(usize::MAX);
                ("", text.chars().take(kept).collect())
            }
            'f' => self.decimal(double(arg)?),
            _ => self.integer(integer(arg)?),
        };
        let missing = self
            .width
            .saturating_sub(sign.chars().count() + body.chars().count());
        Ok(if self.left {
            format!("{sign}{body}{}", " ".repeat(missing))
        } else if self.zero && body.starts_with(|c: char| c.is_ascii_hexdigit()) {
            format!("{sign}{}{body}", "0".repeat(missing))
        } else {
            format!("{}{sign}{body}", " ".repeat(missing))
        })
    }

    fn integer(&self, value: i64) -> (&'static str, String) {
        match self.kind {
            'x' => ("", format!("{value:x}")),
            'X' => ("", format!("{value:X}")),
            'u' => (self.positive_sign(), value.cast_unsigned().to_string()),
            _ if value < 0 => ("-", value.unsigned_abs().to_string()),
            _ => (self.positive_sign(), value.to_string()),
        }
    }

    fn decimal(&self, value: f64) -> (&'static str, String) {
        if value.is_nan() {
            return ("", "NaN".to_owned());
        }
        let sign = if value.is_sign_negative() {
            "-"
        } else {
            self.positive_sign()
        };
        if value.is_infinite() {
            return (sign, "∞".to_owned());
        }
        let precision = self.precision.unwrap_or(6);
        (sign, format!("{:.precision$}", value.abs()))
    }

    fn positive_sign(&self) -> &'static str {
        match (self.plus, self.space) {
            (true, _) => "+",
            (false, true) => " ",
            (false, false) => "",
        }
    }
}

const WIDTH_MAX: usize = 256;

fn bounded(digits: &str, range: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let value = digits.parse().ok()?;
    range.contains(&value).then_some(value)
}

fn integer(arg: &Value) -> Result<i64, Fault> {
    match arg {
        Value::Text(text) => text.parse().map_err(|_not_digits| no_number(text)),
        _ => Err(Fault::argument(format!("cannot format {arg} as integer"))),
    }
}

fn double(arg: &Value) -> Result<f64, Fault> {
    match arg {
        Value::Text(text) => parse_java_double(text).ok_or_else(|| no_number(text)),
        _ => Err(Fault::argument(format!("cannot format {arg} as float"))),
    }
}

fn no_number(text: &str) -> Fault {
    Fault::new(
        ErrorClass::NumberFormat,
        format!("For input string: \"{text}\""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pattern: &str, args: &[&str]) -> String {
        let args: Vec<Value> = args.iter().map(|arg| Value::text(*arg)).collect();
        match format(pattern, &args, &Limits::reference()) {
            Ok(text) => text,
            Err(fault) => format!("{}: {}", fault.class.name(), fault.text),
        }
    }

    #[test]
    fn patterns() {
        for (pattern, args, text) in [
            ("a%%b", &[][..], "a%b"),
            ("%s-%s", &["x", "y"], "x-y"),
            ("%2$s %s", &["x", "y", "z"], "y z"),
            ("%3$s %1$s %s", &["x", "y", "z", "w"], "z x w"),
            ("%-4d|", &["7"], "7   |"),
            ("%04d", &["-7"], "-007"),
            ("%-04d|", &["7"], "7   |"),
            ("%+d% d", &["4", "5"], "+4 5"),
            ("%x %X", &["-1", "255"], "ffffffffffffffff FF"),
            ("%u", &["-1"], "18446744073709551615"),
            ("%.1f", &["0.25"], "0.2"),
            ("%.1f", &["0.35"], "0.3"),
            ("%.2f", &["1.005"], "1.00"),
            ("%f", &["NaN"], "NaN"),
            ("%5.0f|", &["2.5"], "    2|"),
            ("%f", &["Infinity"], "∞"),
            ("%.2s", &["abc"], "ab"),
            (
                "é%",
                &["a"],
                "IllegalArgumentException: missing type specifier at position 2",
            ),
            (
                "%5%",
                &["a"],
                "IllegalArgumentException: invalid type specifier '%' at position 2",
            ),
            ("%0$s", &["a"], "IndexOutOfBoundsException: -1"),
            (
                "%257d",
                &["1"],
                "IllegalArgumentException: width must be between 1 and 256, got: 257",
            ),
            (
                "%d",
                &["1.0"],
                "NumberFormatException: For input string: \"1.0\"",
            ),
        ] {
            assert_eq!(filled(pattern, args), text, "{pattern}");
        }
    }
}
