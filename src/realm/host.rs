//! The one way out of a worker: a call of the Node side, on the same stack.
//!
//! `op_host(call, ...args)` is synchronous. What the calls mean is agreed between the two JavaScript halves
//! (`src/membrane/membrane.ts`, `src/node/instance/lane.ts`); this room only carries values.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use super::turns::TurnHooks;
use super::value::Value;
use crate::limits;

/// The Node side of a lane, as the worker layer sees it.
pub trait Host {
    /// Calls Node with a call's number and its arguments, and returns what it answered. Never throws: failures are
    /// encoded in the answer by the JavaScript on the other side.
    fn call(&self, call: u32, args: Vec<Value>) -> Value;

    /// Whether there is a Node that can be given a turn; not while the snapshot is made.
    fn has_turns(&self) -> bool {
        true
    }
}

/// A lane's host as it is kept in the op state.
#[derive(Clone)]
pub struct HostHandle(pub Rc<dyn Host>);

/// Calls the Node side with `args`, an array of values.
///
/// @param {WireValue} args
/// @returns {WireValue}
#[op2(reentrant)]
pub fn op_host<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<RefCell<OpState>>,
    #[smi] call: u32,
    args: v8::Local<'s, v8::Value>,
) -> v8::Local<'s, v8::Value> {
    let args = match Value::lent_by_v8(scope, args) {
        Value::List(args) => args,
        single => vec![single],
    };
    ask(scope, &state, call, args)
}

/// Bytes of fewer than these are copied as they cross, so that the caller need not.
#[op2(fast)]
pub fn op_host_copies_below() -> u32 {
    limits::HAND_OVER_BYTES as u32
}

/// Calls the Node side, from an op that is `reentrant`.
pub fn ask<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &RefCell<OpState>,
    call: u32,
    args: Vec<Value>,
) -> v8::Local<'s, v8::Value> {
    let (host, hooks) = {
        let state = state.borrow();
        let hooks = state.borrow::<Rc<TurnHooks>>();
        (state.borrow::<HostHandle>().clone(), hooks.clone())
    };
    let answer = host.0.call(call, args);
    hooks.resume(scope);
    answer.into_v8(scope).unwrap_or_else(|| v8::undefined(scope).into())
}
