//! Floor 3: bytes at rest. Knows neither V8 nor Node.
//!
//! A store holds spaces by name; a space is an ordered map of bytes. What answers at once (memory, RocksDB) and what
//! answers later (Redis) are asked in the same way, and the asker who wants no wait pays for none.

pub mod memory;
pub mod range;
pub mod rocks;

use std::rc::Rc;

use bytes::Bytes;
use futures::future::BoxFuture;
use thiserror::Error;

use range::{Entry, Key, Range};

/// What one write does to a key: gives it a value, or takes it away.
pub type Write = (Key, Option<Bytes>);

/// Why a store could not do what it was asked: the text names the store, what was asked of it, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct StoreError(pub String);

pub type Result<T> = std::result::Result<T, StoreError>;

/// What a store answers: at once, or later.
pub enum Reply<T> {
    Now(Result<T>),
    Later(BoxFuture<'static, Result<T>>),
}

pub trait Store {
    /// The space called `name`, empty when it is new.
    fn space(&self, name: &str) -> Rc<dyn Space>;
    /// The names of the spaces that hold something and begin with `prefix`, in order.
    fn spaces(&self, prefix: &str) -> Reply<Vec<String>>;
}

/// Keys and values in the order of the keys' bytes.
pub trait Space {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>>;
    fn list(&self, range: &Range) -> Reply<Vec<Entry>>;
    /// Applies all writes, or none of them. Answers when they are in order: reads that come after see them.
    fn apply(&self, writes: Vec<Write>) -> Reply<()>;
    /// Answers when everything applied before would survive the end of the process.
    fn sync(&self) -> Reply<()>;
}
