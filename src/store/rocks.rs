//! RocksDB, the embedded persistent store: all spaces of a folder in one ordered database.
//!
//! The folder is opened when something is first asked of it.

use std::cell::{Cell, OnceCell};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use bytes::Bytes;
use rocksdb::{DB, DBRawIterator, ReadOptions, WriteBatch};

use super::buffered::{Buffered, Unwritten};
use super::database::{Database, Durability};
use super::range::{Entry, Key, Range};
use super::{Claims, Reply, Result, Space, Store, Write, rocks_key};

/// The file by which RocksDB finds its way into a database.
const MANIFEST_POINTER: &str = "CURRENT";

pub struct RocksStore {
    place: Rc<Place>,
    claimed: Claims<Buffered>,
    unwritten: Rc<Unwritten>,
}

struct Place {
    folder: PathBuf,
    /// What the names of its spaces begin with in the database, which others may share.
    room: String,
    durability: Durability,
    database: OnceCell<Arc<Database>>,
}

impl Place {
    fn database(&self) -> Result<&Arc<Database>> {
        if let Some(database) = self.database.get() {
            return Ok(database);
        }
        let opened = Database::open(&self.folder)?;
        Ok(self.database.get_or_init(|| opened))
    }

    /// A space's name, of what it has in the database; `None` when it is not of this store.
    fn name(&self, stored: &str) -> Option<String> {
        stored.strip_prefix(&self.room).map(Into::into)
    }

    /// Whether there is no database yet: nothing needs to be opened to know that nothing is stored.
    fn is_new(&self) -> bool {
        self.database.get().is_none() && !self.folder.join(MANIFEST_POINTER).exists()
    }
}

impl RocksStore {
    /// A store in `folder`, an absolute path. `room` keeps stores apart that share it.
    pub fn new(folder: PathBuf, room: &str, durability: Durability) -> RocksStore {
        let database = OnceCell::new();
        RocksStore {
            place: Rc::new(Place {
                folder,
                room: format!("{room}:"),
                durability,
                database,
            }),
            claimed: Claims::default(),
            unwritten: Rc::default(),
        }
    }

    /// Writes what claimed spaces have collected. A failure is told to those who use the space.
    fn hand_on(&self) {
        for space in self.unwritten.take().iter().filter_map(Weak::upgrade) {
            space.hand_on();
        }
    }
}

impl Store for RocksStore {
    fn space(&self, name: &str) -> Rc<dyn Space> {
        Rc::new(RocksSpace {
            place: self.place.clone(),
            prefix: rocks_key::space(&format!("{}{name}", self.place.room)),
            last: Cell::new(0),
        })
    }

    /// All who claim a space have the same, until something that was written to it is lost.
    fn claim(&self, name: &str) -> (Rc<dyn Space>, Reply<()>) {
        let make = || Buffered::new(self.space(name), self.unwritten.clone());
        (self.claimed.claim(name, Buffered::is_sound, make), Reply::Now(Ok(())))
    }

    fn flush(&self) -> Result<()> {
        self.hand_on();
        self.place
            .database
            .get()
            .map_or(Ok(()), |database| database.flush_written())
    }

    fn spaces(&self, prefix: &str) -> Reply<Vec<String>> {
        self.hand_on();
        if self.place.is_new() {
            return Reply::Now(Ok(Vec::new()));
        }
        let start = rocks_key::partial(&format!("{}{prefix}", self.place.room));
        let database = self.place.database();
        let found = database.and_then(|database| database.read(|handle| names(handle, &start)));
        Reply::Now(found.map(|names| names.iter().filter_map(|name| self.place.name(name)).collect()))
    }

    fn spaces_with(&self, key: &[u8]) -> Reply<Vec<(String, Bytes)>> {
        self.hand_on();
        if self.place.database.get().is_none() && !self.place.folder.exists() {
            return Reply::Now(Ok(Vec::new()));
        }
        let database = self.place.database();
        let found = database.and_then(|database| database.read(|handle| names_with(handle, key)));
        Reply::Now(found.map(|found| {
            let own = found.into_iter();
            own.filter_map(|(name, value)| Some((self.place.name(&name)?, value)))
                .collect()
        }))
    }
}

/// The spaces that have `key`, jumping from one to the next by it.
fn names_with(handle: &DB, key: &[u8]) -> std::result::Result<Vec<(String, Bytes)>, rocksdb::Error> {
    let mut found = Vec::new();
    let mut entries = handle.raw_iterator();
    entries.seek_to_first();
    while let Some((first, _)) = entries.item() {
        let Some((name, space)) = rocks_key::split(first) else {
            entries.next();
            continue;
        };
        let (wanted, beyond) = (rocks_key::join(space, key), rocks_key::after(space));
        entries.seek(&wanted);
        if let Some((_, value)) = entries.item().filter(|(found, _)| **found == wanted) {
            found.push((name, Bytes::copy_from_slice(value)));
        }
        if entries.key().is_some_and(|key| *key < *beyond) {
            entries.seek(beyond);
        }
    }
    entries.status().map(|()| found)
}

/// The names of the spaces whose keys begin with `start`, jumping from one to the next.
fn names(handle: &DB, start: &[u8]) -> std::result::Result<Vec<String>, rocksdb::Error> {
    let mut names = Vec::new();
    let mut entries = handle.raw_iterator();
    entries.seek(start);
    while let Some(key) = entries.key().filter(|key| key.starts_with(start)) {
        let beyond = match rocks_key::split(key) {
            Some((name, space)) => {
                names.push(name);
                rocks_key::after(space)
            }
            None => [key, &[0]].concat(),
        };
        entries.seek(beyond);
    }
    entries.status().map(|()| names)
}

struct RocksSpace {
    place: Rc<Place>,
    /// What all its keys begin with in the database.
    prefix: Key,
    /// The number of its last write.
    last: Cell<u64>,
}

impl RocksSpace {
    fn read(&self, key: &[u8]) -> Result<Option<Bytes>> {
        let key = rocks_key::join(&self.prefix, key);
        self.place.database()?.read(|handle| {
            let value = handle.get_pinned(&key)?;
            Ok(value.map(|value| Bytes::copy_from_slice(&value)))
        })
    }

    fn read_list(&self, range: &Range) -> Result<Vec<Entry>> {
        let Some(bounds) = range.bounds() else {
            return Ok(Vec::new());
        };
        let (from, to) = rocks_key::bounds(&self.prefix, bounds);
        self.place.database()?.read(|handle| {
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
        let mut batch = WriteBatch::default();
        for (key, value) in writes {
            let key = rocks_key::join(&self.prefix, &key);
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        self.last.set(self.place.database()?.write(batch)?);
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
        match (self.last.get(), self.place.database.get()) {
            (0, _) | (_, None) => Reply::Now(Ok(())),
            (last, Some(database)) => database.confirm(last, self.place.durability),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{self, answer, get, put};
    use super::*;

    /// A folder that goes when it is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let folder = std::env::temp_dir().join(format!("miniflare-rs-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&folder);
            Folder(folder)
        }

        fn open(&self, durability: Durability) -> RocksStore {
            RocksStore::new(self.0.clone(), "test", durability)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn keeps_the_contract() {
        for (name, durability) in [("os", Durability::Os), ("sync", Durability::Sync)] {
            let folder = Folder::new(name);
            conformance::check_all(Rc::new(folder.open(durability)));
        }
    }

    #[test]
    fn keeps_what_was_written_when_it_is_opened_again() {
        let folder = Folder::new("again");
        answer(folder.open(Durability::Os).space("s").commit(vec![put("a", "1")])).expect("it writes");
        assert_eq!(get(&folder.open(Durability::Os).space("s"), "a"), Some("1".into()));
    }

    #[test]
    fn is_one_database_for_all_who_open_the_folder() {
        let folder = Folder::new("shared");
        let (first, second) = (folder.open(Durability::Os), folder.open(Durability::Sync));
        answer(first.space("s").apply(vec![put("a", "1")])).expect("it writes");
        assert_eq!(get(&second.space("s"), "a"), Some("1".into()));
    }

    #[test]
    fn opens_nothing_before_it_is_asked_for_something() {
        let folder = Folder::new("lazy");
        let store = folder.open(Durability::Os);
        let space = store.space("s");
        assert!(matches!(space.sync(), Reply::Now(Ok(()))) && store.flush().is_ok());
        assert!(!folder.0.exists());
    }
}
