//! A body that is made while it is sent.
//!
//! ```text
//!   driver ── a piece ──► channel of one ──► connection ──► client
//!     ▲ goes on only when the connection asks for more
//! ```
//!
//! The connection drives the work: a slow client slows it down, a client that goes away ends it by
//! dropping the body, and with it the driver and everything it holds.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;

/// A body of pieces, in the order in which its driver says them.
pub(crate) struct EventStream {
    /// `None` once it has ended.
    driver: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    pieces: mpsc::Receiver<Bytes>,
}

/// Where a driver says its pieces.
#[derive(Debug)]
pub(crate) struct Voice(mpsc::Sender<Bytes>);

impl EventStream {
    /// A body driven by what the function makes of its voice. The stream ends with the future.
    pub(crate) fn of<F>(driver: impl FnOnce(Voice) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, pieces) = mpsc::channel(1);
        Self {
            driver: Some(Box::pin(driver(Voice(sender)))),
            pieces,
        }
    }
}

impl Voice {
    /// Says a piece; waits until the one before it was taken.
    pub(crate) async fn say(&self, piece: impl Into<Bytes>) {
        // The ear is part of the body that also owns whoever calls this, so it is there.
        drop(self.0.send(piece.into()).await);
    }
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(context).is_ready()
        {
            self.driver = None;
        }
        let piece = self.pieces.poll_recv(context);
        piece.map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http_body_util::BodyExt;

    use super::*;

    /// Says numbers, and counts what it was asked for.
    fn numbers(count: usize, begun: &Arc<AtomicUsize>) -> EventStream {
        let begun = Arc::clone(begun);
        EventStream::of(async move |voice: Voice| {
            for number in 0..count {
                begun.fetch_add(1, Ordering::Relaxed);
                voice.say(format!("{number};")).await;
            }
        })
    }

    #[tokio::test]
    async fn all_pieces_come_in_order() {
        let begun = Arc::new(AtomicUsize::new(0));
        let all = numbers(100, &begun).collect().await.unwrap().to_bytes();
        let expected: String = (0..100).map(|number| format!("{number};")).collect();
        assert_eq!(all, expected);
        let none = numbers(0, &begun).collect().await.unwrap().to_bytes();
        assert!(none.is_empty());
    }

    #[tokio::test]
    async fn nothing_is_made_that_nobody_takes() {
        let begun = Arc::new(AtomicUsize::new(0));
        let mut body = numbers(100, &begun);
        assert_eq!(begun.load(Ordering::Relaxed), 0);
        for taken in 1..10 {
            body.frame().await.unwrap().unwrap();
            assert!(begun.load(Ordering::Relaxed) <= taken + 1);
        }
        drop(body);
        assert_eq!(Arc::strong_count(&begun), 1, "the driver is gone");
    }
}
