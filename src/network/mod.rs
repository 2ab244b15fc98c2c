//! The HTTP client of an instance, for the rooms that speak to servers: connections, trust, and exchanges.
//!
//! Everything happens on the background thread. README.md lists the files.

pub mod answer;
pub mod client;
mod connector;
mod decode;
pub mod exchange;
pub mod failure;
mod limits;
pub mod ops;
pub mod resources;
mod settings;
mod tls;
