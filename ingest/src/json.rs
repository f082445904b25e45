//! The publish payload: a JSON body in, datapoints out.
//!
//! ```text
//!   {"tags":{common},"metrics":[{"tags":{own},"timestamp":ms,"value":v}, ...]}
//! ```
//!
//! The decoder reads a stream of tokens just as the reference does, so that it accepts and refuses
//! the same bodies: arrays around the batch, comments, non-finite numbers, quoted numbers, unknown
//! fields of a metric and whatever follows the batch are fine; an unknown field of the batch is not.
//! Where the reference crashes (no `metrics`, a metric without `tags`) there is an error instead.
//! Every limit is named in [`limits`]. `docs/formats/publish.md` tells the format.
//!
//! A metric in the shape that publishers write (no blanks, known fields only, tags seen before) is
//! read without the token stream; everything else takes the general way, with the same result.
//! Inflating bodies belongs to the server, checks of tags and time to [`admit`](crate::admit).

mod encoding;
mod error;
mod lexer;
mod number;

use memchr::memchr;
use telamon_model::Timestamp;

pub use error::DecodeError;
pub use lexer::Token;

use crate::admit::Point;
use crate::datapoint::Datapoint;
use crate::number::java_double;
use crate::rules::Rules;
use crate::series_cache::{CacheLimits, Pairs, SeriesCache, SlotIndex};
use lexer::Lexer;

/// Bounds of a payload beside its size, which the server limits.
pub mod limits {
    /// Most objects and arrays inside each other.
    pub const DEPTH_MAX: usize = 500;
    /// Longest number, in bytes.
    pub const NUMBER_BYTES_MAX: usize = 1000;
    /// Longest key, in bytes.
    pub const KEY_BYTES_MAX: usize = 50_000;
}

/// Decodes a body to datapoints with all their tags, checked by nobody.
///
/// # Errors
/// The body is no publish payload.
pub fn decode(body: &[u8]) -> Result<Vec<Datapoint>, DecodeError> {
    let unbounded = CacheLimits {
        series_max: usize::MAX,
        span_bytes_max: usize::MAX,
    };
    let mut cache = SeriesCache::new(Rules::ATLAS, unbounded);
    let points = decode_points(body, &mut cache)?;
    let datapoint = |point: Point| Datapoint {
        tags: cache.slot(point.slot).outcome.tags().clone(),
        timestamp: point.timestamp,
        value: point.value,
    };
    Ok(points.into_iter().map(datapoint).collect())
}

/// Decodes a body to points whose tag sets stand in the cache.
pub(crate) fn decode_points(
    body: &[u8],
    cache: &mut SeriesCache,
) -> Result<Vec<Point>, DecodeError> {
    let body = encoding::to_utf8(body)?;
    cache.begin();
    Decoder {
        lexer: Lexer::new(&body),
        cache,
    }
    .batch()
}

struct Decoder<'b, 'c> {
    lexer: Lexer<'b>,
    cache: &'c mut SeriesCache,
}

impl<'b> Decoder<'b, '_> {
    fn batch(&mut self) -> Result<Vec<Point>, DecodeError> {
        let mut common: Option<Pairs<'b>> = None;
        let mut points = None;
        // Where the metrics start when no common tags stand before them.
        let mut metrics_before_tags: Option<Lexer<'b>> = None;
        while self.skip_to_field()? {
            match &*self.lexer.text()? {
                "tags" => common = Some(self.tags()?.0),
                "metrics" => {
                    metrics_before_tags = common.is_none().then(|| self.lexer.clone());
                    self.cache.set_common(common.as_deref().unwrap_or(&[]));
                    points = Some(self.metrics()?);
                }
                other => return Err(DecodeError::InvalidField(other.to_owned())),
            }
        }
        if let (Some(lexer), Some(common)) = (metrics_before_tags, &common) {
            // Tags behind the metrics hold for them too, but only then: read the metrics again.
            self.cache.set_common(common);
            self.lexer = lexer;
            points = Some(self.metrics()?);
        }
        match points {
            None if common.is_some() => Err(DecodeError::MissingMetrics),
            None => Err(DecodeError::EmptyPayload),
            Some(points) if points.is_empty() => Err(DecodeError::EmptyPayload),
            Some(points) => Ok(points),
        }
    }

    fn metrics(&mut self) -> Result<Vec<Point>, DecodeError> {
        let mut points = Vec::new();
        self.require(Token::StartArray)?;
        loop {
            while let Some(point) = self.usual_metric() {
                points.push(point);
            }
            match self.lexer.next_token()? {
                Some(Token::EndArray) => return Ok(points),
                Some(_) => {
                    let point = self.metric()?;
                    let index = points.len();
                    points.push(point.ok_or(DecodeError::MissingTags { index })?);
                }
                None => {
                    return Err(DecodeError::Ended {
                        expected: Token::EndArray,
                    });
                }
            }
        }
    }

    /// Reads the next metric when it has the shape that publishers write and its tags are known.
    /// Otherwise takes nothing.
    fn usual_metric(&mut self) -> Option<Point> {
        const TAGS: &[u8] = b"\"tags\":";
        const TIMESTAMP: &[u8] = b"\"timestamp\":";
        const VALUE: &[u8] = b"\"value\":";
        if self.lexer.depth() + 2 > limits::DEPTH_MAX {
            return None;
        }
        let rest = self.lexer.next_item()?;
        let mut field = rest.strip_prefix(b"{")?;
        let mut slot = None;
        let mut timestamp = -1;
        let mut value = f64::NAN;
        loop {
            let after = if let Some(text) = field.strip_prefix(TAGS) {
                let (found, length) = self.cache.find_span(text)?;
                slot = Some(found);
                &text[length..]
            } else if let Some(text) = field.strip_prefix(TIMESTAMP) {
                let number = number::scan(text).ok()?;
                timestamp = number.integer.filter(|_| !number.is_float)?;
                &text[number.length..]
            } else if let Some(text) = field.strip_prefix(VALUE) {
                let number = number::scan(text).ok()?;
                value = number.double;
                &text[number.length..]
            } else {
                return None;
            };
            match after {
                [b',', next @ ..] => field = next,
                [b'}', next @ ..] => {
                    let point = Point {
                        slot: slot?,
                        timestamp: Timestamp(timestamp),
                        value,
                    };
                    self.lexer.take_item(rest.len() - next.len());
                    return Some(point);
                }
                _ => return None,
            }
        }
    }

    /// Reads the fields of the metric whose first token was taken; `None` when it has no tags.
    fn metric(&mut self) -> Result<Option<Point>, DecodeError> {
        let mut slot = None;
        let mut timestamp = -1;
        let mut value = f64::NAN;
        while self.skip_to_field()? {
            match &*self.lexer.text()? {
                "tags" => slot = Some(self.metric_tags()?),
                "timestamp" | "start" => timestamp = self.long()?,
                "value" => {
                    let token = self.lexer.next_token()?;
                    value = self.double(token)?;
                }
                "values" => value = self.values()?,
                _ => self.skip_value()?,
            }
        }
        let point = |slot| Point {
            slot,
            timestamp: Timestamp(timestamp),
            value,
        };
        Ok(slot.map(point))
    }

    fn metric_tags(&mut self) -> Result<SlotIndex, DecodeError> {
        let rest = self.lexer.rest_after_blanks()?;
        if let Some((slot, length)) = self.cache.find_span(rest)
            && self.lexer.depth() < limits::DEPTH_MAX
        {
            self.lexer.take_object(length);
            return Ok(slot);
        }
        let (pairs, is_plain) = self.tags()?;
        let span = &rest[..rest.len() - self.lexer.rest().len()];
        let is_findable = is_plain && memchr(b'}', span) == span.len().checked_sub(1);
        Ok(self.cache.insert(&pairs, is_findable.then_some(span)))
    }

    /// The string values of an object, and whether the object was one: no value of another shape
    /// led the reader astray.
    fn tags(&mut self) -> Result<(Pairs<'b>, bool), DecodeError> {
        let mut pairs = Vec::with_capacity(16);
        let mut is_plain = self.lexer.rest_after_blanks()?.first() == Some(&b'{');
        while self.skip_to_field()? {
            let key = self.lexer.text()?;
            match self.lexer.next_token()? {
                Some(Token::String) => pairs.push((key, self.lexer.text()?)),
                Some(Token::StartObject | Token::StartArray) => is_plain = false,
                // Numbers, booleans and null are dropped in silence, as by the reference.
                Some(_) | None => {}
            }
        }
        Ok((pairs, is_plain))
    }

    /// The legacy field: the first number of an array, or a float, or a number in quotes.
    fn values(&mut self) -> Result<f64, DecodeError> {
        match self.lexer.next_token()? {
            Some(Token::StartArray) => {
                let token = self.lexer.next_token()?;
                let value = self.double(token)?;
                while !matches!(self.lexer.next_token()?, Some(Token::EndArray) | None) {}
                Ok(value)
            }
            token @ Some(Token::Float | Token::String) => self.double(token),
            token => Err(self.unexpected(Token::Float, token)),
        }
    }

    fn double(&self, token: Option<Token>) -> Result<f64, DecodeError> {
        match token {
            Some(Token::Int | Token::Float) => Ok(self.lexer.number().double),
            Some(Token::String) => {
                let text = self.lexer.text()?;
                java_double(&text).ok_or_else(|| DecodeError::NotANumber(text.into_owned()))
            }
            token => Err(self.unexpected(Token::Float, token)),
        }
    }

    fn long(&mut self) -> Result<i64, DecodeError> {
        let token = self.lexer.next_token()?;
        if token != Some(Token::Int) {
            return Err(self.unexpected(Token::Int, token));
        }
        let number = self.lexer.number();
        number.integer.ok_or_else(|| DecodeError::OutOfRange {
            offset: self.lexer.offset(),
        })
    }

    fn skip_value(&mut self) -> Result<(), DecodeError> {
        let depth = self.lexer.depth();
        self.lexer.next_token()?;
        while self.lexer.depth() > depth {
            self.lexer.next_token()?;
        }
        Ok(())
    }

    /// Moves on to the next field of the object; `false` at the end of an object or of the body.
    /// Tokens in between are passed over, which is how arrays around a batch are accepted.
    fn skip_to_field(&mut self) -> Result<bool, DecodeError> {
        loop {
            match self.lexer.next_token()? {
                Some(Token::FieldName) => return Ok(true),
                Some(Token::EndObject) | None => return Ok(false),
                Some(_) => {}
            }
        }
    }

    fn require(&mut self, expected: Token) -> Result<(), DecodeError> {
        let token = self.lexer.next_token()?;
        if token == Some(expected) {
            Ok(())
        } else {
            Err(self.unexpected(expected, token))
        }
    }

    fn unexpected(&self, expected: Token, received: Option<Token>) -> DecodeError {
        let Some(received) = received else {
            return DecodeError::Ended { expected };
        };
        let (line, column) = self.lexer.line_and_column(received);
        DecodeError::Unexpected {
            expected,
            received,
            line,
            column,
        }
    }
}

#[cfg(test)]
mod tests;
