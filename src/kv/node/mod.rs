//! KV namespaces as Node's JavaScript calls them (`src/kv/node/kv-backend.js`). Each takes a namespace first, an instance and its
//! name there, or a storage and the time (see `storage.rs`), and answers as `Environment::start` does.

use std::rc::Rc;

use crate::kv::ROOM;
use crate::kv::calls::{self, Wanted};
use crate::kv::limits;
use crate::node::binding::api::{Call, Result};
use crate::node::binding::environment::Environment;
use crate::realm::value::Value;
use crate::storage::node as storage;
use crate::store::Space;
use crate::store::record::TAIL_BYTES;

fn open(call: &Call) -> Result<(Rc<Environment>, Rc<dyn Space>, f64)> {
    let environment = Environment::get(call.env)?;
    let Some(name) = call.optional_text(1)? else {
        let (space, now_ms) = storage::open(call, &environment)?;
        return Ok((environment, space, now_ms));
    };
    let instance = environment.instance(call.number(0)? as u32)?;
    Ok((
        environment,
        instance.stores.spaces(ROOM.name).space(&name),
        instance.clock.now_ms(),
    ))
}

/// `kvGet(instance, name, key, bytes, metadata, cacheTtl)`
pub fn get(call: &Call) -> Result<Value> {
    let (environment, space, now_ms) = open(call)?;
    let wanted = Wanted {
        bytes: call.flag(3)?,
        metadata: call.flag(4)?,
    };
    let cache_ttl = call.optional_text(5)?;
    Ok(environment.start(calls::get(space, call.text(2)?, wanted, cache_ttl, now_ms)))
}

/// `kvPut(instance, name, key, value, options)`: the value is text or a `Uint8Array`.
pub fn put(call: &Call) -> Result<Value> {
    let (environment, space, now_ms) = open(call)?;
    let value = call.content(3, TAIL_BYTES)?;
    Ok(environment.start(calls::put(space, call.text(2)?, value, call.value(4)?, now_ms)))
}

/// `kvDelete(instance, name, key)`
pub fn delete(call: &Call) -> Result<Value> {
    let (environment, space, _) = open(call)?;
    Ok(environment.start(calls::delete(space, call.text(2)?)))
}

/// `kvList(instance, name, query)`
pub fn list(call: &Call) -> Result<Value> {
    let (environment, space, now_ms) = open(call)?;
    Ok(environment.start(calls::list(space, call.value(2)?, now_ms)))
}

/// `kvValueLimit()`: bytes that a value may have.
pub fn value_limit(_call: &Call) -> Result<Value> {
    Ok(Value::Number(limits::KV_VALUE_BYTES as f64))
}
