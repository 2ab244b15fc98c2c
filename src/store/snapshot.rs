//! All that the stores of an instance hold at one moment, and the way back to it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::place::Stores;
use super::range::{Entry, Range};
use super::{Result, Store, Write};

type Contents = BTreeMap<String, Vec<Entry>>;

/// The snapshots that were taken of an instance, by number.
#[derive(Default)]
pub struct Snapshots {
    taken: RefCell<Vec<Vec<Contents>>>,
}

impl Snapshots {
    /// Remembers what the stores hold; the snapshot's number.
    pub fn take(&self, stores: &Stores) -> Result<usize> {
        let contents = all(stores).iter().map(|store| read(&**store)).collect::<Result<_>>()?;
        let mut taken = self.taken.borrow_mut();
        taken.push(contents);
        Ok(taken.len() - 1)
    }

    /// Makes the stores hold again what they held then.
    pub fn restore(&self, stores: &Stores, number: usize) -> Result<()> {
        let taken = self.taken.borrow();
        let contents = taken.get(number).map(Vec::as_slice).unwrap_or_default();
        for (store, contents) in all(stores).iter().zip(contents) {
            write(&**store, contents)?;
        }
        Ok(())
    }
}

fn all(stores: &Stores) -> [Rc<dyn Store>; 3] {
    [stores.kv(), stores.cache(), stores.durable()]
}

fn read(store: &dyn Store) -> Result<Contents> {
    let names = store.spaces("").now()?;
    let read = names.into_iter().map(|name| {
        let entries = store.space(&name).list(&Range::all()).now()?;
        Ok((name, entries))
    });
    read.collect()
}

fn write(store: &dyn Store, contents: &Contents) -> Result<()> {
    let now = read(store)?;
    for name in now.keys().filter(|name| !contents.contains_key(*name)) {
        replace(store, name, &now[name], &[])?;
    }
    for (name, entries) in contents {
        let held = now.get(name).map(Vec::as_slice).unwrap_or_default();
        replace(store, name, held, entries)?;
    }
    Ok(())
}

fn replace(store: &dyn Store, name: &str, held: &[Entry], wanted: &[Entry]) -> Result<()> {
    let mut writes: BTreeMap<_, _> = held.iter().map(|(key, _)| (key.clone(), None)).collect();
    writes.extend(wanted.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
    let writes: Vec<Write> = writes.into_iter().collect();
    store.space(name).apply(writes).now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(stores: &Stores, name: &str, key: &str, value: Option<&'static str>) {
        let writes = vec![(key.into(), value.map(Into::into))];
        stores
            .durable()
            .space(name)
            .apply(writes)
            .now()
            .expect("memory takes what it is given");
    }

    #[test]
    fn brings_back_what_was_changed_deleted_and_added() {
        let (stores, snapshots) = (Stores::default(), Snapshots::default());
        put(&stores, "a", "changed", Some("before"));
        put(&stores, "a", "deleted", Some("there"));
        let before = read(&*stores.durable()).expect("memory can be read");
        let number = snapshots.take(&stores).expect("memory can be read");
        put(&stores, "a", "changed", Some("after"));
        put(&stores, "a", "deleted", None);
        put(&stores, "b", "added", Some("new"));
        for _ in 0..2 {
            snapshots.restore(&stores, number).expect("memory can be written");
            assert_eq!(read(&*stores.durable()), Ok(before.clone()));
            put(&stores, "c", "again", Some("new"));
        }
    }
}
