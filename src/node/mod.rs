//! Floor 1: the door to Node. Knows N-API, not V8.

mod api;
mod awaited;
mod binding;
mod cache;
mod cron;
mod environment;
mod kv;
mod mock;
mod toml;
mod url_pattern;
mod wire;
