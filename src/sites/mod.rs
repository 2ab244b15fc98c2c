//! Workers Sites: a folder of files as a KV namespace that cannot be written. README.md says what the room promises.

pub mod node;
pub mod ops;
pub mod space;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_sites,
    deps = [miniflare],
    ops = [ops::op_site_get, ops::op_site_list],
    lazy_loaded_js = [dir "src/sites", "ext:miniflare/sites/site-namespace.ts" = "site-namespace.ts"],
);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/sites/site-namespace.ts", "ext:miniflare/sites/bundle.ts"],
    ..Room::new("sites", miniflare_sites::init)
};
