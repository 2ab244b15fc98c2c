//! Transactions are optimistic: they read what is there, keep their writes to themselves, and commit only if nothing they
//! have read was written meanwhile. The caller runs a transaction again whose commit is refused.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use bytes::Bytes;

use super::limits;
use super::storage::{Entries, Storage, StorageError};
use crate::store::buffered::{Changes, list_over};
use crate::store::range::{Entry, Key, Range};

pub struct Transaction {
    storage: Rc<Storage>,
    /// The storage's commit that it started from.
    start: u64,
    keys_read: RefCell<BTreeSet<Key>>,
    ranges_read: RefCell<Vec<Range>>,
    writes: RefCell<Changes>,
    ended: Cell<bool>,
}

impl Transaction {
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    pub fn new(storage: Rc<Storage>) -> Transaction {
        let start = storage.commits.open();
        let (keys_read, ranges_read, writes) = Default::default();
        Transaction {
            storage,
            start,
            keys_read,
            ranges_read,
            writes,
            ended: Cell::new(false),
        }
    }

    /// Writes everything, and returns true; false, and nothing is written, when what it has read is no longer so.
    pub fn commit(&self) -> Result<bool, StorageError> {
        let keys = self.keys_read.borrow();
        let ranges = self.ranges_read.borrow();
        let concerns = |key: &[u8]| keys.contains(key) || ranges.iter().any(|range| range.contains(key));
        if self.storage.commits.since(self.start, concerns) {
            return Ok(false);
        }
        self.storage.commit(self.writes.take().into_iter().collect())?;
        Ok(true)
    }

    /// Nothing follows: writes of others need not be remembered for it any more.
    pub fn end(&self) {
        if !self.ended.replace(true) {
            self.storage.commits.close();
        }
    }

    fn has(&self, key: &[u8]) -> Result<bool, StorageError> {
        Ok(self.get(key)?.is_some())
    }

    /// Takes all of `writes`, or none when the transaction would have too many.
    fn write(&self, writes: impl IntoIterator<Item = (Key, Option<Bytes>)>) -> Result<(), StorageError> {
        let mut all = self.writes.borrow_mut();
        let writes: Changes = writes.into_iter().collect();
        let more = writes.keys().filter(|key| !all.contains_key(*key)).count();
        if all.len() + more > limits::DURABLE_KEYS {
            return Err(StorageError::TransactionTooLarge);
        }
        all.extend(writes);
        Ok(())
    }
}

impl Entries for Transaction {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        if let Some(written) = self.writes.borrow().get(key) {
            return Ok(written.clone());
        }
        self.keys_read.borrow_mut().insert(key.into());
        self.storage.get(key)
    }

    fn list(&self, range: &Range) -> Result<Vec<Entry>, StorageError> {
        self.ranges_read.borrow_mut().push(range.clone());
        list_over(&self.writes.borrow(), range, |range| self.storage.list(range))
    }

    fn put(&self, entries: Vec<(Key, Bytes)>) -> Result<(), StorageError> {
        self.write(entries.into_iter().map(|(key, value)| (key, Some(value))))
    }

    fn delete(&self, mut keys: Vec<Key>) -> Result<usize, StorageError> {
        keys.sort();
        keys.dedup();
        let mut existed = 0;
        for key in &keys {
            existed += usize::from(self.has(key)?);
        }
        self.write(keys.into_iter().map(|key| (key, None)))?;
        Ok(existed)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::super::slot::Slot;
    use super::*;
    use crate::store::Reply;
    use crate::store::memory::MemorySpace;

    fn storage() -> Rc<Storage> {
        let storage = Storage::new(Rc::<MemorySpace>::default(), Reply::Now(Ok(())), Slot::default());
        put(&*storage, "a", "1");
        put(&*storage, "b", "2");
        storage
    }

    fn put(entries: &dyn Entries, key: &str, value: &'static str) {
        entries
            .put(vec![(key.into(), value.into())])
            .expect("a small entry fits");
    }

    fn keys(entries: &dyn Entries, range: &Range) -> Vec<String> {
        entries
            .list(range)
            .expect("memory lists")
            .into_iter()
            .map(|(key, _)| String::from_utf8_lossy(&key).into_owned())
            .collect()
    }

    #[test]
    fn writes_are_its_own_until_it_commits() {
        let storage = storage();
        let transaction = Transaction::new(storage.clone());
        put(&transaction, "c", "3");
        assert_eq!(transaction.delete(vec!["a".into(), "none".into()]), Ok(1));
        assert_eq!(transaction.get(b"a"), Ok(None));
        assert_eq!(keys(&transaction, &Range::all()), ["b", "c"]);
        assert_eq!(keys(&transaction, &Range::all().at_most(1, true)), ["c"]);
        assert_eq!(keys(&*storage, &Range::all()), ["a", "b"]);
        assert_eq!(transaction.commit(), Ok(true));
        assert_eq!(keys(&*storage, &Range::all()), ["b", "c"]);
    }

    #[test]
    fn is_refused_when_a_key_it_read_was_written() {
        let storage = storage();
        let transaction = Transaction::new(storage.clone());
        assert_eq!(transaction.get(b"a"), Ok(Some("1".into())));
        put(&transaction, "b", "from the transaction");
        put(&*storage, "a", "meanwhile");
        assert_eq!(transaction.commit(), Ok(false));
        assert_eq!(storage.get(b"b"), Ok(Some("2".into())));
    }

    #[test]
    fn is_refused_when_a_key_appeared_where_it_listed() {
        let storage = storage();
        let transaction = Transaction::new(storage.clone());
        keys(&transaction, &Range::all().prefixed("x".into()));
        put(&*storage, "x1", "new");
        assert_eq!(transaction.commit(), Ok(false));
    }

    #[test]
    fn is_not_disturbed_by_writes_elsewhere_or_before() {
        let storage = storage();
        let first = Transaction::new(storage.clone());
        put(&*storage, "a", "before");
        let second = Transaction::new(storage.clone());
        assert_eq!(second.get(b"a"), Ok(Some("before".into())));
        put(&*storage, "b", "elsewhere");
        assert_eq!((second.commit(), first.commit()), (Ok(true), Ok(true)));
    }

    #[test]
    fn writes_a_limited_number_of_keys() {
        let transaction = Transaction::new(storage());
        let entries = |count: usize| {
            (0..count)
                .map(|index| (format!("{index}").into(), Bytes::new()))
                .collect()
        };
        assert_eq!(transaction.put(entries(128)), Ok(()));
        assert_eq!(
            transaction.put(vec![("one more".into(), Bytes::new())]),
            Err(StorageError::TransactionTooLarge)
        );
        assert_eq!(transaction.get(b"one more"), Ok(None));
        assert_eq!(transaction.put(vec![("0".into(), "again".into())]), Ok(()));
    }
}
