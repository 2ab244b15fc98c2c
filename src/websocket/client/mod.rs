//! WebSockets to servers: rules that know no connection (`frames.rs`, `writer.rs`, `deflate.rs`, `extensions.rs`,
//! `handshake.rs`), the task that drives a connection, and the ops.

mod broken;
mod connect;
mod connection;
#[cfg(test)]
mod connection_tests;
mod deflate;
mod extensions;
mod frames;
#[cfg(test)]
mod frames_tests;
mod handshake;
mod limits;
mod mailbox;
pub mod ops;
mod socket;
mod writer;
