//! Node's half of the addon. Knows N-API, not V8; the rooms' own halves are in their folders.

pub mod binding;
mod cli;
mod coverage;
mod inspector;
mod instance;
mod options;
mod server;
