//! Mocks as Node's JavaScript keeps them here (`src/mock/node/`): by numbers, a mock's own, that of a table of it, and that
//! of an interceptor in the table.

use napi_derive::napi;

use crate::mock;
use crate::node::binding::failure::{Code, Result};
use crate::realm::value::Value as WireValue;

/// A list of four values.
fn four(name: &str, list: Vec<WireValue>) -> Result<[WireValue; 4]> {
    let wrong = |list: Vec<_>| format!("{name} is a list of four, got one of {}", list.len());
    list.try_into()
        .map_err(|list| Code::InvalidArgument.because(wrong(list)))
}

/// Opens a mock and returns its number.
#[napi(catch_unwind, js_name = "mockOpen")]
pub fn open() -> Result<i64> {
    let number = mock::open().map_err(|error| Code::System.because(error))?;
    Ok(number as i64)
}

#[napi(catch_unwind, js_name = "mockClose")]
pub fn close(mock: i64) {
    mock::close(mock as u64);
}

/// Answers requests to an origin by a table.
#[napi(catch_unwind, js_name = "mockLink")]
pub fn link(mock: i64, table: u32, origin: String) {
    mock::link((mock as u64, table), origin);
}

#[napi(catch_unwind, js_name = "mockUnlink")]
pub fn unlink(mock: i64, origin: String) {
    mock::unlink(mock as u64, &origin);
}

/// Empties a table.
#[napi(catch_unwind, js_name = "mockForget")]
pub fn forget(mock: i64, table: u32) {
    mock::forget((mock as u64, table));
}

/// Adds an interceptor; its data is as `mock-data.ts` makes it.
#[napi(catch_unwind, js_name = "mockAdd")]
pub fn add(mock: i64, table: u32, number: u32, data: Vec<WireValue>) -> Result<()> {
    mock::add((mock as u64, table), number, four("data", data)?.each_ref());
    Ok(())
}

#[napi(catch_unwind, js_name = "mockRemove")]
pub fn remove(mock: i64, table: u32, number: u32) {
    mock::remove((mock as u64, table), number);
}

/// What the table has for a request, from an interceptor on.
#[napi(catch_unwind, js_name = "mockSearch")]
pub fn search(mock: i64, table: u32, from: u32, path: String, parts: Vec<WireValue>) -> Result<WireValue> {
    let parts = four("parts", parts)?;
    Ok(mock::search((mock as u64, table), from, &path, parts.each_ref()))
}
