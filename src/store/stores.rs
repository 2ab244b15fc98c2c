//! What the rooms of one instance store, by the rooms' names, and the snapshots of all of it.
//!
//! Rooms that store keys and values have [`Spaces`]; others bring what implements [`Keeps`]. A snapshot is brought back in
//! all rooms as one step, and all rooms are emptied as one: see `joint.rs`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use tokio::runtime::Handle;

use super::joint::{self, Batch};
use super::place::{Place, Spaces};
use super::{Result, Store};

/// What a room keeps at a place of its own.
pub trait Keeps {
    /// Stores at this place from now on. What was opened before stays where it is.
    fn settle(&self, place: &Place, background: &Handle) -> Result<()>;

    /// Hands what was written to the operating system. Called after each turn, so it costs next to nothing when there is
    /// nothing to hand on.
    fn flush(&self) -> Result<()>;

    /// A turn was ended before it was done: what it has begun to write is undone, if it was not to be seen yet.
    fn undo_turn(&self) {}

    /// Remembers what is stored, as the snapshot of this number.
    fn take(&self, snapshot: usize);

    /// Reads what it takes to bring a snapshot back, and keeps others from writing it. Nothing is written yet.
    fn restore(&self, snapshot: usize) -> LocalBoxFuture<'static, Result<Replacement>>;

    /// Reads what it takes to delete all that is stored, and keeps others from writing it. Nothing is written yet.
    fn clear(&self) -> LocalBoxFuture<'static, Result<Replacement>>;

    /// The snapshot will not be asked for any more.
    fn forget(&self, snapshot: usize);
}

/// What a room stores instead of what it has: that of a snapshot, or nothing.
pub struct Replacement {
    /// What is to be written, as a batch that is written together with those of the other rooms. A room that keeps files
    /// names those in force by keys of a space, so that a batch can exchange them.
    pub batch: Box<dyn FnOnce() -> Result<Batch>>,
    /// Called when the batches of all rooms have been written, or one of them could not be: what is known of the data is
    /// void.
    pub done: Box<dyn FnOnce()>,
}

impl Replacement {
    /// Of a room that goes on with what it has.
    pub fn of_nothing() -> Replacement {
        Replacement {
            batch: Box::new(|| Ok(Batch::Memory(Vec::new()))),
            done: Box::new(|| {}),
        }
    }
}

#[derive(Default)]
pub struct Stores {
    spaces: RefCell<BTreeMap<String, Rc<Spaces>>>,
    others: RefCell<BTreeMap<String, Rc<dyn Keeps>>>,
    last_snapshot: Cell<usize>,
    snapshots: RefCell<BTreeSet<usize>>,
}

/// The name of what a room keeps besides its keys and values.
fn beside(room: &str) -> String {
    format!("{room}, besides")
}

impl Stores {
    /// The store of a room that stores keys and values. It is in memory until it is settled elsewhere.
    pub fn spaces(&self, room: &str) -> Rc<dyn Store> {
        self.spaces_of(room).store()
    }

    fn spaces_of(&self, room: &str) -> Rc<Spaces> {
        if let Some(known) = self.spaces.borrow().get(room) {
            return known.clone();
        }
        let new = Rc::new(Spaces::new(room));
        // It was empty when they were taken.
        self.snapshots.borrow().iter().for_each(|snapshot| new.take(*snapshot));
        self.spaces.borrow_mut().insert(room.into(), new.clone());
        new
    }

    /// Adds a room that stores in a way of its own, at the place where it has been told to store.
    pub fn add(&self, room: &str, keeps: Rc<dyn Keeps>, background: &Handle) -> Result<()> {
        let told = self.spaces.borrow_mut().remove(room);
        if let Some(told) = told {
            keeps.settle(&told.place(), background)?;
        }
        self.snapshots
            .borrow()
            .iter()
            .for_each(|snapshot| keeps.take(*snapshot));
        self.others.borrow_mut().insert(room.into(), keeps);
        Ok(())
    }

    /// Adds what a room that stores keys and values keeps besides, at the same place.
    pub fn add_beside(&self, room: &str, keeps: Rc<dyn Keeps>, background: &Handle) -> Result<()> {
        keeps.settle(&self.spaces_of(room).place(), background)?;
        self.add(&beside(room), keeps, background)
    }

    fn all(&self) -> Vec<Rc<dyn Keeps>> {
        let spaces = self.spaces.borrow();
        let spaces = spaces.values().map(|room| room.clone() as Rc<dyn Keeps>);
        spaces.chain(self.others.borrow().values().cloned()).collect()
    }

    fn knows(&self, room: &str) -> bool {
        self.spaces.borrow().contains_key(room) || self.others.borrow().contains_key(room)
    }

    /// Has these rooms store at these places from now on.
    pub fn settle(&self, places: impl IntoIterator<Item = (String, Place)>, background: &Handle) -> Result<()> {
        for (room, place) in places {
            // Where it is already, unless it has been told otherwise.
            if place == Place::Memory && !self.knows(&room) {
                continue;
            }
            let beside = self.others.borrow().get(&beside(&room)).cloned();
            if let Some(keeps) = beside {
                keeps.settle(&place, background)?;
            }
            let other = self.others.borrow().get(&room).cloned();
            match other {
                Some(keeps) => keeps.settle(&place, background)?,
                None => self.spaces_of(&room).settle(&place, background)?,
            }
        }
        Ok(())
    }

    /// Hands what was written to the operating system. A failure is reported to the next caller who uses the store.
    pub fn flush(&self) {
        for room in self.spaces.borrow().values() {
            let _ = room.flush();
        }
        for room in self.others.borrow().values() {
            let _ = room.flush();
        }
    }

    /// A turn was ended before it was done.
    pub fn undo_turn(&self) {
        for room in self.others.borrow().values() {
            room.undo_turn();
        }
    }

    /// Remembers what all rooms store; the snapshot's number.
    pub fn take_snapshot(&self) -> usize {
        let number = self.last_snapshot.get() + 1;
        self.last_snapshot.set(number);
        self.snapshots.borrow_mut().insert(number);
        self.all().iter().for_each(|room| room.take(number));
        number
    }

    /// Makes all rooms store again what they stored then. Answers when that survives.
    pub fn restore_snapshot(&self, number: usize) -> impl Future<Output = Result<()>> + use<> {
        replace(self.all(), move |room| room.restore(number))
    }

    /// Deletes all that the rooms store. Answers when that survives.
    pub fn clear(&self) -> impl Future<Output = Result<()>> + use<> {
        replace(self.all(), |room| room.clear())
    }

    /// The snapshot will not be asked for any more.
    pub fn forget_snapshot(&self, number: usize) {
        self.snapshots.borrow_mut().remove(&number);
        self.all().iter().for_each(|room| room.forget(number));
    }
}

/// Replaces what all rooms store, or nothing.
async fn replace(
    rooms: Vec<Rc<dyn Keeps>>,
    by: impl Fn(&dyn Keeps) -> LocalBoxFuture<'static, Result<Replacement>>,
) -> Result<()> {
    let mut replacements = Vec::with_capacity(rooms.len());
    for room in rooms {
        replacements.push(by(&*room).await?);
    }
    let (mut batches, mut done) = (Vec::new(), Vec::new());
    for replacement in replacements {
        batches.push((replacement.batch)()?);
        done.push(replacement.done);
    }
    let committed = joint::commit(batches).await;
    done.into_iter().for_each(|done| done());
    committed
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::future::{FutureExt, ready};

    use super::super::conformance::{apply, get, put};
    use super::super::memory::MemorySpace;
    use super::super::{Space, StoreError};
    use super::*;

    /// A room that keeps one text in its own way.
    #[derive(Default)]
    struct Note {
        text: Rc<RefCell<String>>,
        snapshots: RefCell<BTreeMap<usize, String>>,
        is_broken: Cell<bool>,
    }

    impl Note {
        fn replace(&self, by: String) -> LocalBoxFuture<'static, Result<Replacement>> {
            let (text, is_broken) = (self.text.clone(), self.is_broken.get());
            let replacement = Replacement {
                batch: Box::new(move || match is_broken {
                    true => Err(StoreError::other("broken")),
                    false => Ok(Batch::Memory(Vec::<(Rc<MemorySpace>, _)>::new())),
                }),
                done: Box::new(move || drop(text.replace(by))),
            };
            ready(Ok(replacement)).boxed_local()
        }
    }

    impl Keeps for Note {
        fn settle(&self, _place: &Place, _background: &Handle) -> Result<()> {
            Ok(())
        }

        fn flush(&self) -> Result<()> {
            Ok(())
        }

        fn take(&self, snapshot: usize) {
            self.snapshots.borrow_mut().insert(snapshot, self.text.borrow().clone());
        }

        fn restore(&self, snapshot: usize) -> LocalBoxFuture<'static, Result<Replacement>> {
            self.replace(self.snapshots.borrow().get(&snapshot).cloned().unwrap_or_default())
        }

        fn clear(&self) -> LocalBoxFuture<'static, Result<Replacement>> {
            self.replace(String::new())
        }

        fn forget(&self, snapshot: usize) {
            self.snapshots.borrow_mut().remove(&snapshot);
        }
    }

    /// Stores of which a room keeps what it stores in a way of its own.
    fn with_note() -> (Stores, Rc<Note>) {
        let (stores, note) = (Stores::default(), Rc::<Note>::default());
        let background = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime can be made");
        stores
            .add("note", note.clone(), background.handle())
            .expect("it stores anywhere");
        (stores, note)
    }

    #[test]
    fn bring_all_rooms_back_to_a_snapshot_or_none() {
        let (stores, note) = with_note();
        let space: Rc<dyn Space> = stores.spaces("room").space("s");
        let write = |value: &'static str| {
            apply(&space, vec![put("a", value)]);
            note.text.replace(value.into());
        };
        let read = || (get(&space, "a").unwrap_or_default(), note.text.borrow().clone());
        write("1");
        let number = stores.take_snapshot();
        write("2");
        note.is_broken.set(true);
        assert!(block_on(stores.restore_snapshot(number)).is_err());
        assert_eq!(read(), ("2".into(), "2".into()));
        note.is_broken.set(false);
        block_on(stores.restore_snapshot(number)).expect("memory can be written");
        assert_eq!(read(), ("1".into(), "1".into()));
        stores.forget_snapshot(number);
        assert!(block_on(stores.restore_snapshot(number)).is_err());
    }

    #[test]
    fn empty_all_rooms_or_none_and_can_be_brought_back() {
        let (stores, note) = with_note();
        let spaces = ["s", "t"].map(|name| -> Rc<dyn Space> { stores.spaces("room").space(name) });
        for space in &spaces {
            apply(space, vec![put("a", "1"), put("b", "1")]);
        }
        note.text.replace("1".into());
        let number = stores.take_snapshot();
        let read = || {
            let held = spaces.iter().map(|space| get(space, "a").unwrap_or_default());
            (held.collect::<String>(), note.text.borrow().clone())
        };
        note.is_broken.set(true);
        assert!(block_on(stores.clear()).is_err());
        assert_eq!(read().0, "11");
        note.is_broken.set(false);
        block_on(stores.clear()).expect("memory can be written");
        assert_eq!(read(), (String::new(), String::new()));
        block_on(stores.restore_snapshot(number)).expect("memory can be written");
        assert_eq!(read(), ("11".into(), "1".into()));
    }

    #[test]
    fn know_that_a_room_was_empty_before_it_was_first_used() {
        let stores = Stores::default();
        let number = stores.take_snapshot();
        let space: Rc<dyn Space> = stores.spaces("room").space("s");
        apply(&space, vec![put("a", "1")]);
        block_on(stores.restore_snapshot(number)).expect("memory can be written");
        assert_eq!(get(&space, "a"), None);
    }
}
