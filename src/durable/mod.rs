//! Durable Objects: ids, storage and transactions. README.md says what the room promises.

pub mod clone;
pub mod id;
pub mod ops;
pub mod storage;
pub mod transaction;
