//! Alarms as the worker's JavaScript calls them (`alarms.ts`).

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2};

use super::ROOM;
use super::alarm::{self, Alarm};
use super::alarms::{Alarms, Name, Told};
use super::ops::Open;
use super::storage::{Entries, Storage, StorageError};
use crate::protocol::alarm::{BEGIN, DELETE, FAIL, GET, SET, SUCCEED};
use crate::protocol::alarm_time::{NONE, SPENT};
use crate::protocol::host;
use crate::realm::host::HostHandle;
use crate::realm::instance::Instance;
use crate::realm::value::Value;

/// Gets, sets or deletes an alarm, or notes how its delivery goes on. `value` is the time that `SET` sets; `BEGIN` begins
/// what is due by then or by now. Answers `GET` with the alarm's time, `BEGIN` with the number of deliveries before this
/// one, `FAIL` with the milliseconds until the retry. What `BEGIN` has written must be confirmed before the handler is called.
#[op2(fast)]
pub fn op_durable_alarm(
    state: &mut OpState,
    #[cppgc] open: &Open,
    #[smi] act: u8,
    value: f64,
) -> Result<f64, StorageError> {
    let storage = open.storage();
    match act {
        GET | SET | DELETE => return of_object(open, act, value),
        BEGIN => return begin(storage, value, state.borrow::<Rc<Instance>>().clock.now_ms()),
        SUCCEED => settle(storage, true)?,
        FAIL => {
            settle(storage, false)?;
            let now_ms = state.borrow::<Rc<Instance>>().clock.now_ms();
            return Ok(current(open)?.map_or(NONE, |alarm| (alarm.due_ms - now_ms).max(0.0)));
        }
        _ => {}
    }
    Ok(NONE)
}

/// What an object itself does with its alarm.
pub fn of_object(open: &Open, act: u8, value: f64) -> Result<f64, StorageError> {
    let entries = open.entries();
    match act {
        GET => return Ok(current(open)?.map_or(NONE, |alarm| alarm.time_ms)),
        SET => {
            let alarm = open.storage().alarm.to_bytes(Alarm::at(value));
            entries.put(vec![(alarm::KEY.into(), alarm)])?;
        }
        _ => drop(entries.delete(vec![alarm::KEY.into()])?),
    }
    Ok(NONE)
}

/// The alarm that its object sees: one that is being delivered is gone for it.
fn current(open: &Open) -> Result<Option<Alarm>, StorageError> {
    let stored = open.entries().get(alarm::KEY)?;
    let seen = stored.filter(|stored| !open.storage().alarm.delivers(stored));
    Ok(seen.and_then(|stored| Alarm::from_bytes(&stored)))
}

/// Notes the name of an object, which is stored with its alarm. Without a name, returns the one that is stored.
#[op2]
#[string]
pub fn op_durable_alarm_name(
    #[cppgc] open: &Open,
    #[string] name: Option<String>,
) -> Result<Option<String>, StorageError> {
    let storage = open.storage();
    let Some(name) = name else {
        let stored = storage.get(alarm::KEY)?;
        return Ok(stored.as_deref().and_then(Alarm::name_in).map(String::from));
    };
    storage.alarm.name_object(&name);
    Ok(Some(name))
}

fn begin(storage: &Storage, until_ms: f64, now_ms: f64) -> Result<f64, StorageError> {
    let bytes = storage.get(alarm::KEY)?;
    let stored = bytes.as_deref().and_then(Alarm::from_bytes);
    let Some(alarm) = stored.filter(|alarm| alarm.due_ms <= until_ms.max(now_ms)) else {
        // Others have handled, set or deleted it, or it was never stored.
        storage.alarm.note(Some(stored));
        return Ok(NONE);
    };
    if alarm.is_spent() {
        storage.delete(vec![alarm::KEY.into()])?;
        return Ok(SPENT);
    }
    let name = bytes.as_deref().and_then(Alarm::name_in).unwrap_or_default();
    let retry = alarm.retry(now_ms).to_bytes(name);
    storage.alarm.deliver(Some(retry.clone()));
    storage.put(vec![(alarm::KEY.into(), retry)])?;
    Ok(f64::from(alarm.retries))
}

/// The delivery is over. Nothing is left to do for it if the object has set or deleted its alarm meanwhile.
fn settle(storage: &Storage, succeeded: bool) -> Result<(), StorageError> {
    let stored = storage.get(alarm::KEY)?.filter(|stored| storage.alarm.delivers(stored));
    storage.alarm.settled();
    let retry = stored.and_then(|stored| Alarm::from_bytes(&stored));
    if retry.is_some_and(|retry| succeeded || retry.is_spent()) {
        storage.delete(vec![alarm::KEY.into()])?;
    }
    Ok(())
}

fn alarms(state: &OpState) -> Rc<Alarms> {
    state.borrow::<Rc<Instance>>().part()
}

/// This lane delivers the alarms of `bindings` from now on. The number it is known by; 0 stands for a new one.
#[op2]
#[smi]
pub fn op_durable_alarms_watch(state: &mut OpState, #[smi] watcher: u32, #[serde] bindings: Vec<String>) -> u32 {
    let alarms = alarms(state);
    let watcher = if watcher == 0 { alarms.watcher() } else { watcher };
    alarms.watch(watcher, bindings);
    watcher
}

/// Waits for alarms to be due: `[binding, id, binding, id, ...]`, nothing when another lane watches instead.
#[op2]
#[serde]
pub async fn op_durable_alarms_due(state: Rc<RefCell<OpState>>, #[smi] watcher: u32) -> Vec<String> {
    let (instance, host) = {
        let state = state.borrow();
        (
            state.borrow::<Rc<Instance>>().clone(),
            state.borrow::<HostHandle>().0.clone(),
        )
    };
    let tell = |told: Told| {
        drop(match told {
            Told::Expects(soon) => host.call(host::EXPECTS, vec![Value::Bool(soon)]),
            Told::Outage(error, seconds) => {
                let text = format!(
                    "Alarms of Durable Objects cannot be delivered at the moment, which is tried again in {seconds} s: {error}"
                );
                host.call(host::WARN, vec![text.as_str().into()])
            }
        });
    };
    let alarms = instance.part::<Alarms>();
    flat(alarms.due(watcher, &instance.clock, &instance.stores, tell).await)
}

/// Objects with an alarm, in the order of their times: `[binding, id, binding, id, ...]`; only what is due, if asked so.
#[op2]
#[serde]
pub async fn op_durable_alarms_scheduled(state: Rc<RefCell<OpState>>, due: bool) -> Result<Vec<String>, StorageError> {
    let instance = state.borrow().borrow::<Rc<Instance>>().clone();
    let alarms = instance.part::<Alarms>();
    let store = instance.stores.spaces(ROOM.name);
    if store.is_shared() {
        alarms.read(&store).await?;
    } else {
        alarms.load(&store).await?;
    }
    Ok(flat(alarms.scheduled(due.then(|| instance.clock.now_ms()))))
}

/// Something that was written is lost: what is stored must be read again.
#[op2(fast)]
pub fn op_durable_alarms_forget(state: &mut OpState) {
    alarms(state).forget();
}

/// An alarm could not be delivered; in how many milliseconds that is tried again.
#[op2(fast)]
pub fn op_durable_alarms_postpone(state: &mut OpState, #[string] binding: String, #[string] id: String) -> f64 {
    let now_ms = state.borrow::<Rc<Instance>>().clock.now_ms();
    alarms(state).postpone(&(binding, id), now_ms)
}

fn flat(names: Vec<Name>) -> Vec<String> {
    names.into_iter().flat_map(|(binding, id)| [binding, id]).collect()
}

/// A delivery begins or ends; false when it cannot begin, since one is under way.
#[op2(fast)]
pub fn op_durable_alarms_deliver(
    state: &mut OpState,
    #[smi] watcher: u32,
    #[string] binding: String,
    #[string] id: String,
    begins: bool,
) -> bool {
    let alarms = alarms(state);
    let name = (binding, id);
    if begins {
        alarms.begin(watcher, &name)
    } else {
        alarms.end(watcher, &name);
        true
    }
}
