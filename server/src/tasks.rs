//! Long-lived tasks: named, bounded, joined.
//!
//! Every task of the server is started here, learns of the shutdown from one [`Stop`], and is
//! waited for at the end. Nothing runs on after [`Tasks::join`] but what it names.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

/// The tasks of one server.
#[derive(Debug)]
pub(crate) struct Tasks {
    running: Mutex<Running>,
    stop: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Running {
    set: JoinSet<()>,
    names: Vec<(Id, &'static str)>,
}

/// Tells a task when to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Tasks {
    /// No task yet.
    pub(crate) fn new() -> Self {
        Self {
            running: Mutex::default(),
            stop: watch::Sender::new(false),
        }
    }

    /// Starts a task.
    pub(crate) fn start(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let id = running.set.spawn(task).id();
        running.names.push((id, name));
    }

    /// What tells a task of the shutdown.
    pub(crate) fn stop_signal(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    /// Asks all tasks to stop and waits for them. Tasks that take longer than the limit are
    /// cancelled; their names are the answer.
    pub(crate) async fn join(&self, limit: Duration) -> Vec<&'static str> {
        self.stop.send_replace(true);
        let mut running =
            std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        let Running { set, names } = &mut running;
        let joined = tokio::time::timeout(limit, async {
            while let Some(done) = set.join_next_with_id().await {
                let id = match &done {
                    Ok((id, ())) => *id,
                    Err(error) => error.id(),
                };
                let index = names.iter().position(|&(known, _)| known == id);
                let name = index.map_or("unknown", |index| names.swap_remove(index).1);
                if let Err(error) = done {
                    tracing::error!(task = name, "task failed: {error}");
                }
            }
        });
        match joined.await {
            Ok(()) => Vec::new(),
            Err(_elapsed) => {
                set.abort_all();
                names.iter().map(|&(_, name)| name).collect()
            }
        }
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Returns when the server stops.
    pub(crate) async fn requested(&mut self) {
        // An error means that the sender is gone, which is a stop too.
        drop(self.0.wait_for(|&stop| stop).await);
    }

    /// Waits, unless the server stops first. Whether to go on.
    pub(crate) async fn sleep(&mut self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.requested() => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_are_told_and_joined_and_stragglers_are_named() {
        let tasks = Tasks::new();
        let mut stop = tasks.stop_signal();
        tasks.start("obedient", async move { stop.requested().await });
        assert!(tasks.join(Duration::from_secs(5)).await.is_empty());

        let tasks = Tasks::new();
        tasks.start("deaf", std::future::pending());
        let mut stop = tasks.stop_signal();
        tasks.start("obedient", async move {
            while stop.sleep(Duration::from_millis(1)).await {}
        });
        assert_eq!(tasks.join(Duration::from_millis(50)).await, ["deaf"]);
    }
}
