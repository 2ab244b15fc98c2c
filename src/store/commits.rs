//! When each key of a space was last written, for as long as transactions over the space are open.
//!
//! It belongs to the space and not to one of those who use it: instances that share a space see each other's commits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::range::Key;

#[derive(Default)]
pub struct Commits {
    last: Cell<u64>,
    transactions: Cell<usize>,
    written: RefCell<BTreeMap<Key, u64>>,
}

impl Commits {
    /// A transaction opens; the commit it starts from.
    pub fn open(&self) -> u64 {
        self.transactions.set(self.transactions.get() + 1);
        self.last.get()
    }

    pub fn close(&self) {
        self.transactions.set(self.transactions.get() - 1);
        if self.transactions.get() == 0 {
            self.written.borrow_mut().clear();
        }
    }

    /// These keys are written as one.
    pub fn note<'k>(&self, keys: impl Iterator<Item = &'k Key>) {
        if self.transactions.get() > 0 {
            let commit = self.last.get() + 1;
            self.last.set(commit);
            self.written.borrow_mut().extend(keys.map(|key| (key.clone(), commit)));
        }
    }

    /// Whether a key that `concerns` was written after commit number `start`.
    pub fn since(&self, start: u64, concerns: impl Fn(&[u8]) -> bool) -> bool {
        let written = self.written.borrow();
        written.iter().any(|(key, commit)| *commit > start && concerns(key))
    }
}
