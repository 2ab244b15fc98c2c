//! What the HTTP server asks of Rust.

mod certificate;
