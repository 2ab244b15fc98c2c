//! A namespace's functions as the worker's JavaScript calls them (`kv-namespace.ts`).

use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use super::ROOM;
use super::calls::{self, Wanted};
use super::limits;
use super::namespace::KvError;
use crate::realm::instance::Instance;
use crate::realm::pending::answer;
use crate::realm::value::{Value, content_of};
use crate::store::Space;
use crate::store::record::TAIL_BYTES;

fn open(state: &OpState, name: &str) -> (Rc<dyn Space>, f64) {
    let instance = state.borrow::<Rc<Instance>>();
    (instance.stores.spaces(ROOM.name).space(name), instance.clock.now_ms())
}

#[op2]
pub fn op_kv_get(
    state: &mut OpState,
    #[string] namespace: &str,
    #[string] key: String,
    bytes: bool,
    metadata: bool,
    #[string] cache_ttl: Option<String>,
) -> Result<Value, KvError> {
    let (space, now_ms) = open(state, namespace);
    let wanted = Wanted { bytes, metadata };
    answer(state, calls::get(space, key, wanted, cache_ttl, now_ms))
}

/// `value` is text, or a `Uint8Array` that stays the caller's.
///
/// @param {Content} value
/// @param {import("./kv/kv-namespace.ts").KVStoring | undefined} options
#[op2]
pub fn op_kv_put<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] namespace: &str,
    #[string] key: String,
    value: v8::Local<'s, v8::Value>,
    options: v8::Local<'s, v8::Value>,
) -> Result<Value, KvError> {
    let (space, now_ms) = open(state, namespace);
    let value = content_of(scope, value, TAIL_BYTES);
    let options = Value::from_v8(scope, options);
    answer(state, calls::put(space, key, value, options, now_ms))
}

#[op2]
pub fn op_kv_delete(state: &mut OpState, #[string] namespace: &str, #[string] key: String) -> Result<Value, KvError> {
    let (space, _) = open(state, namespace);
    answer(state, calls::delete(space, key))
}

/// @param {import("./kv/kv-namespace.ts").KVQuery} query
#[op2]
pub fn op_kv_list<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] namespace: &str,
    query: v8::Local<'s, v8::Value>,
) -> Result<Value, KvError> {
    let (space, now_ms) = open(state, namespace);
    let query = Value::from_v8(scope, query);
    answer(state, calls::list(space, query, now_ms))
}

/// Bytes that a value may have.
#[op2(fast)]
pub fn op_kv_value_limit() -> f64 {
    limits::KV_VALUE_BYTES as f64
}
