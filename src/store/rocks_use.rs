//! A thread's use of a database: its stores that lead to one database use it together, and have the same claimed spaces.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::buffered::Unwritten;
use super::database::{Database, Durability};
use super::rocks_held::{Held, Refused};
use super::rocks_space::{RocksSpace, Source};
use super::{Claims, Space, StoreError};

static LAST_SESSION: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// By database and room.
    static USES: RefCell<HashMap<(*const Database, String), Weak<Use>>> = RefCell::default();
}

/// Lets go of what this thread has claimed and can never use again.
pub fn abandon_thread() {
    let _ = USES.try_with(|uses| {
        for living in uses.take().into_values().filter_map(|known| known.upgrade()) {
            living.database.abandon(living.session);
        }
    });
}

/// A thread's use of a database for one room.
pub struct Use {
    pub database: Arc<Database>,
    room: String,
    /// The strictest that its stores want.
    pub durability: Cell<Durability>,
    /// The number by which the database knows whose claims are whose.
    pub session: u64,
    pub unwritten: Rc<Unwritten>,
    pub(super) claimed: Claims<Held>,
    itself: Weak<Use>,
}

impl Use {
    pub fn of(database: Arc<Database>, room: &str, durability: Durability) -> Rc<Use> {
        let name = (Arc::as_ptr(&database), room.to_string());
        let living = USES.with_borrow(|uses| uses.get(&name).and_then(Weak::upgrade));
        let used = living.unwrap_or_else(|| {
            let used = Rc::new_cyclic(|itself| Use {
                database,
                room: room.into(),
                durability: Cell::default(),
                session: LAST_SESSION.fetch_add(1, SeqCst) + 1,
                unwritten: Rc::default(),
                claimed: Claims::default(),
                itself: itself.clone(),
            });
            USES.with_borrow_mut(|uses| {
                uses.retain(|_, known| known.strong_count() > 0);
                uses.insert(name, Rc::downgrade(&used));
            });
            used
        });
        if durability == Durability::Sync {
            used.durability.set(durability);
        }
        used
    }

    pub fn full_name(&self, name: &str) -> String {
        format!("{}{name}", self.room)
    }

    /// A space of this very database.
    pub fn space(&self, name: &str) -> Rc<dyn Space> {
        let found = self.itself.upgrade();
        found.map_or_else(
            || Rc::new(Refused(StoreError::other("the store is not in use any more"))) as Rc<dyn Space>,
            |used| Rc::new(RocksSpace::new(Source::Open(used), &self.full_name(name))),
        )
    }

    /// What claimed spaces have collected is written. A failure is told to those who use the space.
    pub fn hand_on(&self) {
        for space in self.unwritten.take().iter().filter_map(Weak::upgrade) {
            space.hand_on();
        }
    }
}
