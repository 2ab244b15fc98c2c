//! Unhandled promise rejections.
//!
//! V8 reports a rejection at once and takes it back when a handler is added. What is still unhandled when Node's own
//! microtasks are done goes to the worker's `unhandledrejection` listeners; a handler added later to `rejectionhandled`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use deno_core::v8;

/// A promise, and the context of the request in which it was rejected or handled: listeners are called in it.
struct Entry {
    promise: v8::Global<v8::Promise>,
    context: v8::Global<v8::Value>,
}

impl Entry {
    fn new(scope: &mut v8::PinScope, promise: v8::Local<v8::Promise>) -> Entry {
        let context = scope.get_continuation_preserved_embedder_data();
        Entry {
            promise: v8::Global::new(scope, promise),
            context: v8::Global::new(scope, context),
        }
    }

    fn report<'s>(
        self,
        scope: &mut v8::PinScope<'s, '_>,
        report: v8::Local<'s, v8::Function>,
        is_unhandled: bool,
        reason: v8::Local<'s, v8::Value>,
    ) {
        let nothing = v8::undefined(scope).into();
        let promise = v8::Local::new(scope, self.promise).into();
        let flag = v8::Boolean::new(scope, is_unhandled).into();
        let context = v8::Local::new(scope, self.context);
        scope.set_continuation_preserved_embedder_data(context);
        report.call(scope, nothing, &[flag, promise, reason]);
        scope.set_continuation_preserved_embedder_data(nothing);
    }
}

#[derive(Default)]
pub struct Rejections {
    unhandled: RefCell<Vec<(Entry, v8::Global<v8::Value>)>>,
    handled: RefCell<Vec<Entry>>,
    announced: Cell<bool>,
}

impl Rejections {
    /// Starts to collect the rejections of `isolate`.
    pub fn watch(isolate: &mut v8::OwnedIsolate) -> Rc<Rejections> {
        let rejections = Rc::<Rejections>::default();
        isolate.set_slot(rejections.clone());
        isolate.set_promise_reject_callback(on_reject);
        rejections
    }

    /// Whether there is something to deliver that has not been announced yet.
    pub fn announce(&self) -> bool {
        !self.is_empty() && !self.announced.replace(true)
    }

    pub fn is_empty(&self) -> bool {
        self.unhandled.borrow().is_empty() && self.handled.borrow().is_empty()
    }

    pub fn clear(&self) {
        self.unhandled.borrow_mut().clear();
        self.handled.borrow_mut().clear();
    }

    /// Hands everything collected to `report(unhandled, promise, reason)` in the worker.
    pub fn deliver<'s>(&self, scope: &mut v8::PinScope<'s, '_>, report: v8::Local<'s, v8::Function>) {
        self.announced.set(false);
        let handled = self.handled.take();
        let unhandled = self.unhandled.take();
        for entry in handled {
            let reason = v8::undefined(scope).into();
            entry.report(scope, report, false, reason);
        }
        for (entry, reason) in unhandled {
            let reason = v8::Local::new(scope, reason);
            entry.report(scope, report, true, reason);
        }
    }

    fn rejected(&self, scope: &mut v8::PinScope, promise: v8::Local<v8::Promise>, reason: v8::Local<v8::Value>) {
        let entry = (Entry::new(scope, promise), v8::Global::new(scope, reason));
        self.unhandled.borrow_mut().push(entry);
    }

    fn handled(&self, scope: &mut v8::PinScope, promise: v8::Local<v8::Promise>) {
        let mut unhandled = self.unhandled.borrow_mut();
        let before = unhandled.len();
        unhandled.retain(|(rejected, _)| v8::Local::new(scope, &rejected.promise) != promise);
        if unhandled.len() == before {
            self.handled.borrow_mut().push(Entry::new(scope, promise));
        }
    }
}

extern "C" fn on_reject(message: v8::PromiseRejectMessage) {
    // SAFETY: V8 calls this with a valid message while the isolate is entered.
    v8::callback_scope!(unsafe scope, &message);
    let Some(rejections) = scope.get_slot::<Rc<Rejections>>().cloned() else {
        return;
    };
    let promise = message.get_promise();
    match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => {
            let reason = message.get_value().unwrap_or_else(|| v8::undefined(scope).into());
            rejections.rejected(scope, promise, reason);
        }
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => rejections.handled(scope, promise),
        _ => {}
    }
}
