//! Caches as Node's JavaScript calls them (`src/cache/node/cache-backend.ts`). Each call takes a cache first: an instance and the cache's
//! name there, or a storage and the time (see `storage`). They answer as `Environment::start` does.

use std::rc::Rc;

use napi::bindgen_prelude::{Either, Env};
use napi_derive::napi;

use crate::cache::limits;
use crate::cache::{ROOM, calls, policy};
use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::node::binding::wire::Content;
use crate::realm::value::Value as WireValue;
use crate::storage::node as storage;
use crate::storage::views::{self, Viewed};
use crate::store::Space;

/// The entries of a cache, and the time there.
struct Opened {
    environment: Rc<Environment>,
    space: Rc<dyn Space>,
    now_ms: f64,
}

fn open(env: &Env, owner: u32, name: Either<String, f64>) -> Result<Opened> {
    let environment = Environment::get(env)?;
    let (space, now_ms) = match name {
        Either::A(name) => {
            let instance = environment.instance(owner)?;
            (instance.stores.spaces(ROOM.name).space(&name), instance.clock.now_ms())
        }
        Either::B(now_ms) => (
            Viewed::<views::Cache>::space(storage::space(&environment, owner)?),
            now_ms,
        ),
    };
    Ok(Opened {
        environment,
        space,
        now_ms,
    })
}

/// What says how long a response is fresh. Headers are flat: names and values by turns, with line feeds between.
#[napi(object, object_to_js = false)]
pub struct CacheTtlOptions {
    pub url: String,
    pub request_headers: String,
    pub status: u16,
    pub headers: String,
}

/// For how many milliseconds a response is fresh; `NaN` when it may not be stored.
#[napi(catch_unwind, js_name = "cacheTtl")]
pub fn ttl(env: &Env, owner: u32, name: Either<String, f64>, options: CacheTtlOptions) -> Result<f64> {
    let now_ms = match name {
        Either::A(_) => Environment::get(env)?.instance(owner)?.clock.now_ms(),
        Either::B(now_ms) => now_ms,
    };
    let CacheTtlOptions {
        url,
        request_headers,
        status,
        headers,
    } = options;
    let ttl_ms = policy::ttl_ms(&url, &request_headers, status, &headers, now_ms);
    Ok(ttl_ms.unwrap_or(f64::NAN))
}

/// A response to store, for as long as `cacheTtl` says.
#[napi(object, object_to_js = false)]
pub struct CachePutOptions {
    pub ttl: f64,
    pub status: u16,
    pub headers: String,
    pub body: Content,
}

#[napi(catch_unwind, js_name = "cachePut")]
pub fn put(
    env: &Env,
    owner: u32,
    name: Either<String, f64>,
    key: String,
    options: CachePutOptions,
) -> Result<WireValue> {
    let Opened {
        environment,
        space,
        now_ms,
    } = open(env, owner, name)?;
    let CachePutOptions {
        ttl,
        status,
        headers,
        body,
    } = options;
    Ok(environment.start(calls::put(space, key, (status, headers, body.0), ttl, now_ms)))
}

#[napi(catch_unwind, js_name = "cacheMatch")]
pub fn find(
    env: &Env,
    owner: u32,
    name: Either<String, f64>,
    key: String,
    request_headers: String,
) -> Result<WireValue> {
    let Opened {
        environment,
        space,
        now_ms,
    } = open(env, owner, name)?;
    Ok(environment.start(calls::find(space, key, request_headers, now_ms)))
}

#[napi(catch_unwind, js_name = "cacheDelete")]
pub fn delete(env: &Env, owner: u32, name: Either<String, f64>, key: String) -> Result<WireValue> {
    let Opened {
        environment,
        space,
        now_ms,
    } = open(env, owner, name)?;
    Ok(environment.start(calls::delete(space, key, now_ms)))
}

/// Code units that the name of a cache may have.
#[napi(catch_unwind, js_name = "cacheNameLimit")]
pub fn name_limit() -> u32 {
    limits::CACHE_NAME_LENGTH as u32
}
