//! Time and limits as the worker's JavaScript asks for them (`context.ts`).

use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use crate::clock::Clock;
use crate::limits;
use crate::protocol::limit;

/// What time it is, in milliseconds since the epoch, for code that last saw it at `seen`, if that is a number: it
/// stands still for the code, unless a test steers it.
#[op2(fast)]
pub fn op_clock_now(state: &mut OpState, seen: f64) -> f64 {
    let clock = state.borrow::<Rc<Clock>>();
    if seen.is_nan() || clock.is_steered() {
        clock.now_ms()
    } else {
        seen
    }
}

/// The limits that the worker's JavaScript knows, at the places of `protocol::limit`.
///
/// @returns {number[]}
#[op2]
pub fn op_context_limits<'s>(scope: &mut v8::PinScope<'s, '_>) -> v8::Local<'s, v8::Array> {
    let limits = [
        (limit::SUBREQUESTS, limits::SUBREQUESTS),
        (limit::SUBREQUESTS_UNBOUND, limits::SUBREQUESTS_UNBOUND),
        (limit::INTERNAL_SUBREQUESTS, limits::INTERNAL_SUBREQUESTS),
        (limit::REQUEST_DEPTH, limits::REQUEST_DEPTH),
        (limit::PIPELINE_DEPTH, limits::PIPELINE_DEPTH),
    ];
    let mut values: [v8::Local<v8::Value>; _] = limits.map(|_| v8::undefined(scope).into());
    for (place, limit) in limits {
        values[place] = v8::Integer::new_from_unsigned(scope, limit).into();
    }
    v8::Array::new_with_elements(scope, &values)
}
