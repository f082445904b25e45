//! The token stream of a JSON text, as the reference's reader gives it.
//!
//! Takes bytes, gives tokens one by one; the text of a string and the value of a number are asked
//! for afterwards. Beyond JSON it takes comments (`/* */` and `//`) and the numbers `NaN`,
//! `Infinity`, `INF` with signs. Nothing behind the last token asked for is looked at.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memmem, memrchr};

use super::error::DecodeError;
use super::limits::{DEPTH_MAX, KEY_BYTES_MAX, NUMBER_BYTES_MAX};
use super::number::{self, Number, NumberError};

/// A token of a JSON text; its text form is the reference's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Token {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    FieldName,
    String,
    Int,
    Float,
    True,
    False,
    Null,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartObject => "START_OBJECT",
            Self::EndObject => "END_OBJECT",
            Self::StartArray => "START_ARRAY",
            Self::EndArray => "END_ARRAY",
            Self::FieldName => "FIELD_NAME",
            Self::String => "VALUE_STRING",
            Self::Int => "VALUE_NUMBER_INT",
            Self::Float => "VALUE_NUMBER_FLOAT",
            Self::True => "VALUE_TRUE",
            Self::False => "VALUE_FALSE",
            Self::Null => "VALUE_NULL",
        })
    }
}

/// A place in a JSON text.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'b> {
    body: &'b [u8],
    at: usize,
    open: Vec<Container>,
    expect: Expect,
    /// Bytes between the quotes of the last string or name.
    string: (usize, usize),
    has_escapes: bool,
    number: Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// What may stand next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// A value: outside of everything, or behind a colon.
    Value,
    FirstItem,
    NextItem,
    FirstName,
    NextName,
}

impl<'b> Lexer<'b> {
    pub(super) fn new(body: &'b [u8]) -> Self {
        Self {
            body,
            at: 0,
            open: Vec::with_capacity(8),
            expect: Expect::Value,
            string: (0, 0),
            has_escapes: false,
            number: Number {
                length: 0,
                is_float: false,
                integer: None,
                double: 0.0,
            },
        }
    }

    /// Takes the next token; `None` at the end of the text when nothing is open.
    pub(super) fn next_token(&mut self) -> Result<Option<Token>, DecodeError> {
        self.skip_blanks()?;
        let Some(&byte) = self.body.get(self.at) else {
            let is_complete = self.open.is_empty() && self.expect == Expect::Value;
            return if is_complete {
                Ok(None)
            } else {
                Err(self.truncated())
            };
        };
        let token = match (self.expect, byte) {
            (Expect::Value | Expect::FirstItem, _) if byte != b']' => self.value(byte),
            (Expect::FirstItem | Expect::NextItem, b']') => Ok(self.close(Token::EndArray)),
            (Expect::FirstName | Expect::NextName, b'}') => Ok(self.close(Token::EndObject)),
            (Expect::FirstName, _) => self.name(),
            (Expect::NextItem, b',') => {
                self.skip_comma()?;
                let byte = *self.body.get(self.at).ok_or_else(|| self.truncated())?;
                self.value(byte)
            }
            (Expect::NextName, b',') => {
                self.skip_comma()?;
                self.name()
            }
            (Expect::NextItem | Expect::NextName, _) => Err(self.syntax("expected a comma")),
            (Expect::Value | Expect::FirstItem, _) => Err(self.syntax("expected a value")),
        };
        token.map(Some)
    }

    /// Text of the last string or field name.
    pub(super) fn text(&self) -> Result<Cow<'b, str>, DecodeError> {
        let (start, end) = self.string;
        let raw = std::str::from_utf8(&self.body[start..end]).map_err(|error| {
            let offset = start + error.valid_up_to();
            DecodeError::Syntax {
                problem: "invalid UTF-8",
                offset,
            }
        })?;
        if self.has_escapes {
            return self.unescape(raw).map(Cow::Owned);
        }
        Ok(Cow::Borrowed(raw))
    }

    /// The last number.
    pub(super) fn number(&self) -> Number {
        self.number
    }

    /// Objects and arrays that are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Bytes taken.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Line and column of the place behind the last token, from 1, in bytes. Behind a string means
    /// behind its opening quote, as the reference reads the text only when it is asked for.
    pub(super) fn line_and_column(&self, last: Token) -> (usize, usize) {
        let end = match last {
            Token::String => self.string.0,
            _ => self.at,
        };
        let taken = &self.body[..end];
        let line = 1 + memchr::memchr_iter(b'\n', taken).count();
        let line_start = memrchr(b'\n', taken).map_or(0, |newline| newline + 1);
        (line, taken.len() - line_start + 1)
    }

    /// What is not yet taken.
    pub(super) fn rest(&self) -> &'b [u8] {
        &self.body[self.at..]
    }

    /// What is not yet taken, from the next byte that is no blank or comment on.
    pub(super) fn rest_after_blanks(&mut self) -> Result<&'b [u8], DecodeError> {
        self.skip_blanks()?;
        Ok(self.rest())
    }

    /// Takes an object of `length` bytes that is known to be well-formed and whose value is expected
    /// here.
    pub(super) fn take_object(&mut self, length: usize) {
        debug_assert_eq!(self.expect, Expect::Value, "only behind a colon");
        self.at += length;
        self.expect = self.expected_after_value();
    }

    /// The text of the next item of an array without its comma, when there is no blank between;
    /// takes nothing.
    pub(super) fn next_item(&self) -> Option<&'b [u8]> {
        match (self.expect, self.rest()) {
            (Expect::FirstItem, rest) => Some(rest),
            (Expect::NextItem, [b',', rest @ ..]) => Some(rest),
            _ => None,
        }
    }

    /// Takes an item of `length` bytes that [`Lexer::next_item`] has shown.
    pub(super) fn take_item(&mut self, length: usize) {
        self.at += length + usize::from(self.expect == Expect::NextItem);
        self.expect = Expect::NextItem;
    }

    fn value(&mut self, byte: u8) -> Result<Token, DecodeError> {
        match byte {
            b'{' => self.open(Container::Object),
            b'[' => self.open(Container::Array),
            b'"' => {
                self.take_string()?;
                self.expect = self.expected_after_value();
                Ok(Token::String)
            }
            b'-' | b'+' | b'0'..=b'9' | b'N' | b'I' => {
                let token = self.take_number()?;
                self.expect = self.expected_after_value();
                Ok(token)
            }
            b't' => self.word(b"true", Token::True),
            b'f' => self.word(b"false", Token::False),
            b'n' => self.word(b"null", Token::Null),
            _ => Err(self.syntax("expected a value")),
        }
    }

    fn open(&mut self, container: Container) -> Result<Token, DecodeError> {
        if self.open.len() == DEPTH_MAX {
            return Err(self.limit("nesting depth", DEPTH_MAX));
        }
        self.at += 1;
        self.open.push(container);
        let (expect, token) = match container {
            Container::Object => (Expect::FirstName, Token::StartObject),
            Container::Array => (Expect::FirstItem, Token::StartArray),
        };
        self.expect = expect;
        Ok(token)
    }

    fn close(&mut self, token: Token) -> Token {
        self.at += 1;
        self.open.pop();
        self.expect = self.expected_after_value();
        token
    }

    fn expected_after_value(&self) -> Expect {
        match self.open.last() {
            None => Expect::Value,
            Some(Container::Object) => Expect::NextName,
            Some(Container::Array) => Expect::NextItem,
        }
    }

    fn name(&mut self) -> Result<Token, DecodeError> {
        if self.at == self.body.len() {
            return Err(self.truncated());
        }
        if self.body[self.at] != b'"' {
            return Err(self.syntax("expected a field name in double quotes"));
        }
        self.take_string()?;
        if self.string.1 - self.string.0 > KEY_BYTES_MAX {
            return Err(self.limit("length of a field name", KEY_BYTES_MAX));
        }
        self.skip_blanks()?;
        match self.body.get(self.at) {
            Some(b':') => self.at += 1,
            Some(_) => return Err(self.syntax("expected a colon")),
            None => return Err(self.truncated()),
        }
        self.expect = Expect::Value;
        Ok(Token::FieldName)
    }

    fn take_string(&mut self) -> Result<(), DecodeError> {
        let start = self.at + 1;
        let mut at = start;
        self.has_escapes = false;
        loop {
            match self.body.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.has_escapes = true;
                    at += 2;
                }
                Some(..b' ') => {
                    self.at = at;
                    return Err(self.syntax("a control character in a string is not escaped"));
                }
                Some(_) => at += 1,
                None => return Err(self.truncated()),
            }
        }
        self.string = (start, at);
        self.at = at + 1;
        if self.has_escapes {
            // Wrong escapes are errors even where nobody asks for the text.
            self.text()?;
        }
        Ok(())
    }

    fn unescape(&self, raw: &str) -> Result<String, DecodeError> {
        let invalid = DecodeError::Syntax {
            problem: "invalid escape",
            offset: self.string.0,
        };
        let mut units: Vec<u16> = Vec::with_capacity(raw.len());
        let mut characters = raw.chars();
        while let Some(character) = characters.next() {
            if character != '\\' {
                units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
                continue;
            }
            let unescaped = match characters.next() {
                Some(same @ ('"' | '\\' | '/')) => u16::try_from(u32::from(same)).ok(),
                Some('b') => Some(8),
                Some('f') => Some(12),
                Some('n') => Some(10),
                Some('r') => Some(13),
                Some('t') => Some(9),
                Some('u') => {
                    let digits = characters.as_str().get(..4);
                    let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
                    characters = characters.as_str().get(4..).unwrap_or("").chars();
                    digits.and_then(|text| u16::from_str_radix(text, 16).ok())
                }
                Some(_) | None => None,
            };
            units.push(unescaped.ok_or_else(|| invalid.clone())?);
        }
        // A lone surrogate has no UTF-8 form; the replacement is no permitted character either.
        Ok(String::from_utf16_lossy(&units))
    }

    fn take_number(&mut self) -> Result<Token, DecodeError> {
        const NAMED: [(&[u8], f64); 7] = [
            (b"NaN", f64::NAN),
            (b"-Infinity", f64::NEG_INFINITY),
            (b"+Infinity", f64::INFINITY),
            (b"Infinity", f64::INFINITY),
            (b"-INF", f64::NEG_INFINITY),
            (b"+INF", f64::INFINITY),
            (b"-NaN", f64::NAN),
        ];
        let rest = self.rest();
        let number = match rest {
            [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] => match number::scan(rest) {
                Ok(number) => number,
                Err(NumberError::TooLong) => {
                    return Err(self.limit("length of a number", NUMBER_BYTES_MAX));
                }
                Err(NumberError::Malformed(problem)) => return Err(self.syntax(problem)),
            },
            _ => {
                let named = NAMED.iter().find(|(name, _)| rest.starts_with(name));
                let &(name, double) = named.ok_or_else(|| self.syntax("expected a value"))?;
                Number {
                    length: name.len(),
                    is_float: true,
                    integer: None,
                    double,
                }
            }
        };
        self.at += number.length;
        if number.integer.is_none() || number.is_float {
            self.check_word_end()?;
        }
        self.number = number;
        Ok(if number.is_float {
            Token::Float
        } else {
            Token::Int
        })
    }

    fn word(&mut self, word: &[u8], token: Token) -> Result<Token, DecodeError> {
        if !self.rest().starts_with(word) {
            return Err(self.syntax("expected a value"));
        }
        self.at += word.len();
        self.check_word_end()?;
        self.expect = self.expected_after_value();
        Ok(token)
    }

    /// Refuses a word that goes on, such as `nullx`.
    fn check_word_end(&self) -> Result<(), DecodeError> {
        match self.body.get(self.at) {
            Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => {
                Err(self.syntax("expected a value"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn skip_comma(&mut self) -> Result<(), DecodeError> {
        self.at += 1;
        self.skip_blanks()
    }

    fn skip_blanks(&mut self) -> Result<(), DecodeError> {
        loop {
            match self.rest() {
                [b' ' | b'\n' | b'\r' | b'\t', ..] => self.at += 1,
                [b'/', b'*', rest @ ..] => {
                    let length = memmem::find(rest, b"*/").ok_or_else(|| self.truncated())?;
                    self.at += length + 4;
                }
                [b'/', b'/', rest @ ..] => {
                    self.at += 2 + memchr(b'\n', rest).unwrap_or(rest.len());
                }
                _ => return Ok(()),
            }
        }
    }

    fn truncated(&self) -> DecodeError {
        DecodeError::Truncated {
            offset: self.body.len(),
        }
    }

    fn syntax(&self, problem: &'static str) -> DecodeError {
        DecodeError::Syntax {
            problem,
            offset: self.at,
        }
    }

    fn limit(&self, what: &'static str, max: usize) -> DecodeError {
        DecodeError::Limit {
            what,
            max,
            offset: self.at,
        }
    }
}
