//! `cloudflare:workers` and RPC: JavaScript of the worker's realm (README.md says what the room promises).

use crate::realm::room::Room;

deno_core::extension!(miniflare_rpc, deps = [miniflare]);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/rpc/bundle.ts"],
    ..Room::new("rpc", miniflare_rpc::init)
};
