//! Where an instance stores, and what it has stored: remembered and brought back, or deleted.

use std::collections::HashMap;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::node::binding::place;
use crate::realm::background;
use crate::realm::value::Value as WireValue;
use crate::rooms::ROOMS;

/// Has rooms of an instance, by their names, store in these places from now on; each is as `persist.ts` makes it.
#[napi(catch_unwind)]
pub fn settle_stores(
    env: &Env,
    instance: u32,
    #[napi(ts_arg_type = "Record<string, Place>")] places: HashMap<String, Vec<WireValue>>,
) -> Result<()> {
    let instance = Environment::get(env)?.instance(instance)?;
    let places = places.into_iter().map(|(room, parts)| Ok((room, place::read(&parts)?)));
    let places = places.collect::<Result<Vec<_>>>()?;
    Ok(instance.stores.settle(places, background::handle())?)
}

/// Remembers what the instance has stored, and returns the snapshot's number.
#[napi(catch_unwind)]
pub fn take_snapshot(env: &Env, instance: u32) -> Result<u32> {
    let instance = Environment::get(env)?.instance(instance)?;
    Ok(instance.stores.take_snapshot() as u32)
}

/// Releases a snapshot when Node has no reference left.
#[napi(catch_unwind)]
pub fn forget_snapshot(env: &Env, instance: u32, snapshot: u32) -> Result<()> {
    if let Ok(instance) = Environment::get(env)?.instance(instance) {
        instance.stores.forget_snapshot(snapshot as usize);
    }
    Ok(())
}

/// Deletes all that an instance has stored. Answers as `Environment::start` does.
#[napi(catch_unwind)]
pub fn clear_stores(env: &Env, instance: u32) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let instance = environment.instance(instance)?;
    for add in ROOMS.iter().filter_map(|room| room.add_stores) {
        add(&instance)?;
    }
    let cleared = instance.stores.clear();
    Ok(environment.start(async move { cleared.await.map(|()| WireValue::Undefined) }))
}

/// Has the instance store again what it had stored then. Answers as `Environment::start` does.
#[napi(catch_unwind)]
pub fn restore_snapshot(env: &Env, instance: u32, snapshot: u32) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let instance = environment.instance(instance)?;
    let restored = instance.stores.restore_snapshot(snapshot as usize);
    Ok(environment.start(async move { restored.await.map(|()| WireValue::Undefined) }))
}
