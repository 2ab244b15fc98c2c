//! Durable Objects: ids, storage and transactions. README.md says what the room promises.

pub mod alarm;
pub mod alarm_ops;
pub mod alarms;
pub mod calls;
pub mod clone;
pub mod id;
pub mod node;
pub mod ops;
mod postponed;
pub mod slot;
pub mod storage;
pub mod transaction;

/// The name of the place where objects are stored.
pub const PLACE: &str = "durable";
