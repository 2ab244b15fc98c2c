//! The storage of one object: what may be asked of it, and in which order it answers.
//!
//! [`Entries`] is that contract; the storage itself and a transaction over it keep it in their own ways. Keys are ordered
//! by their UTF-8 bytes.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use deno_error::JsError;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use thiserror::Error;

use super::limits;
use super::slot::Slot;
use super::sql_space::SqlSpace;
use crate::sqlite::error::SqlError;
use crate::sqlite::session::Session;
use crate::store::commits::Commits;
use crate::store::range::{Entry, Key, Range};
use crate::store::{Reply, Space, StoreError, Write};

/// Why a call to a storage is refused, or failed in the store below. The texts are those of Miniflare 2.
#[derive(Debug, PartialEq, Eq, Error, JsError)]
#[class(range)]
pub enum StorageError {
    #[error("Keys cannot be larger than {} bytes.", limits::DURABLE_KEY_BYTES)]
    KeyTooLarge,
    #[error("Key \"{0}\" is larger than the limit of {limit} bytes.", limit = limits::DURABLE_KEY_BYTES)]
    NamedKeyTooLarge(String),
    #[error("Values cannot be larger than {} bytes.", limits::DURABLE_VALUE_BYTES)]
    ValueTooLarge,
    #[error("Value for key \"{0}\" is above the limit of {limit} bytes.", limit = limits::DURABLE_VALUE_BYTES)]
    NamedValueTooLarge(String),
    #[error("Maximum number of keys is {}.", limits::DURABLE_KEYS)]
    TooManyKeys,
    #[error("Maximum number of pairs is {}.", limits::DURABLE_KEYS)]
    TooManyPairs,
    #[class(generic)]
    #[error("Maximum number of keys modified in a transaction is {}.", limits::DURABLE_KEYS)]
    TransactionTooLarge,
    #[class("ERR_DESERIALIZATION")]
    #[error(
        "The value of the key \"{0}\" cannot be read: its bytes were not written by this version of miniflare-rs. Delete the key, or put a new value."
    )]
    Unreadable(String),
    #[class(generic)]
    #[error("{0}")]
    Sql(SqlError),
    #[class(generic)]
    #[error("Cannot call deleteAll() within a transaction")]
    DeleteAllInTransaction,
    #[class(generic)]
    #[error("Durable Object is not backed by SQL.")]
    NoSql,
    #[class(generic)]
    #[error(
        "Invalid bookmark \"{0}\": pass one that getCurrentBookmark() or getBookmarkForTime() has returned for this object, of a state that is still kept."
    )]
    Bookmark(String),
    #[class(generic)]
    #[error(
        "There is no bookmark for that time: the states of an object are kept from its first call of getCurrentBookmark() on, for 30 days."
    )]
    NoBookmark,
    #[class(inherit)]
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SqlError> for StorageError {
    fn from(error: SqlError) -> StorageError {
        match error {
            SqlError::Store(error) => StorageError::Store(error),
            error => StorageError::Sql(error),
        }
    }
}

/// One key given on its own.
pub fn check_key(key: String) -> Result<Key, StorageError> {
    if key.len() > limits::DURABLE_KEY_BYTES {
        Err(StorageError::KeyTooLarge)
    } else {
        Ok(key.into())
    }
}

/// One of several keys.
pub fn check_named_key(key: String) -> Result<Key, StorageError> {
    if key.len() > limits::DURABLE_KEY_BYTES {
        Err(StorageError::NamedKeyTooLarge(key))
    } else {
        Ok(key.into())
    }
}

/// One serialized value given on its own.
pub fn check_size(value: &[u8]) -> Result<(), StorageError> {
    if fits(value) {
        Ok(())
    } else {
        Err(StorageError::ValueTooLarge)
    }
}

/// One of several serialized values.
pub fn check_named_size(value: &[u8], key: String) -> Result<(), StorageError> {
    if fits(value) {
        Ok(())
    } else {
        Err(StorageError::NamedValueTooLarge(key))
    }
}

fn fits(value: &[u8]) -> bool {
    value.len() <= limits::DURABLE_VALUE_BYTES + limits::DURABLE_VALUE_OVERHEAD_BYTES
}

/// What objects ask of their storage, and of a transaction.
pub trait Entries {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StorageError>;
    fn list(&self, range: &Range) -> Result<Vec<Entry>, StorageError>;
    /// Puts all entries, or none.
    fn put(&self, entries: Vec<(Key, Bytes)>) -> Result<(), StorageError>;
    /// Deletes `keys`; how many of them there were.
    fn delete(&self, keys: Vec<Key>) -> Result<usize, StorageError>;
}

/// One object's storage.
pub struct Storage {
    space: Rc<dyn Space>,
    /// The same, of an object with a database of its own.
    sql: Option<Rc<SqlSpace>>,
    pub alarm: Rc<Slot>,
    /// What is left to wait for before what was asked last is confirmed.
    waits: RefCell<Option<BoxFuture<'static, Result<(), StoreError>>>>,
    /// The commits of all who use the space.
    pub commits: Rc<Commits>,
}

impl Storage {
    /// `space` answers at once when it is `claimed`, which must be awaited by [`Storage::confirmed`] if it is not yet.
    pub fn new(space: Rc<dyn Space>, claimed: Reply<()>, alarm: impl Into<Rc<Slot>>) -> Rc<Storage> {
        Storage::over(space, None, claimed, alarm.into())
    }

    /// One that stores in a database of the object's own.
    pub fn with_sql(sql: Rc<SqlSpace>, claimed: Reply<()>, alarm: Rc<Slot>) -> Rc<Storage> {
        Storage::over(sql.clone(), Some(sql), claimed, alarm)
    }

    fn over(space: Rc<dyn Space>, sql: Option<Rc<SqlSpace>>, claimed: Reply<()>, alarm: Rc<Slot>) -> Rc<Storage> {
        let waits = RefCell::new(match claimed {
            Reply::Now(Ok(())) => None,
            Reply::Now(error) => Some(ready(error).boxed()),
            Reply::Pending(claimed) => Some(claimed),
        });
        let commits = space.commits();
        Rc::new(Storage {
            space,
            sql,
            alarm,
            waits,
            commits,
        })
    }

    /// Whether all that was written survives; otherwise [`Storage::confirmed`] must be awaited.
    pub fn confirm(&self) -> Result<bool, StorageError> {
        if self.waits.borrow().is_some() {
            return Ok(false);
        }
        match self.space.sync() {
            Reply::Now(answer) => Ok(answer.map(|()| true)?),
            Reply::Pending(waits) => {
                self.waits.replace(Some(waits));
                Ok(false)
            }
        }
    }

    /// Answers what [`Storage::confirm`] was asked last.
    pub fn confirmed(&self) -> impl Future<Output = Result<(), StorageError>> + use<> {
        let waits = self.waits.take();
        async move {
            match waits {
                Some(waits) => Ok(waits.await?),
                None => Ok(()),
            }
        }
    }

    pub fn has(&self, key: &[u8]) -> Result<bool, StorageError> {
        Ok(self.get(key)?.is_some())
    }

    /// The database of an object that has one.
    pub fn sql(&self) -> Result<Rc<Session>, StorageError> {
        let sql = self.sql.as_ref().ok_or(StorageError::NoSql)?;
        Ok(sql.session()?)
    }

    pub fn sql_space(&self) -> Result<&SqlSpace, StorageError> {
        self.sql.as_deref().ok_or(StorageError::NoSql)
    }

    pub fn has_sql(&self) -> bool {
        self.sql.is_some()
    }

    /// Undoes what was written to a database, and is not committed.
    pub fn abort(&self) {
        if let Some(sql) = &self.sql {
            sql.abort();
        }
    }

    /// Deletes everything; of an object with a database, the alarm only if it is asked to.
    pub fn delete_all(&self, with_alarm: bool) -> Result<(), StorageError> {
        if let Some(sql) = &self.sql {
            return match sql.delete_all(with_alarm)? {
                true => Ok(()),
                false => Err(StorageError::DeleteAllInTransaction),
            };
        }
        let entries = self.list(&Range::all())?;
        self.commit(entries.into_iter().map(|(key, _)| (key, None)).collect())
    }

    /// Writes at once what belongs together.
    pub fn commit(&self, writes: Vec<Write>) -> Result<(), StorageError> {
        self.commits.note(writes.iter().map(|(key, _)| key));
        let alarm = self.alarm.among(&writes);
        if let Some(sql) = &self.sql {
            // The alarm counts when it is committed.
            return Ok(sql.write(writes)?);
        }
        self.space.apply(writes).now()?;
        self.alarm.note(alarm);
        Ok(())
    }
}

impl Entries for Storage {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        match &self.sql {
            Some(sql) => Ok(sql.read(key)?),
            None => Ok(self.space.get(key).now()?),
        }
    }

    fn list(&self, range: &Range) -> Result<Vec<Entry>, StorageError> {
        match &self.sql {
            Some(sql) => Ok(sql.read_range(range)?),
            None => Ok(self.space.list(range).now()?),
        }
    }

    fn put(&self, entries: Vec<(Key, Bytes)>) -> Result<(), StorageError> {
        self.commit(entries.into_iter().map(|(key, value)| (key, Some(value))).collect())
    }

    fn delete(&self, mut keys: Vec<Key>) -> Result<usize, StorageError> {
        keys.sort();
        keys.dedup();
        let mut existing = Vec::with_capacity(keys.len());
        for key in keys {
            if self.has(&key)? {
                existing.push((key, None));
            }
        }
        let existed = existing.len();
        self.commit(existing)?;
        Ok(existed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Reply;
    use crate::store::memory::MemorySpace;

    fn filled() -> Rc<Storage> {
        let storage = Storage::new(Rc::<MemorySpace>::default(), Reply::Now(Ok(())), Slot::default());
        storage
            .put(vec![("a".into(), "1".into()), ("b".into(), "2".into())])
            .expect("two small entries fit");
        storage
    }

    #[test]
    fn deletes_what_is_there_and_counts_each_key_once() {
        let storage = filled();
        assert_eq!(storage.delete(vec!["a".into(), "a".into(), "missing".into()]), Ok(1));
        assert_eq!((storage.has(b"a"), storage.has(b"b")), (Ok(false), Ok(true)));
    }

    #[test]
    fn forgets_everything_at_once() {
        let storage = filled();
        storage.delete_all(true).expect("memory deletes");
        assert_eq!(storage.list(&Range::all()), Ok(vec![]));
    }

    #[test]
    fn refuses_keys_and_values_beyond_their_limits() {
        assert_eq!(check_key("é".repeat(1024)), Ok("é".repeat(1024).into()));
        assert_eq!(check_key("k".repeat(2049)), Err(StorageError::KeyTooLarge));
        let error = check_named_key("k".repeat(2049))
            .expect_err("the key is a byte too long")
            .to_string();
        assert_eq!(
            error,
            format!("Key \"{}\" is larger than the limit of 2048 bytes.", "k".repeat(2049))
        );
        assert!(fits(&[0; 131_104]) && !fits(&[0; 131_105]));
    }
}
