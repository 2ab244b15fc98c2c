//! What Node's JavaScript knows by numbers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::failure::{Code, Result};

pub struct Numbered<T> {
    /// What one of them is called.
    kind: &'static str,
    all: RefCell<BTreeMap<u32, Rc<T>>>,
    next: Cell<u32>,
}

impl<T> Numbered<T> {
    pub fn new(kind: &'static str) -> Numbered<T> {
        Numbered {
            kind,
            all: RefCell::default(),
            next: Cell::new(1),
        }
    }

    /// Keeps `one`, and returns its number.
    pub fn add(&self, one: T) -> u32 {
        let number = self.next.replace(self.next.get() + 1);
        self.all.borrow_mut().insert(number, Rc::new(one));
        number
    }

    pub fn get(&self, number: u32) -> Result<Rc<T>> {
        let found = self.all.borrow().get(&number).cloned();
        found.ok_or_else(|| Code::NotOpen.because(format!("no {} has the number {number}", self.kind)))
    }

    pub fn remove(&self, number: u32) {
        let removed = self.all.borrow_mut().remove(&number);
        drop(removed);
    }
}
