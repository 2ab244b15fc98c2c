//! What belongs to one `Miniflare` instance and outlives its isolates: its clock, and what it stores.
//!
//! Ops find it in their state as `Rc<Instance>`.

use std::rc::Rc;

use crate::clock::Clock;
use crate::store::place::Stores;

#[derive(Default)]
pub struct Instance {
    pub clock: Rc<Clock>,
    pub stores: Stores,
}
