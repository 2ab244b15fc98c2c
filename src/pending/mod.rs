//! What events wait for: JavaScript of the worker's realm (README.md says what the room promises).

use crate::realm::room::Room;

deno_core::extension!(miniflare_pending, deps = [miniflare]);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/pending/bundle.ts"],
    ..Room::new("pending", miniflare_pending::init)
};
