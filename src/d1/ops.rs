//! A database's functions as the worker's JavaScript calls them (`d1-database.ts`).

use std::rc::Rc;
use std::sync::Arc;

use deno_core::{OpState, op2, v8};

use super::calls;
use crate::realm::guard::cpu::Watch;
use crate::realm::instance::Instance;
use crate::realm::value::Value;
use crate::sqlite::watch::IsOver;
use crate::store::StoreError;

/// Executes statements: see [`calls::run`]. They end with the turn of the worker that executes them.
///
/// @param {WireValue} queries
#[op2]
pub fn op_d1_run<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] name: &str,
    queries: v8::Local<'s, v8::Value>,
) -> Result<Value, StoreError> {
    let queries = Value::from_v8(scope, queries);
    let watch = state.try_borrow::<Arc<Watch>>().cloned();
    let is_over = watch.map(|watch| Rc::new(move || watch.is_over()) as IsOver);
    calls::run(state.borrow::<Rc<Instance>>(), name, queries, is_over.as_ref())
}

/// The content of a file with the whole database.
#[op2]
pub fn op_d1_dump(state: &mut OpState, #[string] name: &str) -> Result<Value, StoreError> {
    calls::dump(state.borrow::<Rc<Instance>>(), name)
}
