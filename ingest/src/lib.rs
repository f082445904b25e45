//! Bytes in, admitted batches out.
//!
//! Two ways lead in. An HTTP body holds datapoints that a publisher has already brought to rates and
//! gauges: [`json`] decodes it. A packet of agent lines holds raw events: [`mod@line`] parses it and
//! [`aggregate`] brings the events of a step to datapoints. Both ways end in [`admit`], which checks
//! every datapoint against the tag rules and the age limit and gives a
//! [`Batch`](telamon_model::Batch) for the log, with the reasons for whatever it refused.
//!
//! Everything here is a function of its arguments: no clock, no sockets, no configuration. Inflating
//! bodies, answering clients and counting across requests belong to the server.

pub mod admit;
pub mod aggregate;
pub mod datapoint;
pub mod json;
pub mod line;
mod number;
#[cfg(test)]
mod oracle;
pub mod rejected;
pub mod rules;
pub mod series_cache;

pub use admit::{Admission, Admitted, Refusal};
pub use aggregate::{AggregatorLimits, AggregatorOptions, LineDrop, StepAggregator};
pub use datapoint::Datapoint;
pub use json::DecodeError;
pub use line::{Line, LineKind, LineReason, LineReject};
pub use rejected::{Reason, ReasonCounts, Rejected};
pub use rules::Rules;
pub use series_cache::{CacheLimits, SeriesCache};
