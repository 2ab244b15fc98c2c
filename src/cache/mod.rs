//! The Cache API: rules and ops. README.md says what the room promises.

pub mod calls;
pub mod headers;
pub mod node;
pub mod ops;
pub mod policy;
pub mod range;
pub mod reply;

/// The name of the place where caches are stored.
pub const PLACE: &str = "cache";
