//! The binding: what the addon exports to Node, the environments it is loaded in, and values on their way.

pub mod api;
pub mod awaited;
pub mod environment;
mod exports;
mod numbered;
mod wire;

pub use exports::place;
