//! The watchdog: ends a turn that uses more CPU time than its worker may.
//!
//! A turn costs two atomic operations. The background thread looks at the running turns now and then, reads the CPU
//! clock of their thread (so a busy machine or a blocked host function is not held against the worker), and terminates
//! the isolate of a turn that went over. It sleeps while nothing runs.
//!
//! A termination must hit the turn it was meant for: the watchdog claims the turn by compare-and-swap first, and the
//! end of the turn waits for a claim to be carried out.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::time::Duration;

use deno_core::v8;
use tokio::sync::Notify;

use super::super::background;
use super::super::platform::ThreadClock;
use crate::limits;

const IDLE: u64 = 0;
const RUNNING: u64 = 1;
const CLAIMED: u64 = 2;
const ENDED: u64 = 3;
const STATE: u64 = 3;
const NEXT_TURN: u64 = 4;

/// One lane's watch. The lane starts and ends turns; the watchdog observes.
pub struct Watch {
    /// Turn number in the high bits, its state in the low two.
    turn: AtomicU64,
    limit: Duration,
    isolate: v8::IsolateHandle,
    clock: ThreadClock,
    /// The turn seen last and the CPU time of its thread then.
    seen: Mutex<(u64, Duration)>,
    /// How many pauses there are, one within the other.
    pauses: AtomicU32,
}

impl Watch {
    /// Watches the isolate on the calling thread.
    pub fn new(isolate: v8::IsolateHandle, limit: Duration) -> Arc<Watch> {
        let watch = Arc::new(Watch {
            turn: AtomicU64::new(IDLE),
            limit,
            isolate,
            clock: ThreadClock::current(),
            seen: Mutex::default(),
            pauses: AtomicU32::new(0),
        });
        WATCHDOG.add(&watch);
        watch
    }

    /// A turn begins.
    pub fn start(&self) {
        self.turn.fetch_add(RUNNING, Ordering::SeqCst);
        if WATCHDOG.asleep.load(Ordering::SeqCst) {
            WATCHDOG.bell.notify_one();
        }
    }

    /// The turn is over. True when the watchdog ended it; the isolate can run again afterwards.
    pub fn end(&self) -> bool {
        let running = self.turn.load(Ordering::SeqCst) & !STATE | RUNNING;
        let next = (running & !STATE) + NEXT_TURN;
        if self
            .turn
            .compare_exchange(running, next, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
        {
            return false;
        }
        while self.turn.load(Ordering::SeqCst) & STATE == CLAIMED {
            std::hint::spin_loop();
        }
        self.isolate.cancel_terminate_execution();
        self.turn.store(next, Ordering::SeqCst);
        true
    }

    /// Whether the watchdog is ending the turn, or has.
    pub fn is_over(&self) -> bool {
        self.turn.load(Ordering::SeqCst) & STATE >= CLAIMED
    }

    /// Stops the clock of the turn until the value is dropped, on the lane's thread.
    pub fn pause(&self) -> Pause<'_> {
        self.pauses.fetch_add(1, Ordering::SeqCst);
        Pause {
            watch: self,
            began: self.clock.read(),
        }
    }

    /// Takes time off what the turn has used.
    fn forgive(&self, used: Duration) {
        if let Ok(mut seen) = self.seen.lock()
            && seen.0 == self.turn.load(Ordering::SeqCst)
        {
            seen.1 += used;
        }
    }

    /// Looks at the turn; true while one runs.
    fn look(&self) -> bool {
        let turn = self.turn.load(Ordering::SeqCst);
        if self.pauses.load(Ordering::SeqCst) > 0 {
            return true;
        }
        if turn & STATE != RUNNING {
            return turn & STATE != IDLE;
        }
        let Some(now) = self.clock.read() else { return false };
        let Ok(mut seen) = self.seen.lock() else { return false };
        if seen.0 != turn {
            *seen = (turn, now);
        } else if now.saturating_sub(seen.1) >= self.limit {
            self.terminate(turn);
        }
        true
    }

    fn terminate(&self, turn: u64) {
        let claimed = turn & !STATE | CLAIMED;
        if self
            .turn
            .compare_exchange(turn, claimed, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
        {
            self.isolate.terminate_execution();
            self.turn.store(turn & !STATE | ENDED, Ordering::SeqCst);
        }
    }

    fn tick(&self) -> Duration {
        (self.limit / 10).clamp(limits::WATCHDOG_TICK_MIN, limits::WATCHDOG_TICK_MAX)
    }
}

/// A stretch of a turn that does not count.
pub struct Pause<'w> {
    watch: &'w Watch,
    began: Option<Duration>,
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        // One within another is part of that one.
        if self.watch.pauses.load(Ordering::SeqCst) == 1
            && let (Some(began), Some(now)) = (self.began, self.watch.clock.read())
        {
            self.watch.forgive(now.saturating_sub(began));
        }
        self.watch.pauses.fetch_sub(1, Ordering::SeqCst);
    }
}

static WATCHDOG: LazyLock<Watchdog> = LazyLock::new(Watchdog::default);

#[derive(Default)]
struct Watchdog {
    watches: Mutex<Vec<Weak<Watch>>>,
    started: AtomicBool,
    asleep: AtomicBool,
    bell: Notify,
}

impl Watchdog {
    fn add(&self, watch: &Arc<Watch>) {
        if let Ok(mut watches) = self.watches.lock() {
            watches.push(Arc::downgrade(watch));
        }
        if !self.started.swap(true, Ordering::SeqCst) {
            background::handle().spawn(WATCHDOG.patrol());
        }
    }

    /// Runs on the background thread for as long as the process lives.
    async fn patrol(&self) {
        loop {
            let (running, tick) = self.round();
            if running {
                tokio::time::sleep(tick).await;
                continue;
            }
            self.asleep.store(true, Ordering::SeqCst);
            if !self.round().0 {
                self.bell.notified().await;
            }
            self.asleep.store(false, Ordering::SeqCst);
        }
    }

    /// Looks at every watch; whether any runs, and when to look again.
    fn round(&self) -> (bool, Duration) {
        let mut running = false;
        let mut tick = limits::WATCHDOG_TICK_MAX;
        let Ok(mut watches) = self.watches.lock() else {
            return (false, tick);
        };
        watches.retain(|watch| {
            let Some(watch) = watch.upgrade() else { return false };
            running |= watch.look();
            tick = tick.min(watch.tick());
            true
        });
        (running, tick)
    }
}
