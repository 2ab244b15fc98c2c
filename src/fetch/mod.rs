//! `fetch` to servers: a client per instance, and one exchange per request.

mod client;
mod connector;
mod decode;
mod exchange;
mod failure;
mod limits;
pub mod ops;
mod resources;
mod settings;
mod tls;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_fetch,
    deps = [miniflare],
    ops = [
        ops::op_outbound_answer,
        ops::op_outbound_configure,
        ops::op_outbound_open
    ],
);

pub const ROOM: Room = Room::new("fetch", miniflare_fetch::init);
