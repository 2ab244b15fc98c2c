//! A space that collects what is written until its turn is over, and hands it on as one: what was written without waiting
//! for anything else is stored together, or not at all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::TryFutureExt;

use super::range::{Entry, Key, Range};
use super::{Reply, Result, Space, StoreError, Write};
use crate::limits::BUFFERED_BYTES;

/// What is to become of keys, in their order.
pub type Changes = BTreeMap<Key, Option<Bytes>>;

/// The spaces that have something to hand on.
pub type Unwritten = RefCell<Vec<Weak<Buffered>>>;

pub struct Buffered {
    /// It answers at once.
    base: Rc<dyn Space>,
    changes: RefCell<Changes>,
    bytes: Cell<usize>,
    /// Why changes were lost. The space refuses everything then: its user must claim it again.
    failure: Arc<OnceLock<StoreError>>,
    unwritten: Rc<Unwritten>,
    itself: Weak<Buffered>,
}

impl Buffered {
    pub fn new(base: Rc<dyn Space>, unwritten: Rc<Unwritten>) -> Rc<Buffered> {
        Rc::new_cyclic(|itself| Buffered {
            base,
            changes: RefCell::default(),
            bytes: Cell::new(0),
            failure: Arc::default(),
            unwritten,
            itself: itself.clone(),
        })
    }

    pub fn is_sound(&self) -> bool {
        self.failure.get().is_none()
    }

    /// Writes what was collected.
    pub fn hand_on(&self) {
        let changes = self.changes.take();
        self.bytes.set(0);
        if changes.is_empty() || !self.is_sound() {
            return;
        }
        if let Err(error) = self.base.apply(changes.into_iter().collect()).now() {
            self.failure.get_or_init(|| error);
        }
    }

    fn check(&self) -> Result<()> {
        self.failure.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    fn collect(&self, writes: Vec<Write>) {
        let mut changes = self.changes.borrow_mut();
        if changes.is_empty() && !writes.is_empty() {
            self.unwritten.borrow_mut().push(self.itself.clone());
        }
        let size = |(key, value): &Write| key.len() + value.as_ref().map_or(0, Bytes::len);
        self.bytes
            .update(|bytes| bytes + writes.iter().map(size).sum::<usize>());
        changes.extend(writes);
    }
}

impl Space for Buffered {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        if let Err(error) = self.check() {
            return Reply::Now(Err(error));
        }
        match self.changes.borrow().get(key) {
            Some(value) => Reply::Now(Ok(value.clone())),
            None => self.base.get(key),
        }
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let changes = self.changes.borrow();
        let listed = self.check();
        Reply::Now(listed.and_then(|()| list_over(&changes, range, |range| self.base.list(range).now())))
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        if let Err(error) = self.check() {
            return Reply::Now(Err(error));
        }
        self.collect(writes);
        if self.bytes.get() >= BUFFERED_BYTES {
            self.hand_on();
        }
        Reply::Now(Ok(()))
    }

    fn sync(&self) -> Reply<()> {
        self.hand_on();
        if let Err(error) = self.check() {
            return Reply::Now(Err(error));
        }
        let failure = self.failure.clone();
        let note = move |error: &StoreError| {
            failure.get_or_init(|| error.clone());
        };
        match self.base.sync() {
            Reply::Now(synced) => Reply::Now(synced.inspect_err(note)),
            Reply::Pending(synced) => Reply::Pending(Box::pin(synced.inspect_err(note))),
        }
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        self.hand_on();
    }
}

/// What a range holds when `changes` are laid over what `list` gives of one. As many entries more are asked for as there
/// are changes, since each can take one away.
pub fn list_over<E>(
    changes: &Changes,
    range: &Range,
    list: impl FnOnce(&Range) -> std::result::Result<Vec<Entry>, E>,
) -> std::result::Result<Vec<Entry>, E> {
    let Some(bounds) = range.bounds() else {
        return Ok(Vec::new());
    };
    let changed: Vec<_> = changes.range::<[u8], _>(bounds).collect();
    if changed.is_empty() {
        return list(range);
    }
    let limit = range.limit().saturating_add(changed.len());
    let wider = range.clone().at_most(limit, range.is_reverse());
    let mut entries: BTreeMap<Key, Bytes> = list(&wider)?.into_iter().collect();
    for (key, value) in changed {
        match value {
            Some(value) => drop(entries.insert(key.clone(), value.clone())),
            None => drop(entries.remove(key)),
        }
    }
    Ok(range.pick(entries.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{delete, get, keys, put};
    use super::super::memory::MemorySpace;
    use super::*;

    fn buffered() -> (Rc<dyn Space>, Rc<Buffered>, Rc<Unwritten>) {
        let (base, unwritten) = (Rc::<MemorySpace>::default(), Rc::<Unwritten>::default());
        base.apply(["a", "b", "c", "d"].map(|key| put(key, "1")));
        let space = Buffered::new(base.clone(), unwritten.clone());
        (base, space, unwritten)
    }

    fn write(space: &Rc<Buffered>, writes: Vec<Write>) {
        space.apply(writes).now().expect("it is collected");
    }

    #[test]
    fn is_read_as_it_is_written_and_hands_on_everything_at_once() {
        let (base, space, unwritten) = buffered();
        write(&space, vec![put("a", "2"), delete("b")]);
        write(&space, vec![put("e", "1"), put("a", "3")]);
        let read: Rc<dyn Space> = space.clone();
        assert_eq!(
            (get(&read, "a"), get(&read, "b"), get(&base, "a")),
            (Some("3".into()), None, Some("1".into()))
        );
        assert_eq!(
            (keys(&read, &Range::all()).concat(), unwritten.borrow().len()),
            ("acde".into(), 1)
        );
        assert_eq!(keys(&base, &Range::all()).concat(), "abcd");
        space.sync().now().expect("memory is written");
        assert_eq!(
            (keys(&base, &Range::all()).concat(), get(&base, "a")),
            ("acde".into(), Some("3".into()))
        );
    }

    #[test]
    fn lists_as_many_as_are_wanted_from_either_end() {
        let (_, space, _) = buffered();
        write(
            &space,
            vec![delete("a"), delete("d"), put("bb", "1"), put("e", "1"), put("f", "1")],
        );
        let read: Rc<dyn Space> = space;
        let listed = |limit, reverse| keys(&read, &Range::all().at_most(limit, reverse)).concat();
        assert_eq!([listed(2, false), listed(3, false)], ["bbb", "bbbc"]);
        assert_eq!([listed(2, true), listed(3, true)], ["fe", "fec"]);
        assert_eq!(keys(&read, &Range::all().before("c".into()).at_most(1, true)), ["bb"]);
    }

    #[test]
    fn hands_on_what_it_holds_when_it_is_dropped_or_full() {
        let (base, space, _) = buffered();
        write(&space, vec![delete("a")]);
        drop(space);
        assert_eq!(get(&base, "a"), None);
        let (base, space, _) = buffered();
        write(&space, vec![("a".into(), Some(vec![0; BUFFERED_BYTES].into()))]);
        assert_eq!(get(&base, "a").map(|value| value.len()), Some(BUFFERED_BYTES));
    }

    /// A space that cannot be written.
    struct Full;

    impl Space for Full {
        fn get(&self, _key: &[u8]) -> Reply<Option<Bytes>> {
            Reply::Now(Ok(None))
        }

        fn list(&self, _range: &Range) -> Reply<Vec<Entry>> {
            Reply::Now(Ok(Vec::new()))
        }

        fn apply(&self, _writes: Vec<Write>) -> Reply<()> {
            Reply::Now(Err(StoreError::other("full")))
        }

        fn sync(&self) -> Reply<()> {
            Reply::Now(Ok(()))
        }
    }

    #[test]
    fn refuses_everything_once_something_was_lost() {
        let space = Buffered::new(Rc::new(Full), Rc::default());
        write(&space, vec![put("a", "1")]);
        assert!(space.is_sound());
        space.hand_on();
        assert!(!space.is_sound() && space.sync().now().is_err() && space.sync().now().is_err());
        assert!(space.get(b"a").now().is_err() && space.list(&Range::all()).now().is_err());
        assert!(space.apply(vec![put("b", "1")]).now().is_err());
    }
}
