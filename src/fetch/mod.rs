//! `fetch` to servers.

pub mod client;
