//! Storages that belong to no instance, as Node's JavaScript calls them (`src/node/names/named-storage.ts`). Each call takes a
//! storage and the time first, and answers as `Environment::start` does.

use std::rc::Rc;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::node::binding::place as places;
use crate::node::binding::wire::Content;
use crate::realm::background;
use crate::realm::value::Value as WireValue;
use crate::storage::{calls, list};
use crate::store::memory::MemoryStore;
use crate::store::place::Place;
use crate::store::redis::RedisStore;
use crate::store::rocks::RocksStore;
use crate::store::{Space, Store};

/// What tells the entries of storages from those of instances in the same folder.
const ROOM: &str = "storage";
/// On a server a storage is a KV namespace of the instances that store there, as it was in Miniflare 2.
const SHARED_ROOM: &str = "kv";

/// A storage: a space of a store that is its own.
pub struct Storage {
    pub store: Rc<dyn Store>,
    pub name: String,
}

/// Opens a storage, and returns its number. Names tell storages of one place apart.
#[napi(catch_unwind)]
pub fn storage_open(env: &Env, #[napi(ts_arg_type = "Place")] place: Vec<WireValue>, name: String) -> Result<u32> {
    let store: Rc<dyn Store> = match places::read(&place)? {
        Place::Memory => Rc::<MemoryStore>::default(),
        Place::Folder(folder, durability) => Rc::new(RocksStore::new(folder, ROOM, durability)),
        Place::Redis(url, authorities) => RedisStore::open(&url, &authorities, SHARED_ROOM, background::handle())?,
    };
    Ok(Environment::get(env)?.storages.add(Storage { store, name }))
}

/// Releases the storage when Node has no reference left.
#[napi(catch_unwind)]
pub fn storage_close(env: &Env, storage: u32) -> Result<()> {
    Environment::get(env)?.storages.remove(storage);
    Ok(())
}

/// The space of a storage.
pub fn space(environment: &Environment, storage: u32) -> Result<Rc<dyn Space>> {
    let Storage { store, name } = &*environment.storages.get(storage)?;
    Ok(store.space(name))
}

#[napi(catch_unwind)]
pub fn storage_head(env: &Env, storage: u32, now_ms: f64, key: String) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let space = space(&environment, storage)?;
    Ok(environment.start(calls::head(space, key, now_ms)))
}

#[napi(catch_unwind)]
pub fn storage_get(env: &Env, storage: u32, now_ms: f64, key: String) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let space = space(&environment, storage)?;
    Ok(environment.start(calls::get(space, key, now_ms)))
}

/// The time is not read: what is put says itself when it expires.
#[napi(catch_unwind)]
pub fn storage_put(
    env: &Env,
    storage: u32,
    _now_ms: f64,
    key: String,
    value: Content,
    options: WireValue,
) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let space = space(&environment, storage)?;
    Ok(environment.start(calls::put(space, key, value.0, options)))
}

#[napi(catch_unwind)]
pub fn storage_delete(env: &Env, storage: u32, now_ms: f64, keys: Vec<WireValue>) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let space = space(&environment, storage)?;
    Ok(environment.start(calls::delete(space, keys, now_ms)))
}

#[napi(catch_unwind)]
pub fn storage_list(env: &Env, storage: u32, now_ms: f64, query: WireValue) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let space = space(&environment, storage)?;
    Ok(environment.start(list::list(space, query, now_ms)))
}
