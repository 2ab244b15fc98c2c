//! A scheduler's cron expressions: which is due next on the clock of its instance.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures::FutureExt;
use futures::future::select;

use super::cron;
use crate::clock::Clock;
use crate::realm::timer_queue::{TimerQueue, sleep_until};

pub struct Crons {
    clock: Rc<Clock>,
    /// In the order in which those due at the same time are given.
    expressions: RefCell<Vec<String>>,
    queue: TimerQueue<String>,
    /// The time that each was queued at, in milliseconds since the epoch.
    queued: RefCell<HashMap<String, f64>>,
    is_closed: Cell<bool>,
}

impl Crons {
    pub fn new(clock: Rc<Clock>) -> Crons {
        Crons {
            clock,
            expressions: RefCell::default(),
            queue: TimerQueue::default(),
            queued: RefCell::default(),
            is_closed: Cell::default(),
        }
    }

    /// Has the scheduler wait for these expressions. Those that stay keep their times. How many will be due at all.
    pub fn set(&self, expressions: Vec<String>) -> Result<usize, String> {
        for gone in self.queue.names() {
            if !expressions.contains(&gone) {
                self.queue.set(&gone, None);
            }
        }
        for expression in &expressions {
            if self.queue.due_ms(expression).is_none() {
                self.queue(expression, self.clock.now_ms())?;
            }
        }
        self.expressions.replace(expressions);
        self.queue.wake();
        Ok(self.queue.names().len())
    }

    /// Queues an expression for its first moment after `now_ms`.
    fn queue(&self, expression: &String, now_ms: f64) -> Result<(), String> {
        self.queue.set(expression, cron::next(expression, now_ms)?);
        self.queued.borrow_mut().insert(expression.clone(), now_ms);
        Ok(())
    }

    /// Ends the wait of those who wait for what is due.
    pub fn close(&self) {
        self.is_closed.set(true);
        self.queue.wake();
    }

    /// The expressions that are due, as soon as there are any, each with its time; nothing when there is nothing to wait for.
    pub async fn due(&self) -> Result<Vec<(String, f64)>, String> {
        while !self.is_closed.get() {
            let mut changed = pin!(self.queue.changed());
            changed.as_mut().enable();
            let now_ms = self.clock.now_ms();
            self.queue_again(now_ms)?;
            let due = self.take_due(now_ms)?;
            if !due.is_empty() {
                return Ok(due);
            }
            let Some(next) = self.queue.next(|_| true) else { break };
            let sleeps = pin!(sleep_until(&self.clock, Some(next)));
            let mut waits = select(changed, sleeps);
            // A clock that is set back wakes those who sleep.
            poll_fn(|context| match self.clock.now_ms() < now_ms {
                true => Poll::Ready(()),
                false => waits.poll_unpin(context).map(drop),
            })
            .await;
        }
        Ok(Vec::new())
    }

    /// Expressions that were queued later than it is now, since the clock was set back, may be due sooner.
    fn queue_again(&self, now_ms: f64) -> Result<(), String> {
        for expression in self.queue.names() {
            let queued = self.queued.borrow().get(&expression).copied();
            if queued.is_some_and(|queued| queued > now_ms) {
                self.queue(&expression, now_ms)?;
            }
        }
        Ok(())
    }

    /// What is due, in order. What was missed, as while the machine was asleep, is due once.
    fn take_due(&self, now_ms: f64) -> Result<Vec<(String, f64)>, String> {
        let mut due = Vec::new();
        for expression in self.queue.due_by(Some(now_ms)) {
            let due_ms = self.queue.due_ms(&expression).unwrap_or(now_ms);
            self.queue(&expression, due_ms.max(now_ms))?;
            due.push((expression, due_ms));
        }
        let expressions = self.expressions.borrow();
        let position = |one: &String| expressions.iter().position(|expression| expression == one);
        due.sort_by(|(one, one_ms), (other, other_ms)| {
            one_ms
                .total_cmp(other_ms)
                .then_with(|| position(one).cmp(&position(other)))
        });
        Ok(due)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use super::*;

    const MINUTE: f64 = 60_000.0;

    fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn at(wall: f64) -> (Rc<Clock>, Crons) {
        let clock = Rc::<Clock>::default();
        clock.set(wall);
        (clock.clone(), Crons::new(clock))
    }

    fn due(found: &[(&str, f64)]) -> Option<Result<Vec<(String, f64)>, String>> {
        let found = found
            .iter()
            .map(|(expression, minute)| (expression.to_string(), minute * MINUTE));
        Some(Ok(found.collect()))
    }

    #[test]
    fn are_due_on_the_clock_in_the_order_that_they_were_given_in() {
        let (clock, crons) = at(30_000.0);
        assert_eq!(crons.set(vec!["*/2 * * * *".into(), "* * * * *".into()]), Ok(2));
        let mut first = pin!(crons.due());
        assert_eq!(poll(first.as_mut()), None);
        assert!(clock.step(10.0 * MINUTE));
        assert_eq!(poll(first), due(&[("* * * * *", 1.0)]));
        let mut second = pin!(crons.due());
        assert_eq!(poll(second.as_mut()), None);
        assert!(clock.step(10.0 * MINUTE));
        assert_eq!(poll(second), due(&[("*/2 * * * *", 2.0), ("* * * * *", 2.0)]));
    }

    #[test]
    fn are_due_sooner_when_the_clock_is_set_back() {
        let (clock, crons) = at(60.0 * MINUTE);
        assert_eq!(crons.set(vec!["* * * * *".into()]), Ok(1));
        let mut waits = pin!(crons.due());
        assert_eq!(poll(waits.as_mut()), None);
        clock.set(5.0 * MINUTE);
        assert_eq!(poll(waits.as_mut()), None);
        assert!(clock.step(60.0 * MINUTE));
        assert_eq!(poll(waits), due(&[("* * * * *", 6.0)]));
    }

    #[test]
    fn end_their_wait_when_there_is_nothing_to_wait_for() {
        let (_, crons) = at(0.0);
        assert_eq!(crons.set(vec!["0 0 1 1 *".into()]), Ok(1));
        let mut waits = pin!(crons.due());
        assert_eq!(poll(waits.as_mut()), None);
        assert_eq!(crons.set(Vec::new()), Ok(0));
        assert_eq!(poll(waits), due(&[]));
        crons.close();
        assert_eq!(poll(pin!(crons.due())), due(&[]));
    }
}
