//! Queues as Node's JavaScript calls them (`src/queues/node/`), by the number of an instance. Those that may have to wait
//! answer as `Environment::start` does.

use std::rc::Rc;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::queues::calls;
use crate::realm::instance::Instance;
use crate::realm::value::Value as WireValue;

fn open(env: &Env, instance: u32) -> Result<(Rc<Environment>, Rc<Instance>)> {
    let environment = Environment::get(env)?;
    let instance = environment.instance(instance)?;
    Ok((environment, instance))
}

/// Sends messages, `[content type, body, delay, ...]`.
#[napi(catch_unwind)]
pub fn queues_send(env: &Env, instance: u32, name: String, messages: WireValue) -> Result<WireValue> {
    let (environment, instance) = open(env, instance)?;
    Ok(environment.start(calls::send(instance, name, messages)))
}

/// `[messages, bytes, time]` of a queue's backlog.
#[napi(catch_unwind)]
pub fn queues_metrics(env: &Env, instance: u32, name: String) -> Result<WireValue> {
    let (environment, instance) = open(env, instance)?;
    Ok(environment.start(calls::metrics(instance, name)))
}

/// Has these queues be consumed, and no others.
#[napi(catch_unwind)]
pub fn queues_consume(env: &Env, instance: u32, consumers: WireValue) -> Result<()> {
    let (_, instance) = open(env, instance)?;
    calls::consume(&instance, consumers);
    Ok(())
}

/// Waits for batches to be due, `[expects, queue, batch, ...]`; null when the instance has ended.
#[napi(catch_unwind)]
pub fn queues_due(env: &Env, instance: u32) -> Result<WireValue> {
    let (environment, instance) = open(env, instance)?;
    Ok(environment.start(calls::due(&instance)))
}

/// Whether batches are being delivered or will be soon.
#[napi(catch_unwind)]
pub fn queues_expects(env: &Env, instance: u32) -> Result<bool> {
    let (_, instance) = open(env, instance)?;
    Ok(calls::expects(&instance))
}

/// Ends the delivery of a batch, `[number, decision, ...]`; answers with `[id, fate, ...]`.
#[napi(catch_unwind)]
pub fn queues_settle(env: &Env, instance: u32, batch: u32, decided: WireValue) -> Result<WireValue> {
    let (environment, instance) = open(env, instance)?;
    Ok(environment.start(calls::settle(instance, batch, decided)))
}
