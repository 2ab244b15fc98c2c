//! Which messages of a queue wait, and when the next batch of them is due: Miniflare 2's rules.
//!
//! A batch is due when so many messages wait as it can have, or some time after the first of them came. Messages that are
//! retried go behind those that wait. While a full batch is delivered, the others wait for its end; while one is delivered
//! that was not full, only a full one is delivered beside it. A consumer that says how many batches it takes at a time
//! gets as many.

use std::collections::{BTreeSet, VecDeque};

use super::limits::QUEUE_PAUSE;

/// How the consumer of a queue takes messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Messages of a batch.
    pub batch_size: usize,
    /// For how long, in milliseconds, a batch that is not full waits for more.
    pub wait_ms: f64,
    /// How often a message is delivered again.
    pub retries: u32,
    /// The queue that messages go to whose deliveries have all failed.
    pub dead_letters: Option<String>,
    /// Batches that are delivered at a time.
    pub concurrency: Option<usize>,
    /// For how long, in seconds, a message waits before it is delivered again, unless the consumer says it.
    pub retry_delay: f64,
}

/// What has been decided on the next batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Flush {
    #[default]
    None,
    /// It waits for more messages.
    Delayed,
    /// It is full.
    Immediate,
}

#[derive(Debug, Default)]
pub struct Schedule {
    waiting: VecDeque<u64>,
    /// Those that cannot be delivered before a time, in milliseconds since the epoch.
    delayed: BTreeSet<(u64, u64)>,
    flush: Flush,
    due_ms: Option<f64>,
    in_flight: usize,
}

impl Schedule {
    /// A message waits, behind all others, once `visible_ms` has come.
    pub fn add(&mut self, number: u64, visible_ms: f64, now_ms: f64) {
        if visible_ms <= now_ms {
            self.waiting.push_back(number);
        } else {
            self.delayed.insert((visible_ms.ceil() as u64, number));
        }
    }

    /// Messages wait before all others: they were taken and not delivered.
    pub fn put_back(&mut self, numbers: &[u64]) {
        for number in numbers.iter().rev() {
            self.waiting.push_front(*number);
        }
    }

    /// Messages wait for a while: they were delivered, and what was decided on them is lost.
    pub fn postpone(&mut self, numbers: &[u64], now_ms: f64) {
        let until_ms = now_ms + QUEUE_PAUSE.as_secs_f64() * 1000.0;
        numbers.iter().for_each(|number| self.add(*number, until_ms, now_ms));
    }

    /// Forgets what was decided for another consumer.
    pub fn reset(&mut self) {
        self.flush = Flush::None;
        self.due_ms = None;
    }

    /// Decides on the next batch, as far as that has not been done.
    pub fn arrange(&mut self, consumer: &Consumer, now_ms: f64) {
        self.mature(now_ms);
        // A clock that is set back makes no message wait for longer.
        self.due_ms = self.due_ms.map(|due_ms| due_ms.min(now_ms + consumer.wait_ms));
        let is_busy = consumer.concurrency.is_some_and(|most| self.in_flight >= most);
        if self.waiting.is_empty() || is_busy {
            return;
        }
        let is_full = self.waiting.len() >= consumer.batch_size;
        if self.flush == Flush::Immediate || (self.flush == Flush::Delayed && !is_full) {
            return;
        }
        self.flush = if is_full { Flush::Immediate } else { Flush::Delayed };
        self.due_ms = Some(if is_full { now_ms } else { now_ms + consumer.wait_ms });
    }

    /// The messages of a batch that is due; none when no batch is.
    pub fn take(&mut self, consumer: &Consumer, now_ms: f64) -> Vec<u64> {
        self.arrange(consumer, now_ms);
        if self.due_ms.is_none_or(|due_ms| due_ms > now_ms) {
            return Vec::new();
        }
        self.due_ms = None;
        let count = consumer.batch_size.min(self.waiting.len());
        let taken: Vec<_> = self.waiting.drain(..count).collect();
        if !taken.is_empty() {
            self.in_flight += 1;
        }
        if taken.is_empty() || consumer.concurrency.is_some_and(|most| self.in_flight < most) {
            self.flush = Flush::None;
            self.arrange(consumer, now_ms);
        }
        taken
    }

    /// The delivery of a batch has ended.
    pub fn settled(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.due_ms.is_none() {
            self.flush = Flush::None;
        }
    }

    /// When there is something to do, in milliseconds since the epoch.
    pub fn next_ms(&self) -> Option<f64> {
        let first = self.delayed.first().map(|(visible_ms, _)| *visible_ms as f64);
        [self.due_ms, first].into_iter().flatten().min_by(f64::total_cmp)
    }

    fn mature(&mut self, now_ms: f64) {
        while let Some((visible_ms, number)) = self.delayed.first().copied() {
            if visible_ms as f64 > now_ms {
                break;
            }
            self.delayed.pop_first();
            self.waiting.push_back(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consumer(batch_size: usize, concurrency: Option<usize>) -> Consumer {
        Consumer {
            batch_size,
            wait_ms: 1000.0,
            retries: 2,
            dead_letters: None,
            concurrency,
            retry_delay: 0.0,
        }
    }

    fn with(numbers: impl IntoIterator<Item = u64>) -> Schedule {
        let mut schedule = Schedule::default();
        numbers.into_iter().for_each(|number| schedule.add(number, 0.0, 0.0));
        schedule
    }

    #[test]
    fn a_batch_waits_until_it_is_full_or_for_some_time() {
        let consumer = consumer(3, None);
        let mut schedule = with([0, 1]);
        assert_eq!(schedule.take(&consumer, 0.0), [0; 0]);
        assert_eq!(schedule.next_ms(), Some(1000.0));
        schedule.add(2, 0.0, 400.0);
        assert_eq!(schedule.take(&consumer, 400.0), [0, 1, 2]);
        schedule.settled();
        schedule.add(3, 0.0, 500.0);
        assert_eq!(schedule.take(&consumer, 500.0), [0; 0]);
        assert_eq!(schedule.take(&consumer, 1500.0), [3]);
    }

    #[test]
    fn others_wait_for_the_end_of_a_full_batch() {
        let consumer = consumer(2, None);
        let mut schedule = with(0..5);
        assert_eq!(schedule.take(&consumer, 0.0), [0, 1]);
        assert_eq!((schedule.take(&consumer, 9000.0), schedule.next_ms()), (vec![], None));
        schedule.settled();
        assert_eq!(schedule.take(&consumer, 9000.0), [2, 3]);
        schedule.settled();
        assert_eq!(schedule.take(&consumer, 9000.0), [0; 0]);
        assert_eq!(schedule.next_ms(), Some(10_000.0));
    }

    #[test]
    fn a_full_batch_is_delivered_beside_one_that_was_not() {
        let consumer = consumer(2, None);
        let mut schedule = with([0]);
        schedule.arrange(&consumer, 0.0);
        assert_eq!(schedule.take(&consumer, 1000.0), [0]);
        schedule.add(1, 0.0, 1000.0);
        assert_eq!((schedule.take(&consumer, 5000.0), schedule.next_ms()), (vec![], None));
        schedule.add(2, 0.0, 5000.0);
        assert_eq!(schedule.take(&consumer, 5000.0), [1, 2]);
    }

    #[test]
    fn a_consumer_gets_as_many_batches_at_a_time_as_it_takes() {
        let two = consumer(1, Some(2));
        let mut schedule = with(0..4);
        assert_eq!(schedule.take(&two, 0.0), [0]);
        assert_eq!(schedule.take(&two, 0.0), [1]);
        assert_eq!(schedule.take(&two, 0.0), [0; 0]);
        schedule.settled();
        assert_eq!(schedule.take(&two, 0.0), [2]);
        let one = consumer(2, Some(1));
        let mut schedule = with([0]);
        schedule.arrange(&one, 0.0);
        assert_eq!(schedule.take(&one, 1000.0), [0]);
        (1..=3).for_each(|number| schedule.add(number, 0.0, 1000.0));
        assert_eq!(schedule.take(&one, 5000.0), [0; 0]);
        schedule.settled();
        assert_eq!(schedule.take(&one, 5000.0), [1, 2]);
    }

    #[test]
    fn delayed_messages_wait_for_their_time_and_then_as_others_do() {
        let consumer = consumer(2, None);
        let mut schedule = with([]);
        schedule.add(0, 60_000.0, 0.0);
        assert_eq!(
            (schedule.take(&consumer, 0.0), schedule.next_ms()),
            (vec![], Some(60_000.0))
        );
        assert_eq!(
            (schedule.take(&consumer, 60_000.0), schedule.next_ms()),
            (vec![], Some(61_000.0))
        );
        schedule.add(1, 0.0, 60_500.0);
        assert_eq!(schedule.take(&consumer, 60_500.0), [0, 1]);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_batch_wait_for_longer() {
        let consumer = consumer(2, None);
        let mut schedule = Schedule::default();
        schedule.add(0, 0.0, 100_000.0);
        schedule.arrange(&consumer, 100_000.0);
        schedule.arrange(&consumer, 5000.0);
        assert_eq!(schedule.next_ms(), Some(6000.0));
    }

    #[test]
    fn what_was_not_delivered_comes_first() {
        let consumer = consumer(2, None);
        let mut schedule = with(0..3);
        let taken = schedule.take(&consumer, 0.0);
        schedule.put_back(&taken);
        schedule.settled();
        assert_eq!(schedule.take(&consumer, 0.0), [0, 1]);
    }
}
