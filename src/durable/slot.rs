//! The alarm of one object, as its storage sees it.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;

use super::alarm::{self, Alarm};
use super::alarms::{Alarms, Name};
use crate::store::Write;

#[derive(Default)]
pub struct Slot {
    name: Name,
    all: Rc<Alarms>,
    /// What is stored while the alarm is delivered.
    delivered: RefCell<Option<Bytes>>,
    /// The name of the object; empty while it is unknown.
    object: RefCell<Box<str>>,
}

impl Slot {
    pub fn new(binding: &str, id: &str, all: Rc<Alarms>) -> Slot {
        Slot {
            name: (binding.into(), id.into()),
            all,
            delivered: RefCell::default(),
            object: RefCell::default(),
        }
    }

    /// The object is known by this name.
    pub fn name_object(&self, name: &str) {
        self.object.replace(name.into());
    }

    /// What is stored for an alarm of the object.
    pub fn to_bytes(&self, alarm: Alarm) -> Bytes {
        alarm.to_bytes(&self.object.borrow())
    }

    /// The alarm among writes: `Some(None)` when they delete it.
    pub fn among(&self, writes: &[Write]) -> Option<Option<Alarm>> {
        let (_, value) = writes.iter().rfind(|(key, _)| key == alarm::KEY)?;
        Some(value.as_deref().and_then(Alarm::from_bytes))
    }

    /// What was among the writes that the object's storage has made.
    pub fn note(&self, written: Option<Option<Alarm>>) {
        if let Some(alarm) = written {
            self.all.set(&self.name, alarm);
        }
    }

    pub fn deliver(&self, stored: Option<Bytes>) {
        self.delivered.replace(stored);
    }

    /// The delivery is over: whatever had kept it from being made is gone.
    pub fn settled(&self) {
        self.delivered.replace(None);
        self.all.delivered(&self.name);
    }

    /// Whether `stored` is the alarm that is being delivered.
    pub fn delivers(&self, stored: &Bytes) -> bool {
        self.delivered.borrow().as_ref() == Some(stored)
    }
}
