//! KV namespaces: rules and ops. README.md says what the room promises.

pub mod calls;
pub mod list;
pub mod namespace;
pub mod node;
pub mod ops;

/// The name of the place where namespaces are stored.
pub const PLACE: &str = "kv";
