//! Storages that belong to no instance: what Miniflare 2 had as `MemoryStorage`, `FileStorage` and `RedisStorage`. README.md
//! says what the room promises.

pub mod calls;
pub mod list;
pub mod node;
pub mod views;
