//! The binding: what the addon exports to Node, the environments it is loaded in, and values on their way.

#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "one comment stands for all calls of Node-API; a typed binding takes their place"
)]

pub mod api;
pub mod awaited;
pub mod environment;
mod exports;
mod numbered;
mod wire;

pub use exports::place;
