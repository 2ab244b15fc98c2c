//! `fetch` to servers: the ops of one exchange per hop, by the client of the instance (`src/network/`).

pub mod ops;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_fetch,
    deps = [miniflare],
    ops = [ops::op_outbound_answer, ops::op_outbound_open],
);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/fetch/bundle.ts"],
    ..Room::new("fetch", miniflare_fetch::init)
};
