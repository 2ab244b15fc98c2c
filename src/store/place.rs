//! Where the rooms of one instance keep what they store, and the stores that are open there.
//!
//! Memory belongs to the instance, and is still there when it has stored elsewhere in between.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use tokio::runtime::Handle;

use super::database::Durability;
use super::memory::MemoryStore;
use super::redis::RedisStore;
use super::rocks::RocksStore;
use super::snapshots::Kept;
use super::{Result, Store};

/// Where a store keeps its data, and what it survives there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Memory,
    /// An absolute path.
    Folder(PathBuf, Durability),
    /// A URL, and the certificates of authorities to trust, as PEM.
    Redis(String, String),
}

/// The stores of one instance, one for each room that stores something.
#[derive(Default)]
pub struct Stores {
    kv: Room,
    cache: Room,
    durable: Room,
}

impl Stores {
    pub fn all(&self) -> [Rc<Kept>; 3] {
        [&self.kv, &self.cache, &self.durable].map(Room::store)
    }

    pub fn kv(&self) -> Rc<dyn Store> {
        self.kv.store()
    }

    pub fn cache(&self) -> Rc<dyn Store> {
        self.cache.store()
    }

    pub fn durable(&self) -> Rc<dyn Store> {
        self.durable.store()
    }

    /// Hands what was written to the operating system. A failure is told to whoever uses the store next.
    pub fn flush(&self) {
        for room in [&self.kv, &self.cache, &self.durable] {
            let _ = room.current.borrow().1.flush();
        }
    }

    /// Stores in these places from now on. Whoever holds a store that is not there any more goes on with it.
    pub fn settle(&self, kv: Place, cache: Place, durable: Place, background: &Handle) -> Result<()> {
        self.kv.settle(kv, "kv", background)?;
        self.cache.settle(cache, "cache", background)?;
        self.durable.settle(durable, "durable", background)
    }
}

/// The store of one room.
struct Room {
    memory: Rc<Kept>,
    current: RefCell<(Place, Rc<Kept>)>,
}

impl Room {
    fn store(&self) -> Rc<Kept> {
        self.current.borrow().1.clone()
    }

    fn settle(&self, place: Place, room: &'static str, background: &Handle) -> Result<()> {
        if self.current.borrow().0 == place {
            return Ok(());
        }
        let store = match &place {
            Place::Memory => self.memory.clone(),
            Place::Folder(folder, durability) => Kept::new(Rc::new(RocksStore::new(folder.clone(), room, *durability))),
            Place::Redis(url, authorities) => Kept::new(RedisStore::open(url, authorities, room, background)?),
        };
        self.current.replace((place, store));
        Ok(())
    }
}

impl Default for Room {
    fn default() -> Room {
        let memory = Kept::new(Rc::<MemoryStore>::default());
        Room {
            current: RefCell::new((Place::Memory, memory.clone())),
            memory,
        }
    }
}
