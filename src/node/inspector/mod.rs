//! What Node's half asks of the inspectors of lanes: sessions go by numbers that it chooses. A lane that has been closed, or
//! that debuggers may not connect to, does nothing.

use std::path::Path;
use std::rc::Rc;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::node::binding::environment::Environment;
use crate::node::binding::failure::{Code, Result};
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

/// Starts to sample what a lane runs, each so many microseconds. False if Node itself is being profiled.
#[napi(catch_unwind)]
pub fn profile_start(env: &Env, lane: u32, interval_us: u32) -> Result<bool> {
    let start =
        |lane: Rc<Lane>| lane.with_profilers(|profilers, inspector| profilers.start_cpu(inspector, interval_us));
    Ok(open(env, lane)?.is_some_and(start))
}

/// The profile since `profileStart`, as JSON.
#[napi(catch_unwind)]
pub fn profile_stop(env: &Env, lane: u32) -> Result<Option<String>> {
    Ok(open(env, lane)?.and_then(|lane| lane.with_profilers(|profilers, _| profilers.stop_cpu())))
}

/// Starts to sample what a lane allocates, each so many bytes on average.
#[napi(catch_unwind)]
pub fn heap_profile_start(env: &Env, lane: u32, interval_bytes: u32) -> Result<()> {
    if let Some(lane) = open(env, lane)? {
        lane.with_profilers(|profilers, inspector| profilers.start_heap(inspector, interval_bytes));
    }
    Ok(())
}

/// The profile since `heapProfileStart`, as JSON.
#[napi(catch_unwind)]
pub fn heap_profile_stop(env: &Env, lane: u32) -> Result<Option<String>> {
    Ok(open(env, lane)?.and_then(|lane| lane.with_profilers(|profilers, _| profilers.stop_heap())))
}

/// Writes what is on the heap of a lane to a file. Throws why it cannot be written.
#[napi(catch_unwind)]
pub fn heap_snapshot(env: &Env, lane: u32, path: String) -> Result<()> {
    let Some(lane) = open(env, lane)? else { return Ok(()) };
    lane.heap_snapshot(Path::new(&path))
        .map_err(|error| Code::System.because(error))
}
