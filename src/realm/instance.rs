//! What belongs to one `Miniflare` instance and outlives its isolates: its clock, what it stores, and the alarms of its
//! objects.
//!
//! Ops find it in their state as `Rc<Instance>`.

use std::rc::Rc;

use crate::clock::Clock;
use crate::durable::alarms::Alarms;
use crate::fetch::Outbound;
use crate::store::place::Stores;
use crate::store::snapshots::Snapshots;

#[derive(Default)]
pub struct Instance {
    pub clock: Rc<Clock>,
    pub outbound: Outbound,
    pub stores: Stores,
    pub snapshots: Snapshots,
    pub alarms: Rc<Alarms>,
}
