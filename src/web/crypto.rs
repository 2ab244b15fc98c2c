//! Whose keys a thread makes.
//!
//! Upstream keeps the symbols that mark a `CryptoKey` by thread, since its threads have one isolate each. Here several
//! isolates share a thread: one that uses Web Crypto puts its symbols in place again whenever another has put its own.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use crate::realm::turns::TurnHook;

thread_local! {
    /// The [`KeySymbols`] in place, by address.
    static IN_PLACE: Cell<usize> = const { Cell::new(0) };
}

/// The symbols of one isolate, once it has used Web Crypto.
#[derive(Default)]
pub struct KeySymbols {
    register: OnceCell<v8::Global<v8::Function>>,
}

impl TurnHook for KeySymbols {
    /// Puts the symbols in place.
    fn resume(&self, scope: &mut v8::PinScope) {
        let Some(register) = self.register.get() else { return };
        let address = std::ptr::from_ref(self) as usize;
        if IN_PLACE.replace(address) == address {
            return;
        }
        let receiver = v8::undefined(scope).into();
        v8::Local::new(scope, register).call(scope, receiver, &[]);
    }
}

impl Drop for KeySymbols {
    fn drop(&mut self) {
        let address = std::ptr::from_ref(self) as usize;
        // The thread's own values may be gone already.
        let _ = IN_PLACE.try_with(|in_place| {
            if in_place.get() == address {
                in_place.set(0);
            }
        });
    }
}

/// Web Crypto is used for the first time: `register` gives upstream the symbols of this isolate.
#[op2(nofast, reentrant)]
pub fn op_web_key_symbols<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<std::cell::RefCell<OpState>>,
    register: v8::Local<'s, v8::Function>,
) {
    let symbols = state.borrow().borrow::<Rc<KeySymbols>>().clone();
    let _ = symbols.register.set(v8::Global::new(scope, register));
    symbols.resume(scope);
}
