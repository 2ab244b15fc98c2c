//! `HTMLRewriter`: rules and ops. README.md says what the room promises.

pub mod calls;
pub mod limits;
pub mod link;
pub mod node;
pub mod ops;
pub mod plan;
pub mod rewriter;
pub mod selector;
pub mod stack;
pub mod token;

use crate::realm::room::Room;

deno_core::extension!(
    miniflare_html,
    deps = [miniflare],
    ops = [
        ops::op_html_attribute,
        ops::op_html_attributes,
        ops::op_html_close,
        ops::op_html_content,
        ops::op_html_content_end,
        ops::op_html_end,
        ops::op_html_failure,
        ops::op_html_flag,
        ops::op_html_go,
        ops::op_html_has_attribute,
        ops::op_html_insert,
        ops::op_html_insert_stream,
        ops::op_html_is_tired,
        ops::op_html_on_end_tag,
        ops::op_html_open,
        ops::op_html_output,
        ops::op_html_remove,
        ops::op_html_remove_attribute,
        ops::op_html_rest,
        ops::op_html_set_attribute,
        ops::op_html_set_text,
        ops::op_html_text,
        ops::op_html_write,
    ],
    lazy_loaded_js = [dir "src/html", "ext:miniflare/html/html-rewriter.ts" = "html-rewriter.ts"],
);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/html/html-rewriter.ts", "ext:miniflare/html/bundle.ts"],
    exercise: Some(include_str!("exercise.js")),
    ..Room::new("html", miniflare_html::init)
};
