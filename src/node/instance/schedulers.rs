//! Schedulers of cron expressions as Node's JavaScript has them: by their numbers.

use deno_error::JsErrorBox;
use napi::bindgen_prelude::Env;
use napi_derive::napi;

use super::crons::Crons;
use crate::node::binding::environment::Environment;
use crate::node::binding::failure::{Code, Result};
use crate::realm::value::Value as WireValue;

/// Opens a scheduler on the clock of an instance, and returns its number.
#[napi(catch_unwind)]
pub fn crons_open(env: &Env, instance: u32) -> Result<u32> {
    let environment = Environment::get(env)?;
    let crons = Crons::new(environment.instance(instance)?.clock.clone());
    Ok(environment.crons.add(crons))
}

/// Has a scheduler wait for these expressions, and returns how many of them will be due at all.
#[napi(catch_unwind)]
pub fn crons_set(env: &Env, scheduler: u32, expressions: Vec<String>) -> Result<u32> {
    let crons = Environment::get(env)?.crons.get(scheduler)?;
    let count = crons
        .set(expressions)
        .map_err(|reason| Code::InvalidArgument.because(reason))?;
    Ok(count as u32)
}

/// Waits for what is due, `[expression, time, expression, time, ...]`; nothing when there is nothing to wait for. Answers as
/// `Environment::start` does.
#[napi(catch_unwind)]
pub fn crons_due(env: &Env, scheduler: u32) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let crons = environment.crons.get(scheduler)?;
    Ok(environment.start(async move {
        let due = crons.due().await.map_err(JsErrorBox::generic)?.into_iter();
        let flat = due.flat_map(|(expression, due_ms)| [expression.as_str().into(), WireValue::Number(due_ms)]);
        Ok::<_, JsErrorBox>(WireValue::List(flat.collect()))
    }))
}

#[napi(catch_unwind)]
pub fn crons_close(env: &Env, scheduler: u32) -> Result<()> {
    let environment = Environment::get(env)?;
    if let Ok(crons) = environment.crons.get(scheduler) {
        crons.close();
    }
    environment.crons.remove(scheduler);
    Ok(())
}
