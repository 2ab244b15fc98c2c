//! How a worker's `fetch` asks its mock (`src/mock/mock-fetch.ts`).

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use super::search_hop;
use crate::realm::host;
use crate::realm::value::Value;

/// Calls the Node side as `op_host` does: with a hop's parts, and in the place of the last what the mock of that number has
/// for it.
///
/// @param {WireValue} hop
/// @returns {WireValue}
#[op2(reentrant)]
pub fn op_mock_ask<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<RefCell<OpState>>,
    #[smi] call: u32,
    mock: f64,
    hop: v8::Local<'s, v8::Value>,
) -> v8::Local<'s, v8::Value> {
    let mut args = match Value::from_v8(scope, hop) {
        Value::List(args) => args,
        single => vec![single],
    };
    let found = search_hop(mock as u64, &args);
    if let (Some(last), Some(found)) = (args.last_mut(), found) {
        *last = found;
    }
    host::ask(scope, &state, call, args)
}
