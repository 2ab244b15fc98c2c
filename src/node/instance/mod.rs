//! Instances as Node's JavaScript has them: by their numbers.

mod clock;
mod cron;
pub mod crons;
pub mod lanes;
mod schedulers;
mod stores;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;

/// Opens what the lanes of an instance share, and returns its number.
#[napi(catch_unwind)]
pub fn open_instance(env: &Env) -> Result<u32> {
    Ok(Environment::get(env)?.open_instance())
}

#[napi(catch_unwind)]
pub fn close_instance(env: &Env, instance: u32) -> Result<()> {
    Environment::get(env)?.close_instance(instance);
    Ok(())
}
