//! miniflare-rs: Cloudflare Workers in a V8 of their own, inside the Node process.
//!
//! One direction of dependency: `node` -> `worker` -> the rooms -> `network` -> `web` -> `realm` -> `sqlite` -> `store`.
//!
//! - [`node`]: the binding to Node (napi, no V8), with the Node half in JavaScript beside it
//! - [`worker`]: isolates, lanes, events, modules, and all rooms in them (deno_core, no napi)
//! - [`rooms`]: the list of the rooms with a worker half; each is a folder with its rules, its ops and its Node half
//! - [`network`]: the HTTP client, which rooms may use
//! - [`web`]: the Web APIs, which rooms may use
//! - [`realm`]: the ground of rooms: values, the host, the instance, guards
//! - [`sqlite`]: SQL databases, on which rooms build
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
mod d1;
mod durable;
mod fetch;
mod html;
mod kv;
mod limits;
mod mock;
mod network;
mod node;
mod nodejs;
mod pages;
mod pending;
mod protocol;
mod queues;
mod r2;
mod realm;
mod rooms;
mod rpc;
mod sites;
mod sockets;
mod sqlite;
mod storage;
mod store;
mod tail;
mod web;
mod websocket;
mod worker;
