//! Isolates made ahead, on a thread of their own, while Node does something else.
//!
//! Most of what a new instance costs is V8 reading the snapshot. A Node thread orders its first isolate when it sets the
//! addon up. One that asks for a second is likely to ask for more, as a suite does that makes an instance for each test,
//! and from then on it has a few in order or ready.
//!
//! An isolate moves from the thread that made it to the one that ordered it. V8 lets it between turns: entering sets all
//! that belongs to a thread, but for two things. The limit of the stack is set on delivery; and the heap of native
//! objects belongs to the thread that created it, so the thread that orders an isolate brings that heap along.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use deno_core::v8;

use super::isolate::{self, Made};
use crate::limits;
use crate::realm::{background, platform};

struct Order {
    thread: ThreadId,
    heap: v8::UniqueRef<v8::cppgc::Heap>,
}

struct Spare {
    thread: ThreadId,
    made: Made,
}

// SAFETY: an order is handed over whole, and so is what is made of it; no other thread holds any part of either.
unsafe impl Send for Order {}
// SAFETY: as for an order, of which it is made.
unsafe impl Send for Spare {}

struct State {
    orders: VecDeque<Order>,
    making: Option<ThreadId>,
    ready: Vec<Spare>,
    has_thread: bool,
}

static STATE: Mutex<State> = Mutex::new(State {
    orders: VecDeque::new(),
    making: None,
    ready: Vec::new(),
    has_thread: false,
});
static CHANGED: Condvar = Condvar::new();

thread_local! {
    /// How many isolates this thread has asked for.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// Orders the first isolate of this thread.
pub fn begin() {
    if ASKED.get() == 0 {
        order(1);
    }
}

/// An isolate that is ready for this thread, with the default memory limit. One that is being made is waited for if it is
/// the thread's first; otherwise the caller makes its own meanwhile.
pub fn take() -> Option<Made> {
    let thread = thread::current().id();
    let is_first = ASKED.replace(ASKED.get() + 1) == 0;
    let mut state = lock();
    while is_first && state.making == Some(thread) {
        state = wait(state);
    }
    let spare = state.take_ready(thread);
    if is_first {
        state.orders.retain(|order| order.thread != thread);
    }
    drop(state);
    if !is_first {
        order(limits::SPARE_ISOLATES);
    }
    spare.map(|mut spare| {
        limit_stack(&mut spare.made);
        spare.made
    })
}

/// Takes this thread's orders back and ends what was made for it: the thread, or the process, is about to end.
pub fn rest() {
    let thread = thread::current().id();
    let mut state = lock();
    state.orders.retain(|order| order.thread != thread);
    while state.making == Some(thread) {
        state = wait(state);
    }
    while let Some(spare) = state.take_ready(thread) {
        spare.made.end();
    }
    let _ = ASKED.try_with(|asked| asked.set(0));
}

impl State {
    fn take_ready(&mut self, thread: ThreadId) -> Option<Spare> {
        let index = self.ready.iter().position(|spare| spare.thread == thread)?;
        Some(self.ready.remove(index))
    }

    /// How many isolates are in order, in the making or ready for a thread.
    fn count(&self, thread: ThreadId) -> usize {
        let orders = self.orders.iter().filter(|order| order.thread == thread).count();
        let ready = self.ready.iter().filter(|spare| spare.thread == thread).count();
        orders + ready + usize::from(self.making == Some(thread))
    }
}

/// Orders as many isolates for this thread as are missing from `wanted`.
fn order(wanted: usize) {
    // Starts V8, without which there is no heap to bring along.
    background::handle();
    let thread = thread::current().id();
    let mut state = lock();
    for _ in state.count(thread)..wanted {
        let heap = v8::cppgc::Heap::create(v8::V8::get_current_platform(), v8::cppgc::HeapCreateParams::default());
        state.orders.push_back(Order { thread, heap });
    }
    if !state.has_thread {
        let builder = thread::Builder::new().name("miniflare-rs-nursery".into());
        state.has_thread = builder.spawn(work).is_ok();
    }
    CHANGED.notify_all();
}

fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait(state: MutexGuard<'static, State>) -> MutexGuard<'static, State> {
    CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner)
}

fn work() {
    let mut state = lock();
    loop {
        let Some(Order { thread, heap }) = state.orders.pop_front() else {
            state = wait(state);
            continue;
        };
        state.making = Some(thread);
        drop(state);
        let made = catch_unwind(AssertUnwindSafe(|| isolate::make(limits::HEAP_LIMIT_MIB, Some(heap))));
        state = lock();
        state.making = None;
        // If it cannot be made, the thread that needs it tries again, and gets the error.
        if let Ok(Ok(made)) = made {
            state.ready.push(Spare { thread, made });
        }
        CHANGED.notify_all();
    }
}

/// Lets the isolate use as much of this thread's stack as V8 gives to an isolate that is made here.
fn limit_stack(made: &mut Made) {
    let here = std::ptr::from_mut(made) as usize;
    platform::set_stack_limit(made.runtime.v8_isolate(), here - limits::STACK_BYTES);
}
