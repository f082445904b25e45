//! Bounded pools of threads for work that would block the runtime.
//!
//! Takes closures, gives their results to whoever awaits. Two limits: threads, and jobs that may
//! wait for one; beyond them a job is refused at once. A panic stays with its job or ends the
//! process, as the pool was told: a query that panics harms nobody else, but a panic while a record
//! is applied may leave a partition half written, and a restart from the log is better than that.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// A pool.
#[derive(Debug)]
pub(crate) struct Pool {
    threads: rayon::ThreadPool,
    places: Arc<Semaphore>,
    places_max: usize,
    on_panic: OnPanic,
    /// Jobs until one panics, for tests of what becomes of it; none does while this is negative.
    #[cfg(test)]
    fault_in: std::sync::atomic::AtomicI64,
}

/// How a pool is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolOptions {
    /// Prefix of the names of threads.
    pub(crate) name: &'static str,
    /// Number of threads; 0 = one per core.
    pub(crate) threads: usize,
    /// Jobs that may wait for a thread.
    pub(crate) waiting_max: usize,
    /// What a panic means.
    pub(crate) on_panic: OnPanic,
}

/// What a panic in a job means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnPanic {
    /// The job failed, nothing else.
    FailJob,
    /// The process cannot go on.
    EndProcess,
}

/// Why a job has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PoolError {
    /// All threads are busy and all places to wait are taken.
    #[error("too many requests are waiting")]
    Full,
    /// The job panicked with this message.
    #[error("internal fault: {0}")]
    Panicked(String),
}

impl Pool {
    /// Starts the threads.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub(crate) fn start(options: PoolOptions) -> Result<Self, rayon::ThreadPoolBuildError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            .thread_name(move |index| format!("{}-{index}", options.name))
            .build()?;
        let places_max = threads.current_num_threads() + options.waiting_max;
        Ok(Self {
            threads,
            places: Arc::new(Semaphore::new(places_max)),
            places_max,
            on_panic: options.on_panic,
            #[cfg(test)]
            fault_in: std::sync::atomic::AtomicI64::new(-1),
        })
    }

    /// Lets a job panic, after so many others.
    #[cfg(test)]
    pub(crate) fn fault_after(&self, jobs: i64) {
        self.fault_in
            .store(jobs, std::sync::atomic::Ordering::SeqCst);
    }

    /// Runs a job on a thread of the pool.
    ///
    /// # Errors
    /// If the pool is full or the job panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_no_permit| PoolError::Full)?;
        self.run_at(place, job).await
    }

    /// The same for work that was begun: where the pool is full, it waits for a place.
    ///
    /// # Errors
    /// If the job panicked.
    pub(crate) async fn run_when_free<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_closed| PoolError::Full)?;
        self.run_at(place, job).await
    }

    async fn run_at<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (sender, receiver) = oneshot::channel();
        let on_panic = self.on_panic;
        #[cfg(test)]
        let is_faulty = self
            .fault_in
            .fetch_sub(1, std::sync::atomic::Ordering::SeqCst)
            == 0;
        #[cfg(test)]
        let job = move || {
            assert!(!is_faulty, "a fault made by a test");
            job()
        };
        self.threads.spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(job));
            if let Err(panic) = &result
                && on_panic == OnPanic::EndProcess
            {
                tracing::error!(
                    "{}: the process ends, a restart reads the log again",
                    text(&**panic)
                );
                std::process::abort();
            }
            drop(place);
            // The asker may have gone away; then nobody wants the result.
            drop(sender.send(result));
        });
        match receiver.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => Err(PoolError::Panicked(text(&*panic))),
            Err(_closed) => Err(PoolError::Panicked("the pool was stopped".to_owned())),
        }
    }

    /// Jobs that run or wait.
    pub(crate) fn jobs(&self) -> usize {
        self.places_max - self.places.available_permits()
    }
}

fn text(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn pool(threads: usize, waiting_max: usize) -> Pool {
        Pool::start(PoolOptions {
            name: "test",
            threads,
            waiting_max,
            on_panic: OnPanic::FailJob,
        })
        .unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_the_failure_of_one_job() {
        let pool = pool(1, 1);
        let failed = pool.run(|| -> i32 { panic!("row {} is odd", 3) }).await;
        assert_eq!(failed, Err(PoolError::Panicked("row 3 is odd".to_owned())));
        assert_eq!(pool.run(|| 4).await, Ok(4));
    }

    #[tokio::test]
    async fn a_full_pool_refuses_at_once() {
        let pool = Arc::new(pool(1, 1));
        let (release, gate) = sync_channel::<()>(0);
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let mut jobs = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let (pool, gate) = (Arc::clone(&pool), Arc::clone(&gate));
            jobs.spawn(async move { pool.run(move || gate.lock().unwrap().recv().unwrap()).await });
        }
        while pool.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| ()).await, Err(PoolError::Full));
        let patient = Arc::clone(&pool);
        jobs.spawn(async move { patient.run_when_free(|| ()).await });
        release.send(()).unwrap();
        release.send(()).unwrap();
        while let Some(done) = jobs.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }
}
