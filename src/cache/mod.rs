//! The Cache API: rules and ops. README.md says what the room promises.

pub mod calls;
pub mod limits;
pub mod node;
pub mod ops;
pub mod policy;
pub mod range;
pub mod reply;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_cache,
    deps = [miniflare],
    ops = [
        ops::op_cache_delete,
        ops::op_cache_match,
        ops::op_cache_name_limit,
        ops::op_cache_put,
        ops::op_cache_ttl,
    ],
    lazy_loaded_js = [dir "src/cache", "ext:miniflare/cache/cache.ts" = "cache.ts"],
);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/cache/cache.ts"],
    exercise: Some(include_str!("exercise.js")),
    ..Room::new("cache", miniflare_cache::init)
};
