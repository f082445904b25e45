//! Every route, on one screen.
//!
//! Takes a request, finds its route by the decoded path, checks the method, gives what the handler
//! answers. What holds for all routes is done before, in [`crate::edge`].

use std::sync::Arc;

use axum::http::{Method, StatusCode};

use crate::api::params::decode_path;
use crate::api::problem::Problem;
use crate::api::{expr, fetch, graph, health, page, publish, tags};
use crate::edge::{Request, has_form, read_form, with_endpoint};
use crate::reply::Reply;
use crate::server::Server;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Root,
    Page,
    Ok,
    Healthcheck,
    Ready,
    Metrics,
    Graph,
    Fetch,
    Expr,
    ExprDebug,
    ExprNormalize,
    ExprQueries,
    ExprComplete,
    ExprStrip,
    ExprRewrite,
    Tags,
    Publish,
    PublishFast,
    Alerts,
    Rules,
    AcceptClock,
}

/// One row of the table.
#[derive(Clone, Copy)]
struct Row {
    path: &'static str,
    /// Whether longer paths below it belong to the route too.
    is_prefix: bool,
    route: Route,
    /// Name in metrics.
    name: &'static str,
    methods: Methods,
    /// Whether answers name the path in a header.
    is_endpoint: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Methods {
    Any,
    Get,
    /// GET, or POST of a form with the parameters.
    Ask,
    Post,
    /// Publish: the reference does not know the path for GET, and names GET for others.
    Publish,
}

const fn row(path: &'static str, route: Route, name: &'static str, methods: Methods) -> Row {
    Row {
        path,
        is_prefix: false,
        route,
        name,
        methods,
        is_endpoint: false,
    }
}

const fn endpoint(row: Row) -> Row {
    Row {
        is_endpoint: true,
        ..row
    }
}

const fn and_below(row: Row) -> Row {
    Row {
        is_prefix: true,
        ..row
    }
}

const fn expr(path: &'static str, route: Route) -> Row {
    endpoint(row(path, route, "expr", Methods::Ask))
}

const ROUTES: &[Row] = &[
    row("/", Route::Root, "root", Methods::Any),
    and_below(row("/ui", Route::Page, "ui", Methods::Get)),
    row("/ok", Route::Ok, "ok", Methods::Any),
    row(
        "/healthcheck",
        Route::Healthcheck,
        "healthcheck",
        Methods::Get,
    ),
    row("/-/ready", Route::Ready, "ready", Methods::Get),
    row(
        "/-/accept-clock",
        Route::AcceptClock,
        "accept-clock",
        Methods::Post,
    ),
    row("/metrics", Route::Metrics, "metrics", Methods::Get),
    endpoint(row("/api/v1/graph", Route::Graph, "graph", Methods::Ask)),
    endpoint(row("/api/v2/fetch", Route::Fetch, "fetch", Methods::Ask)),
    expr("/api/v1/expr", Route::Expr),
    expr("/api/v1/expr/debug", Route::ExprDebug),
    expr("/api/v1/expr/normalize", Route::ExprNormalize),
    expr("/api/v1/expr/queries", Route::ExprQueries),
    expr("/api/v1/expr/complete", Route::ExprComplete),
    expr("/api/v1/expr/strip", Route::ExprStrip),
    expr("/api/v1/expr/rewrite", Route::ExprRewrite),
    endpoint(and_below(row(
        "/api/v1/tags",
        Route::Tags,
        "tags",
        Methods::Ask,
    ))),
    endpoint(row("/api/v1/alerts", Route::Alerts, "alerts", Methods::Get)),
    endpoint(row("/api/v1/rules", Route::Rules, "rules", Methods::Get)),
    endpoint(row(
        "/api/v1/publish",
        Route::Publish,
        "publish",
        Methods::Publish,
    )),
    endpoint(row(
        "/api/v1/publish-fast",
        Route::PublishFast,
        "publish",
        Methods::Publish,
    )),
];

impl Route {
    fn row(self) -> &'static Row {
        ROUTES
            .iter()
            .find(|row| row.route == self)
            .expect("every route has a row")
    }

    /// Name in metrics.
    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }
}

/// The route of a path as it was sent.
pub(crate) fn route_of(path: &str) -> Option<Route> {
    let path = decode_path(path)?;
    let row = ROUTES.iter().find(|row| {
        *path == *row.path
            || row.is_prefix
                && path
                    .strip_prefix(row.path)
                    .is_some_and(|rest| rest.starts_with('/'))
    })?;
    Some(row.route)
}

/// Answers a request.
pub(crate) async fn answer(
    server: &Arc<Server>,
    route: Option<Route>,
    mut request: Request,
) -> Reply {
    let Some(route) = route else {
        return match request.method {
            Method::GET | Method::POST => Problem::path_not_found(&request.path),
            _ => Problem::method_not_allowed("GET"),
        }
        .into_reply();
    };
    let row = route.row();
    let asked = match refuse_method(row, &request) {
        Some(problem) => Err(problem),
        None if row.methods == Methods::Ask && has_form(&request) => {
            read_form(server, &mut request).await
        }
        None => Ok(()),
    };
    let answered = match asked {
        Ok(()) => handle(server, route, request).await,
        Err(problem) => Err(problem),
    };
    if let Err(problem) = &answered {
        server.note(problem);
    }
    let is_unnamed = matches!(&answered, Err(problem) if problem.is_unnamed(row));
    let reply = answered.unwrap_or_else(Problem::into_reply);
    if row.is_endpoint && !is_unnamed {
        with_endpoint(reply, row.path)
    } else {
        reply
    }
}

async fn handle(server: &Arc<Server>, route: Route, request: Request) -> Result<Reply, Problem> {
    match route {
        Route::Root => Ok(page::redirect()),
        Route::Page => Ok(page::page(server)),
        Route::Ok => Ok(health::ok(&request)),
        Route::Healthcheck => Ok(health::healthcheck(server)),
        Route::Ready => Ok(health::ready(server)),
        Route::Metrics => Ok(health::metrics(server)),
        Route::AcceptClock => Ok(health::accept_clock(server)),
        Route::Graph => graph::graph(server, request).await,
        Route::Fetch => fetch::fetch(server, request).await,
        Route::Expr | Route::ExprDebug => expr::debug(server, request).await,
        Route::ExprNormalize => expr::normalize(server, request).await,
        Route::ExprQueries => expr::queries(server, request).await,
        Route::ExprComplete => expr::complete(server, request).await,
        Route::ExprStrip => expr::strip(server, request).await,
        Route::ExprRewrite => expr::rewrite(server, request).await,
        Route::Tags => tags::tags(server, request).await,
        Route::Alerts => Ok(server.alerting.alerts_reply()),
        Route::Rules => server.alerting.rules_reply(&request.query),
        Route::Publish | Route::PublishFast => publish::publish(server, request).await,
    }
}

fn refuse_method(row: &Row, request: &Request) -> Option<Problem> {
    let method = &request.method;
    let (is_right, supported) = match row.methods {
        Methods::Any => (true, ""),
        Methods::Get => (method == Method::GET, "GET"),
        Methods::Ask => (method == Method::GET || has_form(request), "GET"),
        Methods::Post => (method == Method::POST, "POST"),
        Methods::Publish if method == Method::GET => {
            return Some(Problem::path_not_found(&request.path));
        }
        Methods::Publish => (method == Method::POST, "GET"),
    };
    (!is_right).then(|| Problem::method_not_allowed(supported))
}

impl Problem {
    /// Whether the answer leaves out the name of the endpoint: where the route did not match, or
    /// the body was refused before it was asked.
    fn is_unnamed(&self, row: &Row) -> bool {
        let is_publish = row.methods == Methods::Publish;
        let is_expr = row.name == "expr";
        match self.status {
            StatusCode::NOT_FOUND => self.message.starts_with("path not found"),
            StatusCode::METHOD_NOT_ALLOWED => is_publish || is_expr,
            _ if is_publish => self.message.starts_with("UnsupportedRequestEncoding"),
            // Below `/api/v1/expr` a request without a program matches no route.
            _ if is_expr && row.route != Route::Expr => self.message.starts_with("MissingQuery"),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_whole_and_decoded() {
        for (path, route) in [
            ("/", Some(Route::Root)),
            ("/api/v1/%70ublish", Some(Route::Publish)),
            ("/api/v1/publish-fast", Some(Route::PublishFast)),
            ("/api/v1/publishx", None),
            ("/api/v1/publish/foo", None),
            ("/API/v1/publish", None),
            ("//api/v1/graph", None),
            ("/api/v1/graph/foo", None),
            ("/api/v2/fetch", Some(Route::Fetch)),
            ("/api/v1/fetch", None),
            ("/api/v1/graph%3Fq=1", None),
            ("/api/v1/tags", Some(Route::Tags)),
            ("/api/v1/tags/", Some(Route::Tags)),
            ("/api/v1/tags/nf%2Eapp/x", Some(Route::Tags)),
            ("/api/v1/tagss", None),
            ("/api/v1/expr", Some(Route::Expr)),
            ("/api/v1/expr/", None),
            ("/api/v1/expr/strip", Some(Route::ExprStrip)),
            ("/ui/x", Some(Route::Page)),
            ("/%zz", None),
        ] {
            assert_eq!(route_of(path), route, "{path}");
        }
    }
}
