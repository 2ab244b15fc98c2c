//! The answers of dispatched events, and what happens when an op panics.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use crate::protocol::answer::BROKEN;
use crate::realm::guard::Verdict;
use crate::realm::value::Value;

/// One finished event: the number it was dispatched with and what the worker answered.
pub struct Answer {
    pub event: u32,
    pub parts: Value,
}

/// Answers on their way out of a lane's turn.
#[derive(Default)]
pub struct Answers {
    ready: RefCell<VecDeque<Answer>>,
    panicked: std::cell::Cell<bool>,
}

impl Answers {
    /// Answers an event for a worker that cannot, as its realm is not what it was: `reason` says what went wrong.
    pub fn fail(&self, event: u32, reason: &str) {
        let parts = Value::List(vec![Value::Number(f64::from(BROKEN)), reason.into()]);
        self.ready.borrow_mut().push_back(Answer { event, parts });
    }

    /// Takes the answer to `event`, if it is there.
    pub fn take(&self, event: u32) -> Option<Value> {
        let mut ready = self.ready.borrow_mut();
        let index = ready.iter().position(|answer| answer.event == event)?;
        ready.remove(index).map(|answer| answer.parts)
    }

    pub fn next(&self) -> Option<Answer> {
        self.ready.borrow_mut().pop_front()
    }

    pub fn has_panicked(&self) -> bool {
        self.panicked.get()
    }

    /// Whether an op panicked since this was asked last.
    pub fn take_panicked(&self) -> bool {
        self.panicked.replace(false)
    }
}

/// Answers event number `event` with `parts`.
///
/// @param {WireValue[]} parts
#[op2(fast)]
pub fn op_answer<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<RefCell<OpState>>,
    #[smi] event: u32,
    parts: v8::Local<'s, v8::Value>,
) {
    let parts = Value::from_v8(scope, parts);
    let answers = state.borrow().borrow::<Rc<Answers>>().clone();
    answers.ready.borrow_mut().push_back(Answer { event, parts });
}

/// Runs an op's body so that a panic in it ends the worker's turn and condemns the lane, instead of the process: it must
/// not unwind into V8.
pub fn contained<R>(scope: &mut v8::PinScope, state: &Rc<RefCell<OpState>>, body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(_) => {
            if let Ok(state) = state.try_borrow() {
                state.borrow::<Rc<Answers>>().panicked.set(true);
            }
            scope.terminate_execution();
            None
        }
    }
}

/// Panics with `message`, as a defect in an op would. Reachable from Node's side only, to prove that it is contained.
#[op2(fast)]
pub fn op_fail(scope: &mut v8::PinScope, state: Rc<RefCell<OpState>>, #[string] message: &str) {
    contained(scope, &state, || panic!("{message}"));
}

impl Answers {
    /// The verdict on a turn that an op's panic ended.
    pub fn verdict(&self) -> Option<Verdict> {
        self.take_panicked().then_some(Verdict::Panic)
    }
}
