//! What the addon exports. Each function converts and delegates.

use std::rc::Rc;
use std::time::Duration;

use deno_error::JsErrorBox;

use super::api::{Call, Exported, Failure, Result};
use super::environment::{Environment, LaneSettings};
use crate::cache::node as cache;
use crate::clock::Clock;
use crate::durable::id;
use crate::durable::node as durable;
use crate::kv::node as kv;
use crate::mock::node as mock;
use crate::node::instance::cron;
use crate::node::instance::crons::Crons;
use crate::node::options::toml;
use crate::realm::background;
use crate::realm::value::Value;
use crate::storage::node as storage;
use crate::store::database::Durability;
use crate::store::place::Place;
use crate::web::node as url_pattern;
use crate::worker::event::Event;
use crate::worker::nursery;
use crate::worker::snapshot;

/// Name and function of every export.
pub const FUNCTIONS: &[(&str, Exported)] = &[
    ("start", start),
    ("setup", setup),
    ("writeSnapshot", write_snapshot),
    ("writeCode", write_code),
    ("openInstance", open_instance),
    ("closeInstance", close_instance),
    ("settleStores", settle_stores),
    ("takeSnapshot", take_snapshot),
    ("restoreSnapshot", restore_snapshot),
    ("forgetSnapshot", forget_snapshot),
    ("openLane", open_lane),
    ("closeLane", close_lane),
    ("call", call),
    ("dispatch", dispatch),
    ("started", started),
    ("stalled", stalled),
    ("deliverRejections", deliver_rejections),
    ("keepAlive", keep_alive),
    ("later", later),
    ("cacheTtl", cache::ttl),
    ("cachePut", cache::put),
    ("cacheMatch", cache::find),
    ("cacheDelete", cache::delete),
    ("cacheNameLimit", cache::name_limit),
    ("kvGet", kv::get),
    ("kvPut", kv::put),
    ("kvDelete", kv::delete),
    ("kvList", kv::list),
    ("kvValueLimit", kv::value_limit),
    ("storageOpen", storage::open_storage),
    ("storageClose", storage::close),
    ("storageHead", storage::head),
    ("storageGet", storage::get),
    ("storagePut", storage::put),
    ("storageDelete", storage::delete),
    ("storageList", storage::list),
    ("durableOpen", durable::open),
    ("durableBegin", durable::begin),
    ("durableClose", durable::close),
    ("durableCall", durable::call),
    ("durableConfirmed", durable::confirmed),
    ("mockOpen", mock::open),
    ("mockClose", mock::close),
    ("mockLink", mock::link),
    ("mockUnlink", mock::unlink),
    ("mockForget", mock::forget),
    ("mockAdd", mock::add),
    ("mockRemove", mock::remove),
    ("mockSearch", mock::search),
    ("clockNow", clock_now),
    ("clockSet", clock_set),
    ("clockRelease", clock_release),
    ("clockStep", clock_step),
    ("clockTurns", clock_turns),
    ("pending", pending),
    ("durableIdFromName", durable_id_from_name),
    ("durableIdUnique", durable_id_unique),
    ("durableIdParse", durable_id_parse),
    ("parseToml", parse_toml),
    ("nextCron", next_cron),
    ("cronsOpen", crons_open),
    ("cronsSet", crons_set),
    ("cronsDue", crons_due),
    ("cronsClose", crons_close),
    ("urlPattern", url_pattern::parse),
    ("urlPatternInput", url_pattern::input),
];

/// `start()`: starts V8, which nobody waits for yet.
fn start(_call: &Call) -> Result<Value> {
    background::begin();
    Ok(Value::Undefined)
}

/// `setup(host, snapshot)`: registers a host, whose `host(lane, call, args)` answers the workers' calls, and returns its
/// number.
fn setup(call: &Call) -> Result<Value> {
    snapshot::load(&call.text(1)?).map_err(Failure::new)?;
    let host = Environment::add_host(call.env, call.raw(0))?;
    nursery::begin();
    Ok(Value::Number(f64::from(host)))
}

/// `writeSnapshot(path, worker, scripts)`: makes the start-up snapshot; `worker` is the file with the worker's modules in
/// one, `scripts` the folder with the scripts that stay apart. For the build, in a process that does nothing else.
fn write_snapshot(call: &Call) -> Result<Value> {
    snapshot::write(&call.text(0)?, &call.text(1)?, &call.text(2)?).map_err(Failure::new)?;
    Ok(Value::Undefined)
}

/// `writeCode(path)`: adds the code of the lazy scripts to the start-up snapshot. For the build, in a process that does
/// nothing else.
fn write_code(call: &Call) -> Result<Value> {
    snapshot::write_code(&call.text(0)?).map_err(Failure::new)?;
    Ok(Value::Undefined)
}

/// `openInstance()`: opens what the lanes of an instance share, and returns its number.
fn open_instance(call: &Call) -> Result<Value> {
    Ok(Value::Number(f64::from(Environment::get(call.env)?.open_instance())))
}

/// `closeInstance(instance)`
fn close_instance(call: &Call) -> Result<Value> {
    Environment::get(call.env)?.close_instance(call.number(0)? as u32);
    Ok(Value::Undefined)
}

/// `settleStores(instance, places)`: where rooms store from now on, `[room, place, room, place, ...]`; each place is a list,
/// as `persist.js` makes it.
fn settle_stores(call: &Call) -> Result<Value> {
    let instance = Environment::get(call.env)?.instance(call.number(0)? as u32)?;
    let named = call.list(1)?;
    let places = named.chunks(2).map(|named| match named {
        [Value::Text(room), Value::List(place)] => Ok((room.to_utf8(), place_of(place)?)),
        _ => Err(Failure::new("a room has a name and a place")),
    });
    let places = places.collect::<Result<Vec<_>>>()?;
    let settled = instance.stores.settle(places, background::handle());
    settled.map_err(Failure::new)?;
    Ok(Value::Undefined)
}

/// The place that an argument is.
pub fn place(call: &Call, index: usize) -> Result<Place> {
    place_of(&call.list(index)?)
}

/// `[]` for memory, `[folder, sync]` for the file system, `[url, authorities]` for Redis.
fn place_of(place: &[Value]) -> Result<Place> {
    match place {
        [] => Ok(Place::Memory),
        [Value::Text(folder), Value::Bool(sync)] => {
            let durability = if *sync { Durability::Sync } else { Durability::Os };
            Ok(Place::Folder(folder.to_utf8().into(), durability))
        }
        [Value::Text(url), Value::Text(authorities)] => Ok(Place::Redis(url.to_utf8(), authorities.to_utf8())),
        _ => Err(Failure::new("a place to store in is expected")),
    }
}

/// `takeSnapshot(instance)`: remembers what the instance has stored, and returns the snapshot's number.
fn take_snapshot(call: &Call) -> Result<Value> {
    let instance = Environment::get(call.env)?.instance(call.number(0)? as u32)?;
    Ok(Value::Number(instance.stores.take_snapshot() as f64))
}

/// `forgetSnapshot(instance, snapshot)`: nobody can ask for the snapshot any more.
fn forget_snapshot(call: &Call) -> Result<Value> {
    if let Ok(instance) = Environment::get(call.env)?.instance(call.number(0)? as u32) {
        instance.stores.forget_snapshot(call.number(1)? as usize);
    }
    Ok(Value::Undefined)
}

/// `restoreSnapshot(instance, snapshot)`: has the instance store again what it had stored then. Answers as
/// `Environment::start` does.
fn restore_snapshot(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let instance = environment.instance(call.number(0)? as u32)?;
    let restored = instance.stores.restore_snapshot(call.number(1)? as usize);
    Ok(environment.start(async move { restored.await.map(|()| Value::Undefined) }))
}

/// `openLane(cpuLimitMs, heapLimitMb, instance, host)`: opens a lane with a fresh isolate and returns its number.
fn open_lane(call: &Call) -> Result<Value> {
    let cpu_limit = Duration::try_from_secs_f64(call.number(0)? / 1000.0).map_err(Failure::new)?;
    let heap_limit_mib = call.number(1)? as usize;
    let (instance, host) = (call.number(2)? as u32, call.number(3)? as u32);
    let settings = LaneSettings {
        cpu_limit,
        heap_limit_mib,
        instance,
        host,
    };
    let id = Environment::get(call.env)?.open_lane(settings)?;
    Ok(Value::Number(f64::from(id)))
}

/// `closeLane(lane)`
fn close_lane(call: &Call) -> Result<Value> {
    Environment::get(call.env)?.close_lane(call.number(0)? as u32);
    Ok(Value::Undefined)
}

/// `call(lane, call, args)`: calls into a worker, synchronously. `undefined` when the lane is condemned or closed.
fn call(call: &Call) -> Result<Value> {
    let lane = Environment::get(call.env)?.lane(call.number(0)? as u32);
    let (number, args) = (call.number(1)? as u32, call.list(2)?);
    Ok(lane
        .and_then(|lane| lane.call(number, args))
        .unwrap_or(Value::Undefined))
}

/// `dispatch(lane, event, args)`: dispatches an event and returns its answer if the worker gave it at once; otherwise
/// the answer comes by the host.
fn dispatch(call: &Call) -> Result<Value> {
    let lane = Environment::get(call.env)?.lane(call.number(0)? as u32);
    let event = Event {
        id: call.number(1)? as u32,
        args: call.list(2)?,
    };
    Ok(lane.and_then(|lane| lane.dispatch(event)).unwrap_or(Value::Undefined))
}

/// `started(lane)`: the worker's script has started, or failed to.
fn started(call: &Call) -> Result<Value> {
    if let Some(lane) = Environment::get(call.env)?.lane(call.number(0)? as u32) {
        lane.started();
    }
    Ok(Value::Undefined)
}

/// `stalled(lane)`: where the script waits while nothing is under way, `[path, line, column, text of the line]` each.
fn stalled(call: &Call) -> Result<Value> {
    let lane = Environment::get(call.env)?.lane(call.number(0)? as u32);
    let places = lane.map(|lane| lane.stalled()).unwrap_or_default();
    let places = places.into_iter().map(|place| {
        Value::List(vec![
            place.path.as_str().into(),
            Value::Number(place.line as f64),
            Value::Number(place.column as f64),
            place.text.as_str().into(),
        ])
    });
    Ok(Value::List(places.collect()))
}

/// `deliverRejections(lane)`: tells a worker of the promise rejections that nobody has handled.
fn deliver_rejections(call: &Call) -> Result<Value> {
    if let Some(lane) = Environment::get(call.env)?.lane(call.number(0)? as u32) {
        lane.deliver_rejections();
    }
    Ok(Value::Undefined)
}

/// `keepAlive(alive)`: whether lanes that wait keep Node's loop alive.
fn keep_alive(call: &Call) -> Result<Value> {
    Environment::get(call.env)?.keep_alive(call.flag(0)?);
    Ok(Value::Undefined)
}

/// `later(number, settle)`: awaits what a call answered with a number; `settle` is called with an error's class and text,
/// or with null and the value.
fn later(call: &Call) -> Result<Value> {
    Environment::get(call.env)?.later(call.number(0)? as u32, call.raw(1))?;
    Ok(Value::Undefined)
}

fn clock(call: &Call) -> Result<Rc<Clock>> {
    let instance = Environment::get(call.env)?.instance(call.number(0)? as u32)?;
    Ok(instance.clock.clone())
}

/// `clockNow(instance)`: what an instance's clock shows.
fn clock_now(call: &Call) -> Result<Value> {
    Ok(Value::Number(clock(call)?.now_ms()))
}

/// `clockSet(instance, ms)`: makes it stand still and show that time.
fn clock_set(call: &Call) -> Result<Value> {
    clock(call)?.set(call.number(1)?);
    Ok(Value::Undefined)
}

/// `clockRelease(instance)`: lets it flow again.
fn clock_release(call: &Call) -> Result<Value> {
    clock(call)?.release();
    Ok(Value::Undefined)
}

/// `clockStep(instance, ms)`: moves it on to the next moment that somebody sleeps until; false when there was none before
/// that time, which it shows then.
fn clock_step(call: &Call) -> Result<Value> {
    Ok(Value::Bool(clock(call)?.step(call.number(1)?)))
}

/// `clockTurns(instance)`: how many turns the workers of an instance have had.
fn clock_turns(call: &Call) -> Result<Value> {
    Ok(Value::Number(clock(call)?.turns() as f64))
}

/// `pending(lane)`: the numbers of what a worker waits for from outside.
fn pending(call: &Call) -> Result<Value> {
    let lane = Environment::get(call.env)?.lane(call.number(0)? as u32);
    let pending = lane.map(|lane| lane.pending()).unwrap_or_default();
    Ok(Value::List(
        pending.into_iter().map(|id| Value::Number(f64::from(id))).collect(),
    ))
}

/// `durableIdFromName(binding, name)`
fn durable_id_from_name(call: &Call) -> Result<Value> {
    Ok(id::from_name(&call.text(0)?, &call.text(1)?).as_str().into())
}

/// `durableIdUnique(binding, nowMs)`
fn durable_id_unique(call: &Call) -> Result<Value> {
    let random = id::random().map_err(Failure::new)?;
    Ok(id::unique(&call.text(0)?, call.number(1)? as u64, random)
        .as_str()
        .into())
}

/// `durableIdParse(binding, text)`: `[id]`, or `[null, why there is none]`.
fn durable_id_parse(call: &Call) -> Result<Value> {
    Ok(Value::List(match id::parse(&call.text(0)?, &call.text(1)?) {
        Ok(id) => vec![id.as_str().into()],
        Err(error) => vec![Value::Null, error.to_string().as_str().into()],
    }))
}

/// `nextCron(expression, afterMs)`: when it is due next, or `undefined`.
fn next_cron(call: &Call) -> Result<Value> {
    let next = cron::next(&call.text(0)?, call.number(1)?).map_err(Failure::new)?;
    Ok(next.map_or(Value::Undefined, Value::Number))
}

/// `cronsOpen(instance)`: opens a scheduler on the instance's clock, and returns its number.
fn crons_open(call: &Call) -> Result<Value> {
    let crons = Crons::new(clock(call)?);
    Ok(Value::Number(f64::from(Environment::get(call.env)?.crons.add(crons))))
}

/// `cronsSet(scheduler, expressions)`: what it waits for; how many of them will be due at all.
fn crons_set(call: &Call) -> Result<Value> {
    let crons = Environment::get(call.env)?.crons.get(call.number(0)? as u32)?;
    let expressions = call.list(1)?.into_iter().filter_map(|expression| match expression {
        Value::Text(expression) => Some(expression.to_utf8()),
        _ => None,
    });
    let count = crons.set(expressions.collect()).map_err(Failure::new)?;
    Ok(Value::Number(count as f64))
}

/// `cronsDue(scheduler)`: waits for what is due, `[expression, time, expression, time, ...]`; nothing when there is nothing
/// to wait for. Answers as `Environment::start` does.
fn crons_due(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let crons = environment.crons.get(call.number(0)? as u32)?;
    Ok(environment.start(async move {
        let due = crons.due().await.map_err(JsErrorBox::generic)?.into_iter();
        let flat = due.flat_map(|(expression, due_ms)| [expression.as_str().into(), Value::Number(due_ms)]);
        Ok::<_, JsErrorBox>(Value::List(flat.collect()))
    }))
}

/// `cronsClose(scheduler)`
fn crons_close(call: &Call) -> Result<Value> {
    let environment = Environment::get(call.env)?;
    let number = call.number(0)? as u32;
    if let Ok(crons) = environment.crons.get(number) {
        crons.close();
    }
    environment.crons.remove(number);
    Ok(Value::Undefined)
}

/// `parseToml(text)`: the JSON of a TOML document.
fn parse_toml(call: &Call) -> Result<Value> {
    let json = toml::to_json(&call.text(0)?).map_err(Failure::new)?;
    Ok(json.as_str().into())
}
