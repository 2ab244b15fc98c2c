//! Bytes in memory: the spaces of one Miniflare instance, each an ordered map. They outlive the instance's isolates.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use bytes::Bytes;

use super::commits::Commits;
use super::joint::Batch;
use super::range::{Entry, Key, Range};
use super::{Reply, Result, Space, Store, Write};

/// All spaces of an instance, by name.
#[derive(Default)]
pub struct MemoryStore {
    spaces: RefCell<HashMap<String, Rc<MemorySpace>>>,
}

impl MemoryStore {
    /// The space called `name`, empty when it is new.
    pub fn space(&self, name: &str) -> Rc<MemorySpace> {
        if let Some(space) = self.spaces.borrow().get(name) {
            return space.clone();
        }
        let space = Rc::<MemorySpace>::default();
        self.spaces.borrow_mut().insert(name.into(), space.clone());
        space
    }
}

/// Keys and values in the order of the keys' bytes.
pub type Entries = BTreeMap<Key, Bytes>;

/// What is wanted of `entries`.
pub fn list_of(entries: &Entries, range: &Range) -> Vec<Entry> {
    let Some(bounds) = range.bounds() else {
        return Vec::new();
    };
    let picked = range.pick(entries.range::<[u8], _>(bounds)).into_iter();
    picked.map(|(key, value)| (key.clone(), value.clone())).collect()
}

pub fn apply_to(entries: &mut Entries, writes: impl IntoIterator<Item = Write>) {
    for (key, value) in writes {
        match value {
            Some(value) => drop(entries.insert(key, value)),
            None => drop(entries.remove(&key)),
        }
    }
}

#[derive(Default)]
pub struct MemorySpace {
    entries: RefCell<Entries>,
    commits: Rc<Commits>,
}

impl MemorySpace {
    pub fn get(&self, key: &[u8]) -> Option<Bytes> {
        self.entries.borrow().get(key).cloned()
    }

    pub fn list(&self, range: &Range) -> Vec<Entry> {
        list_of(&self.entries.borrow(), range)
    }

    /// Applies all writes, or none of them.
    pub fn apply(&self, writes: impl IntoIterator<Item = Write>) {
        apply_to(&mut self.entries.borrow_mut(), writes);
    }
}

impl Store for MemoryStore {
    fn space(&self, name: &str) -> Rc<dyn Space> {
        MemoryStore::space(self, name)
    }

    fn spaces(&self, prefix: &str) -> Reply<Vec<String>> {
        let spaces = self.spaces.borrow();
        let filled = spaces
            .iter()
            .filter(|(name, space)| name.starts_with(prefix) && !space.entries.borrow().is_empty());
        let mut names: Vec<_> = filled.map(|(name, _)| name.clone()).collect();
        names.sort();
        Reply::Now(Ok(names))
    }

    fn spaces_with(&self, key: &[u8]) -> Reply<Vec<(String, Bytes)>> {
        let spaces = self.spaces.borrow();
        let found = spaces
            .iter()
            .filter_map(|(name, space)| Some((name.clone(), space.get(key)?)));
        let mut found: Vec<_> = found.collect();
        found.sort();
        Reply::Now(Ok(found))
    }

    fn batch(&self, changes: Vec<(String, Vec<Write>)>) -> Result<Batch> {
        let changes = changes.into_iter();
        let spaces = changes.map(|(name, writes)| (MemoryStore::space(self, &name), writes));
        Ok(Batch::Memory(spaces.collect()))
    }
}

impl Space for MemorySpace {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        Reply::Now(Ok(MemorySpace::get(self, key)))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        Reply::Now(Ok(MemorySpace::list(self, range)))
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        MemorySpace::apply(self, writes);
        Reply::Now(Ok(()))
    }

    fn sync(&self) -> Reply<()> {
        Reply::Now(Ok(()))
    }

    fn commits(&self) -> Rc<Commits> {
        self.commits.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    fn put(key: &str, value: &'static str) -> Write {
        (key.into(), Some(Bytes::from(value)))
    }

    #[test]
    fn keeps_the_contract() {
        conformance::check_all(Rc::<MemoryStore>::default());
    }

    #[test]
    fn a_space_is_found_again_by_its_name() {
        let memory = MemoryStore::default();
        memory.space("one").apply([put("key", "value")]);
        assert_eq!(memory.space("one").get(b"key"), Some(Bytes::from("value")));
        assert_eq!(memory.space("two").get(b"key"), None);
    }

    #[test]
    fn lists_in_the_order_of_bytes() {
        let space = MemorySpace::default();
        space.apply([
            put("\u{1f44b}", ""),
            put("\u{ffff}", ""),
            put("a", ""),
            ("gone".into(), None),
        ]);
        let keys = |range: &Range| {
            space
                .list(range)
                .into_iter()
                .map(|(key, _)| String::from_utf8_lossy(&key).into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(&Range::all()), ["a", "\u{ffff}", "\u{1f44b}"]);
        assert_eq!(keys(&Range::all().at_most(1, true)), ["\u{1f44b}"]);
    }
}
