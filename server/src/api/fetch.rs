//! `/api/v2/fetch`: the lines of expressions as server-sent events, sent while they are evaluated.
//!
//! ```text
//!   request ─► parsed on the pool ─► 200, then    metadata*  heartbeat  (line* of each chunk)*  error?  close
//!                 └─► 400                              a heartbeat every 10 s between
//! ```
//!
//! The range is evaluated in chunks of 60 steps, in order of time; what operators remember goes from one
//! to the next. Each chunk is a job of its own on the query pool, over the newest snapshot and within
//! the limits and the time of one query, so a long stream never holds a thread while its client reads.
//! At most one chunk is in memory, and none is evaluated before the one before it was taken: see
//! [`crate::reply::EventStream`]. Reading requests, naming lines and axes are shared with
//! [`super::graph`]; [`chunk`] makes events of lines.

mod chunk;

#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use telamon_query::context::EvalContext;
use telamon_query::exec::{EvalMemory, Limits};
use telamon_query::plan::Plan;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, interval_at};

use super::graph;
use super::graph::request::GraphRequest;
use super::params::Params;
use super::problem::{Problem, Reached};
use crate::edge::Request;
use crate::reply::{EventStream, Reply, Voice};
use crate::server::Server;
use crate::telemetry::names::Metric;
use chunk::{Evaluated, Work};

/// Steps that are evaluated at once.
const CHUNK_POINTS: usize = 60;
/// A client that hears nothing for longer may take the connection for dead.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

const HEARTBEAT: &str = "data: {\"type\":\"info\",\"message\":\"heartbeat\"}\n\n";
const CLOSE: &str = "data: {\"type\":\"close\",\"message\":\"operation complete\"}\n\n";

/// Starts a stream.
pub(crate) async fn fetch(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let params = Params::parse(&request.query);
    let asked = GraphRequest::read_stream(&params, &server.config, server.clock.wall())?;
    graph::refuse_bad_origin(&request)?;
    let place = place(server)?;
    let context = asked.window.context;
    let of_job = Arc::clone(server);
    let prepared = server.run_query(&request.id, move |_limits| {
        Work::prepare(of_job, &asked, &params)
    });
    let (work, metadata) = match prepared.await {
        Ok((work, metadata)) => (Ok(Arc::new(work)), metadata),
        Err(problem) if is_of_evaluation(&problem) => (Err(problem), String::new()),
        Err(problem) => return Err(problem),
    };
    let stream = Stream {
        work,
        context,
        ending: Ending {
            started_ms: server.clock.elapsed_ms(),
            server: Arc::clone(server),
            id: request.id,
            how: "the client left",
        },
        _place: place,
    };
    Ok(Reply::events(EventStream::of(async move |voice| {
        stream.tell(metadata, &voice).await;
    })))
}

/// What a stream would read, without reading it.
///
/// # Errors
/// As the request would fail before it reads.
pub(crate) fn plan(server: &Arc<Server>, query: &str) -> Result<Plan, Problem> {
    let params = Params::parse(query);
    let asked = GraphRequest::read_stream(&params, &server.config, server.clock.wall())?;
    graph::plan_of(server, &asked)
}

/// A place among the open streams: each holds a connection and up to a chunk of values.
fn place(server: &Server) -> Result<OwnedSemaphorePermit, Problem> {
    let place = Arc::clone(&server.streams).try_acquire_owned();
    place.map_err(|_full| {
        let tags = ["streams", ""];
        server.telemetry.count(Metric::QueryRefused, tags, 1);
        Problem::unavailable("too many streams are open")
            .with_hint("try again when one of them has ended")
            .with_limit(Reached {
                key: "streams_max",
                value: server.config.query.streams_max as u64,
            })
    })
}

/// Whether the reference meets a mistake only when it evaluates, and so tells it in the stream.
fn is_of_evaluation(problem: &Problem) -> bool {
    problem
        .message
        .starts_with("UnsupportedTemporalTypeException")
}

/// An open stream.
struct Stream {
    /// What to do, or why there is nothing to do.
    work: Result<Arc<Work>, Problem>,
    /// All of the range.
    context: EvalContext,
    ending: Ending,
    _place: OwnedSemaphorePermit,
}

impl Stream {
    /// Says everything.
    async fn tell(mut self, metadata: String, voice: &Voice) {
        if !metadata.is_empty() {
            voice.say(metadata).await;
        }
        voice.say(HEARTBEAT).await;
        self.ending.how = match self.tell_chunks(voice).await {
            Ok(()) => "complete",
            Err(problem) => {
                self.ending.server.note(&problem);
                voice.say(event(&problem.to_json())).await;
                "failed"
            }
        };
        voice.say(CLOSE).await;
    }

    async fn tell_chunks(&self, voice: &Voice) -> Result<(), Problem> {
        let work = self.work.as_ref().map_err(Clone::clone)?;
        if work.is_empty() {
            return Ok(());
        }
        refuse_long_chunks(&self.context)?;
        let mut beat = interval_at(Instant::now() + HEARTBEAT_EVERY, HEARTBEAT_EVERY);
        let mut memory = EvalMemory::new();
        for context in self.context.chunks(CHUNK_POINTS) {
            let work = Arc::clone(work);
            let job = move |limits: &Limits| work.evaluate(context, memory, limits);
            let evaluated = self.evaluate(job, voice, &mut beat).await?;
            memory = evaluated.memory;
            for piece in evaluated.pieces {
                voice.say(piece).await;
            }
        }
        Ok(())
    }

    /// Evaluates a chunk on the pool and says heartbeats until it is there. It ends early when nobody
    /// waits for it any more.
    async fn evaluate(
        &self,
        job: impl FnOnce(&Limits) -> Result<Evaluated, Problem> + Send + 'static,
        voice: &Voice,
        beat: &mut Interval,
    ) -> Result<Evaluated, Problem> {
        let server = &self.ending.server;
        if server.is_stopping() {
            return Err(Problem::unavailable("the server stops"));
        }
        let (_watch, job) = server.cancellable(job);
        let what = format!("the evaluation of {CHUNK_POINTS} steps");
        let ran = server.within_time(&what, server.queries.run_when_free(job));
        let mut ran = pin!(ran);
        loop {
            tokio::select! {
                ran = &mut ran => {
                    return ran?
                        .unwrap_or_else(|error| Err(server.pool_problem(&error, &self.ending.id)));
                }
                _ = beat.tick() => voice.say(HEARTBEAT).await,
            }
        }
    }
}

/// An object as the wire has it.
fn event(json: &str) -> Bytes {
    format!("data: {json}\n\n").into()
}

/// Refuses steps of which a chunk would outlast time itself; the reference runs out of its tables.
fn refuse_long_chunks(context: &EvalContext) -> Result<(), Problem> {
    let points = i64::try_from(CHUNK_POINTS).expect("a chunk is short");
    match context.step_ms.checked_mul(points) {
        Some(_) => Ok(()),
        None => Err(
            Problem::bad_request("ArrayIndexOutOfBoundsException", "null")
                .with_hint("the step is too long"),
        ),
    }
}

/// Notes how a stream ended: its answer was logged when it began.
struct Ending {
    server: Arc<Server>,
    id: String,
    started_ms: i64,
    how: &'static str,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.server.config.log.access {
            let elapsed_ms = self.server.clock.elapsed_ms() - self.started_ms;
            tracing::info!(target: "access", id = self.id, elapsed_ms, "stream ended: {}", self.how);
        }
    }
}
