//! `/api/v1/expr`: how a program runs, what it means, and what could be written instead.
//!
//! Reads the parameters and writes JSON; the answers are made by [`telamon_query::lang`].

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use telamon_query::lang::{self, ParseOptions, Strip, TraceStep, Vocabulary};

use super::params::Params;
use super::problem::Problem;
use crate::edge::Request;
use crate::reply::{JSON, Reply};
use crate::server::Server;

#[cfg(test)]
mod tests;

/// One step as the answer lists it.
#[derive(Serialize)]
struct Step {
    program: Vec<String>,
    context: Context,
}

#[derive(Serialize)]
struct Context {
    stack: Vec<String>,
    variables: Map<String, Value>,
}

/// One word as the answer lists it.
#[derive(Serialize)]
struct Candidate {
    name: &'static str,
    signature: &'static str,
    description: &'static str,
}

/// What was asked.
struct ExprRequest {
    params: Params,
    program: String,
}

impl ExprRequest {
    fn read(request: &Request) -> Result<Self, Problem> {
        let params = Params::parse(&request.query);
        let program = params.first("q").map(str::to_owned).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "MissingQueryParamRejection(q)")
                .titled("the program is missing")
                .of("q")
                .with_hint("the parameter q holds the program; it may be empty")
        })?;
        Ok(Self { params, program })
    }

    /// The vocabulary that was asked for.
    fn vocabulary(&self) -> Result<Option<Vocabulary>, Problem> {
        let asked = self.params.first("vocab").map(|name| {
            Vocabulary::from_name(name).ok_or_else(|| {
                let message = format!("NoSuchElementException: key not found: {name}");
                let known = Vocabulary::ALL.map(Vocabulary::name);
                Problem::new(StatusCode::NOT_FOUND, message)
                    .titled(format!("unknown vocabulary: {name}"))
                    .of("vocab")
                    .one_of(name, known)
                    .with_hint(format!("vocabularies are {}", known.join(", ")))
            })
        });
        asked.transpose()
    }

    /// With the words of the vocabulary that was asked for, or all.
    fn options(&self, server: &Server) -> Result<ParseOptions, Problem> {
        Ok(ParseOptions {
            vocabulary: self.vocabulary()?.unwrap_or(Vocabulary::Telamon),
            unstable: true,
            ..server.parse_options()
        })
    }

    /// What `strip` is to take out: keys, and layers by the name of their vocabulary.
    fn strip(&self) -> Result<Strip, Problem> {
        let mut strip = Strip {
            keys: self.params.all("k").map(str::to_owned).collect(),
            ..Strip::default()
        };
        for layer in self.params.all("r") {
            match layer {
                "style" => strip.style = true,
                "filter" => strip.filter = true,
                _ => {
                    let message = format!("vocabulary '{layer}' not supported");
                    return Err(Problem::illegal_argument(message)
                        .of("r")
                        .one_of(layer, ["filter", "style"])
                        .with_hint("filter and style can be removed"));
                }
            }
        }
        Ok(strip)
    }
}

/// `/api/v1/expr` and `/api/v1/expr/debug`: the machine before each step and at the end.
pub(crate) async fn debug(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    let options = asked.options(server)?;
    on_pool(server, &request.id, move || {
        let steps = lang::trace(&asked.program, &options)?;
        Ok(reply(&steps.into_iter().map(step).collect::<Vec<_>>()))
    })
    .await
}

/// `/api/v1/expr/normalize`: one text for all programs that a client may take for the same.
pub(crate) async fn normalize(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    let options = asked.options(server)?;
    on_pool(server, &request.id, move || {
        Ok(reply(&lang::normalize(&asked.program, &options)?))
    })
    .await
}

/// `/api/v1/expr/queries`: the distinct queries of all data, sorted.
pub(crate) async fn queries(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    let options = asked.options(server)?;
    on_pool(server, &request.id, move || {
        Ok(reply(&lang::queries(&asked.program, &options)?))
    })
    .await
}

/// `/api/v1/expr/complete`: the words that could come next.
pub(crate) async fn complete(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    let options = asked.options(server)?;
    // Clients of the reference know its words only.
    let listed = asked.vocabulary()?.unwrap_or(Vocabulary::Custom);
    on_pool(server, &request.id, move || {
        let words = lang::complete(&asked.program, &options, listed)?;
        let candidates = words.into_iter().map(|word| Candidate {
            name: word.name,
            signature: word.signature,
            description: word.summary,
        });
        Ok(reply(&candidates.collect::<Vec<_>>()))
    })
    .await
}

/// `/api/v1/expr/strip`: the expressions without some keys or layers, with all words.
pub(crate) async fn strip(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    let what = asked.strip()?;
    let options = server.parse_options();
    on_pool(server, &request.id, move || {
        Ok(reply(&lang::strip(&asked.program, &options, &what)?))
    })
    .await
}

/// `/api/v1/expr/rewrite`: the expressions without lists of offsets, with all words.
pub(crate) async fn rewrite(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    let options = ParseOptions {
        unstable: true,
        ..server.parse_options()
    };
    on_pool(server, &request.id, move || {
        Ok(reply(&lang::spell_out_offsets(&asked.program, &options)?))
    })
    .await
}

async fn on_pool(
    server: &Arc<Server>,
    id: &str,
    job: impl FnOnce() -> Result<Reply, Problem> + Send + 'static,
) -> Result<Reply, Problem> {
    server.run_query(id, move |_limits| job()).await
}

fn reply(value: &impl Serialize) -> Reply {
    let body = serde_json::to_vec(value).expect("lists of texts are valid JSON");
    Reply::ok(JSON, body)
}

fn step(step: TraceStep) -> Step {
    let variables = step.variables.into_iter();
    Step {
        program: step.program,
        context: Context {
            stack: step.stack,
            variables: variables
                .map(|(name, value)| (name, Value::String(value)))
                .collect(),
        },
    }
}
