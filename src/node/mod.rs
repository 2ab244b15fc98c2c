//! Floor 1: the door to Node. Knows N-API, not V8.

mod api;
mod awaited;
mod binding;
mod cache;
mod cron;
mod durable;
mod environment;
mod kv;
mod mock;
mod numbered;
mod storage;
mod toml;
mod url_pattern;
mod wire;
