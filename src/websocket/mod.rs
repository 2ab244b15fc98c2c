//! WebSockets: the classes of both realms, and the client's half of connections. README.md says what the room promises.

pub mod client;

use client::ops;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_websocket,
    deps = [miniflare],
    ops = [
        ops::op_websocket_buffered,
        ops::op_websocket_close,
        ops::op_websocket_connect,
        ops::op_websocket_next,
        ops::op_websocket_open,
        ops::op_websocket_send_binary,
        ops::op_websocket_send_text,
    ],
    lazy_loaded_js = [
        dir "src/websocket",
        "ext:miniflare/websocket/end.ts" = "end.ts",
        "ext:miniflare/websocket/events-wire.ts" = "events-wire.ts",
        "ext:miniflare/websocket/socket-kind.ts" = "socket-kind.ts",
        "ext:miniflare/websocket/socket-rules.ts" = "socket-rules.ts",
        "ext:miniflare/websocket/web-socket.ts" = "web-socket.ts",
    ],
);

pub const ROOM: Room = Room {
    lazy: &[
        "ext:miniflare/websocket/end.ts",
        "ext:miniflare/websocket/events-wire.ts",
        "ext:miniflare/websocket/socket-kind.ts",
        "ext:miniflare/websocket/socket-rules.ts",
        "ext:miniflare/websocket/web-socket.ts",
        "ext:miniflare/websocket/bundle.ts",
    ],
    clocked: &["op_websocket_next"],
    exercise: Some(include_str!("exercise.js")),
    ..Room::new("websocket", miniflare_websocket::init)
};
