//! `/api/v1/graph`: from a URL to a picture or numbers.
//!
//! Takes a request, gives the answer in the format it asks for. The one file family that turns
//! expressions and lines of the query room into a graph of the render room: [`request`] reads the
//! URL, [`axis`] what belongs to one axis, [`source`] names lines, [`assemble`] colours and orders them.
//! Evaluation and drawing run on the query pool, never on the runtime. [`super::fetch`] shares what
//! streams and graphs have in common. With `explain=1` the answer is what was done instead ([`explain`]).

mod answer;
pub(super) mod assemble;
pub(super) mod axis;
mod explain;
pub(super) mod request;
pub(super) mod source;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::http::header::{HOST, ORIGIN, USER_AGENT};
use telamon_model::Timestamp;
use telamon_query::exec::{self, EvalError, Limits, Query};
use telamon_query::explain::why_empty;
use telamon_query::expr::{Expr, StyledExpr};
use telamon_query::label;
use telamon_query::lang::{self, ParseOptions, Value, Vocabulary};
use telamon_query::plan::Plan;
use telamon_render::graph::GraphDef;
use telamon_store::Snapshot;

use super::params::Params;
use super::problem::Problem;
use crate::clock::Clock;
use crate::config::Config;
use crate::edge::{Request, cors_host};
use crate::reply::Reply;
use crate::server::{Server, parse_options, query_limits};
use crate::telemetry::names::Metric;
use answer::Canvas;
use request::{Format, GraphRequest};

/// Where graphs are asked for.
const PATH: &str = "/api/v1/graph";

/// Answers a graph request.
pub(crate) async fn graph(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let params = Params::parse(&request.query);
    let asked = GraphRequest::read(&params, &server.config, server.clock.wall())?;
    refuse_bad_origin(&request)?;
    let is_browser = request.header(USER_AGENT).is_some_and(is_browser);
    let question = Question {
        limits: server.query_limits(),
        snapshot: server.engine.snapshot(),
        source: server
            .config
            .graph
            .png_metadata
            .then(|| address_of(&request)),
        asked,
        params,
    };
    let asked = &question.asked;
    let is_picture = asked.format == Format::Png && !question.is_about_itself();
    let picture = (is_picture && is_browser).then(|| Canvas {
        width: asked.width,
        height: asked.height,
        theme: asked.theme,
        style: asked.style,
        program: asked.query.clone(),
    });
    let job = Job {
        server: Arc::clone(server),
        question,
    };
    let answered = server.run_query(&request.id, move |limits| job.run(limits));
    match (answered.await, picture) {
        (Err(problem), Some(canvas)) => {
            server.note(&problem);
            answer::picture_of(&problem, &canvas)
        }
        (answered, _) => answered,
    }
}

/// What a graph request would read, without reading it.
///
/// # Errors
/// As the request would fail before it reads.
pub(crate) fn plan(server: &Arc<Server>, query: &str) -> Result<Plan, Problem> {
    let params = Params::parse(query);
    let asked = GraphRequest::read(&params, &server.config, server.clock.wall())?;
    plan_of(server, &asked)
}

/// What has to be read for a request.
///
/// # Errors
/// As the request would fail before it reads.
pub(super) fn plan_of(server: &Server, asked: &GraphRequest) -> Result<Plan, Problem> {
    let exprs = parse(asked, &server.config)?;
    let exprs: Vec<&Arc<Expr>> = exprs.iter().map(|styled| &styled.expr).collect();
    let context = &asked.window.context;
    Ok(Plan::new(&exprs, &server.engine.snapshot(), context)?)
}

/// Answers a graph request from a snapshot, without a server: times count from `now`.
pub(crate) fn answer_alone(
    query: &str,
    config: &Config,
    clock: &Clock,
    (snapshot, now): (Snapshot, Timestamp),
) -> Result<Reply, Problem> {
    let params = Params::parse(query);
    let question = Question {
        snapshot,
        limits: query_limits(&config.query),
        asked: GraphRequest::read(&params, config, now)?,
        source: config.graph.png_metadata.then(|| format!("{PATH}?{query}")),
        params,
    };
    if question.is_about_itself() {
        return explain::answer(&question, config, clock);
    }
    let exprs = parse(&question.asked, config)?;
    question.write(&question.evaluate(&exprs)?)
}

/// What is asked of a snapshot.
struct Question {
    snapshot: Snapshot,
    limits: Limits,
    asked: GraphRequest,
    params: Params,
    /// The address it was asked at, where files shall say it.
    source: Option<String>,
}

impl Question {
    /// Whether the answer is an explanation.
    fn is_about_itself(&self) -> bool {
        self.params.flag("explain")
    }

    fn evaluate(&self, exprs: &[StyledExpr]) -> Result<GraphDef, Problem> {
        if exprs.is_empty() && self.asked.draws_picture() {
            let message = "UnsupportedOperationException: tail of empty list";
            let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
            return Err(Problem::new(status, message)
                .titled("there is nothing to draw")
                .of("q")
                .with_hint("q holds no expression; one is name,sps,:eq,:sum"));
        }
        let context = &self.asked.window.context;
        let evaluation =
            exec::eval(exprs, &self.snapshot, context, &self.limits).map_err(|error| {
                let query = Query {
                    snapshot: &self.snapshot,
                    context,
                    limits: &self.limits,
                };
                blamed(&self.asked, exprs, &query, error)
            })?;
        let graph = assemble::assemble(&self.asked, &self.params, exprs, evaluation)
            .map_err(|problem| problem.in_program(&self.asked.query))?;
        Ok(self.with_reason(graph, exprs))
    }

    fn write(&self, graph: &GraphDef) -> Result<Reply, Problem> {
        answer::write(graph, self.asked.format, self.source.as_deref())
    }

    /// A picture without values says why there are none.
    fn with_reason(&self, mut graph: GraphDef, exprs: &[StyledExpr]) -> GraphDef {
        if self.asked.format != Format::Png || !graph.is_blank() {
            return graph;
        }
        // Whoever cancels gets no picture.
        let empty = why_empty(exprs, &self.snapshot, &self.limits).unwrap_or_default();
        let mut reasons: Vec<String> = empty.iter().map(ToString::to_string).collect();
        if reasons.is_empty()
            && exprs
                .iter()
                .any(|styled| !styled.expr.data_exprs().is_empty())
        {
            reasons.push("the series that are selected have no values in this time".to_owned());
        }
        graph.blank_reasons = reasons;
        graph
    }
}

/// Everything a thread of the pool needs.
struct Job {
    server: Arc<Server>,
    question: Question,
}

impl Job {
    fn run(mut self, limits: &Limits) -> Result<Reply, Problem> {
        self.question.limits = limits.clone();
        let clock = &self.server.clock;
        let telemetry = &self.server.telemetry;
        let question = &self.question;
        if question.is_about_itself() {
            return explain::answer(question, &self.server.config, clock);
        }
        let started_ms = clock.elapsed_ms();
        let exprs = parse(&question.asked, &self.server.config)?;
        let parsed_ms = clock.elapsed_ms();
        telemetry.time(Metric::QueryTime, "parse", parsed_ms - started_ms);
        let graph = question.evaluate(&exprs)?;
        let evaluated_ms = clock.elapsed_ms();
        telemetry.time(Metric::QueryTime, "evaluate", evaluated_ms - parsed_ms);
        let reply = question.write(&graph);
        telemetry.time(
            Metric::QueryTime,
            "write",
            clock.elapsed_ms() - evaluated_ms,
        );
        reply
    }
}

/// The expressions with the common query and automatic legends.
///
/// # Errors
/// For mistakes in the program.
pub(super) fn parse(asked: &GraphRequest, config: &Config) -> Result<Vec<StyledExpr>, Problem> {
    let mut exprs = lang::parse(&asked.query, &program_options(asked, config))?;
    if let Some(common) = &asked.common_query {
        let restricted = exprs.iter().map(|styled| lang::restrict(styled, common));
        exprs = restricted.collect::<Result<_, _>>()?;
    }
    if config.graph.automatic_legends {
        label::name_automatically(&mut exprs);
    }
    Ok(exprs)
}

/// An error of an evaluation with the word of the program that it is about.
pub(super) fn blamed(
    asked: &GraphRequest,
    exprs: &[StyledExpr],
    query: &Query<'_>,
    error: EvalError,
) -> Problem {
    let fails = |part: &Arc<Expr>| {
        let alone = [StyledExpr::plain(Arc::clone(part))];
        let answered = exec::eval(&alone, query.snapshot, query.context, query.limits);
        answered.as_ref().err() == Some(&error)
    };
    let part = exec::blame(&error, exprs, &fails);
    // The program was read before, so it may use all words.
    let all_words = ParseOptions {
        vocabulary: Vocabulary::ALL[Vocabulary::ALL.len() - 1],
        ..ParseOptions::reference()
    };
    let options = of_request(asked, all_words);
    let place = part.and_then(|part| lang::locate(&asked.query, &options, &part));
    let problem = Problem::from(error);
    match place {
        Some(place) => problem.at(place),
        None => problem,
    }
}

/// What the program of a request may use.
fn program_options(asked: &GraphRequest, config: &Config) -> ParseOptions {
    of_request(asked, parse_options(config))
}

fn of_request(asked: &GraphRequest, options: ParseOptions) -> ParseOptions {
    let mut options = ParseOptions {
        unstable: asked.unstable,
        ..options
    };
    if let Some(zone) = asked.zones.first() {
        let name = Value::text(zone.name.as_str());
        options.variables.insert(Arc::from("tz"), name);
    }
    options
}

/// The reference derives the id of the caller from the origin and fails where it has no host.
pub(super) fn refuse_bad_origin(request: &Request) -> Result<(), Problem> {
    match request.header(ORIGIN) {
        Some(origin) if origin != "null" && cors_host(origin).is_none() => Err(Problem::new(
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            format!("IllegalUriException: Illegal URI reference: {origin}"),
        )),
        Some(_) | None => Ok(()),
    }
}

/// The address that a request was sent to, as far as it says so.
fn address_of(request: &Request) -> String {
    let target = format!("{}?{}", request.path, request.query);
    match request.header(HOST) {
        Some(host) => format!("http://{host}{target}"),
        None => target,
    }
}

/// Whether a person looks at the answer: errors of pictures are then pictures.
fn is_browser(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    ["mozilla", "msie", "gecko", "chrome", "opera", "webkit"]
        .iter()
        .any(|name| agent.contains(name))
}
