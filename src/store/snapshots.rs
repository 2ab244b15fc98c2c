//! Moments that a store can be brought back to.
//!
//! A store is wrapped, and writes go on to it as ever. Each snapshot keeps what has been written over since it was taken,
//! and nothing else: taking one costs nothing, and bringing it back costs as much as was changed. A snapshot that is
//! brought back stays, and so do the others, for they keep what that writes over.
//!
//! A store that answers later is asked what a key holds just before it is written, and answers in order; no caller waits
//! for that until the snapshot is brought back.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::rc::Rc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, Shared, pending, select};
use tokio::sync::watch;

use super::commits::Commits;
use super::joint::Batch;
use super::large_values::{LargeValues, ValueId};
use super::range::{Entry, Key, Range};
use super::stores::Replacement;
use super::{Reply, Result, Space, Store, StoreError, Write};

/// What a key held.
#[derive(Clone)]
enum Preimage {
    Known(Option<Bytes>),
    Asked(Shared<BoxFuture<'static, Result<Option<Bytes>>>>),
}

impl Preimage {
    fn of(reply: Reply<Option<Bytes>>) -> Result<Preimage> {
        match reply {
            Reply::Now(held) => held.map(Preimage::Known),
            Reply::Pending(held) => Ok(Preimage::Asked(held.shared())),
        }
    }

    async fn value(self) -> Result<Option<Bytes>> {
        match self {
            Preimage::Known(held) => Ok(held),
            Preimage::Asked(held) => held.await,
        }
    }
}

/// What keys held, by space.
type Images = HashMap<String, BTreeMap<Key, Preimage>>;

/// The snapshots of one store, by number.
#[derive(Default)]
struct Moments {
    all: RefCell<BTreeMap<usize, Images>>,
}

impl Moments {
    /// Keeps what `writes` are about to write over, for the snapshots that have not kept it yet.
    fn keep(&self, name: &str, space: &dyn Space, writes: &[Write]) -> Result<()> {
        let mut all = self.all.borrow_mut();
        for (key, _) in writes {
            let has = |images: &Images| images.get(name).is_some_and(|kept| kept.contains_key(key));
            if all.values().all(has) {
                continue;
            }
            let held = Preimage::of(space.get(key))?;
            for images in all.values_mut() {
                let kept = images.entry(name.into()).or_default();
                kept.entry(key.clone()).or_insert_with(|| held.clone());
            }
        }
        Ok(())
    }
}

/// The large values that spaces do not refer to any more after these changes.
fn values_taken_away(changes: &[(String, Vec<Write>)]) -> Vec<(String, ValueId)> {
    let mut found = Vec::new();
    for (name, writes) in changes {
        let taken = writes.iter().filter(|(_, value)| value.is_none());
        found.extend(taken.filter_map(|(key, _)| Some((name.clone(), ValueId::of_mark(key)?))));
    }
    found
}

/// A store that can be brought back.
pub struct SnapshotStore {
    base: Rc<dyn Store>,
    moments: Rc<Moments>,
    /// Large values that no space refers to, as far as is known, with the names of their spaces.
    released: RefCell<Vec<(String, ValueId)>>,
    /// How often it was brought back.
    restores: watch::Sender<u64>,
}

impl SnapshotStore {
    pub fn new(base: Rc<dyn Store>) -> Rc<SnapshotStore> {
        Rc::new(SnapshotStore {
            base,
            moments: Rc::default(),
            released: RefCell::default(),
            restores: watch::Sender::default(),
        })
    }

    fn wrap(&self, name: &str, base: Rc<dyn Space>) -> Rc<dyn Space> {
        let (name, moments) = (name.into(), self.moments.clone());
        Rc::new(KeptSpace { name, base, moments })
    }

    pub(super) fn take(&self, number: usize) {
        self.moments.all.borrow_mut().insert(number, Images::new());
    }

    /// Claims the spaces that have changed, and reads what they held.
    pub(super) async fn restore(self: Rc<Self>, number: usize) -> Result<Replacement> {
        let images = self.moments.all.borrow().get(&number).cloned();
        let images = images.ok_or_else(|| {
            StoreError::other("The snapshot is of another place: the options say since that storage is kept elsewhere.")
        })?;
        let mut claims = Vec::with_capacity(images.len());
        let mut changes = Vec::with_capacity(images.len());
        for (name, held) in images {
            let (space, claimed) = self.base.claim(&name);
            claimed.wait().await?;
            let mut writes = Vec::with_capacity(held.len());
            for (key, held) in held {
                writes.push((key, held.value().await?));
            }
            claims.push(space);
            changes.push((name, writes));
        }
        Ok(self.replacement(claims, changes))
    }

    /// Claims all spaces, and reads what keys they have.
    pub(super) async fn clear(self: Rc<Self>) -> Result<Replacement> {
        let names = self.base.spaces("").wait().await?;
        let mut claims = Vec::with_capacity(names.len());
        let mut changes = Vec::with_capacity(names.len());
        for name in names {
            let (space, claimed) = self.base.claim(&name);
            claimed.wait().await?;
            let entries = space.list(&Range::all()).wait().await?;
            claims.push(space);
            changes.push((name, entries.into_iter().map(|(key, _)| (key, None)).collect()));
        }
        Ok(self.replacement(claims, changes))
    }

    fn replacement(self: Rc<Self>, claims: Vec<Rc<dyn Space>>, changes: Vec<(String, Vec<Write>)>) -> Replacement {
        let released = values_taken_away(&changes);
        let store = self.clone();
        Replacement {
            batch: Box::new(move || match changes.is_empty() {
                // No folder is made, and no server asked, for that.
                true => Ok(Batch::Memory(Vec::new())),
                false => store.batch(changes),
            }),
            done: Box::new(move || {
                // They are claimed until all of them are written.
                drop(claims);
                self.released.borrow_mut().extend(released);
                self.remove_released();
                self.restores.send_modify(|count| *count += 1);
            }),
        }
    }

    pub(super) fn forget(&self, number: usize) {
        self.moments.all.borrow_mut().remove(&number);
        self.remove_released();
    }

    /// Removes the files of released values, unless a snapshot may need them. Those that are being read stay for now.
    fn remove_released(&self) {
        if self.released.borrow().is_empty() || !self.moments.all.borrow().is_empty() {
            return;
        }
        let mut released = self.released.take();
        released.retain(|(name, id)| match self.base.large_values(name) {
            Ok(Some(values)) => !values.remove(*id, &*self.base.space(name)),
            _ => false,
        });
        self.released.borrow_mut().extend(released);
    }
}

impl Store for SnapshotStore {
    fn space(&self, name: &str) -> Rc<dyn Space> {
        self.wrap(name, self.base.space(name))
    }

    fn claim(&self, name: &str) -> (Rc<dyn Space>, Reply<()>) {
        let (space, claimed) = self.base.claim(name);
        (self.wrap(name, space), claimed)
    }

    fn flush(&self) -> Result<()> {
        self.base.flush()
    }

    fn spaces(&self, prefix: &str) -> Reply<Vec<String>> {
        self.base.spaces(prefix)
    }

    fn spaces_with(&self, key: &[u8]) -> Reply<Vec<(String, Bytes)>> {
        self.base.spaces_with(key)
    }

    fn batch(&self, changes: Vec<(String, Vec<Write>)>) -> Result<Batch> {
        for (name, writes) in &changes {
            let (space, _) = self.base.claim(name);
            self.moments.keep(name, &*space, writes)?;
            space.commits().note(writes.iter().map(|(key, _)| key));
        }
        self.base.batch(changes)
    }

    fn elsewhere(&self, names: &[String]) -> Reply<Vec<bool>> {
        self.base.elsewhere(names)
    }

    fn changed(&self) -> BoxFuture<'static, ()> {
        let (changed, mut restores) = (self.base.changed(), self.restores.subscribe());
        let restored = async move {
            if restores.changed().await.is_err() {
                pending().await
            }
        };
        async move { drop(select(changed, pin!(restored)).await) }.boxed()
    }

    fn restores(&self) -> u64 {
        *self.restores.borrow()
    }

    fn large_values(&self, space: &str) -> Result<Option<Rc<LargeValues>>> {
        self.base.large_values(space)
    }

    fn release(&self, space: &str, values: Vec<ValueId>) {
        let named = values.into_iter().map(|id| (space.to_string(), id));
        self.released.borrow_mut().extend(named);
        self.remove_released();
    }

    fn is_shared(&self) -> bool {
        self.base.is_shared()
    }
}

struct KeptSpace {
    name: String,
    base: Rc<dyn Space>,
    moments: Rc<Moments>,
}

impl Space for KeptSpace {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        self.base.get(key)
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        self.base.list(range)
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        match self.moments.keep(&self.name, &*self.base, &writes) {
            Ok(()) => self.base.apply(writes),
            Err(error) => Reply::Now(Err(error)),
        }
    }

    fn sync(&self) -> Reply<()> {
        self.base.sync()
    }

    fn commits(&self) -> Rc<Commits> {
        self.base.commits()
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{apply, delete, get, keys, put, restore};
    use super::super::memory::MemoryStore;
    use super::*;

    fn memory() -> Rc<SnapshotStore> {
        SnapshotStore::new(Rc::<MemoryStore>::default())
    }

    #[test]
    fn brings_back_what_was_changed_deleted_and_added_in_any_order() {
        let store = memory();
        let space = store.space("s");
        let held = |space: &Rc<dyn Space>| (keys(space, &Range::all()).join(""), get(space, "a"));
        apply(&space, vec![put("a", "1"), put("b", "1")]);
        store.take(1);
        apply(&space, vec![put("a", "2"), delete("b"), put("c", "2")]);
        store.take(2);
        apply(&space, vec![put("a", "3"), put("d", "3"), delete("c")]);
        let moments = [(1, ("ab", "1")), (2, ("ac", "2")), (1, ("ab", "1")), (2, ("ac", "2"))];
        for (number, (names, value)) in moments {
            restore(&store, number).expect("memory can be written");
            assert_eq!(held(&space), (names.into(), Some(value.into())));
            apply(&space, vec![put("a", "later"), put("e", "later")]);
        }
    }

    #[test]
    fn keeps_only_what_was_written_over() {
        let store = memory();
        apply(
            &store.space("s"),
            (0..1000).map(|key| put(&key.to_string(), "1")).collect(),
        );
        store.take(1);
        apply(&store.space("s"), vec![put("7", "2"), put("7", "3")]);
        assert_eq!(store.moments.all.borrow()[&1]["s"].len(), 1);
        store.forget(1);
        assert!(store.moments.all.borrow().is_empty() && restore(&store, 1).is_err());
    }
}
