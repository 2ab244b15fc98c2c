//! What reading options asks of Rust.

mod toml;
