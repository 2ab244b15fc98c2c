//! D1 databases as Node's JavaScript calls them (`src/d1/node/d1-backend.ts`). They answer as `Environment::start` does.

use std::future::ready;

use napi::bindgen_prelude::Env;
use napi_derive::napi;

use crate::d1::calls;
use crate::node::binding::environment::Environment;
use crate::node::binding::failure::Result;
use crate::realm::value::Value as WireValue;
use crate::sqlite::split::statements;

/// Executes statements of a database of an instance, as `[way, sql, values, sql, values, ...]`.
#[napi(catch_unwind, js_name = "d1Run")]
pub fn run(env: &Env, instance: u32, name: String, queries: WireValue) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let instance = environment.instance(instance)?;
    let answer = calls::run(&instance, &name, queries, None);
    Ok(environment.start(ready(answer)))
}

/// The content of a file with a whole database of an instance.
#[napi(catch_unwind, js_name = "d1Dump")]
pub fn dump(env: &Env, instance: u32, name: String) -> Result<WireValue> {
    let environment = Environment::get(env)?;
    let instance = environment.instance(instance)?;
    let answer = calls::dump(&instance, &name);
    Ok(environment.start(ready(answer)))
}

/// The statements of a text of SQL.
#[napi(catch_unwind, js_name = "d1Split")]
pub fn split(sql: String) -> Vec<String> {
    statements(&sql).into_iter().map(String::from).collect()
}
