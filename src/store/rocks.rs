//! RocksDB, the embedded persistent store: all spaces of a folder in one ordered database.
//!
//! The folder is opened when something is first asked of it.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use bytes::Bytes;
use futures::future::BoxFuture;
use rocksdb::DB;

use super::database::{Database, Durability};
use super::joint::Batch;
use super::large_values::LargeValues;
use super::rocks_claims::LEFT;
use super::rocks_folder;
use super::rocks_held::{Held, Refused};
use super::rocks_joint::Part;
use super::rocks_space::{RocksSpace, Source};
use super::rocks_use::Use;
use super::{Reply, Result, Space, Store, Write, rocks_key};

pub struct RocksStore(Rc<Place>);

/// Where a store is.
pub struct Place {
    folder: PathBuf,
    /// What the names of its spaces begin with in the database, which others may share.
    room: String,
    durability: Durability,
    used: RefCell<Option<Rc<Use>>>,
}

impl Place {
    /// The database, opened if it is not, or if it has been deleted and its user has been told.
    pub fn used(&self) -> Result<Rc<Use>> {
        let mut used = self.used.borrow_mut();
        if let Some(used) = used.as_ref().filter(|used| used.database.check_there().is_ok()) {
            return Ok(used.clone());
        }
        let opened = Use::of(Database::open(&self.folder)?, &self.room, self.durability);
        Ok(used.insert(opened).clone())
    }

    fn open(&self) -> Option<Rc<Use>> {
        self.used.borrow().clone()
    }

    /// A space's name, of what it has in the database; `None` when it is not of this store.
    fn name(&self, stored: &str) -> Option<String> {
        stored.strip_prefix(&self.room).map(Into::into)
    }

    /// Whether there is no database yet: nothing needs to be opened to know that nothing is stored.
    fn is_new(&self) -> Result<bool> {
        if self.used.borrow().is_some() {
            return Ok(false);
        }
        Ok(!self.folder.exists() || rocks_folder::is_empty(&self.folder, &self.folder)?)
    }

    /// What claimed spaces have collected is written. A failure is told to those who use the space.
    fn hand_on(&self) {
        if let Some(used) = self.open() {
            used.hand_on();
        }
    }
}

impl RocksStore {
    /// A store in `folder`, an absolute path. `room` keeps stores apart that share it.
    pub fn new(folder: PathBuf, room: &str, durability: Durability) -> RocksStore {
        RocksStore(Rc::new(Place {
            folder,
            room: format!("{room}:"),
            durability,
            used: RefCell::default(),
        }))
    }
}

impl Store for RocksStore {
    fn space(&self, name: &str) -> Rc<dyn Space> {
        let full_name = format!("{}{name}", self.0.room);
        Rc::new(RocksSpace::new(Source::Place(self.0.clone()), &full_name))
    }

    /// All of a thread who claim a space have the same, until something that was written to it is lost.
    fn claim(&self, name: &str) -> (Rc<dyn Space>, Reply<()>) {
        match self.0.used() {
            Ok(used) => {
                let make = || Held::new(&used, name);
                let held = used.claimed.claim(name, Held::is_sound, make);
                let ready = held.ready();
                (held, ready)
            }
            Err(error) => (Rc::new(Refused(error.clone())), Reply::Now(Err(error))),
        }
    }

    fn flush(&self) -> Result<()> {
        self.0.hand_on();
        self.0.open().map_or(Ok(()), |used| used.database.flush_written())
    }

    fn spaces(&self, prefix: &str) -> Reply<Vec<String>> {
        self.0.hand_on();
        let found = || {
            if self.0.is_new()? {
                return Ok(Vec::new());
            }
            let start = rocks_key::partial(&format!("{}{prefix}", self.0.room));
            let names = self.0.used()?.database.read(|handle| names(handle, &start))?;
            Ok(names.iter().filter_map(|name| self.0.name(name)).collect())
        };
        Reply::Now(found())
    }

    fn spaces_with(&self, key: &[u8]) -> Reply<Vec<(String, Bytes)>> {
        self.0.hand_on();
        let found = || {
            if self.0.is_new()? {
                return Ok(Vec::new());
            }
            let used = self.0.used()?;
            let mut found = used.database.read(|handle| names_with(handle, key))?;
            found.retain(|(name, _)| !used.database.claims.is_elsewhere(name, used.session));
            let own = found.into_iter();
            Ok(own
                .filter_map(|(name, value)| Some((self.0.name(&name)?, value)))
                .collect())
        };
        Reply::Now(found())
    }

    fn large_values(&self, space: &str) -> Result<Option<Rc<LargeValues>>> {
        let used = self.0.used()?;
        let (database, durability) = (used.database.clone(), used.durability.get());
        let values = LargeValues::of(database, &self.0.room, space, durability, &*self.space(space))?;
        Ok(Some(values))
    }

    fn batch(&self, changes: Vec<(String, Vec<Write>)>) -> Result<Batch> {
        let used = self.0.used()?;
        Ok(Batch::Folder(Part { used, changes }))
    }

    fn elsewhere(&self, names: &[String]) -> Reply<Vec<bool>> {
        let found = self.0.used().map(|used| {
            let claims = &used.database.claims;
            let names = names.iter();
            names
                .map(|name| claims.is_elsewhere(&used.full_name(name), used.session))
                .collect()
        });
        Reply::Now(found)
    }

    fn changed(&self) -> BoxFuture<'static, ()> {
        let mut left = Box::pin(LEFT.notified());
        left.as_mut().enable();
        left
    }

    fn is_shared(&self) -> bool {
        true
    }
}

impl Drop for RocksStore {
    fn drop(&mut self) {
        LEFT.notify_waiters();
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
