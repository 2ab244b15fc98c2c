//! Caches as Node's JavaScript calls them (`src/cache/node/cache-backend.js`). Each takes a cache first, an instance and its name
//! there, or a storage and the time (see `storage.rs`), and answers as `Environment::start` does.

use std::rc::Rc;

use crate::cache::{ROOM, calls, limits, policy};
use crate::node::binding::api::{Call, Result};
use crate::node::binding::environment::Environment;
use crate::realm::value::Value;
use crate::storage::node as storage;
use crate::storage::views::{self, Viewed};
use crate::store::Space;
use crate::store::record::TAIL_BYTES;

fn open(call: &Call) -> Result<(Rc<Environment>, Rc<dyn Space>, f64)> {
    let environment = Environment::get(call.env)?;
    let Some(name) = call.optional_text(1)? else {
        let (space, now_ms) = storage::open(call, &environment)?;
        return Ok((environment, Viewed::<views::Cache>::space(space), now_ms));
    };
    let instance = environment.instance(call.number(0)? as u32)?;
    Ok((
        environment,
        instance.stores.spaces(ROOM.name).space(&name),
        instance.clock.now_ms(),
    ))
}

/// `cacheTtl(instance, name, url, requestHeaders, status, headers)`: for how many milliseconds a response is fresh; `NaN`
/// when it may not be stored.
pub fn ttl(call: &Call) -> Result<Value> {
    let (_, _, now_ms) = open(call)?;
    let (url, request_headers, headers) = (call.text(2)?, call.text(3)?, call.text(5)?);
    let ttl_ms = policy::ttl_ms(&url, &request_headers, call.number(4)? as u16, &headers, now_ms);
    Ok(Value::Number(ttl_ms.unwrap_or(f64::NAN)))
}

/// `cachePut(instance, name, key, ttl, status, headers, body)`: the body is text or a `Uint8Array`.
pub fn put(call: &Call) -> Result<Value> {
    let (environment, space, now_ms) = open(call)?;
    let response = (call.number(4)? as u16, call.text(5)?, call.content(6, TAIL_BYTES)?);
    Ok(environment.start(calls::put(space, call.text(2)?, response, call.number(3)?, now_ms)))
}

/// `cacheMatch(instance, name, key, requestHeaders)`
pub fn find(call: &Call) -> Result<Value> {
    let (environment, space, now_ms) = open(call)?;
    Ok(environment.start(calls::find(space, call.text(2)?, call.text(3)?, now_ms)))
}

/// `cacheDelete(instance, name, key)`
pub fn delete(call: &Call) -> Result<Value> {
    let (environment, space, now_ms) = open(call)?;
    Ok(environment.start(calls::delete(space, call.text(2)?, now_ms)))
}

/// `cacheNameLimit()`: code units that the name of a cache may have.
pub fn name_limit(_call: &Call) -> Result<Value> {
    Ok(Value::Number(limits::CACHE_NAME_LENGTH as f64))
}
