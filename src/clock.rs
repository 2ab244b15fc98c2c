//! The time of one instance: everything that has an age asks here (timers, `Date`, expiry of keys, caches, alarms).
//!
//! It flows as the machine's does, until a test steers it: then it stands still, and moves when it is told to, from one
//! wake-up time of a sleeper to the next. It has two scales. The wall shows a date, and may be set back; what has
//! elapsed only grows, and what waits for a while, a timer, is measured on it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::limits;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Milliseconds since the Unix epoch.
    Wall,
    /// Milliseconds since the clock was made.
    Elapsed,
}

#[derive(Clone, Copy)]
struct Steered {
    wall: f64,
    elapsed: f64,
}

pub struct Clock {
    made: Instant,
    /// What it shows while it is steered.
    steered: Cell<Option<Steered>>,
    /// By how much it was steered ahead of the machine, on the scale of what has elapsed.
    ahead: Cell<f64>,
    sleepers: RefCell<BTreeMap<u64, Sleeper>>,
    last_sleeper: Cell<u64>,
    turns: Cell<u64>,
}

/// One who sleeps. Once woken by a step it is not waited for, until it has looked at the clock again.
struct Sleeper {
    scale: Scale,
    until: f64,
    waker: Waker,
    woken: bool,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock {
            made: Instant::now(),
            steered: Cell::default(),
            ahead: Cell::default(),
            sleepers: RefCell::default(),
            last_sleeper: Cell::default(),
            turns: Cell::default(),
        }
    }
}

impl Clock {
    /// Whole milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> f64 {
        self.shows(Scale::Wall).floor()
    }

    /// Milliseconds since the clock was made, with fractions.
    pub fn elapsed_ms(&self) -> f64 {
        self.shows(Scale::Elapsed)
    }

    /// What the wall showed, in whole milliseconds, when so much had elapsed; never later than now.
    pub fn wall_at(&self, elapsed: f64) -> f64 {
        let now = self.shows(Scale::Wall);
        let since = (self.elapsed_ms() - elapsed).max(0.0);
        (now - since).floor()
    }

    pub fn is_steered(&self) -> bool {
        self.steered.get().is_some()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system for the time"
    )]
    fn shows(&self, scale: Scale) -> f64 {
        match (scale, self.steered.get()) {
            (Scale::Wall, Some(steered)) => steered.wall,
            (Scale::Elapsed, Some(steered)) => steered.elapsed,
            (Scale::Wall, None) => millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            (Scale::Elapsed, None) => millis(self.made.elapsed()) + self.ahead.get(),
        }
    }

    /// Stands still from now on and shows `wall`, whatever the sleepers wait for.
    pub fn set(&self, wall: f64) {
        // Whole milliseconds add up exactly.
        let elapsed = self.elapsed_ms().ceil();
        self.steered.set(Some(Steered { wall, elapsed }));
        self.wake_all();
    }

    /// Flows again as the machine's time does.
    pub fn release(&self) {
        if let Some(steered) = self.steered.take() {
            self.ahead.set(steered.elapsed - millis(self.made.elapsed()));
            self.wake_all();
        }
    }

    /// Moves on to the earliest wake-up time, and wakes the sleepers that wait for it. Without any by `target`, on the
    /// wall, it moves there, and the answer is false.
    pub fn step(&self, target: f64) -> bool {
        let Some(steered) = self.steered.get() else {
            return false;
        };
        let left = (target - steered.wall).max(0.0);
        let next = self.next_in().filter(|next| *next <= left);
        let by = next.map_or(left, |next| next.ceil().min(left));
        self.steered.set(Some(Steered {
            wall: steered.wall + by,
            elapsed: steered.elapsed + by,
        }));
        if next.is_some() {
            self.wake_due();
        }
        next.is_some()
    }

    /// In how many milliseconds the next sleeper is to be woken.
    fn next_in(&self) -> Option<f64> {
        let sleepers = self.sleepers.borrow();
        let asleep = sleepers.values().filter(|sleeper| !sleeper.woken);
        let waits = asleep.map(|sleeper| (sleeper.until - self.shows(sleeper.scale)).max(0.0));
        waits.min_by(f64::total_cmp)
    }

    fn wake_due(&self) {
        for sleeper in self.sleepers.borrow_mut().values_mut() {
            if sleeper.until <= self.shows(sleeper.scale) {
                sleeper.woken = true;
                sleeper.waker.wake_by_ref();
            }
        }
    }

    /// Has everyone look at the clock.
    fn wake_all(&self) {
        let sleepers = self.sleepers.borrow();
        sleepers.values().for_each(|sleeper| sleeper.waker.wake_by_ref());
    }

    /// Resolves when the clock shows `until` on a scale. It is polled where the background runtime is entered.
    pub fn sleep_until(self: &Rc<Clock>, scale: Scale, until: f64) -> Sleep {
        let id = self.last_sleeper.get() + 1;
        self.last_sleeper.set(id);
        Sleep {
            clock: self.clone(),
            id,
            scale,
            until,
            timer: None,
        }
    }

    /// A worker of the instance has had a turn.
    pub fn turn(&self) {
        self.turns.set(self.turns.get() + 1);
    }

    /// How many turns workers of the instance have had.
    pub fn turns(&self) -> u64 {
        self.turns.get()
    }
}

pub struct Sleep {
    clock: Rc<Clock>,
    id: u64,
    scale: Scale,
    until: f64,
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Sleep {
    pub fn until(&self) -> f64 {
        self.until
    }

    pub fn is_over(&self) -> bool {
        self.clock.shows(self.scale) >= self.until
    }

    /// The machine's own timer for what is left; a while of it if that is long, since the machine's wall may be set.
    fn timer(&self) -> Pin<Box<tokio::time::Sleep>> {
        let left = (self.until - self.clock.shows(self.scale)).max(0.0);
        let wait = Duration::try_from_secs_f64(left / 1000.0).unwrap_or(limits::CLOCK_LOOK);
        Box::pin(tokio::time::sleep(wait.min(limits::CLOCK_LOOK)))
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        while !self.is_over() {
            if self.clock.is_steered() {
                self.timer = None;
                break;
            }
            let mut timer = self.timer.take().unwrap_or_else(|| self.timer());
            if timer.as_mut().poll(context).is_pending() {
                self.timer = Some(timer);
                break;
            }
        }
        let mut sleepers = self.clock.sleepers.borrow_mut();
        if self.is_over() {
            sleepers.remove(&self.id);
            return Poll::Ready(());
        }
        let sleeper = Sleeper {
            scale: self.scale,
            until: self.until,
            waker: context.waker().clone(),
            woken: false,
        };
        sleepers.insert(self.id, sleeper);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.sleepers.borrow_mut().remove(&self.id);
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(sleep: &mut Sleep) -> bool {
        Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn steered(wall: f64) -> Rc<Clock> {
        let clock = Rc::<Clock>::default();
        clock.set(wall);
        clock
    }

    #[test]
    fn stands_still_where_it_is_set() {
        let clock = steered(5.5);
        assert_eq!(clock.now_ms(), 5.0);
        let elapsed = clock.elapsed_ms();
        assert!(!clock.step(10.5));
        assert_eq!((clock.now_ms(), clock.elapsed_ms()), (10.0, elapsed + 5.0));
        clock.set(1.0);
        assert_eq!((clock.now_ms(), clock.elapsed_ms()), (1.0, elapsed + 5.0));
    }

    #[test]
    fn moves_from_one_sleeper_to_the_next() {
        let clock = steered(1000.0);
        let mut wall = clock.sleep_until(Scale::Wall, 1020.0);
        let mut elapsed = clock.sleep_until(Scale::Elapsed, clock.elapsed_ms() + 10.0);
        assert!(!poll(&mut wall) && !poll(&mut elapsed));
        assert!(clock.step(2000.0));
        assert_eq!(clock.now_ms(), 1010.0);
        assert!(poll(&mut elapsed) && !poll(&mut wall));
        assert!(clock.step(2000.0));
        assert_eq!(clock.now_ms(), 1020.0);
        assert!(poll(&mut wall));
        assert!(!clock.step(2000.0));
        assert_eq!(clock.now_ms(), 2000.0);
    }

    #[test]
    fn wakes_a_sleeper_who_never_looks_once() {
        let clock = steered(0.0);
        let mut sleep = clock.sleep_until(Scale::Wall, 1.0);
        assert!(!poll(&mut sleep));
        assert!(clock.step(5.0));
        assert!(!clock.step(5.0));
        drop(sleep);
        assert!(clock.sleepers.borrow().is_empty());
    }

    #[test]
    fn goes_on_from_where_it_was_steered_to() {
        let clock = steered(0.0);
        clock.step(60_000.0);
        let elapsed = clock.elapsed_ms();
        clock.release();
        assert!(clock.elapsed_ms() >= elapsed);
        assert!(clock.now_ms() > 60_000.0);
    }
}
