//! The binding: the environments that load the addon, values on their way, and what the functions that it exports are made
//! of. `raw.rs` tells which of them napi-rs wraps.

pub mod environment;
pub mod failure;
mod host;
mod node_pending;
mod numbered;
pub mod place;
pub mod raw;
pub mod scope;
mod startup;
mod wakeup;
pub mod wire;
mod wire_make;
mod wire_read;
