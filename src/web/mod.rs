//! The room of the Web APIs: what Workers change or add on top of upstream's crates.

pub mod blobs;
pub mod crypto;
pub mod digest;
pub mod gcm;
pub mod jwk;
pub mod node;
pub mod url;
