//! Storages that belong to no instance, as Node's JavaScript calls them (`src/node/names/named-storage.js`). Each call takes a
//! storage and the time first, and answers as `Environment::start` does.

use std::rc::Rc;

use crate::node::binding::api::{Call, Failure, Result};
use crate::node::binding::environment::Environment;
use crate::node::binding::place;
use crate::realm::background;
use crate::realm::value::Value;
use crate::storage::{calls, list};
use crate::store::memory::MemoryStore;
use crate::store::place::Place;
use crate::store::record::TAIL_BYTES;
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

/// `storageOpen(place, name)`: opens a storage, and returns its number. Names tell storages of one place apart.
pub fn open_storage(call: &Call) -> Result<Value> {
    let store: Rc<dyn Store> = match place(call, 0)? {
        Place::Memory => Rc::<MemoryStore>::default(),
        Place::Folder(folder, durability) => Rc::new(RocksStore::new(folder, ROOM, durability)),
        Place::Redis(url, authorities) => {
            RedisStore::open(&url, &authorities, SHARED_ROOM, background::handle()).map_err(Failure::new)?
        }
    };
    let name = call.text(1)?;
    let number = Environment::get(call.env)?.storages.add(Storage { store, name });
    Ok(Value::Number(f64::from(number)))
}

/// `storageClose(storage)`: nobody has the storage any more.
pub fn close(call: &Call) -> Result<Value> {
    Environment::get(call.env)?.storages.remove(call.number(0)? as u32);
    Ok(Value::Undefined)
}

/// The space of the storage that a call names first, and the time that it names then.
pub fn open(call: &Call, environment: &Environment) -> Result<(Rc<dyn Space>, f64)> {
    let Storage { store, name } = &*environment.storages.get(call.number(0)? as u32)?;
    Ok((store.space(name), call.number(1)?))
}

/// `storageHead(storage, now, key)`
pub fn head(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let (space, now_ms) = open(call, &environment)?;
    Ok(environment.start(calls::head(space, call.text(2)?, now_ms)))
}

/// `storageGet(storage, now, key)`
pub fn get(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let (space, now_ms) = open(call, &environment)?;
    Ok(environment.start(calls::get(space, call.text(2)?, now_ms)))
}

/// `storagePut(storage, now, key, value, options)`: the value is a `Uint8Array`.
pub fn put(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let (space, _) = open(call, &environment)?;
    let value = call.content(3, TAIL_BYTES)?;
    Ok(environment.start(calls::put(space, call.text(2)?, value, call.value(4)?)))
}

/// `storageDelete(storage, now, keys)`
pub fn delete(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let (space, now_ms) = open(call, &environment)?;
    Ok(environment.start(calls::delete(space, call.list(2)?, now_ms)))
}

/// `storageList(storage, now, query)`
pub fn list(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let (space, now_ms) = open(call, &environment)?;
    Ok(environment.start(list::list(space, call.value(2)?, now_ms)))
}
