//! Answers that come later. A call answers with its value when it can at once; otherwise with a number, by which
//! `op_later` waits for the value. No call answers with a number of its own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use deno_core::{OpState, ToV8, op2, v8};
use deno_error::{JsErrorBox, JsErrorClass};
use futures::future::LocalBoxFuture;

use super::value::Value;

/// What comes later.
pub type Pending = LocalBoxFuture<'static, Result<Value, JsErrorBox>>;

/// What has been started and not been waited for, by number.
#[derive(Default)]
pub struct PendingSet {
    next: Cell<u32>,
    started: RefCell<BTreeMap<u32, Pending>>,
}

impl PendingSet {
    /// Starts `work`: its value, if it is there at once, or the number to wait for it by.
    pub fn start<E: JsErrorClass>(&self, work: impl Future<Output = Result<Value, E>> + 'static) -> Result<Value, E> {
        let mut work = Box::pin(work);
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => Ok(self.keep(async { work.await.map_err(JsErrorBox::from_err) })),
        }
    }

    /// As `start`, for a receiver that gets failures in the same way as later results.
    pub fn start_quietly<E: JsErrorClass>(&self, work: impl Future<Output = Result<Value, E>> + 'static) -> Value {
        self.start(work)
            .unwrap_or_else(|error| self.keep(ready(Err(JsErrorBox::from_err(error)))))
    }

    fn keep(&self, pending: impl Future<Output = Result<Value, JsErrorBox>> + 'static) -> Value {
        let number = self.next.replace(self.next.get().wrapping_add(1));
        self.started.borrow_mut().insert(number, Box::pin(pending));
        Value::Number(f64::from(number))
    }

    /// What was started under this number, for the one who waits for it.
    pub fn take(&self, number: u32) -> Pending {
        let started = self.started.borrow_mut().remove(&number);
        started.unwrap_or_else(|| {
            let text = format!("nothing answers later under number {number}");
            Box::pin(ready(Err(JsErrorBox::generic(text))))
        })
    }
}

/// What came of it: an error's class and text, or null and the value.
pub fn outcome(answer: Result<Value, JsErrorBox>) -> [Value; 2] {
    match answer {
        Ok(value) => [Value::Null, value],
        Err(error) => [(&*error.get_class()).into(), (&*error.get_message()).into()],
    }
}

/// Starts `work` for an op, which answers with its value or its number.
pub fn answer<E: JsErrorClass>(
    state: &OpState,
    work: impl Future<Output = Result<Value, E>> + 'static,
) -> Result<Value, E> {
    state.borrow::<PendingSet>().start(work)
}

/// Waits for what an op answered with a number. It is not polled on the spot: deno_core takes `undefined` that is there at
/// once for nothing, and its promise would never settle.
#[op2(async(lazy), fast)]
pub async fn op_later(state: Rc<RefCell<OpState>>, #[smi] number: u32) -> Result<Value, JsErrorBox> {
    let pending = state.borrow().borrow::<PendingSet>().take(number);
    pending.await
}

impl<'a> ToV8<'a> for Value {
    type Error = JsErrorBox;

    fn to_v8<'i>(self, scope: &mut v8::PinScope<'a, 'i>) -> Result<v8::Local<'a, v8::Value>, JsErrorBox> {
        self.into_v8(scope)
            .ok_or_else(|| JsErrorBox::new("RangeError", "the text is longer than a string may be"))
    }
}
