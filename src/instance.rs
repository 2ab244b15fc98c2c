//! What belongs to one `Miniflare` instance and outlives its isolates: its clock, and what it stores.

use std::rc::Rc;

use crate::clock::Clock;
use crate::store::memory::MemoryStore;

#[derive(Default)]
pub struct Instance {
    pub clock: Rc<Clock>,
    pub memory: Rc<MemoryStore>,
}
