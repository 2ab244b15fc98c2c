//! What reading options asks of Rust.

pub mod toml;
