//! A cache's functions as the worker's JavaScript calls them (`caches.ts`).

use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use super::{ROOM, calls, limits, policy};
use crate::realm::instance::Instance;
use crate::realm::pending::answer;
use crate::realm::value::{Value, content_of};
use crate::store::record::TAIL_BYTES;
use crate::store::{Space, StoreError};

fn open(state: &OpState, name: &str) -> (Rc<dyn Space>, f64) {
    let instance = state.borrow::<Rc<Instance>>();
    (instance.stores.spaces(ROOM.name).space(name), instance.clock.now_ms())
}

/// For how many milliseconds a response is fresh; `NaN` when it may not be stored.
#[op2(fast)]
pub fn op_cache_ttl(
    state: &OpState,
    #[string] url: &str,
    #[string] request_headers: &str,
    #[smi] status: u16,
    #[string] response_headers: &str,
) -> f64 {
    let now_ms = state.borrow::<Rc<Instance>>().clock.now_ms();
    policy::ttl_ms(url, request_headers, status, response_headers, now_ms).unwrap_or(f64::NAN)
}

/// `body` is text, or a `Uint8Array` that stays the caller's.
///
/// @param {Content} body
#[op2]
pub fn op_cache_put<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] cache: &str,
    #[string] key: String,
    ttl_ms: f64,
    #[smi] status: u16,
    #[string] headers: String,
    body: v8::Local<'s, v8::Value>,
) -> Result<Value, StoreError> {
    let (space, now_ms) = open(state, cache);
    let body = content_of(scope, body, TAIL_BYTES);
    answer(state, calls::put(space, key, (status, headers, body), ttl_ms, now_ms))
}

#[op2]
pub fn op_cache_match(
    state: &mut OpState,
    #[string] cache: &str,
    #[string] key: String,
    #[string] request_headers: String,
) -> Result<Value, StoreError> {
    let (space, now_ms) = open(state, cache);
    answer(state, calls::find(space, key, request_headers, now_ms))
}

#[op2]
pub fn op_cache_delete(state: &mut OpState, #[string] cache: &str, #[string] key: String) -> Result<Value, StoreError> {
    let (space, now_ms) = open(state, cache);
    answer(state, calls::delete(space, key, now_ms))
}

/// Code units that the name of a cache may have.
#[op2(fast)]
pub fn op_cache_name_limit() -> u32 {
    limits::CACHE_NAME_LENGTH as u32
}
