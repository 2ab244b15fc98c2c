//! `cloudflare:sockets`: JavaScript of both realms (README.md says what the room promises).

use crate::realm::room::Room;

deno_core::extension!(miniflare_sockets, deps = [miniflare]);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/sockets/bundle.ts"],
    ..Room::new("sockets", miniflare_sockets::init)
};
