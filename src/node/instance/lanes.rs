//! Lanes as Node's JavaScript has them (`src/node/instance/lane.ts`): by their numbers. One that has been closed does
//! nothing.

use std::rc::Rc;
use std::time::Duration;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::node::binding::environment::{Environment, LaneSettings};
use crate::node::binding::failure::{Code, Result};
use crate::node::binding::raw::Call;
use crate::realm::value::Value;
use crate::worker::event::Event;
use crate::worker::lane::Lane;

/// What a lane is opened with.
#[napi(object, object_to_js = false)]
pub struct OpenLaneOptions {
    /// CPU time of a turn, in milliseconds.
    pub cpu_limit_ms: f64,
    /// Memory of the isolate, in MiB.
    pub heap_limit_mb: f64,
    /// Whether it is counted what runs.
    pub coverage: bool,
    /// What debuggers call the worker, if they may connect.
    pub inspector: Option<String>,
    /// A number of `openInstance`.
    pub instance: u32,
    /// A number of `setup`.
    pub host: u32,
}

/// Opens a lane with a fresh isolate and returns its number.
#[napi(catch_unwind)]
pub fn open_lane(env: &Env, options: OpenLaneOptions) -> Result<u32> {
    let invalid = |error| Code::InvalidArgument.because(format!("cpuLimitMs: {error}"));
    let settings = LaneSettings {
        cpu_limit: Duration::try_from_secs_f64(options.cpu_limit_ms / 1000.0).map_err(invalid)?,
        heap_limit_mib: options.heap_limit_mb as usize,
        coverage: options.coverage,
        inspector: options.inspector,
        instance: options.instance,
        host: options.host,
    };
    Environment::get(env)?.open_lane(env.into(), settings)
}

#[napi(catch_unwind)]
pub fn close_lane(env: &Env, lane: u32) -> Result<()> {
    Environment::get(env)?.close_lane(lane);
    Ok(())
}

/// `call(lane, call, args)`: calls into a worker, synchronously. `undefined` when the lane is condemned or closed.
pub fn call(call: &Call) -> Result<Value> {
    let lane = Environment::get(call.scope)?.lane(call.number(0)?);
    let (number, args) = (call.number(1)?, call.list(2)?);
    let answer = lane.and_then(|lane| lane.call(number, args));
    Ok(answer.unwrap_or(Value::Undefined))
}

/// `dispatch(lane, event, ...args)`: dispatches an event and returns its answer if the worker gave it at once; otherwise
/// the answer comes by the host.
pub fn dispatch(call: &Call) -> Result<Value> {
    let lane = Environment::get(call.scope)?.lane(call.number(0)?);
    let event = Event {
        id: call.number(1)?,
        args: call.rest(2)?,
    };
    Ok(lane.and_then(|lane| lane.dispatch(event)).unwrap_or(Value::Undefined))
}

/// `later(number, settle)`: awaits what a call answered with a number; `settle` is called with an error's class and text,
/// or with null and the value.
pub fn later(call: &Call) -> Result<Value> {
    Environment::get(call.scope)?.later(call.scope, call.number(0)?, call.handle(1))?;
    Ok(Value::Undefined)
}

fn open(env: &Env, lane: u32) -> Result<Option<Rc<Lane>>> {
    Ok(Environment::get(env)?.lane(lane))
}

/// The worker's script has started, or failed to.
#[napi(catch_unwind)]
pub fn started(env: &Env, lane: u32) -> Result<()> {
    if let Some(lane) = open(env, lane)? {
        lane.started();
    }
    Ok(())
}

/// Where a script waits.
#[napi(object, object_from_js = false)]
pub struct StalledPlace {
    pub path: String,
    pub line: u32,
    pub column: u32,
    /// The text of the line.
    pub text: String,
}

/// Where the script waits while nothing is under way.
#[napi(catch_unwind)]
pub fn stalled(env: &Env, lane: u32) -> Result<Vec<StalledPlace>> {
    let places = open(env, lane)?.map(|lane| lane.stalled()).unwrap_or_default();
    let places = places.into_iter().map(|place| StalledPlace {
        path: place.path,
        line: place.line as u32,
        column: place.column as u32,
        text: place.text,
    });
    Ok(places.collect())
}

/// Tells a worker of the unhandled promise rejections.
#[napi(catch_unwind)]
pub fn deliver_rejections(env: &Env, lane: u32) -> Result<()> {
    if let Some(lane) = open(env, lane)? {
        lane.deliver_rejections();
    }
    Ok(())
}

/// What has run in a lane that counts it, since this was asked last: JSON of V8's `ScriptCoverage` for each script of a file.
#[napi(catch_unwind)]
pub fn take_coverage(env: &Env, lane: u32) -> Result<Option<String>> {
    Ok(open(env, lane)?.and_then(|lane| lane.take_coverage()))
}

/// The numbers of what a worker waits for from outside.
#[napi(catch_unwind)]
pub fn pending(env: &Env, lane: u32) -> Result<Vec<i32>> {
    Ok(open(env, lane)?.map(|lane| lane.pending()).unwrap_or_default())
}

/// Whether lanes that wait keep Node's loop alive.
#[napi(catch_unwind)]
pub fn keep_alive(env: &Env, alive: bool) -> Result<()> {
    Environment::get(env)?.keep_alive(env.into(), alive);
    Ok(())
}
