//! A bucket's functions as the worker's JavaScript calls them (`r2-bucket.ts`).

use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use super::ROOM;
use super::body::Transfers;
use super::bucket::Bucket;
use super::calls::{self, Call, Source};
use super::error::{R2Error, Result};
use super::limits::R2_PART_BYTES;
use super::multipart::Name;
use super::tag;
use crate::realm::instance::Instance;
use crate::realm::pending::answer;
use crate::realm::value::{Bytes, Value, content_of, lent_of, payload_of};
use crate::store::payload::ROOM_BYTES;

fn open(state: &OpState, bucket: String) -> Result<Call> {
    let instance = state.borrow::<Rc<Instance>>();
    Ok(Call {
        bucket: Bucket::open(instance.stores.spaces(ROOM.name), bucket)?,
        transfers: state.borrow::<Rc<Transfers>>().clone(),
        now_ms: instance.clock.now_ms(),
    })
}

fn transfers(state: &OpState) -> Rc<Transfers> {
    state.borrow::<Rc<Transfers>>().clone()
}

/// Text, a `Uint8Array` that stays the caller's, or the number of a receiver.
fn source<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Source {
    match value.try_cast::<v8::Number>() {
        Ok(number) => Source::Receiver(number.value() as u32),
        Err(_) => Source::Whole(payload_of(scope, value, ROOM_BYTES)),
    }
}

#[op2]
pub fn op_r2_head(state: &mut OpState, #[string] bucket: String, #[string] key: String) -> Result<Value> {
    answer(state, calls::head(open(state, bucket)?, key))
}

/// @param {WireValue} options
#[op2]
pub fn op_r2_get<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    options: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let options = Value::from_v8(scope, options);
    answer(state, calls::get(open(state, bucket)?, key, options))
}

#[op2]
pub fn op_r2_read(state: &mut OpState, #[smi] body: u32, all: bool) -> Result<Value> {
    answer(state, calls::read(transfers(state), body, all))
}

/// @param {WireValue} condition
#[op2]
pub fn op_r2_admits<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    condition: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let condition = Value::from_v8(scope, condition);
    answer(state, calls::admits(open(state, bucket)?, key, condition))
}

/// Begins a value that comes in chunks.
///
/// @param {WireValue} expected
#[op2]
pub fn op_r2_receive<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    expected: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let expected = Value::from_v8(scope, expected);
    answer(state, calls::receive(open(state, bucket)?, expected))
}

/// @param {Content} bytes
#[op2]
pub fn op_r2_add<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[smi] receiver: u32,
    bytes: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let bytes = content_of(scope, bytes, 0);
    answer(state, calls::add(transfers(state), receiver, bytes))
}

/// The tag of an object whose value this is, which is noted in the object if it is still that one.
///
/// @param {Uint8Array} value
#[op2]
#[string]
pub fn op_r2_tag(
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    #[string] version: String,
    value: v8::Local<v8::Value>,
) -> Result<String> {
    let md5 = tag::md5(lent_of(value).as_ref().map_or(&[], Bytes::as_slice));
    tag::note(&open(state, bucket)?.bucket, &key, &version, &md5)?;
    Ok(md5)
}

/// Lets go of a body or a receiver.
#[op2(fast)]
pub fn op_r2_close(state: &mut OpState, #[smi] number: u32) {
    transfers(state).close(number);
}

/// @param {Content | number} value
/// @param {WireValue} options
#[op2]
pub fn op_r2_put<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    value: v8::Local<'s, v8::Value>,
    options: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let (source, options) = (source(scope, value), Value::from_v8(scope, options));
    answer(state, calls::put(open(state, bucket)?, key, source, options))
}

/// @param {string[]} keys
#[op2]
pub fn op_r2_delete<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    keys: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let keys = Value::from_v8(scope, keys);
    answer(state, calls::delete(open(state, bucket)?, keys))
}

/// @param {WireValue} query
#[op2]
pub fn op_r2_list<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    query: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let query = Value::from_v8(scope, query);
    answer(state, calls::list(open(state, bucket)?, query))
}

/// @param {WireValue} options
#[op2]
pub fn op_r2_create_upload<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    options: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let options = Value::from_v8(scope, options);
    answer(state, calls::create(open(state, bucket)?, key, options))
}

/// @param {Content | number} value
/// @param {WireValue} options
#[op2]
pub fn op_r2_put_part<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    #[string] id: String,
    value: v8::Local<'s, v8::Value>,
    options: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let (source, options) = (source(scope, value), Value::from_v8(scope, options));
    let call = open(state, bucket)?;
    answer(state, calls::put_part(call, Name { key, id }, source, options))
}

/// @param {WireValue} parts
#[op2]
pub fn op_r2_complete<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    #[string] id: String,
    parts: v8::Local<'s, v8::Value>,
) -> Result<Value> {
    let parts = Value::from_v8(scope, parts);
    let call = open(state, bucket)?;
    answer(state, calls::complete(call, Name { key, id }, parts, R2_PART_BYTES))
}

#[op2]
pub fn op_r2_abort(
    state: &mut OpState,
    #[string] bucket: String,
    #[string] key: String,
    #[string] id: String,
) -> Result<Value> {
    let call = open(state, bucket)?;
    answer::<R2Error>(state, calls::abort(call, Name { key, id }))
}

/// Limits: see `calls::numbers`.
///
/// @returns {number[]}
#[op2]
pub fn op_r2_numbers() -> Value {
    calls::numbers()
}
