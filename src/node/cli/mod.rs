//! What the command asks of Rust.

mod signals;
