//! What Node's half asks of the inspectors of lanes: sessions go by numbers that it chooses. A lane that has been closed, or
//! that debuggers may not connect to, does nothing.

use std::rc::Rc;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::worker::inspector::{self, Inspector};
use crate::worker::lane::Lane;

fn open(env: &Env, lane: u32) -> Result<Option<Rc<Lane>>> {
    Ok(Environment::get(env)?.lane(lane))
}

fn inspect(env: &Env, lane: u32, work: impl FnOnce(&Inspector)) -> Result<()> {
    if let Some(lane) = open(env, lane)? {
        lane.inspect(work);
    }
    Ok(())
}

/// The number by which `inspectorInterrupt` knows a lane.
#[napi(catch_unwind)]
pub fn inspector_number(env: &Env, lane: u32) -> Result<Option<u32>> {
    let inspector = open(env, lane)?.and_then(|lane| lane.inspector());
    Ok(inspector.map(|inspector| inspector.number()))
}

/// Opens a session. Its messages come by the host.
#[napi(catch_unwind)]
pub fn inspector_connect(env: &Env, lane: u32, session: u32) -> Result<()> {
    inspect(env, lane, |inspector| inspector.connect(session))
}

/// Hands a message to a session.
#[napi(catch_unwind)]
pub fn inspector_send(env: &Env, lane: u32, session: u32, message: String) -> Result<()> {
    inspect(env, lane, |inspector| inspector.send(session, &message))
}

/// Closes a session; a worker that it has paused goes on.
#[napi(catch_unwind)]
pub fn inspector_disconnect(env: &Env, lane: u32, session: u32) -> Result<()> {
    inspect(env, lane, |inspector| inspector.disconnect(session))
}

/// Pauses the worker at the next statement that it runs.
#[napi(catch_unwind)]
pub fn inspector_pause_next(env: &Env, lane: u32, session: u32) -> Result<()> {
    inspect(env, lane, |inspector| inspector.pause_next(session))
}

/// Whether the worker is paused.
#[napi(catch_unwind)]
pub fn inspector_is_paused(env: &Env, lane: u32) -> Result<bool> {
    let inspector = open(env, lane)?.and_then(|lane| lane.inspector());
    Ok(inspector.is_some_and(|inspector| inspector.is_paused()))
}

/// Has a running worker ask its host for messages, by the number of `inspectorNumber`. In any environment, on any thread.
#[napi(catch_unwind)]
pub fn inspector_interrupt(number: u32) -> Result<()> {
    inspector::interrupt(number);
    Ok(())
}
