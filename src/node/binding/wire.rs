//! Values to and from Node, as arguments and results of exported functions.

use napi::bindgen_prelude::{FromNapiValue, ToNapiValue};
use napi::sys;

use super::failure::{Code, Result, of_argument};
use super::scope::{Handle, Scope};
use super::wire_read::{type_of, utf8, with_view};
use crate::realm::value::Value;
use crate::store::payload::{Payload, ROOM_BYTES};
use crate::store::record::TAIL_BYTES;

/// A value as an argument of functions that napi exports.
impl FromNapiValue for Value {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Value> {
        // SAFETY: napi converts the arguments of a call while it lasts.
        let (scope, value) = unsafe { (Scope::new(env), Handle::new(value)) };
        Value::from_node(scope, value).map_err(of_argument)
    }
}

/// A value as the result of functions that napi exports.
impl ToNapiValue for Value {
    unsafe fn to_napi_value(env: sys::napi_env, value: Value) -> napi::Result<sys::napi_value> {
        // SAFETY: napi converts the result of a call before it returns.
        let made = value.into_node(unsafe { Scope::new(env) });
        made.map(Handle::raw).map_err(of_argument)
    }
}

/// What a store is to keep: the bytes of text or of a `Uint8Array`, with room for the record's tail.
pub struct Content(pub Vec<u8>);

impl FromNapiValue for Content {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Content> {
        // SAFETY: napi converts the arguments of a call while it lasts.
        let (scope, value) = unsafe { (Scope::new(env), Handle::new(value)) };
        content(scope, value).map(Content).map_err(of_argument)
    }
}

/// What a store is to keep, which may be long, or the number of something that Rust has already.
pub enum Given {
    Content(Payload),
    Number(u32),
}

impl FromNapiValue for Given {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Given> {
        // SAFETY: napi converts the arguments of a call while it lasts.
        let (scope, value) = unsafe { (Scope::new(env), Handle::new(value)) };
        given(scope, value).map_err(of_argument)
    }
}

fn given(scope: Scope, value: Handle) -> Result<Given> {
    if type_of(scope, value)? != sys::ValueType::napi_number {
        return payload(scope, value).map(Given::Content);
    }
    match Value::from_node(scope, value)? {
        Value::Number(number) => Ok(Given::Number(number as u32)),
        _ => Err(Code::InvalidArgument.because("expected a number")),
    }
}

/// A string as UTF-8; `None` for other values.
pub fn text_of(scope: Scope, value: Handle) -> Result<Option<String>> {
    let is_text = type_of(scope, value)? == sys::ValueType::napi_string;
    is_text.then(|| utf8(scope, value)).transpose()
}

/// See [`Content`].
pub fn content(scope: Scope, value: Handle) -> Result<Vec<u8>> {
    if let Some(text) = text_of(scope, value)? {
        return Ok(text.into_bytes());
    }
    with_view(scope, value, |view| {
        let mut copy = Vec::with_capacity(view.len() + TAIL_BYTES);
        copy.extend_from_slice(view);
        copy
    })?
    .ok_or_else(|| Code::InvalidArgument.because("a value to store is a string or a Uint8Array"))
}

/// As [`content`], for values that may be long, with room for a record's metadata.
fn payload(scope: Scope, value: Handle) -> Result<Payload> {
    if let Some(text) = text_of(scope, value)? {
        return Ok(text.into_bytes().into());
    }
    with_view(scope, value, |view| Payload::copy_of(view, ROOM_BYTES))?
        .ok_or_else(|| Code::InvalidArgument.because("a value to store is a string or a Uint8Array"))
}
