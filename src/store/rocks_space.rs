//! One space of a database, by what all its keys begin with.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use rocksdb::{DBRawIterator, ReadOptions, WriteBatch};

use super::range::{Entry, Key, Range};
use super::rocks::Place;
use super::rocks_use::Use;
use super::{Reply, Result, Space, Write, rocks_key};

/// Where a space is: in whatever database the folder has at the time, or in one for good.
pub enum Source {
    Place(Rc<Place>),
    Open(Rc<Use>),
}

pub struct RocksSpace {
    source: Source,
    /// What all its keys begin with in the database.
    prefix: Key,
    /// Its last write, and where that went.
    last: RefCell<Option<(Rc<Use>, u64)>>,
}

impl RocksSpace {
    pub fn new(source: Source, full_name: &str) -> RocksSpace {
        RocksSpace {
            source,
            prefix: rocks_key::space(full_name),
            last: RefCell::default(),
        }
    }

    fn used(&self) -> Result<Rc<Use>> {
        match &self.source {
            Source::Place(place) => place.used(),
            Source::Open(used) => Ok(used.clone()),
        }
    }

    fn read(&self, key: &[u8]) -> Result<Option<Bytes>> {
        let key = rocks_key::join(&self.prefix, key);
        self.used()?.database.read(|handle| {
            let value = handle.get_pinned(&key)?;
            Ok(value.map(|value| Bytes::copy_from_slice(&value)))
        })
    }

    fn read_list(&self, range: &Range) -> Result<Vec<Entry>> {
        let Some(bounds) = range.bounds() else {
            return Ok(Vec::new());
        };
        let (from, to) = rocks_key::bounds(&self.prefix, bounds);
        self.used()?.database.read(|handle| {
            let mut options = ReadOptions::default();
            options.set_iterate_lower_bound(from.clone());
            options.set_iterate_upper_bound(to.clone());
            self.collect(handle.raw_iterator_opt(options), range)
        })
    }

    fn collect(&self, mut entries: DBRawIterator, range: &Range) -> std::result::Result<Vec<Entry>, rocksdb::Error> {
        let mut found = Vec::new();
        if range.is_reverse() {
            entries.seek_to_last();
        } else {
            entries.seek_to_first();
        }
        while found.len() < range.limit()
            && let Some((key, value)) = entries.item()
        {
            found.push((key[self.prefix.len()..].to_vec(), Bytes::copy_from_slice(value)));
            if range.is_reverse() {
                entries.prev();
            } else {
                entries.next();
            }
        }
        entries.status().map(|()| found)
    }

    fn write(&self, writes: Vec<Write>) -> Result<()> {
        let used = self.used()?;
        let mut batch = WriteBatch::default();
        fill(&mut batch, &self.prefix, writes);
        let write = used.database.write(batch)?;
        self.last.replace(Some((used, write)));
        Ok(())
    }
}

impl Space for RocksSpace {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        Reply::Now(self.read(key))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        Reply::Now(self.read_list(range))
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        Reply::Now(if writes.is_empty() { Ok(()) } else { self.write(writes) })
    }

    fn sync(&self) -> Reply<()> {
        match &*self.last.borrow() {
            Some((used, write)) => used.database.confirm(*write, used.durability.get()),
            None => Reply::Now(Ok(())),
        }
    }
}

/// Adds the writes of a space to a batch.
pub fn fill(batch: &mut WriteBatch, prefix: &[u8], writes: Vec<Write>) {
    for (key, value) in writes {
        let key = rocks_key::join(prefix, &key);
        match value {
            Some(value) => batch.put(key, value),
            None => batch.delete(key),
        }
    }
}
