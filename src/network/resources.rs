//! What the worker's half holds of an exchange: the request that is on its way, and the body that comes back. Closing
//! either calls the exchange off.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use bytes::{Buf, Bytes};
use deno_core::{
    AsyncRefCell, AsyncResult, BufMutView, BufView, CancelHandle, CancelTryFuture, RcRef, Resource, WriteOutcome,
};
use deno_error::JsErrorBox;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::client::Outgoing;
use super::exchange::{Arrived, Progress};
use super::failure::{BoxError, Failure, LengthMismatch};
use super::limits;

/// Ends the exchange with the last that holds it.
pub struct Task(pub AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A request whose response has not arrived, or whose body is still being written. Written to, it sends its body.
pub struct Exchange {
    pub reply: RefCell<Option<oneshot::Receiver<Result<Arrived, Failure>>>>,
    pub task: RefCell<Option<Rc<Task>>>,
    pub body: RefCell<Option<mpsc::Sender<Option<Bytes>>>>,
    pub progress: Progress,
    pub cancel: CancelHandle,
}

impl Exchange {
    fn send(self: Rc<Self>, chunk: Option<Bytes>) -> AsyncResult<()> {
        let sender = self.body.borrow().clone();
        Box::pin(async move {
            let sender = sender.ok_or_else(|| over("the request has been sent"))?;
            let sent = sender.send(chunk).await;
            self.progress.fetch_add(1, Ordering::Relaxed);
            sent.map_err(|_| over("the request is over"))
        })
    }
}

fn over(text: &'static str) -> JsErrorBox {
    JsErrorBox::generic(text)
}

impl Resource for Exchange {
    fn name(&self) -> Cow<'_, str> {
        "fetchExchange".into()
    }

    fn write(self: Rc<Self>, view: BufView) -> AsyncResult<WriteOutcome> {
        let nwritten = view.len();
        let sent = self.send(Some(Bytes::copy_from_slice(&view)));
        Box::pin(async move {
            sent.await?;
            Ok(WriteOutcome::Full { nwritten })
        })
    }

    fn shutdown(self: Rc<Self>) -> AsyncResult<()> {
        let ended = self.clone().send(None);
        Box::pin(async move {
            ended.await?;
            self.body.borrow_mut().take();
            Ok(())
        })
    }

    fn close(self: Rc<Self>) {
        self.cancel.cancel();
        self.body.borrow_mut().take();
        self.task.borrow_mut().take();
    }
}

/// The body of a request that the worker writes, as the connection reads it. It fails when it is not of the length that
/// the headers announce.
pub fn written(receiver: mpsc::Receiver<Option<Bytes>>, announced: Option<u64>) -> Outgoing {
    let state = (receiver, announced);
    let chunks = futures::stream::try_unfold(state, |(mut receiver, left)| async move {
        let Some(chunk) = receiver.recv().await.ok_or("the request's body was not completed")? else {
            let is_short = left.is_some_and(|left| left > 0);
            return if is_short { Err(LengthMismatch.into()) } else { Ok(None) };
        };
        let left = match left {
            Some(left) => Some(left.checked_sub(chunk.len() as u64).ok_or(LengthMismatch)?),
            None => None,
        };
        Ok::<_, BoxError>(Some((Frame::data(chunk), (receiver, left))))
    });
    StreamBody::new(chunks).boxed_unsync()
}

/// A response's body. It is read as it arrives.
pub struct ResponseBody {
    chunks: AsyncRefCell<Incoming>,
    length: Option<u64>,
    cancel: CancelHandle,
    task: RefCell<Option<Rc<Task>>>,
}

struct Incoming {
    chunks: mpsc::Receiver<Result<Bytes, Failure>>,
    /// What of the chunk in hand has not been read.
    left: Bytes,
    /// A failure that came after bytes; the next read reports it.
    failed: Option<Failure>,
}

impl ResponseBody {
    pub fn new(
        chunks: mpsc::Receiver<Result<Bytes, Failure>>,
        length: Option<u64>,
        task: Option<Rc<Task>>,
    ) -> ResponseBody {
        let incoming = Incoming {
            chunks,
            left: Bytes::new(),
            failed: None,
        };
        ResponseBody {
            chunks: AsyncRefCell::new(incoming),
            length,
            cancel: CancelHandle::default(),
            task: RefCell::new(task),
        }
    }
}

impl Incoming {
    /// Fills a buffer with what is there, waiting only when nothing is. Zero at the end.
    async fn fill(&mut self, mut buffer: &mut [u8]) -> Result<usize, Failure> {
        let mut filled = 0;
        while !buffer.is_empty() {
            if self.left.is_empty() && !self.next(filled == 0).await? {
                break;
            }
            let length = buffer.len().min(self.left.len());
            self.left.copy_to_slice(&mut buffer[..length]);
            buffer = &mut buffer[length..];
            filled += length;
        }
        Ok(filled)
    }

    /// Takes the next chunk in hand; false when there is none, or none yet.
    async fn next(&mut self, wait: bool) -> Result<bool, Failure> {
        if let Some(failure) = self.failed.take() {
            return if wait { Err(failure) } else { self.fail_later(failure) };
        }
        let next = if wait {
            self.chunks.recv().await
        } else {
            self.chunks.try_recv().ok()
        };
        match next {
            Some(Ok(chunk)) => self.left = chunk,
            Some(Err(failure)) if wait => return Err(failure),
            Some(Err(failure)) => return self.fail_later(failure),
            None => return Ok(false),
        }
        Ok(true)
    }

    fn fail_later(&mut self, failure: Failure) -> Result<bool, Failure> {
        self.failed = Some(failure);
        Ok(false)
    }
}

impl Resource for ResponseBody {
    fn name(&self) -> Cow<'_, str> {
        "fetchBody".into()
    }

    fn read_byob(self: Rc<Self>, mut buffer: BufMutView) -> AsyncResult<(usize, BufMutView)> {
        Box::pin(async move {
            let cancel = RcRef::map(&self, |body| &body.cancel);
            let reading = async {
                let mut incoming = RcRef::map(&self, |body| &body.chunks).borrow_mut().await;
                incoming.fill(&mut buffer).await.map_err(Failure::into_js_terminated)
            };
            let filled = reading.try_or_cancel(cancel).await?;
            Ok((filled, buffer))
        })
    }

    fn size_hint(&self) -> (u64, Option<u64>) {
        (self.length.unwrap_or(0).min(limits::READ_AHEAD_BYTES), None)
    }

    fn close(self: Rc<Self>) {
        self.cancel.cancel();
        self.task.borrow_mut().take();
    }
}
