//! Rewriters as Node's JavaScript calls them (`src/html/node/html-backend.ts`), by numbers.

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::html::calls;
use crate::html::rewriter;
use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::node::binding::wire::Content;
use crate::realm::value::{Bytes, Value as WireValue};

/// Opens a rewriter and returns its number. `handlers` is a list of selectors and steps by turns: text, or null for the
/// whole document, and a bit for each step of `HTML_STEP` that there is a handler for.
#[napi(catch_unwind, js_name = "htmlOpen")]
pub fn open(env: &Env, handlers: Vec<WireValue>, charset: String, esi: bool) -> Result<u32> {
    let opened = calls::open(WireValue::List(handlers), &charset, esi);
    Ok(Environment::get(env)?.rewriters.add(opened))
}

/// Frees what a rewriter holds, and its number.
#[napi(catch_unwind, js_name = "htmlClose")]
pub fn close(env: &Env, rewriter: u32) -> Result<()> {
    Environment::get(env)?.rewriters.remove(rewriter);
    Ok(())
}

/// Parses a piece of the document. Returns the next step, as the other functions do that have the parser go on.
#[napi(catch_unwind, js_name = "htmlWrite")]
pub fn write(env: &Env, rewriter: u32, piece: Content) -> Result<u32> {
    Ok(Environment::get(env)?.rewriters.get(rewriter)?.write(piece.0))
}

#[napi(catch_unwind, js_name = "htmlEnd")]
pub fn end(env: &Env, rewriter: u32) -> Result<u32> {
    Ok(Environment::get(env)?.rewriters.get(rewriter)?.end())
}

/// The handler is done.
#[napi(catch_unwind, js_name = "htmlGo")]
pub fn go(env: &Env, rewriter: u32) -> Result<u32> {
    Ok(Environment::get(env)?.rewriters.get(rewriter)?.go())
}

/// A piece of the content that was asked for.
#[napi(catch_unwind, js_name = "htmlContent")]
pub fn content(env: &Env, rewriter: u32, piece: Content) -> Result<u32> {
    Ok(Environment::get(env)?.rewriters.get(rewriter)?.content(Some(piece.0)))
}

/// The content that was asked for is over.
#[napi(catch_unwind, js_name = "htmlContentEnd")]
pub fn content_end(env: &Env, rewriter: u32) -> Result<u32> {
    Ok(Environment::get(env)?.rewriters.get(rewriter)?.content(None))
}

/// What has been rewritten since this was asked last.
#[napi(catch_unwind, js_name = "htmlOutput", ts_return_type = "Uint8Array")]
pub fn output(env: &Env, rewriter: u32) -> Result<WireValue> {
    let output = Environment::get(env)?.rewriters.get(rewriter)?.output();
    Ok(WireValue::Bytes(Bytes::Owned(output)))
}

/// Why the parser has failed.
#[napi(catch_unwind, js_name = "htmlFailure")]
pub fn failure(env: &Env, rewriter: u32) -> Result<String> {
    Ok(Environment::get(env)?.rewriters.get(rewriter)?.failure())
}

#[napi(catch_unwind, js_name = "htmlText")]
pub fn text(env: &Env, rewriter: u32, which: u32) -> Result<Option<String>> {
    Ok(calls::text(&*Environment::get(env)?.rewriters.get(rewriter)?, which))
}

/// Returns why the text cannot be that, or null.
#[napi(catch_unwind, js_name = "htmlSetText")]
pub fn set_text(env: &Env, rewriter: u32, text: String) -> Result<Option<String>> {
    Ok(calls::set_text(&*Environment::get(env)?.rewriters.get(rewriter)?, text))
}

#[napi(catch_unwind, js_name = "htmlFlag")]
pub fn flag(env: &Env, rewriter: u32, which: u32) -> Result<bool> {
    Ok(calls::flag(&*Environment::get(env)?.rewriters.get(rewriter)?, which))
}

#[napi(catch_unwind, js_name = "htmlAttribute")]
pub fn attribute(env: &Env, rewriter: u32, name: String) -> Result<Option<String>> {
    Ok(calls::attribute(
        &*Environment::get(env)?.rewriters.get(rewriter)?,
        &name,
    ))
}

#[napi(catch_unwind, js_name = "htmlHasAttribute")]
pub fn has_attribute(env: &Env, rewriter: u32, name: String) -> Result<bool> {
    Ok(calls::has_attribute(
        &*Environment::get(env)?.rewriters.get(rewriter)?,
        &name,
    ))
}

/// Names and values by turns.
#[napi(catch_unwind, js_name = "htmlAttributes", ts_return_type = "string[]")]
pub fn attributes(env: &Env, rewriter: u32) -> Result<WireValue> {
    Ok(calls::attributes(&*Environment::get(env)?.rewriters.get(rewriter)?))
}

/// Returns why there can be no such attribute, or null.
#[napi(catch_unwind, js_name = "htmlSetAttribute")]
pub fn set_attribute(env: &Env, rewriter: u32, name: String, value: String) -> Result<Option<String>> {
    let environment = Environment::get(env)?;
    Ok(calls::set_attribute(
        &*environment.rewriters.get(rewriter)?,
        &name,
        &value,
    ))
}

#[napi(catch_unwind, js_name = "htmlRemoveAttribute")]
pub fn remove_attribute(env: &Env, rewriter: u32, name: String) -> Result<()> {
    calls::remove_attribute(&*Environment::get(env)?.rewriters.get(rewriter)?, &name);
    Ok(())
}

/// Inserts a text, which is escaped unless it is HTML.
#[napi(catch_unwind, js_name = "htmlInsert")]
pub fn insert(env: &Env, rewriter: u32, place: u32, text: String, html: bool) -> Result<()> {
    calls::insert(&*Environment::get(env)?.rewriters.get(rewriter)?, place, &text, html);
    Ok(())
}

/// Returns the number by which the content is asked for; -1 when there is no token.
#[napi(catch_unwind, js_name = "htmlInsertStream")]
pub fn insert_stream(env: &Env, rewriter: u32, place: u32, html: bool) -> Result<i32> {
    let number = calls::insert_stream(&*Environment::get(env)?.rewriters.get(rewriter)?, place, html);
    Ok(number.map_or(-1, |number| number as i32))
}

#[napi(catch_unwind, js_name = "htmlRemove")]
pub fn remove(env: &Env, rewriter: u32, keep_content: bool) -> Result<()> {
    calls::remove(&*Environment::get(env)?.rewriters.get(rewriter)?, keep_content);
    Ok(())
}

/// Returns the number of the handler of the element's end tag; -1 when it has none.
#[napi(catch_unwind, js_name = "htmlOnEndTag")]
pub fn on_end_tag(env: &Env, rewriter: u32) -> Result<i32> {
    let number = Environment::get(env)?.rewriters.get(rewriter)?.on_end_tag();
    Ok(number.map_or(-1, |number| number as i32))
}

/// Whether Node's loop should have a turn before the next piece, of which `htmlRested` tells.
#[napi(catch_unwind, js_name = "htmlIsTired")]
pub fn is_tired() -> bool {
    rewriter::is_tired()
}

#[napi(catch_unwind, js_name = "htmlRested")]
pub fn rested() {
    rewriter::rested();
}
