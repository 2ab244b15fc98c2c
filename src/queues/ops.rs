//! The functions of queues as the worker's JavaScript calls them (`room.ts`).

use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use super::calls::{self, QueueError};
use crate::realm::instance::Instance;
use crate::realm::pending::answer;
use crate::realm::value::Value;

fn instance(state: &OpState) -> Rc<Instance> {
    state.borrow::<Rc<Instance>>().clone()
}

#[op2]
pub fn op_queues_send<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] name: String,
    messages: v8::Local<'s, v8::Value>,
) -> Result<Value, QueueError> {
    let messages = Value::from_v8(scope, messages);
    answer(state, calls::send(instance(state), name, messages))
}

#[op2]
pub fn op_queues_metrics(state: &mut OpState, #[string] name: String) -> Result<Value, QueueError> {
    answer(state, calls::metrics(instance(state), name))
}

#[op2]
pub fn op_queues_take(state: &mut OpState, #[smi] batch: u32) -> Result<Value, QueueError> {
    calls::take(&instance(state), batch)
}
