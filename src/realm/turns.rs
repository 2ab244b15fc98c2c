//! What rooms do whenever an isolate goes on: when a turn of it begins, and when a call that other isolates may have taken
//! part in returns.
//!
//! Ops find the hooks of their isolate in their state, as `Rc<TurnHooks>`; a room adds its own when its state is made.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::v8;

/// What a room does when its isolate goes on.
pub trait TurnHook {
    fn resume(&self, scope: &mut v8::PinScope);
}

/// The hooks of an isolate.
#[derive(Default)]
pub struct TurnHooks(RefCell<Vec<Rc<dyn TurnHook>>>);

impl TurnHooks {
    pub fn add(&self, hook: Rc<dyn TurnHook>) {
        self.0.borrow_mut().push(hook);
    }

    /// Calls the hooks in the order in which they were added.
    pub fn resume(&self, scope: &mut v8::PinScope) {
        for hook in &*self.0.borrow() {
            hook.resume(scope);
        }
    }
}
