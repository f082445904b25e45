//! Double exponential smoothing, by one instance and by two that take turns.
//!
//! ```text
//!   given      s                     the level before the value is taken in
//!   taken in   s' = αy + (1-α)(s+b)    level
//!              b' = β(s'-s) + (1-β)b   trend
//! ```

use telamon_model::ABSENT;

use crate::context::EvalContext;
use crate::exec::EvalError;
use crate::expr::{Smoothing, StatefulOp};

/// One instance.
#[derive(Clone, Debug)]
pub(super) struct Des {
    smoothing: Smoothing,
    level: f64,
    trend: f64,
    /// Values taken in.
    taken: u64,
}

impl Des {
    pub(super) fn new(smoothing: Smoothing) -> Self {
        Self {
            smoothing,
            level: ABSENT,
            trend: 0.0,
            taken: 0,
        }
    }

    /// The level before the value, once trained. An absent value changes nothing.
    pub(super) fn next(&mut self, value: f64) -> f64 {
        let training = u64::try_from(self.smoothing.training).unwrap_or(0);
        let expected = if self.taken >= training {
            self.level
        } else {
            ABSENT
        };
        if !value.is_nan() {
            self.take(value);
        }
        expected
    }

    fn take(&mut self, value: f64) {
        if self.taken == 0 {
            self.level = value;
        } else {
            let (alpha, beta) = (self.smoothing.alpha.0, self.smoothing.beta.0);
            let level = alpha * value + (1.0 - alpha) * (self.level + self.trend);
            self.trend = beta * (level - self.level) + (1.0 - beta) * self.trend;
            self.level = level;
        }
        self.taken += 1;
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.taken == 0
    }
}

/// Two instances: every `training` points the one whose values were given starts anew and the other
/// takes over.
#[derive(Clone, Debug)]
pub(super) struct Sdes {
    instances: [Des; 2],
    training: u64,
    /// Inputs since the origin that are taken as absent.
    skipped: u64,
}

impl Sdes {
    /// The training is not zero.
    pub(super) fn new(smoothing: Smoothing, skipped: u64) -> Self {
        Self {
            instances: [Des::new(smoothing), Des::new(smoothing)],
            training: u64::from(smoothing.training.unsigned_abs()).max(1),
            skipped,
        }
    }

    /// `index` counts all inputs since the origin. The turns count from there too, although inputs
    /// are left out until a multiple of the training: so they depend on the start of the window, as
    /// they do in the reference.
    pub(super) fn next(&mut self, value: f64, index: u64) -> f64 {
        let value = if index < self.skipped { ABSENT } else { value };
        let given = usize::from((index / self.training) % 2 == 1);
        let expected = self.instances.each_mut().map(|des| des.next(value));
        if (index + 1).is_multiple_of(self.training) {
            let smoothing = self.instances[given].smoothing;
            self.instances[given] = Des::new(smoothing);
        }
        expected[given]
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.instances.iter().all(Des::is_fresh)
    }
}

/// How many points of a window lie before the first multiple of the training.
pub(super) fn unaligned_points(op: &StatefulOp, context: &EvalContext) -> Result<u64, EvalError> {
    let StatefulOp::Sdes(smoothing) = op else {
        return Ok(0);
    };
    let period_ms = i64::from(smoothing.training).saturating_mul(context.step_ms);
    let Some(past_ms) = context.start.0.checked_rem_euclid(period_ms) else {
        return Err(EvalError::NoTraining);
    };
    let left_ms = (period_ms.abs() - past_ms) % period_ms.abs();
    Ok(u64::try_from(left_ms / context.step_ms).unwrap_or(0))
}
