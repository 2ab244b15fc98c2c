//! A rewriter's functions as the worker's JavaScript calls them (`room.ts`).

use std::ffi::CStr;

use deno_core::{GarbageCollected, OpState, op2, v8};

use super::calls;
use super::rewriter::{self, Rewriter};
use crate::realm::host::HostHandle;
use crate::realm::value::Value;

// SAFETY: it holds nothing of V8's heap.
unsafe impl GarbageCollected for Rewriter {
    fn trace(&self, _: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static CStr {
        c"HTMLRewriter"
    }
}

/// @param {(string | number | null)[]} handlers
#[op2]
#[cppgc]
pub fn op_html_open<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    handlers: v8::Local<'s, v8::Value>,
    #[string] charset: &str,
    esi: bool,
) -> Rewriter {
    calls::open(Value::from_v8(scope, handlers), charset, esi)
}

/// Parses a piece of the document. Returns the next step, as the other ops do that have the parser go on.
#[op2(fast)]
pub fn op_html_write(#[cppgc] rewriter: &Rewriter, #[buffer] piece: &[u8]) -> u32 {
    rewriter.write(piece.to_vec())
}

#[op2(fast)]
pub fn op_html_end(#[cppgc] rewriter: &Rewriter) -> u32 {
    rewriter.end()
}

/// The handler is done.
#[op2(fast)]
pub fn op_html_go(#[cppgc] rewriter: &Rewriter) -> u32 {
    rewriter.go()
}

/// A piece of the content that was asked for.
#[op2(fast)]
pub fn op_html_content(#[cppgc] rewriter: &Rewriter, #[buffer] piece: &[u8]) -> u32 {
    rewriter.content(Some(piece.to_vec()))
}

/// The content that was asked for is over.
#[op2(fast)]
pub fn op_html_content_end(#[cppgc] rewriter: &Rewriter) -> u32 {
    rewriter.content(None)
}

#[op2]
#[buffer]
pub fn op_html_output(#[cppgc] rewriter: &Rewriter) -> Vec<u8> {
    rewriter.output()
}

#[op2]
#[string]
pub fn op_html_failure(#[cppgc] rewriter: &Rewriter) -> String {
    rewriter.failure()
}

#[op2(fast)]
pub fn op_html_close(#[cppgc] rewriter: &Rewriter) {
    rewriter.close();
}

#[op2]
#[string]
pub fn op_html_text(#[cppgc] rewriter: &Rewriter, which: u32) -> Option<String> {
    calls::text(rewriter, which)
}

#[op2]
#[string]
pub fn op_html_set_text(#[cppgc] rewriter: &Rewriter, #[string] text: String) -> Option<String> {
    calls::set_text(rewriter, text)
}

#[op2(fast)]
pub fn op_html_flag(#[cppgc] rewriter: &Rewriter, which: u32) -> bool {
    calls::flag(rewriter, which)
}

#[op2]
#[string]
pub fn op_html_attribute(#[cppgc] rewriter: &Rewriter, #[string] name: &str) -> Option<String> {
    calls::attribute(rewriter, name)
}

#[op2(fast)]
pub fn op_html_has_attribute(#[cppgc] rewriter: &Rewriter, #[string] name: &str) -> bool {
    calls::has_attribute(rewriter, name)
}

/// Names and values by turns.
///
/// @returns {string[]}
#[op2]
pub fn op_html_attributes(#[cppgc] rewriter: &Rewriter) -> Value {
    calls::attributes(rewriter)
}

#[op2]
#[string]
pub fn op_html_set_attribute(
    #[cppgc] rewriter: &Rewriter,
    #[string] name: &str,
    #[string] value: &str,
) -> Option<String> {
    calls::set_attribute(rewriter, name, value)
}

#[op2(fast)]
pub fn op_html_remove_attribute(#[cppgc] rewriter: &Rewriter, #[string] name: &str) {
    calls::remove_attribute(rewriter, name);
}

#[op2(fast)]
pub fn op_html_insert(#[cppgc] rewriter: &Rewriter, place: u32, #[string] text: &str, html: bool) {
    calls::insert(rewriter, place, text, html);
}

/// Returns the number by which the content is asked for; -1 when there is no token.
#[op2(fast)]
pub fn op_html_insert_stream(#[cppgc] rewriter: &Rewriter, place: u32, html: bool) -> i32 {
    calls::insert_stream(rewriter, place, html).map_or(-1, |number| number as i32)
}

#[op2(fast)]
pub fn op_html_remove(#[cppgc] rewriter: &Rewriter, keep_content: bool) {
    calls::remove(rewriter, keep_content);
}

/// Returns the number of the handler of the element's end tag; -1 when it has none.
#[op2(fast)]
pub fn op_html_on_end_tag(#[cppgc] rewriter: &Rewriter) -> i32 {
    rewriter.on_end_tag().map_or(-1, |number| number as i32)
}

/// Whether Node's loop should have a turn, by awaiting `op_html_rest`, before the next piece.
#[op2(fast)]
pub fn op_html_is_tired(state: &OpState) -> bool {
    rewriter::is_tired() && state.borrow::<HostHandle>().0.has_turns()
}

/// Resolves when Node's loop has had a turn, for which Node has been asked already (`HOST.REST`).
#[op2]
pub fn op_html_rest() -> impl Future<Output = ()> + use<> {
    rewriter::rest()
}
