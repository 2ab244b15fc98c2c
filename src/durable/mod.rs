//! Durable Objects: ids, storage and transactions. README.md says what the room promises.

pub mod alarm;
pub mod alarm_ops;
pub mod alarms;
pub mod calls;
pub mod clone;
pub mod facets;
pub mod id;
pub mod limits;
pub mod node;
pub mod ops;
mod postponed;
pub mod slot;
mod sql_mirror;
pub mod sql_ops;
pub mod sql_space;
pub mod storage;
pub mod transaction;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_durable,
    deps = [miniflare],
    ops = [
        alarm_ops::op_durable_alarm,
        alarm_ops::op_durable_alarm_name,
        alarm_ops::op_durable_alarms_deliver,
        alarm_ops::op_durable_alarms_due,
        alarm_ops::op_durable_alarms_forget,
        alarm_ops::op_durable_alarms_postpone,
        alarm_ops::op_durable_alarms_scheduled,
        alarm_ops::op_durable_alarms_watch,
        facets::op_durable_facet_id,
        facets::op_durable_facets_copy,
        facets::op_durable_facets_delete,
        ops::op_durable_alarm_retries,
        ops::op_durable_begin,
        ops::op_durable_block_ms,
        ops::op_durable_commit,
        ops::op_durable_confirm,
        ops::op_durable_confirmed,
        ops::op_durable_delete,
        ops::op_durable_delete_all,
        ops::op_durable_delete_many,
        ops::op_durable_end,
        ops::op_durable_get,
        ops::op_durable_get_many,
        ops::op_durable_id_from_name,
        ops::op_durable_id_parse,
        ops::op_durable_id_unique,
        ops::op_durable_list,
        ops::op_durable_open,
        ops::op_durable_put,
        ops::op_durable_put_many,
        ops::op_durable_stored,
        sql_ops::op_durable_sql_abort,
        sql_ops::op_durable_sql_begin,
        sql_ops::op_durable_sql_bookmark,
        sql_ops::op_durable_sql_bookmark_at,
        sql_ops::op_durable_sql_end,
        sql_ops::op_durable_sql_execute,
        sql_ops::op_durable_sql_has_bookmark,
        sql_ops::op_durable_sql_name,
        sql_ops::op_durable_sql_next,
        sql_ops::op_durable_sql_restore_next,
        sql_ops::op_durable_sql_size,
    ],
    lazy_loaded_js = [dir "src/durable", "ext:miniflare/durable/object-namespace.ts" = "object-namespace.ts"],
);

pub const ROOM: Room = Room {
    lazy: &[
        "ext:miniflare/durable/object-namespace.ts",
        "ext:miniflare/durable/bundle.ts",
    ],
    clocked: &["op_durable_alarms_due"],
    add_stores: Some(|instance| sql_space::sessions(instance).map(drop)),
    ..Room::new("durable", miniflare_durable::init)
};
