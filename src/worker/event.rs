//! The events that Node dispatches to a lane.

use crate::realm::value::Value;

/// A request for the worker or one of its objects. What the arguments are is agreed with `src/worker/dispatch.ts`.
pub struct Event {
    /// The number its answer will carry.
    pub id: u32,
    pub args: Vec<Value>,
}
