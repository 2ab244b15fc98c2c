//! Tails: JavaScript of the worker's realm (README.md says what the room promises).

use crate::realm::room::Room;

deno_core::extension!(miniflare_tail, deps = [miniflare]);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/tail/bundle.ts"],
    ..Room::new("tail", miniflare_tail::init)
};
