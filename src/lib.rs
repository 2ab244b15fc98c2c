//! miniflare-rs: Cloudflare Workers in a V8 of their own, inside the Node process.
//!
//! Three floors, and one direction of dependency: `node` -> `worker` (and the rooms) -> `store`.
//!
//! - [`node`]: the door to Node (napi, no V8), with the Node half in JavaScript beside it
//! - [`worker`]: isolates, lanes, events, modules, guards (deno_core, no napi)
//! - [`durable`]: the room of Durable Objects
//! - [`fetch`]: the room of outbound requests
//! - [`mock`]: the room of mocked outbound requests
//! - [`kv`], [`cache`]: the rooms of KV namespaces and of the Cache API
//! - [`storage`]: the room of storages that belong to no instance
//! - [`web`]: the room of the Web APIs
//! - [`store`]: bytes at rest (neither)
//!
//! An instance is what the lanes of one `Miniflare` share, its [`clock`] among it.
//!
//! ARCHITECTURE.md is the map with the invariants.

mod cache;
mod clock;
mod durable;
mod fetch;
mod kv;
mod limits;
mod mock;
mod node;
mod realm;
mod storage;
mod store;
mod web;
mod worker;
