//! Where questions go: a server, or a data folder that no server uses.
//!
//! Takes the arguments that name it and the parameters of a graph request; gives status and body, the
//! same from both.

use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use telamon_server::engine::{DataError, EngineError};
use telamon_server::folder::{Folder, FolderError};

use super::tell;

/// A server of one's own, as `telamon serve` and `telamon demo` start it.
const OWN_SERVER: &str = "http://127.0.0.1:7101";

/// Longest request target that is sent as GET; longer programs are posted.
const TARGET_BYTES_MAX: usize = 6000;

/// Largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// How long a server may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Which data.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// Address of a server, as 127.0.0.1:7101.
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    url: Option<String>,
    /// Folder of data that no server uses at the moment; `now` is its newest time.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Which time.
#[derive(Debug, Args)]
pub(crate) struct TimeArgs {
    /// Begin: a time, or relative as e-3h.
    #[arg(short, long, value_name = "TIME", allow_hyphen_values = true)]
    start: Option<String>,
    /// End: a time, or relative as now-5m.
    #[arg(short, long, value_name = "TIME", allow_hyphen_values = true)]
    end: Option<String>,
    /// Distance of two points, as 1m; not smaller than the step of the store.
    #[arg(long, value_name = "TIME")]
    step: Option<String>,
    /// Time zone of times without one, and of times that are shown.
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

/// Something that answers.
pub(crate) enum Source {
    /// A server.
    Server(Server),
    /// A folder.
    Folder(Box<Folder>),
}

/// An address with what asks it.
pub(crate) struct Server {
    url: String,
    agent: ureq::Agent,
}

/// Status and body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl SourceArgs {
    /// The source, where one is named.
    pub(crate) fn named(&self) -> anyhow::Result<Option<Source>> {
        match (&self.url, &self.data) {
            (Some(url), _) => Ok(Some(Source::Server(Server::at(url)))),
            (None, Some(folder)) => {
                let folder = Folder::open(folder).map_err(|error| match &error {
                    FolderError::Engine(EngineError::Data(DataError::InUse { .. })) => {
                        anyhow::Error::new(error)
                            .context("ask the server that uses the folder, with --url")
                    }
                    _ => error.into(),
                })?;
                match folder.newest() {
                    Some(newest) => tell(&format!(
                        "now is the newest time in the folder: {}",
                        telamon_server::notify::webhook::rfc3339(newest)
                    )),
                    None => tell("there are no series in the folder"),
                }
                Ok(Some(Source::Folder(Box::new(folder))))
            }
            (None, None) => Ok(None),
        }
    }

    /// The source; a server on this machine where none is named.
    pub(crate) fn open(&self) -> anyhow::Result<Source> {
        let own = || Source::Server(Server::at(OWN_SERVER));
        Ok(self.named()?.unwrap_or_else(own))
    }
}

impl TimeArgs {
    /// As parameters of a request, after the program.
    pub(crate) fn params<'a>(&'a self, program: &'a str) -> Vec<(&'static str, &'a str)> {
        let given = [
            ("q", Some(program)),
            ("s", self.start.as_deref()),
            ("e", self.end.as_deref()),
            ("step", self.step.as_deref()),
            ("tz", self.tz.as_deref()),
        ];
        let given = given.into_iter();
        given
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

impl Source {
    /// Asks for a graph.
    pub(crate) fn graph(&self, params: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params);
        let query = query.finish();
        match self {
            Self::Server(server) => server.graph(&query),
            Self::Folder(folder) => {
                let (status, body) = folder.graph(&query);
                Ok(Answer { status, body })
            }
        }
    }
}

impl Server {
    fn at(url: &str) -> Self {
        let scheme = if url.contains("://") { "" } else { "http://" };
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent(concat!("telamon/", env!("CARGO_PKG_VERSION")));
        Self {
            url: format!("{scheme}{}", url.trim_end_matches('/')),
            agent: config.build().into(),
        }
    }

    fn graph(&self, query: &str) -> anyhow::Result<Answer> {
        let path = format!("{}/api/v1/graph", self.url);
        let sent = if query.len() <= TARGET_BYTES_MAX {
            self.agent.get(format!("{path}?{query}")).call()
        } else {
            let form = "application/x-www-form-urlencoded";
            self.agent
                .post(&path)
                .header("content-type", form)
                .send(query)
        };
        let mut response = sent.with_context(|| {
            format!(
                "{} does not answer; name a server with --url, or a folder with --data",
                self.url
            )
        })?;
        let mut body = Vec::new();
        let reader = response.body_mut().as_reader();
        reader
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut body)
            .with_context(|| format!("the answer of {} broke off", self.url))?;
        Ok(Answer {
            status: response.status().as_u16(),
            body,
        })
    }
}
