//! Where a room stores, and the store that is open there.
//!
//! Memory belongs to the instance, and is still there when it has stored elsewhere in between.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use tokio::runtime::Handle;

use super::database::Durability;
use super::memory::MemoryStore;
use super::redis::RedisStore;
use super::rocks::RocksStore;
use super::snapshots::SnapshotStore;
use super::stores::{Keeps, Replacement};
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

/// What a room stores as keys and values.
pub struct Spaces {
    room: String,
    memory: Rc<SnapshotStore>,
    current: RefCell<(Place, Rc<SnapshotStore>)>,
}

impl Spaces {
    pub fn new(room: &str) -> Spaces {
        let memory = SnapshotStore::new(Rc::<MemoryStore>::default());
        Spaces {
            room: room.into(),
            current: RefCell::new((Place::Memory, memory.clone())),
            memory,
        }
    }

    pub fn place(&self) -> Place {
        self.current.borrow().0.clone()
    }

    pub fn store(&self) -> Rc<SnapshotStore> {
        self.current.borrow().1.clone()
    }
}

impl Keeps for Spaces {
    fn settle(&self, place: &Place, background: &Handle) -> Result<()> {
        if self.current.borrow().0 == *place {
            return Ok(());
        }
        let store = match place {
            Place::Memory => self.memory.clone(),
            Place::Folder(folder, durability) => {
                SnapshotStore::new(Rc::new(RocksStore::new(folder.clone(), &self.room, *durability)))
            }
            Place::Redis(url, authorities) => {
                SnapshotStore::new(RedisStore::open(url, authorities, &self.room, background)?)
            }
        };
        self.current.replace((place.clone(), store));
        Ok(())
    }

    fn flush(&self) -> Result<()> {
        self.current.borrow().1.flush()
    }

    fn take(&self, snapshot: usize) {
        self.store().take(snapshot);
    }

    fn restore(&self, snapshot: usize) -> LocalBoxFuture<'static, Result<Replacement>> {
        self.store().restore(snapshot).boxed_local()
    }

    fn clear(&self) -> LocalBoxFuture<'static, Result<Replacement>> {
        self.store().clear().boxed_local()
    }

    fn forget(&self, snapshot: usize) {
        self.store().forget(snapshot);
    }
}
