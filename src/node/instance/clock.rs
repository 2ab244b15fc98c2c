//! The clock of an instance, as Node's JavaScript has it: by the instance's number.

use std::rc::Rc;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::clock::Clock;
use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;

fn clock(env: &Env, instance: u32) -> Result<Rc<Clock>> {
    Ok(Environment::get(env)?.instance(instance)?.clock.clone())
}

/// What an instance's clock shows, in milliseconds since 1970.
#[napi(catch_unwind)]
pub fn clock_now(env: &Env, instance: u32) -> Result<f64> {
    Ok(clock(env, instance)?.now_ms())
}

/// Makes it stand still and show this time.
#[napi(catch_unwind)]
pub fn clock_set(env: &Env, instance: u32, ms: f64) -> Result<()> {
    clock(env, instance)?.set(ms);
    Ok(())
}

/// Lets it flow again.
#[napi(catch_unwind)]
pub fn clock_release(env: &Env, instance: u32) -> Result<()> {
    clock(env, instance)?.release();
    Ok(())
}

/// Moves it on to the earliest wake-up time of a sleeper; false when there was none before `ms`, which it shows then.
#[napi(catch_unwind)]
pub fn clock_step(env: &Env, instance: u32, ms: f64) -> Result<bool> {
    Ok(clock(env, instance)?.step(ms))
}

/// How many turns the workers of an instance have had.
#[napi(catch_unwind)]
pub fn clock_turns(env: &Env, instance: u32) -> Result<f64> {
    Ok(clock(env, instance)?.turns() as f64)
}
