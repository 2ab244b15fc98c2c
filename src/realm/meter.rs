//! How much CPU time the turns of a lane take, for `usage` of responses.
//!
//! Reading the CPU clock of a thread is a system call, which takes ten times as long as reading the time. So the clock is
//! read at most every [`STEP`]. In between, time that passes counts as CPU time, which it is unless the thread had to
//! stop: a figure may be too high by one step for each turn.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use deno_core::{OpState, op2};

use super::platform::ThreadClock;

/// The longest time that is taken for CPU time without a look at the CPU clock.
const STEP: Duration = Duration::from_micros(100);

/// A moment, and the CPU time of the thread at it.
#[derive(Clone, Copy)]
struct Reading {
    at: Instant,
    cpu: Duration,
}

pub struct Meter {
    clock: ThreadClock,
    made: Instant,
    /// When the CPU clock was last read.
    read: Cell<Reading>,
    /// Where the turn that runs began.
    begun: Cell<Option<Reading>>,
    /// What the turns before took together.
    total: Cell<Duration>,
}

impl Meter {
    /// Measures on the calling thread.
    pub fn new() -> Rc<Meter> {
        let clock = ThreadClock::current();
        let made = Instant::now();
        let read = Reading {
            at: made,
            cpu: clock.read().unwrap_or_default(),
        };
        Rc::new(Meter {
            clock,
            made,
            read: Cell::new(read),
            begun: Cell::new(None),
            total: Cell::new(Duration::ZERO),
        })
    }

    /// A turn begins.
    pub fn start(&self) {
        self.begun.set(Some(self.look()));
    }

    /// The turn is over.
    pub fn end(&self) {
        self.total.set(self.total());
        self.begun.set(None);
    }

    /// What all turns took so far, the one that runs included.
    pub fn total(&self) -> Duration {
        let turn = self
            .begun
            .get()
            .map_or(Duration::ZERO, |begun| self.look().cpu.saturating_sub(begun.cpu));
        self.total.get() + turn
    }

    fn look(&self) -> Reading {
        let at = Instant::now();
        let read = self.read.get();
        let since = at.saturating_duration_since(read.at);
        if since < STEP {
            let cpu = read.cpu + since;
            return Reading { at, cpu };
        }
        // The clock of the thread that runs can always be read.
        let cpu = self.clock.read().unwrap_or(read.cpu).max(read.cpu);
        self.read.set(Reading { at, cpu });
        Reading { at, cpu }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The CPU time that the turns before the one that runs have taken, in milliseconds.
#[op2(fast)]
pub fn op_meter_before(state: &mut OpState) -> f64 {
    let meter = state.try_borrow::<Rc<Meter>>();
    meter.map_or(0.0, |meter| millis(meter.total.get()))
}

/// The same with what the turn that runs has taken so far.
#[op2(fast)]
pub fn op_meter_now(state: &mut OpState) -> f64 {
    let meter = state.try_borrow::<Rc<Meter>>();
    meter.map_or(0.0, |meter| millis(meter.total()))
}

/// The time since the lane was made, in milliseconds, which no test steers.
#[op2(fast)]
pub fn op_meter_elapsed(state: &mut OpState) -> f64 {
    let meter = state.try_borrow::<Rc<Meter>>();
    meter.map_or(0.0, |meter| {
        millis(Instant::now().saturating_duration_since(meter.made))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it is the time that passes without work")]
    fn counts_the_cpu_time_of_turns_alone() {
        let meter = Meter::new();
        let spend = || {
            let clock = ThreadClock::current();
            let start = clock.read().unwrap_or_default();
            while clock.read().unwrap_or_default() < start + STEP * 20 {}
        };
        spend();
        assert_eq!(meter.total(), Duration::ZERO);
        meter.start();
        spend();
        assert!(meter.total() >= STEP * 18, "{:?}", meter.total());
        meter.end();
        let total = meter.total();
        spend();
        assert_eq!(meter.total(), total);
        // Sleeping takes no CPU time.
        meter.start();
        std::thread::sleep(STEP * 200);
        meter.end();
        assert!(meter.total() - total < STEP * 100, "{:?}", meter.total() - total);
    }
}
