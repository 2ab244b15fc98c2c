//! Isolates made ahead, on a thread of their own, while Node does something else.
//!
//! Most of what a new instance costs is V8 reading the snapshot. The first isolate is begun when the addon is set up. A
//! process that asks for a second one is likely to ask for more, as a suite does that makes one for each test, and from
//! then on a few are kept ready.
//!
//! An isolate moves from the thread that made it to the one that will use it. V8 lets it between turns: entering sets
//! everything that belongs to a thread, except the limit of its stack, which is set here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use deno_core::v8;
use tokio::task::LocalSet;

use super::background;
use super::isolate::{self, Made};
use crate::limits;

struct Spare(Made);

// SAFETY: made whole on one thread, which keeps nothing of it, and then used by another one alone.
unsafe impl Send for Spare {}

struct Nursery {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    ready: Vec<Spare>,
    /// How many are to be kept ready.
    wanted: usize,
    asked: usize,
    is_making: bool,
    has_thread: bool,
}

static NURSERY: Nursery = Nursery {
    state: Mutex::new(State {
        ready: Vec::new(),
        wanted: 0,
        asked: 0,
        is_making: false,
        has_thread: false,
    }),
    changed: Condvar::new(),
};

/// Begins to make the first isolate.
pub fn begin() {
    let mut state = NURSERY.lock();
    state.wanted = state.wanted.max(usize::from(state.asked == 0));
    if !state.has_thread {
        let thread = std::thread::Builder::new().name("miniflare-rs-nursery".into());
        state.has_thread = thread.spawn(work).is_ok();
    }
    NURSERY.changed.notify_all();
}

/// An isolate that is ready, for a heap of at most the default limit. The first caller waits for one that is being made;
/// later ones make their own meanwhile.
pub fn take() -> Option<Made> {
    let mut state = NURSERY.lock();
    state.asked += 1;
    while state.asked == 1 && state.is_making && state.ready.is_empty() {
        state = NURSERY.wait(state);
    }
    state.wanted = if state.asked > 1 && state.has_thread {
        limits::SPARE_ISOLATES
    } else {
        0
    };
    let spare = state.ready.pop();
    drop(state);
    NURSERY.changed.notify_all();
    spare.map(|Spare(mut made)| {
        limit_stack(&mut made);
        made
    })
}

/// Makes no more until [`begin`] is called again, and waits for the one that is being made: the process may be about to
/// end, and V8 with it.
pub fn rest() {
    let mut state = NURSERY.lock();
    state.wanted = 0;
    while state.is_making {
        state = NURSERY.wait(state);
    }
    state.asked = 0;
}

impl Nursery {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

fn work() {
    let mut state = NURSERY.lock();
    loop {
        while state.ready.len() >= state.wanted {
            state = NURSERY.wait(state);
        }
        state.is_making = true;
        drop(state);
        let made = catch_unwind(AssertUnwindSafe(make)).ok().and_then(Result::ok);
        state = NURSERY.lock();
        state.is_making = false;
        match made {
            Some(spare) => state.ready.push(spare),
            // Whoever needs an isolate makes it, and learns why it cannot be made.
            None => state.wanted = 0,
        }
        NURSERY.changed.notify_all();
    }
}

fn make() -> Result<Spare, String> {
    let _runtime = background::handle().enter();
    let tasks = LocalSet::new();
    let _tasks = tasks.enter();
    let mut made = isolate::make(limits::HEAP_LIMIT_MIB)?;
    // SAFETY: the isolate was entered by its creation, and by nothing since.
    unsafe { made.runtime.v8_isolate().exit() };
    Ok(Spare(made))
}

unsafe extern "C" {
    /// `v8::Isolate::SetStackLimit`, which the binding does not have.
    #[link_name = "_ZN2v87Isolate13SetStackLimitEm"]
    fn set_stack_limit(isolate: v8::UnsafeRawIsolatePtr, limit: usize);
}

/// Lets the isolate use as much of this thread's stack as V8 gives to an isolate that is made here.
fn limit_stack(made: &mut Made) {
    let here = std::ptr::from_mut(made) as usize;
    // SAFETY: the isolate is alive, and no other thread uses it.
    unsafe {
        set_stack_limit(
            made.runtime.v8_isolate().as_raw_isolate_ptr(),
            here - limits::STACK_BYTES,
        )
    };
}
