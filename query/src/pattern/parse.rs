//! Pattern text to a tree, refusing what the reference refuses, with its wording.
//!
//! The reference wraps a pattern as `^.*(^PATTERN).*$` and reports positions in that text, so the
//! whole is parsed here too; the tree is that of `^PATTERN` alone.

use super::PatternError;
use crate::lang::ErrorClass;

/// ASCII characters, one bit each.
pub(super) type AsciiSet = u128;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Char(char),
    /// One of some ASCII characters.
    Set(AsciiSet),
    /// Any one character, line ends included.
    Any,
    /// The start of the value.
    Start,
    /// The end of the value.
    End,
    Seq(Vec<Self>),
    Or(Vec<Self>),
    Repeat {
        node: Box<Self>,
        min: u32,
        max: Option<u32>,
        /// Once it has matched it gives nothing back.
        possessive: bool,
    },
    /// A condition on what follows.
    Look {
        negative: bool,
        node: Box<Self>,
    },
}

impl Node {
    /// The character of a literal.
    pub(super) fn literal(&self) -> Option<char> {
        match self {
            Self::Char(c) => Some(*c),
            _ => None,
        }
    }

    /// Whether this is `.*`.
    pub(super) fn is_any_text(&self) -> bool {
        matches!(
            self,
            Self::Repeat { node, min: 0, max: None, possessive: false } if **node == Self::Any
        )
    }
}

const DIGIT: AsciiSet = range('0', '9');
const LOWER: AsciiSet = range('a', 'z');
const UPPER: AsciiSet = range('A', 'Z');
const ALPHA: AsciiSet = LOWER | UPPER;
const ALNUM: AsciiSet = ALPHA | DIGIT;
const PUNCT: AsciiSet = range('!', '/') | range(':', '@') | range('[', '`') | range('{', '~');
const BLANK: AsciiSet = one(' ') | one('\t');
const SPACE: AsciiSet = BLANK | range('\n', '\r');
const WORD: AsciiSet = ALNUM | one('_');
const CONTROL: AsciiSet = range('\0', '\u{1f}') | one('\u{7f}');

const NAMED: [(&str, AsciiSet); 13] = [
    ("Lower", LOWER),
    ("Upper", UPPER),
    ("ASCII", AsciiSet::MAX),
    ("Alpha", ALPHA),
    ("Digit", DIGIT),
    ("Alnum", ALNUM),
    ("Punct", PUNCT),
    ("Graph", PUNCT | ALNUM),
    ("Print", PUNCT | ALNUM | one(' ')),
    ("Blank", BLANK),
    ("Cntrl", CONTROL),
    ("XDigit", DIGIT | range('a', 'f') | range('A', 'F')),
    ("Space", SPACE),
];

const fn one(c: char) -> AsciiSet {
    1 << (c as u32)
}

const fn range(from: char, to: char) -> AsciiSet {
    let above = AsciiSet::MAX << (from as u32);
    let below = AsciiSet::MAX >> (127 - to as u32);
    above & below
}

const BEFORE: &str = "^.*(^";
const AFTER: &str = ").*$";

/// The tree of a pattern with its `^` in front.
pub(super) fn parse(pattern: &str) -> Result<Node, PatternError> {
    let wrapped = expand(&format!("{BEFORE}{pattern}{AFTER}"))?;
    let mut parser = Parser {
        text: wrapped.chars().collect(),
        current: BEFORE.len() - 1,
        depth: 0,
    };
    let tree = parser.group_body()?;
    if parser.text[parser.current..].iter().collect::<String>() == AFTER[1..] {
        return Ok(tree);
    }
    // A parenthesis of the pattern closed the group that stands around it: what is left belongs to
    // the outermost level, whose end the reference then finds too early.
    parser.sequence_of_alternatives()?;
    parser.current = (parser.current + 1).min(parser.text.len());
    Err(parser.error("unmatched closing parenthesis"))
}

struct Parser {
    text: Vec<char>,
    current: usize,
    depth: usize,
}

/// Groups within groups; trees are walked by recursion.
const DEPTH_MAX: usize = 100;

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.current).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.current += 1;
        Some(c)
    }

    fn error(&self, what: &str) -> PatternError {
        located(what, &self.text.iter().collect::<String>(), self.current)
    }

    fn unsupported(&self, what: &str) -> PatternError {
        self.error(&format!("unsupported: {what}"))
    }

    /// What stands in a group, and the parenthesis that closes it.
    fn group_body(&mut self) -> Result<Node, PatternError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("too many groups within groups"));
        }
        let body = self.sequence_of_alternatives()?;
        self.depth -= 1;
        if self.take() != Some(')') {
            return Err(self.error("unclosed group"));
        }
        Ok(body)
    }

    fn sequence_of_alternatives(&mut self) -> Result<Node, PatternError> {
        let mut alternatives = vec![self.sequence()?];
        while self.peek() == Some('|') {
            self.current += 1;
            alternatives.push(self.sequence()?);
        }
        Ok(match alternatives.len() {
            1 => alternatives.remove(0),
            _ => Node::Or(alternatives),
        })
    }

    fn sequence(&mut self) -> Result<Node, PatternError> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek().filter(|c| !matches!(c, ')' | '|')) {
            self.current += 1;
            let node = match c {
                '\\' => {
                    self.escape(&mut nodes)?;
                    continue;
                }
                '^' => Node::Start,
                '$' => Node::End,
                '.' => Node::Any,
                '[' => Node::Set(self.class()?),
                '(' => self.group()?,
                '{' => {
                    let repeated = nodes.pop();
                    self.counted(repeated)?
                }
                '?' | '*' | '+' => {
                    let Some(repeated) = nodes.pop() else {
                        return Err(self.error("dangling modifier"));
                    };
                    self.quantified(repeated)?
                }
                _ => Node::Char(c),
            };
            nodes.push(node);
        }
        Ok(Node::Seq(nodes))
    }

    fn escape(&mut self, nodes: &mut Vec<Node>) -> Result<(), PatternError> {
        match self.peek() {
            Some('Q') => {
                let start = self.current + 1;
                let rest = &self.text[start..];
                let Some(length) = rest.windows(2).position(|pair| pair == ['\\', 'E']) else {
                    return Err(self.error("unclosed quotation"));
                };
                // A quotation is one unit: a modifier after it repeats the whole of it.
                let quoted = rest[..length].iter().map(|c| Node::Char(*c)).collect();
                nodes.push(Node::Seq(quoted));
                self.current = start + length + 2;
                Ok(())
            }
            Some('c') => Err(self.unsupported("control character")),
            Some('k' | '0'..='9') => Err(self.unsupported("back references")),
            _ => {
                let node = match self.named_class()? {
                    Some(set) => Node::Set(set),
                    None => match self.take() {
                        Some(c) => Node::Char(c),
                        None => return Err(self.error("dangling escape")),
                    },
                };
                nodes.push(node);
                Ok(())
            }
        }
    }

    /// The class of a letter after a backslash; nothing is taken when the letter names none.
    fn named_class(&mut self) -> Result<Option<AsciiSet>, PatternError> {
        let letter = self.take();
        let set = match letter {
            Some('d') => DIGIT,
            Some('D') => !DIGIT,
            Some('s') => SPACE,
            Some('S') => !SPACE,
            Some('w') => WORD,
            Some('W') => !WORD,
            Some('h' | 'H') => return Err(self.unsupported("horizontal whitespace class")),
            Some('v' | 'V') => return Err(self.unsupported("vertical whitespace class")),
            Some('p') => self.property()?,
            Some('P') => !self.property()?,
            Some(_) => {
                self.current -= 1;
                return Ok(None);
            }
            None => return Ok(None),
        };
        Ok(Some(set))
    }

    fn property(&mut self) -> Result<AsciiSet, PatternError> {
        let mut name = String::new();
        match self.take() {
            Some('{') => loop {
                match self.take() {
                    Some('}') => break,
                    Some(c) => name.push(c),
                    None => return Err(self.error("unclosed character property name")),
                }
            },
            Some(c) => name.push(c),
            None => {}
        }
        NAMED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, set)| set)
            .ok_or_else(|| self.error(&format!("unknown character property name: {name}")))
    }

    fn group(&mut self) -> Result<Node, PatternError> {
        if self.peek() != Some('?') {
            return self.group_body();
        }
        self.current += 1;
        match self.take() {
            Some('<') => {
                while self.take().is_some_and(|c| c != '>') {}
                if self.current >= self.text.len() {
                    return Err(self.error("unclosed name for capturing group"));
                }
                self.group_body()
            }
            Some(':') => self.group_body(),
            Some(c @ ('=' | '!')) => {
                let node = Box::new(self.group_body()?);
                Ok(Node::Look {
                    negative: c == '!',
                    node,
                })
            }
            _ => Err(self.unsupported("inline flags")),
        }
    }

    /// After `{`.
    fn counted(&mut self, repeated: Option<Node>) -> Result<Node, PatternError> {
        let start = self.current;
        while self.take().is_some_and(|c| c != '}') {}
        let inside: String = self.text[start..self.current - 1].iter().collect();
        let mut numbers = inside.trim_end_matches(',').split(',');
        let min = count(numbers.next().unwrap_or_default())?;
        let max = numbers.next().map(count).transpose()?.unwrap_or(min);
        let Some(repeated) = repeated else {
            return Err(self.error("dangling modifier"));
        };
        if max < min {
            return Err(self.error("invalid repetition range"));
        }
        let node = Node::Repeat {
            node: Box::new(repeated),
            min,
            max: Some(max),
            possessive: true,
        };
        // A question mark after braces changes nothing in the reference.
        let is_last = !matches!(self.text.get(self.current + 1), Some('?' | '*' | '+'));
        if self.peek() == Some('?') && is_last {
            self.current += 1;
        }
        Ok(node)
    }

    /// After the first of `? * +`.
    fn quantified(&mut self, repeated: Node) -> Result<Node, PatternError> {
        let start = self.current - 1;
        while matches!(self.peek(), Some('?' | '*' | '+')) {
            self.current += 1;
        }
        let quantifier: String = self.text[start..self.current].iter().collect();
        let (min, max) = match quantifier.as_str() {
            "?" | "??" | "?+" => (0, Some(1)),
            "*" | "*?" | "*+" => (0, None),
            "+" | "+?" | "++" => (1, None),
            _ => {
                return Err(refused(
                    ErrorClass::IllegalArgument,
                    format!("unknown quantifier: {quantifier}"),
                    "write one of ? * + after each part",
                ));
            }
        };
        Ok(Node::Repeat {
            node: Box::new(repeated),
            min,
            max,
            possessive: matches!(quantifier.as_str(), "*+" | "++"),
        })
    }

    /// After `[`: characters, ranges, classes within and `&&`, built up as they come.
    fn class(&mut self) -> Result<AsciiSet, PatternError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("too many classes within classes"));
        }
        let invert = self.peek() == Some('^');
        let mut class = Class {
            set: if invert { AsciiSet::MAX } else { 0 },
            invert,
        };
        self.current += usize::from(invert);
        if let Some(c @ (']' | '-')) = self.peek() {
            self.current += 1;
            class.add(one(c));
        }
        let mut range_from = None;
        while let Some(c) = self.peek().filter(|c| *c != ']') {
            self.current += 1;
            range_from = self.class_item(&mut class, c, range_from)?;
        }
        if self.take() != Some(']') {
            return Err(self.error("unclosed character class"));
        }
        self.depth -= 1;
        Ok(class.set)
    }

    /// Adds one item to the class and gives the character a range may start from.
    fn class_item(
        &mut self,
        class: &mut Class,
        c: char,
        range_from: Option<char>,
    ) -> Result<Option<char>, PatternError> {
        match c {
            '[' => class.set |= self.class()?,
            '&' if self.peek() == Some('&') => {
                self.current += 1;
                match self.peek() {
                    Some('[') => {
                        self.current += 1;
                        class.set &= self.class()?;
                    }
                    Some(']') | None => {}
                    Some(_) => {
                        class.set &= self.class()?;
                        self.current -= 1;
                    }
                }
            }
            '\\' => match self.named_class()? {
                Some(set) => class.add(set),
                None => {
                    let c = self.take().unwrap_or('\\');
                    class.add(ascii(c)?);
                    return Ok(Some(c));
                }
            },
            '-' => self.class_range(class, range_from)?,
            '&' => class.add(one('&')),
            _ => {
                class.add(ascii(c)?);
                return Ok(Some(c));
            }
        }
        Ok(None)
    }

    /// After `-` in a class: a range when a character stands before it and something after it.
    fn class_range(&mut self, class: &mut Class, from: Option<char>) -> Result<(), PatternError> {
        let (Some(from), Some(to)) = (from, self.peek().filter(|c| *c != ']')) else {
            class.add(one('-'));
            return Ok(());
        };
        let mut to = to;
        if to == '\\' {
            self.current += 1;
            if let Some(set) = self.named_class()? {
                class.add(one('-') | set);
                return Ok(());
            }
            to = self.peek().unwrap_or('\\');
            if to == '\\' {
                self.current += 1;
            }
        }
        ascii(from)?;
        ascii(to)?;
        class.add(range(from.min(to), from.max(to)));
        Ok(())
    }
}

struct Class {
    set: AsciiSet,
    invert: bool,
}

impl Class {
    fn add(&mut self, more: AsciiSet) {
        if self.invert {
            self.set &= !more;
        } else {
            self.set |= more;
        }
    }
}

fn ascii(c: char) -> Result<AsciiSet, PatternError> {
    if c.is_ascii() {
        return Ok(one(c));
    }
    Err(refused(
        ErrorClass::IllegalArgument,
        format!("invalid pattern, '{c}' is not ascii"),
        "classes hold ASCII characters only; write (a|é) instead of [aé]",
    ))
}

fn count(digits: &str) -> Result<u32, PatternError> {
    let parsed: Option<i32> = digits.parse().ok();
    parsed
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| {
            refused(
                ErrorClass::NumberFormat,
                format!("For input string: \"{digits}\""),
                "braces hold one number or two, as in a{2} or a{2,3}; write \\{ for the character",
            )
        })
}

pub(super) fn refused(class: ErrorClass, text: String, hint: &str) -> PatternError {
    PatternError {
        class,
        text,
        hint: Some(hint.to_owned()),
        limit: None,
    }
}

/// A fault with the pattern and a caret below the place.
fn located(what: &str, text: &str, position: usize) -> PatternError {
    PatternError {
        class: ErrorClass::IllegalArgument,
        text: format!("{what}\n{text}\n{}^", " ".repeat(position)),
        hint: None,
        limit: None,
    }
}

/// Replaces escapes of characters by the characters, which may then mean something.
fn expand(text: &str) -> Result<String, PatternError> {
    let chars: Vec<char> = text.chars().collect();
    let mut expanded = String::with_capacity(text.len());
    let mut index = 0;
    while index < chars.len() {
        let c = chars[index];
        index += 1;
        if c != '\\' {
            expanded.push(c);
            continue;
        }
        let Some(&letter) = chars.get(index) else {
            return Err(located("dangling escape", text, index));
        };
        index += 1;
        match letter {
            't' => expanded.push('\t'),
            'n' => expanded.push('\n'),
            'r' => expanded.push('\r'),
            'f' => expanded.push('\u{c}'),
            'a' => expanded.push('\u{7}'),
            'e' => expanded.push('\u{1b}'),
            '0' | 'x' | 'u' => {
                let digits = numeric_escape(&chars[index..], letter);
                let (c, length) = digits.ok_or_else(|| {
                    let kind = match letter {
                        '0' => "octal",
                        'x' => "hexadecimal",
                        _ => "unicode",
                    };
                    let what = format!("invalid {kind} escape sequence");
                    located(&what, text, index - 1)
                })?;
                expanded.push(c);
                index += length;
            }
            _ => expanded.extend(['\\', letter]),
        }
    }
    Ok(expanded)
}

/// The character of the digits after `\0`, `\x` or `\u`, and how many digits there are.
fn numeric_escape(rest: &[char], letter: char) -> Option<(char, usize)> {
    let (radix, length) = match letter {
        '0' => {
            let octal = rest.iter().take(3).take_while(|c| c.is_digit(8)).count();
            (8, octal)
        }
        'x' => (16, 2),
        _ => (16, 4),
    };
    let digits: String = rest.get(..length).filter(|_| length > 0)?.iter().collect();
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(&digits, radix).ok()?;
    if letter == 'u'
        && (0xd800..0xdc00).contains(&code)
        && let ['\\', 'u', low @ ..] = &rest[length..]
        && let Some(low) = low.get(..4)
    {
        // The escapes of a surrogate pair stand for one character.
        let low = u16::from_str_radix(&low.iter().collect::<String>(), 16).ok()?;
        let pair = [u16::try_from(code).ok()?, low];
        let c = char::decode_utf16(pair).next()?.ok()?;
        return Some((c, length + 6));
    }
    Some((char::from_u32(code).unwrap_or('\u{fffd}'), length))
}
