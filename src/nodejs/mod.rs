//! Node's modules in a worker: JavaScript of the worker's realm, and of Node (README.md says what the room promises).

use crate::realm::room::Room;

deno_core::extension!(miniflare_nodejs, deps = [miniflare]);

pub const ROOM: Room = Room {
    lazy: &[
        "ext:miniflare/nodejs/scripts/hooks.ts",
        "ext:miniflare/nodejs/scripts/base.ts",
        "ext:miniflare/nodejs/scripts/text.ts",
        "ext:miniflare/nodejs/scripts/checks.ts",
        "ext:miniflare/nodejs/scripts/stream.ts",
        "ext:miniflare/nodejs/scripts/crypto.ts",
        "ext:miniflare/nodejs/scripts/zlib.ts",
        "ext:miniflare/nodejs/scripts/stubs.ts",
    ],
    is_large: true,
    ..Room::new("nodejs", miniflare_nodejs::init)
};
