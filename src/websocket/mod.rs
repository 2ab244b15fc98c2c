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
        "ext:miniflare/websocket/end.js" = "end.js",
        "ext:miniflare/websocket/socket-kind.js" = "socket-kind.js",
        "ext:miniflare/websocket/socket-rules.ts" = "socket-rules.ts",
        "ext:miniflare/websocket/web-socket.js" = "web-socket.js",
    ],
);

pub const ROOM: Room = Room {
    lazy: &[
        "ext:miniflare/websocket/end.js",
        "ext:miniflare/websocket/socket-kind.js",
        "ext:miniflare/websocket/socket-rules.ts",
        "ext:miniflare/websocket/web-socket.js",
        "ext:miniflare/websocket/bundle.ts",
    ],
    clocked: &["op_websocket_next"],
    exercise: Some(include_str!("exercise.js")),
    ..Room::new("websocket", miniflare_websocket::init)
};
