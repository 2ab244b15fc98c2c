//! The timers of a lane: which is due next, by the instance's clock. What they call is known to `src/web/timers.ts`.
//!
//! As the standard has it, a timer that a timer has set waits for some milliseconds at least, once they are nested deeply:
//! <https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timer-initialisation-steps>

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use deno_core::{OpState, op2};

use crate::clock::{Clock, Scale, Sleep};
use crate::limits;

#[derive(Clone, Copy)]
struct Timer {
    /// On the clock's scale of what has elapsed. Its bits are ordered as it is, since it is never negative.
    due: f64,
    delay: f64,
    nesting: u32,
    repeats: bool,
}

pub struct Timers {
    clock: Rc<Clock>,
    timers: RefCell<HashMap<u32, Timer>>,
    queue: RefCell<BTreeSet<(u64, u32)>>,
    last: Cell<u32>,
    /// How deeply the timer is nested whose callback runs.
    nesting: Cell<u32>,
    sleep: RefCell<Option<Sleep>>,
}

impl Timers {
    pub fn new(clock: Rc<Clock>) -> Timers {
        Timers {
            clock,
            timers: RefCell::default(),
            queue: RefCell::default(),
            last: Cell::new(0),
            nesting: Cell::new(0),
            sleep: RefCell::default(),
        }
    }

    /// Starts a timer and returns its number, above 0.
    pub fn start(&self, delay: f64, repeats: bool) -> u32 {
        let id = self.last.get().wrapping_add(1).max(1);
        self.last.set(id);
        let nesting = self.nesting.get() + 1;
        let (delay, due) = (delay.max(0.0), 0.0);
        self.queue(
            id,
            Timer {
                due,
                delay,
                nesting,
                repeats,
            },
        );
        id
    }

    pub fn clear(&self, id: u32) {
        if let Some(timer) = self.timers.borrow_mut().remove(&id) {
            self.queue.borrow_mut().remove(&(timer.due.to_bits(), id));
        }
    }

    fn queue(&self, id: u32, mut timer: Timer) {
        let least = if timer.nesting > limits::TIMER_NESTING {
            limits::TIMER_NESTED_MS
        } else {
            0.0
        };
        timer.due = self.clock.elapsed_ms() + timer.delay.max(least);
        self.queue.borrow_mut().insert((timer.due.to_bits(), id));
        self.timers.borrow_mut().insert(id, timer);
    }

    fn next_due(&self) -> Option<f64> {
        let queue = self.queue.borrow();
        queue.first().map(|(due, _)| f64::from_bits(*due))
    }

    pub fn is_empty(&self) -> bool {
        self.queue.borrow().is_empty()
    }

    pub fn is_due(&self) -> bool {
        self.next_due().is_some_and(|due| due <= self.clock.elapsed_ms())
    }

    /// Takes the next timer that is due, and the moment that it was, in milliseconds since the epoch; its callback runs now.
    pub fn begin(&self) -> Option<(u32, f64)> {
        if !self.is_due() {
            return None;
        }
        let (_, id) = self.queue.borrow_mut().pop_first()?;
        let timer = self.timers.borrow().get(&id).copied()?;
        self.nesting.set(timer.nesting);
        Some((id, self.clock.wall_at(timer.due)))
    }

    /// The callback of a timer has run: one that repeats, and was not cleared, begins to wait again.
    pub fn end(&self, id: u32) {
        let timer = self.timers.borrow_mut().remove(&id);
        if let Some(timer) = timer.filter(|timer| timer.repeats) {
            let nesting = timer.nesting.saturating_add(1);
            self.queue(id, Timer { nesting, ..timer });
        }
    }

    /// What a timer's callback has begun has gone as far as it can.
    pub fn settle(&self) {
        self.nesting.set(0);
    }

    /// Has `waker` woken when the next timer is due. A sleep that ends before is kept: what is cleared soon after it was
    /// set, as most timers are, costs none.
    pub fn arm(&self, waker: &Waker) {
        let mut sleep = self.sleep.borrow_mut();
        let Some(due) = self.next_due() else { return };
        if sleep
            .as_ref()
            .is_none_or(|sleep| sleep.is_over() || sleep.until() > due)
        {
            *sleep = Some(self.clock.sleep_until(Scale::Elapsed, due));
        }
        if let Some(sleep) = sleep.as_mut()
            && Pin::new(sleep).poll(&mut Context::from_waker(waker)).is_ready()
        {
            waker.wake_by_ref();
        }
    }
}

/// Starts a timer and returns its number.
#[op2(fast)]
#[smi]
pub fn op_timer_start(state: &mut OpState, delay: f64, repeats: bool) -> u32 {
    state.borrow::<Rc<Timers>>().start(delay, repeats)
}

/// Clears a timer; there need not be one of this number.
#[op2(fast)]
pub fn op_timer_clear(state: &mut OpState, #[smi] id: u32) {
    state.borrow::<Rc<Timers>>().clear(id);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timers() -> (Rc<Clock>, Timers) {
        let clock = Rc::<Clock>::default();
        clock.set(0.0);
        (clock.clone(), Timers::new(clock))
    }

    fn fire(timers: &Timers) -> Option<u32> {
        let (id, _) = timers.begin()?;
        timers.end(id);
        timers.settle();
        Some(id)
    }

    #[test]
    fn are_due_in_the_order_of_their_times_and_then_of_their_numbers() {
        let (clock, timers) = timers();
        let [late, soon, also] = [20.0, 10.0, 10.0].map(|delay| timers.start(delay, false));
        assert_eq!(fire(&timers), None);
        clock.step(20.0);
        assert_eq!(
            [fire(&timers), fire(&timers), fire(&timers)],
            [soon, also, late].map(Some)
        );
        assert_eq!(fire(&timers), None);
    }

    #[test]
    fn repeat_until_they_are_cleared() {
        let (clock, timers) = timers();
        let id = timers.start(10.0, true);
        clock.step(10.0);
        assert_eq!((fire(&timers), fire(&timers)), (Some(id), None));
        clock.step(20.0);
        assert_eq!(timers.begin(), Some((id, 20.0)));
        timers.clear(id);
        timers.end(id);
        clock.step(30.0);
        assert_eq!(fire(&timers), None);
    }

    #[test]
    fn wait_a_little_when_they_are_nested_deeply() {
        let (clock, timers) = timers();
        let start = clock.elapsed_ms();
        timers.start(0.0, false);
        for nesting in 1..=limits::TIMER_NESTING {
            let (id, _) = timers.begin().unwrap_or_else(|| panic!("none is due: {nesting}"));
            timers.start(0.0, false);
            timers.end(id);
        }
        timers.settle();
        assert_eq!(fire(&timers), None);
        assert_eq!(timers.next_due(), Some(start + limits::TIMER_NESTED_MS));
    }
}
