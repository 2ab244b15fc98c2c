//! miniflare-rs: Cloudflare Workers in a V8 of their own, inside the Node process.
//!
//! One direction of dependency: `node` -> `worker` -> the rooms -> `web` -> `realm` -> `store`.
//!
//! - [`node`]: the binding to Node (napi, no V8), with the Node half in JavaScript beside it
//! - [`worker`]: isolates, lanes, events, modules, and all rooms in them (deno_core, no napi)
//! - [`rooms`]: the list of the rooms with a worker half; each is a folder with its rules, its ops and its Node half
//! - [`web`]: the Web APIs, which rooms may use
//! - [`realm`]: the ground of rooms: values, the host, the instance, guards
//! - [`store`]: bytes at rest (neither napi nor deno_core)
//!
//! An instance is what the lanes of one `Miniflare` share, its [`clock`] among it.
//!
//! ARCHITECTURE.md is the map with the invariants.

#![cfg_attr(
    test,
    allow(
        dead_code,
        reason = "a test exports nothing to Node, so what is reached from there alone looks unused"
    )
)]

mod cache;
mod clock;
mod durable;
mod fetch;
mod html;
mod kv;
mod limits;
mod mock;
mod node;
mod protocol;
mod queues;
mod realm;
mod rooms;
mod sites;
mod storage;
mod store;
mod web;
mod worker;
