//! R2: rules and ops. README.md says what the room promises.

pub mod body;
pub mod bucket;
pub mod calls;
pub mod condition;
pub mod digests;
pub mod error;
pub mod ids;
pub mod limits;
pub mod list;
pub mod multipart;
pub mod node;
pub mod object;
pub mod ops;
pub mod range;
pub mod received;
pub mod tag;

use std::rc::Rc;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_r2,
    deps = [miniflare],
    ops = [
        ops::op_r2_abort,
        ops::op_r2_add,
        ops::op_r2_admits,
        ops::op_r2_close,
        ops::op_r2_complete,
        ops::op_r2_create_upload,
        ops::op_r2_delete,
        ops::op_r2_get,
        ops::op_r2_head,
        ops::op_r2_list,
        ops::op_r2_numbers,
        ops::op_r2_put,
        ops::op_r2_put_part,
        ops::op_r2_read,
        ops::op_r2_receive,
        ops::op_r2_tag,
    ],
    lazy_loaded_js = [dir "src/r2", "ext:miniflare/r2/r2-bucket.ts" = "r2-bucket.ts"],
    state = |state| state.put(Rc::<body::Transfers>::default()),
);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/r2/r2-bucket.ts", "ext:miniflare/r2/bundle.ts"],
    ..Room::new("r2", miniflare_r2::init)
};
