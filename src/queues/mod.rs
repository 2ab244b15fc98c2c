//! Queues: messages, and when they are delivered. README.md says what the room promises.

pub mod broker;
pub mod calls;
pub mod limits;
pub mod message;
pub mod node;
pub mod ops;
pub mod queue;
pub mod schedule;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_queues,
    deps = [miniflare],
    ops = [ops::op_queues_metrics, ops::op_queues_send, ops::op_queues_take],
    lazy_loaded_js = [
        dir "src/queues",
        "ext:miniflare/queues/batch.ts" = "batch.ts",
        "ext:miniflare/queues/worker-queue.ts" = "worker-queue.ts",
    ],
);

pub const ROOM: Room = Room {
    lazy: &[
        "ext:miniflare/queues/batch.ts",
        "ext:miniflare/queues/worker-queue.ts",
        "ext:miniflare/queues/bundle.ts",
    ],
    ..Room::new("queues", miniflare_queues::init)
};
