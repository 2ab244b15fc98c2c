//! Where the rooms of one instance keep what they store, and the stores that are open there.
//!
//! Memory belongs to the instance, and is still there when it has stored elsewhere in between.

use std::cell::RefCell;
use std::rc::Rc;

use super::Store;
use super::memory::MemoryStore;

/// The stores of one instance, one for each room that stores something.
#[derive(Default)]
pub struct Stores {
    kv: Room,
    cache: Room,
    durable: Room,
}

impl Stores {
    pub fn kv(&self) -> Rc<dyn Store> {
        self.kv.store()
    }

    pub fn cache(&self) -> Rc<dyn Store> {
        self.cache.store()
    }

    pub fn durable(&self) -> Rc<dyn Store> {
        self.durable.store()
    }
}

/// The store of one room.
struct Room {
    store: RefCell<Rc<dyn Store>>,
}

impl Room {
    fn store(&self) -> Rc<dyn Store> {
        self.store.borrow().clone()
    }
}

impl Default for Room {
    fn default() -> Room {
        Room {
            store: RefCell::new(Rc::<MemoryStore>::default()),
        }
    }
}
