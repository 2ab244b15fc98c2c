//! `deno_unsync` with one function replaced: [`spawn`].
//!
//! Upstream's `spawn` hands a task that is not `Send` to whichever tokio runtime is current, trusting that the runtime
//! runs on the calling thread. Here the runtime runs on a background thread while isolates live on Node's threads, so a
//! task must instead go to the `LocalSet` of the isolate that is entered. Everything else that deno's crates use is
//! upstream's own, re-exported from its previous series: cargo takes no second release of the same one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub use upstream::future;
pub use upstream::mpsc;
pub use upstream::{Flag, IOReadHalf, IOWriteHalf, JoinSet, MaskFutureAsSend, split_io};
pub use upstream::{TaskQueue, TaskQueuePermit, TaskQueuePermitAcquireFuture, UnsendMarker, UnsyncWaker};

mod atomic_flag;

pub mod sync {
    pub use crate::atomic_flag::AtomicFlag;
    pub use upstream::{TaskQueue, TaskQueuePermit};
}

/// A task's handle; awaiting it yields the task's output. Same shape as upstream's.
pub struct JoinHandle<R>(tokio::task::JoinHandle<R>);

impl<R> JoinHandle<R> {
    /// Equivalent to [`tokio::task::JoinHandle::abort`].
    pub fn abort(&self) {
        self.0.abort()
    }

    /// Equivalent to [`tokio::task::JoinHandle::abort_handle`].
    pub fn abort_handle(&self) -> tokio::task::AbortHandle {
        self.0.abort_handle()
    }
}

impl<R> Future for JoinHandle<R> {
    type Output = Result<R, tokio::task::JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// Spawns `future` on the `LocalSet` that is entered on this thread; it never leaves the thread.
///
/// # Panics
/// When no `LocalSet` is entered.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    JoinHandle(tokio::task::spawn_local(future))
}

/// Equivalent to [`tokio::task::spawn_blocking`].
#[track_caller]
pub fn spawn_blocking<F, R>(work: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    JoinHandle(tokio::task::spawn_blocking(work))
}
