//! What belongs to one `Miniflare` instance and outlives its isolates: its clock, what it stores, and the parts that rooms
//! add (clients, alarms, crons).
//!
//! Ops find it in their state as `Rc<Instance>`.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::clock::Clock;
use crate::store::stores::Stores;

#[derive(Default)]
pub struct Instance {
    pub clock: Rc<Clock>,
    pub stores: Stores,
    parts: RefCell<HashMap<TypeId, Rc<dyn Any>>>,
}

impl Instance {
    /// The instance's part of this type, which is made when it is first asked for.
    pub fn part<P: Default + 'static>(&self) -> Rc<P> {
        let mut parts = self.parts.borrow_mut();
        let part = parts.entry(TypeId::of::<P>()).or_insert_with(|| Rc::<P>::default());
        part.clone().downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn has_one_part_of_each_type() {
        let instance = Instance::default();
        instance.part::<Cell<u32>>().set(7);
        assert_eq!(
            (instance.part::<Cell<u32>>().get(), instance.part::<Cell<i32>>().get()),
            (7, 0)
        );
    }
}
