//! `fetch` to servers: a client per instance, and one exchange per request.

mod client;
mod connector;
mod decode;
mod exchange;
mod failure;
pub mod ops;
mod resources;
mod settings;
mod tls;
