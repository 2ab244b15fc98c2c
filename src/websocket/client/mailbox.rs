//! The two queues between a worker and its connection, which are on different threads. Both are bounded by the bytes that
//! wait in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::limits;
use super::writer::Say;

/// What a worker learns from its connection.
#[derive(Debug, PartialEq)]
pub enum Received {
    Text(String),
    Binary(Vec<u8>),
    /// Why the connection has failed; its close follows.
    Failed(String),
    /// The last: the code and the reason of the server's close, or what stands for them.
    Closed(u16, String),
}

/// Codes that no frame has: of a close frame without a code, and of a connection that ended without a close frame.
pub const NO_CODE: u16 = 1005;
pub const ABNORMAL: u16 = 1006;

/// The worker's ends.
pub struct Mailbox {
    pub outbox: Outbox,
    pub inbox: Inbox,
}

/// The connection's ends.
pub struct Line {
    pub said: mpsc::UnboundedReceiver<Say>,
    pub out: Arc<Out>,
    pub deliver: mpsc::UnboundedSender<Delivered>,
    pub room: Arc<Semaphore>,
}

/// A message, and its place in the queue until it is taken.
pub type Delivered = (Received, Option<OwnedSemaphorePermit>);

/// What both sides know of the queue to the connection.
#[derive(Default)]
pub struct Out {
    waiting: AtomicUsize,
    is_closing: AtomicBool,
    is_dropped: AtomicBool,
}

pub struct Outbox {
    say: mpsc::UnboundedSender<Say>,
    out: Arc<Out>,
}

pub struct Inbox(mpsc::UnboundedReceiver<Delivered>);

/// The bytes that wait already, with which a message would be too much.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error(
    "The peer of the WebSocket reads too slowly: {0} bytes wait to be sent, and {limit} may wait. Wait for an answer of \
     the peer before sending more.",
    limit = limits::WAITING_OUT_BYTES
)]
pub struct Full(pub usize);

pub fn pair() -> (Mailbox, Line) {
    let (say, said) = mpsc::unbounded_channel();
    let (deliver, delivered) = mpsc::unbounded_channel();
    let out = Arc::<Out>::default();
    let mailbox = Mailbox {
        outbox: Outbox { say, out: out.clone() },
        inbox: Inbox(delivered),
    };
    let line = Line {
        said,
        out,
        deliver,
        room: Arc::new(Semaphore::new(limits::WAITING_IN_BYTES)),
    };
    (mailbox, line)
}

impl Outbox {
    /// Queues a message, and returns how many bytes wait then. After a close it does nothing.
    pub fn send(&self, message: Say) -> Result<usize, Full> {
        if self.out.is_closing() || self.say.is_closed() {
            return Ok(0);
        }
        let cost = cost(&message);
        let waiting = self.waiting();
        if waiting > 0 && waiting + cost > limits::WAITING_OUT_BYTES {
            return Err(Full(waiting));
        }
        // The connection may take the message, and its cost, at once.
        self.out.waiting.fetch_add(cost, Ordering::Relaxed);
        let _ = self.say.send(message);
        Ok(waiting + cost)
    }

    /// Bytes that wait, besides those that the connection has in hand.
    pub fn waiting(&self) -> usize {
        self.out.waiting.load(Ordering::Relaxed)
    }

    /// Queues a close frame; those after the first do nothing.
    pub fn close(&self, close: Option<(u16, String)>) {
        if !self.out.is_closing.swap(true, Ordering::Relaxed) {
            let _ = self.say.send(Say::Close(close));
        }
    }

    /// Has the connection end without a close, once the mailbox is gone.
    pub fn drop_connection(&self) {
        self.out.is_dropped.store(true, Ordering::Relaxed);
    }
}

impl Out {
    /// Whether the connection is to end without a close.
    pub fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::Relaxed)
    }

    /// The connection has a message in hand.
    pub fn taken(&self, message: &Say) {
        self.waiting.fetch_sub(cost(message), Ordering::Relaxed);
    }

    /// Whether the worker has closed the socket.
    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }
}

impl Inbox {
    /// What comes next; `None` after the last.
    pub async fn next(&mut self) -> Option<Received> {
        self.0.recv().await.map(|(received, _)| received)
    }

    /// How many messages wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.0.len()
    }

    /// What is there already.
    #[cfg(test)]
    pub fn take(&mut self) -> Option<Received> {
        self.0.try_recv().ok().map(|(received, _)| received)
    }
}

fn cost(message: &Say) -> usize {
    match message {
        Say::Text(content) | Say::Binary(content) => content.len() + limits::MESSAGE_COST,
        Say::Pong(_) | Say::Close(_) => 0,
    }
}

/// How much of the room for messages one takes. What is longer takes all of it.
pub fn room_of(received: &Received) -> u32 {
    let length = match received {
        Received::Text(text) => text.len(),
        Received::Binary(bytes) => bytes.len(),
        Received::Failed(_) | Received::Closed(..) => 0,
    };
    (length + limits::MESSAGE_COST).min(limits::WAITING_IN_BYTES) as u32
}
