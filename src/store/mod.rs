//! Floor 3: bytes at rest. Knows neither V8 nor Node.
//!
//! A store holds spaces by name; a space is an ordered map of bytes. What answers at once (memory, RocksDB) and what
//! answers later (Redis) are asked in the same way, and the asker who wants no wait pays for none.

pub mod buffered;
pub mod commits;
#[cfg(test)]
mod conformance;
pub mod database;
mod database_sync;
pub mod error;
pub mod indexed;
pub mod joint;
pub mod large_values;
pub mod memory;
pub mod payload;
pub mod place;
pub mod range;
pub mod record;
pub mod redis;
mod redis_claimed;
mod redis_claiming;
mod redis_decision;
mod redis_link;
mod redis_scripts;
#[cfg(test)]
mod redis_test_server;
pub mod rocks;
mod rocks_claims;
mod rocks_error;
mod rocks_folder;
mod rocks_held;
mod rocks_joint;
mod rocks_key;
mod rocks_log;
mod rocks_manifest;
mod rocks_mark;
mod rocks_options;
mod rocks_pending;
mod rocks_space;
pub mod rocks_use;
pub mod snapshots;
pub mod stores;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use bytes::Bytes;
use commits::Commits;
use futures::future::{BoxFuture, FutureExt, pending};
use joint::Batch;
use large_values::{LargeValues, ValueId};

pub use error::StoreError;
use range::{Entry, Key, Range};
// What the crate `rocksdb` calls.
use rocksdb_library as _;

/// What one write does to a key: gives it a value, or takes it away.
pub type Write = (Key, Option<Bytes>);

pub type Result<T> = std::result::Result<T, StoreError>;

/// What a store answers: at once, or later.
pub enum Reply<T> {
    Now(Result<T>),
    Pending(BoxFuture<'static, Result<T>>),
}

impl<T> Reply<T> {
    /// The answer of a store that is known to answer at once.
    pub fn now(self) -> Result<T> {
        match self {
            Reply::Now(answer) => answer,
            Reply::Pending(_) => Err(StoreError::other("a store that had to answer at once answers later")),
        }
    }

    /// What `make` makes of the answer, now or later as that comes.
    pub fn map<U>(self, make: impl FnOnce(T) -> Result<U> + Send + 'static) -> Reply<U>
    where
        T: Send + 'static,
    {
        match self {
            Reply::Now(answer) => Reply::Now(answer.and_then(make)),
            Reply::Pending(answer) => Reply::Pending(Box::pin(async move { make(answer.await?) })),
        }
    }

    /// The answer, without a wait when it is there.
    pub async fn wait(self) -> Result<T> {
        match self {
            Reply::Now(answer) => answer,
            Reply::Pending(answer) => answer.await,
        }
    }
}

pub trait Store {
    /// The space called `name`, empty when it is new.
    fn space(&self, name: &str) -> Rc<dyn Space>;

    /// The space called `name`, for one who alone writes it, as an object does: all that is asked of it is answered at
    /// once, from when the reply has come until the space is dropped.
    fn claim(&self, name: &str) -> (Rc<dyn Space>, Reply<()>) {
        (self.space(name), Reply::Now(Ok(())))
    }

    /// Hands what was applied to the operating system, if the store writes on this machine. Cheap when there is nothing.
    fn flush(&self) -> Result<()> {
        Ok(())
    }

    /// The names of the spaces that hold something and begin with `prefix`, in order.
    fn spaces(&self, prefix: &str) -> Reply<Vec<String>>;

    /// The names of the spaces that have `key`, in order, each with its value there. Those that are claimed elsewhere
    /// are left out.
    fn spaces_with(&self, key: &[u8]) -> Reply<Vec<(String, Bytes)>>;

    /// Writes to spaces that are all claimed, to be committed together with others: see [`joint::commit`].
    fn batch(&self, changes: Vec<(String, Vec<Write>)>) -> Result<Batch>;

    /// Which of these spaces are claimed elsewhere: by another thread, or by another process.
    fn elsewhere(&self, names: &[String]) -> Reply<Vec<bool>> {
        Reply::Now(Ok(vec![false; names.len()]))
    }

    /// How often all that is stored was brought back to what it had been: what was known of it is void then.
    fn restores(&self) -> u64 {
        0
    }

    /// Resolves when spaces that others had may have been let go of, or when the store was brought back. It counts from when
    /// it is called.
    fn changed(&self) -> BoxFuture<'static, ()> {
        pending().boxed()
    }

    /// The files of a space's values that are too large for the store; `None` if it has no place for files.
    fn large_values(&self, _space: &str) -> Result<Option<Rc<LargeValues>>> {
        Ok(None)
    }

    /// A space does not refer to these large values any more: their files are removed, once no snapshot needs them.
    fn release(&self, _space: &str, _values: Vec<ValueId>) {}

    /// Whether others may use the same place: other instances, threads or processes.
    fn is_shared(&self) -> bool {
        false
    }
}

/// Keys and values in the order of the keys' bytes.
pub trait Space {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>>;

    fn list(&self, range: &Range) -> Reply<Vec<Entry>>;

    /// Applies all writes, or none of them. Answers when they are in order: reads that come after see them.
    fn apply(&self, writes: Vec<Write>) -> Reply<()>;

    /// Answers when everything applied before survives what the store promises to survive: the end of the process, or a
    /// loss of power too.
    fn sync(&self) -> Reply<()>;

    /// The commits of all who have claimed the space.
    fn commits(&self) -> Rc<Commits> {
        Rc::default()
    }

    /// Applies all writes, or none of them. Answers when they survive, as after [`Space::sync`].
    fn commit(&self, writes: Vec<Write>) -> Reply<()> {
        match self.apply(writes) {
            Reply::Now(Ok(())) => self.sync(),
            Reply::Now(error) => Reply::Now(error),
            Reply::Pending(applied) => after(applied, self.sync()),
        }
    }
}

/// Answers when both have; requests to a store that answers later are kept in order by it.
fn after(first: BoxFuture<'static, Result<()>>, second: Reply<()>) -> Reply<()> {
    Reply::Pending(Box::pin(async move {
        first.await?;
        match second {
            Reply::Now(answer) => answer,
            Reply::Pending(answer) => answer.await,
        }
    }))
}

/// The spaces of a store that are claimed, by name: all who claim one have the same, for as long as it is in use.
struct Claims<S>(RefCell<HashMap<String, Weak<S>>>);

impl<S> Default for Claims<S> {
    fn default() -> Claims<S> {
        Claims(RefCell::default())
    }
}

impl<S> Claims<S> {
    /// The space of this name; a new one when there is none or it is not sound any more.
    fn claim(&self, name: &str, is_sound: fn(&S) -> bool, make: impl FnOnce() -> Rc<S>) -> Rc<S> {
        let mut claimed = self.0.borrow_mut();
        let living = claimed.get(name).and_then(Weak::upgrade);
        living.filter(|space| is_sound(space)).unwrap_or_else(|| {
            // Those that were dropped go before the map would grow for them.
            if claimed.len() == claimed.capacity() {
                claimed.retain(|_, held| held.strong_count() > 0);
            }
            let space = make();
            claimed.insert(name.into(), Rc::downgrade(&space));
            space
        })
    }
}
