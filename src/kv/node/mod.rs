//! KV namespaces as Node's JavaScript calls them (`src/kv/node/kv-backend.ts`). Each call takes a namespace first: an instance and
//! the namespace's name there, or a storage and the time (see `storage`). They answer as `Environment::start` does.

use std::rc::Rc;

use napi::bindgen_prelude::{Either, Env};
use napi_derive::napi;

use crate::kv::ROOM;
use crate::kv::calls::{self, Wanted};
use crate::kv::limits;
use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::node::binding::raw::Call;
use crate::realm::value::Value as WireValue;
use crate::storage::node as storage;
use crate::store::Space;

/// The entries of a namespace, and the time there.
struct Opened {
    environment: Rc<Environment>,
    space: Rc<dyn Space>,
    now_ms: f64,
}

fn open(environment: Rc<Environment>, owner: u32, name: Either<String, f64>) -> Result<Opened> {
    let (space, now_ms) = match name {
        Either::A(name) => {
            let instance = environment.instance(owner)?;
            (instance.stores.spaces(ROOM.name).space(&name), instance.clock.now_ms())
        }
        Either::B(now_ms) => (storage::space(&environment, owner)?, now_ms),
    };
    Ok(Opened {
        environment,
        space,
        now_ms,
    })
}

fn open_raw(call: &Call) -> Result<Opened> {
    let name = match call.optional_text(1)? {
        Some(name) => Either::A(name),
        None => Either::B(call.time(1)?),
    };
    open(Environment::get(call.scope)?, call.number(0)?, name)
}

/// `kvGet(owner, name, key, bytes, metadata, cacheTtl)`: reads a value, as bytes or text, and its metadata if wanted.
pub fn get(call: &Call) -> Result<WireValue> {
    let Opened {
        environment,
        space,
        now_ms,
    } = open_raw(call)?;
    let wanted = Wanted {
        bytes: call.flag(3)?,
        metadata: call.flag(4)?,
    };
    Ok(environment.start(calls::get(space, call.text(2)?, wanted, call.optional_text(5)?, now_ms)))
}

/// `kvPut(owner, name, key, value, options)`
pub fn put(call: &Call) -> Result<WireValue> {
    let Opened {
        environment,
        space,
        now_ms,
    } = open_raw(call)?;
    let (key, value, options) = (call.text(2)?, call.content(3)?, call.value(4)?);
    Ok(environment.start(calls::put(space, key, value, options, now_ms)))
}

#[napi(catch_unwind, js_name = "kvDelete")]
pub fn delete(env: &Env, owner: u32, name: Either<String, f64>, key: String) -> Result<WireValue> {
    let Opened { environment, space, .. } = open(Environment::get(env)?, owner, name)?;
    Ok(environment.start(calls::delete(space, key)))
}

#[napi(catch_unwind, js_name = "kvList")]
pub fn list(env: &Env, owner: u32, name: Either<String, f64>, query: WireValue) -> Result<WireValue> {
    let Opened {
        environment,
        space,
        now_ms,
    } = open(Environment::get(env)?, owner, name)?;
    Ok(environment.start(calls::list(space, query, now_ms)))
}

/// Bytes that a value may have.
#[napi(catch_unwind, js_name = "kvValueLimit")]
pub fn value_limit() -> u32 {
    limits::KV_VALUE_BYTES as u32
}
