//! WebSockets: the classes of both realms, and the client's half of connections. README.md says what the room promises.

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_websocket,
    deps = [miniflare],
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
    exercise: Some(include_str!("exercise.js")),
    ..Room::new("websocket", miniflare_websocket::init)
};
