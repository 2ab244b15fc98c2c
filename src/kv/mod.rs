//! KV namespaces: rules and ops. README.md says what the room promises.

pub mod calls;
pub mod limits;
pub mod list;
pub mod namespace;
pub mod node;
pub mod ops;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_kv,
    deps = [miniflare],
    ops = [
        ops::op_kv_delete,
        ops::op_kv_get,
        ops::op_kv_list,
        ops::op_kv_put,
        ops::op_kv_value_limit,
    ],
    lazy_loaded_js = [dir "src/kv", "ext:miniflare/kv/kv-namespace.ts" = "kv-namespace.ts"],
);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/kv/kv-namespace.ts"],
    ..Room::new("kv", miniflare_kv::init)
};
