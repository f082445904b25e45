//! What is wrong with a publish body.

use super::lexer::Token;

/// Why a body is no publish payload. The texts of the first four are the reference's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There is no datapoint in it.
    #[error("empty payload")]
    EmptyPayload,
    /// The batch has a field that is neither `tags` nor `metrics`.
    #[error("invalid field: '{0}'")]
    InvalidField(String),
    /// A value has the wrong type.
    #[error("expected {expected} but received {received} (line={line}, col={column})")]
    Unexpected {
        /// What should stand there.
        expected: Token,
        /// What stands there.
        received: Token,
        /// Line, from 1.
        line: usize,
        /// Column behind the token in bytes, from 1.
        column: usize,
    },
    /// The tokens end too early, although the text is complete: a value of the wrong shape has
    /// swallowed the end of its surroundings.
    #[error("expected {expected} but hit end of stream")]
    Ended {
        /// What should stand there.
        expected: Token,
    },
    /// A value in quotes is no number.
    #[error("For input string: \"{0}\"")]
    NotANumber(String),
    /// A time does not fit into 64 bits.
    #[error("timestamp out of the range of 64 bits at byte {offset}")]
    OutOfRange {
        /// Bytes before the end of the number.
        offset: usize,
    },
    /// The batch has tags but no `metrics`.
    #[error("field 'metrics' is missing")]
    MissingMetrics,
    /// A metric has no tags.
    #[error("metric {index} has no field 'tags'")]
    MissingTags {
        /// Position of the metric, from zero.
        index: usize,
    },
    /// The text breaks the rules of JSON.
    #[error("{problem} at byte {offset}")]
    Syntax {
        /// How.
        problem: &'static str,
        /// Bytes before the place.
        offset: usize,
    },
    /// The text ends inside a value.
    #[error("unexpected end of the body at byte {offset}")]
    Truncated {
        /// Bytes of the body.
        offset: usize,
    },
    /// A limit is exceeded.
    #[error("{what} exceeds the limit of {max} at byte {offset}")]
    Limit {
        /// What is too long or too deep.
        what: &'static str,
        /// The limit.
        max: usize,
        /// Bytes before the place.
        offset: usize,
    },
}

impl DecodeError {
    /// The message with the exception class in front, as it stands in the reference's answers.
    pub fn reference_text(&self) -> String {
        let class = match self {
            Self::EmptyPayload => return self.to_string(),
            Self::InvalidField(_)
            | Self::Unexpected { .. }
            | Self::Ended { .. }
            | Self::MissingMetrics
            | Self::MissingTags { .. } => "IllegalArgumentException",
            Self::NotANumber(_) => "NumberFormatException",
            Self::OutOfRange { .. } => "InputCoercionException",
            Self::Syntax { .. } => "StreamReadException",
            Self::Truncated { .. } => "UnexpectedEndOfInputException",
            Self::Limit { .. } => "StreamConstraintsException",
        };
        format!("{class}: {self}")
    }
}
