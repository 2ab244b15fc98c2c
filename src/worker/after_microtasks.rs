//! What waits until the microtasks of a turn are done: when it runs, everything that could go on without waiting for the
//! outside has gone on.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{OpState, op2, v8};

#[derive(Default)]
pub struct AfterMicrotasks {
    callbacks: RefCell<Vec<v8::Global<v8::Function>>>,
}

impl AfterMicrotasks {
    /// Calls the callbacks that wait so far; whether there were any. Callbacks must not throw.
    pub fn run(&self, scope: &mut v8::PinScope) -> bool {
        let callbacks = self.callbacks.take();
        let receiver = v8::undefined(scope).into();
        for callback in &callbacks {
            v8::Local::new(scope, callback).call(scope, receiver, &[]);
        }
        !callbacks.is_empty()
    }

    /// Whether anything still waits.
    pub fn is_waiting(&self) -> bool {
        !self.callbacks.borrow().is_empty()
    }
}

/// Calls `callback` when the microtasks are done.
///
/// @param {() => void} callback
#[op2(fast)]
pub fn op_after_microtasks<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    callback: v8::Local<'s, v8::Function>,
) {
    let callback = v8::Global::new(scope, callback);
    state
        .borrow::<Rc<AfterMicrotasks>>()
        .callbacks
        .borrow_mut()
        .push(callback);
}
