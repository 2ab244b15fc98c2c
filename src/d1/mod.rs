//! D1 databases: ops over `src/sqlite/`. README.md says what the room promises.

pub mod calls;
mod json;
pub mod node;
pub mod ops;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_d1,
    deps = [miniflare],
    ops = [ops::op_d1_dump, ops::op_d1_run],
    lazy_loaded_js = [dir "src/d1", "ext:miniflare/d1/d1-database.ts" = "d1-database.ts"],
);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/d1/d1-database.ts", "ext:miniflare/d1/bundle.ts"],
    add_stores: Some(|instance| calls::databases(instance).map(drop)),
    ..Room::new("d1", miniflare_d1::init)
};
