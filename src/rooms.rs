//! The rooms with a worker half: a row for each, from which the assembly (`worker/`) makes the realm. Nothing else in it
//! names a room.
//!
//! `worker/rooms.ts` is the same list in JavaScript.

use crate::realm::room::Room;
use crate::{
    cache, d1, durable, fetch, html, kv, mock, nodejs, pending, queues, r2, rpc, sites, sockets, tail, web, websocket,
};

pub const ROOMS: &[Room] = &[
    web::ROOM,
    fetch::ROOM,
    mock::ROOM,
    nodejs::ROOM,
    cache::ROOM,
    html::ROOM,
    kv::ROOM,
    d1::ROOM,
    r2::ROOM,
    durable::ROOM,
    rpc::ROOM,
    sites::ROOM,
    sockets::ROOM,
    queues::ROOM,
    websocket::ROOM,
    tail::ROOM,
    pending::ROOM,
];
