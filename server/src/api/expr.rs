//! `/api/v1/expr`: how a program runs, step by step, and which queries it asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use telamon_query::expr::QueryText;
use telamon_query::lang::{self, ParseOptions, TraceStep, Vocabulary};

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

/// What was asked.
struct ExprRequest {
    program: String,
    options: ParseOptions,
}

impl ExprRequest {
    fn read(request: &Request) -> Result<Self, Problem> {
        let params = Params::parse(&request.query);
        let program = params.first("q").ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "MissingQueryParamRejection(q)")
        })?;
        let vocabulary = match params.first("vocab") {
            None => Vocabulary::Custom,
            Some(name) => Vocabulary::from_name(name).ok_or_else(|| {
                let message = format!("NoSuchElementException: key not found: {name}");
                Problem::new(StatusCode::NOT_FOUND, message)
            })?,
        };
        Ok(Self {
            program: program.to_owned(),
            options: ParseOptions {
                vocabulary,
                unstable: true,
                ..ParseOptions::reference()
            },
        })
    }
}

/// `/api/v1/expr/debug`: the machine before each step and at the end.
pub(crate) async fn debug(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    on_pool(server, &request.id, move || {
        let steps = lang::trace(&asked.program, &asked.options)?;
        Ok(reply(&steps.into_iter().map(step).collect::<Vec<_>>()))
    })
    .await
}

/// `/api/v1/expr/queries`: the distinct queries of all data, sorted.
pub(crate) async fn queries(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    let asked = ExprRequest::read(&request)?;
    on_pool(server, &request.id, move || {
        let values = lang::run(&asked.program, &asked.options)?;
        let mut queries = BTreeSet::new();
        for styled in values.iter().filter_map(lang::Value::to_styled) {
            let data = styled.expr.data_exprs();
            queries.extend(data.iter().map(|data| QueryText(data.query()).to_string()));
        }
        Ok(reply(&queries))
    })
    .await
}

async fn on_pool(
    server: &Arc<Server>,
    id: &str,
    job: impl FnOnce() -> Result<Reply, Problem> + Send + 'static,
) -> Result<Reply, Problem> {
    match server.queries.run(job).await {
        Ok(answered) => answered,
        Err(error) => Err(server.pool_problem(&error, id)),
    }
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
