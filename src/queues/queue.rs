//! One queue: its messages in a space that is claimed for it, and which of them wait. A message is stored until it has been
//! acknowledged, so that one that was accepted is delivered at least once.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;

use super::message::{self, MESSAGE, Message};
use super::schedule::{Consumer, Schedule};
use crate::store::range::Range;
use crate::store::{Result, Space, Store, Write};

/// The key of the number that the next message gets.
const NEXT: &[u8] = b"n";

pub struct Queue {
    pub schedule: Schedule,
    pub space: Rc<dyn Space>,
    /// Bytes of the body of each message that is stored.
    sizes: BTreeMap<u64, usize>,
}

/// A message that is sent.
pub struct Outgoing {
    pub body: Bytes,
    pub content_type: u8,
    /// Seconds before it can be delivered.
    pub delay: f64,
}

/// What has been decided on a message that was delivered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    Acknowledged,
    /// To be delivered again, after so many seconds if the consumer says it.
    Retried(Option<f64>),
    /// It could not be delivered, for a reason that is not the consumer's.
    Undelivered,
}

/// What became of a message that was retried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Again,
    /// It goes to the queue for dead letters.
    Moved,
    Dropped,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq)]
pub struct Settled {
    pub fates: Vec<(u64, Fate)>,
    /// Those to be moved. They stay stored here until they are in the other queue.
    pub dead: Vec<(u64, Message)>,
}

/// What waits in a queue or is being delivered.
pub struct Backlog {
    pub count: usize,
    pub bytes: usize,
    /// When the first of them was sent, in milliseconds since the epoch.
    pub oldest_ms: Option<f64>,
}

impl Queue {
    /// Claims a queue, and reads which messages it holds.
    pub async fn open(store: &Rc<dyn Store>, name: &str, now_ms: f64) -> Result<Queue> {
        let (space, claimed) = store.claim(name);
        claimed.wait().await?;
        let stored = space.list(&Range::all().prefixed(vec![MESSAGE])).wait().await?;
        let mut queue = Queue {
            schedule: Schedule::default(),
            space,
            sizes: BTreeMap::new(),
        };
        for (key, bytes) in stored {
            if let Some(number) = message::number(&key) {
                let message = Message::read(&bytes)?;
                queue.wait_for(number, &message, now_ms);
            }
        }
        Ok(queue)
    }

    fn wait_for(&mut self, number: u64, message: &Message, now_ms: f64) {
        self.sizes.insert(number, message.body.len());
        self.schedule.add(number, message.visible_ms, now_ms);
    }

    /// Stores messages, all of them or none. They survive once the space is synced.
    pub fn send(&mut self, messages: Vec<Outgoing>, now_ms: f64) -> Result<()> {
        // It is read each time: another instance of this thread may use the same place.
        let stored = self.space.get(NEXT).now()?;
        let first = stored.and_then(|bytes| Some(u64::from_le_bytes(*bytes.first_chunk()?)));
        let numbers = first.unwrap_or(0)..;
        let messages = messages.into_iter().map(|outgoing| Message {
            body: outgoing.body,
            content_type: outgoing.content_type,
            sent_ms: now_ms,
            visible_ms: now_ms + outgoing.delay * 1000.0,
            failures: 0,
        });
        let messages: Vec<_> = numbers.zip(messages).collect();
        let next = messages.last().map_or(0, |(last, _)| last + 1);
        let mut writes: Vec<Write> = messages.iter().map(written).collect();
        writes.push((NEXT.into(), Some(Bytes::copy_from_slice(&next.to_le_bytes()))));
        self.space.apply(writes).now()?;
        for (number, message) in &messages {
            self.wait_for(*number, message, now_ms);
        }
        Ok(())
    }

    /// A message; `None` when it is not stored any more.
    pub fn message(&self, number: u64) -> Result<Option<Message>> {
        let stored = self.space.get(&message::key(number)).now()?;
        stored.map(|bytes| Message::read(&bytes)).transpose()
    }

    /// Ends the delivery of messages: stores what has been decided on each. When that cannot be stored, all wait for a while.
    pub fn settle(&mut self, decided: &[(u64, Decision)], consumer: &Consumer, now_ms: f64) -> Result<Settled> {
        self.schedule.settled();
        let settled = self.store_decided(decided, consumer, now_ms);
        if settled.is_err() {
            let numbers: Vec<_> = decided.iter().map(|(number, _)| *number).collect();
            self.schedule.postpone(&numbers, now_ms);
        }
        settled
    }

    fn store_decided(&mut self, decided: &[(u64, Decision)], consumer: &Consumer, now_ms: f64) -> Result<Settled> {
        let mut settled = Settled::default();
        let (mut gone, mut again, mut undelivered) = (Vec::new(), Vec::new(), Vec::new());
        for (number, decision) in decided.iter().copied() {
            let delay = match decision {
                Decision::Acknowledged => {
                    gone.push(number);
                    continue;
                }
                Decision::Undelivered => {
                    undelivered.push(number);
                    continue;
                }
                Decision::Retried(delay) => delay.unwrap_or(consumer.retry_delay),
            };
            let Some(mut message) = self.message(number)? else {
                continue;
            };
            message.failures += 1;
            let fate = match message.failures <= consumer.retries {
                true => Fate::Again,
                false if consumer.dead_letters.is_some() => Fate::Moved,
                false => Fate::Dropped,
            };
            settled.fates.push((number, fate));
            match fate {
                Fate::Again => {
                    message.visible_ms = now_ms + delay * 1000.0;
                    again.push((number, message));
                }
                Fate::Moved => settled.dead.push((number, message)),
                Fate::Dropped => gone.push(number),
            }
        }
        let mut writes: Vec<Write> = again.iter().map(written).collect();
        writes.extend(gone.iter().map(|number| (message::key(*number), None)));
        if !writes.is_empty() {
            self.space.apply(writes).now()?;
        }
        self.forget(&gone);
        self.schedule.put_back(&undelivered);
        for (number, message) in &again {
            self.wait_for(*number, message, now_ms);
        }
        Ok(settled)
    }

    /// Takes messages away that are in another queue by now.
    pub fn remove(&mut self, numbers: &[u64]) -> Result<()> {
        let writes = numbers.iter().map(|number| (message::key(*number), None));
        self.space.apply(writes.collect()).now()?;
        self.forget(numbers);
        Ok(())
    }

    fn forget(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.sizes.remove(number);
        }
    }

    pub fn backlog(&self) -> Result<Backlog> {
        let first = self.sizes.first_key_value().map(|(number, _)| self.message(*number));
        Ok(Backlog {
            count: self.sizes.len(),
            bytes: self.sizes.values().sum(),
            oldest_ms: first.transpose()?.flatten().map(|message| message.sent_ms),
        })
    }
}

fn written((number, message): &(u64, Message)) -> Write {
    (message::key(*number), Some(message.write()))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::store::memory::MemoryStore;

    fn consumer(dead_letters: Option<&str>) -> Consumer {
        Consumer {
            batch_size: 10,
            wait_ms: 0.0,
            retries: 1,
            dead_letters: dead_letters.map(String::from),
            concurrency: None,
            retry_delay: 5.0,
        }
    }

    fn open(store: &Rc<dyn Store>, now_ms: f64) -> Queue {
        block_on(Queue::open(store, "q", now_ms)).expect("memory can be read")
    }

    fn send(queue: &mut Queue, bodies: &[&'static str]) {
        let messages = bodies.iter().map(|body| Outgoing {
            body: Bytes::from(*body),
            content_type: 0,
            delay: 0.0,
        });
        queue.send(messages.collect(), 0.0).expect("memory can be written");
    }

    fn settle(queue: &mut Queue, decision: Decision, consumer: &Consumer, now_ms: f64) -> Settled {
        let taken = queue.schedule.take(consumer, now_ms);
        let decided: Vec<_> = taken.into_iter().map(|number| (number, decision)).collect();
        queue.settle(&decided, consumer, now_ms).expect("memory can be written")
    }

    #[test]
    fn keeps_messages_until_they_are_acknowledged() {
        let store: Rc<dyn Store> = Rc::<MemoryStore>::default();
        let (consumer, mut queue) = (consumer(None), open(&store, 0.0));
        send(&mut queue, &["a", "bc"]);
        let backlog = queue.backlog().expect("memory can be read");
        assert_eq!((backlog.count, backlog.bytes, backlog.oldest_ms), (2, 3, Some(0.0)));
        assert_eq!(queue.schedule.take(&consumer, 0.0), [0, 1]);
        // It ends, and is opened again.
        let mut queue = open(&store, 0.0);
        assert_eq!(
            settle(&mut queue, Decision::Acknowledged, &consumer, 0.0),
            Settled::default()
        );
        let mut queue = open(&store, 0.0);
        assert_eq!(queue.schedule.take(&consumer, 0.0), [0; 0]);
        send(&mut queue, &["d"]);
        assert_eq!(queue.schedule.take(&consumer, 0.0), [2]);
    }

    #[test]
    fn delivers_again_what_is_retried_until_that_has_failed_too_often() {
        let store: Rc<dyn Store> = Rc::<MemoryStore>::default();
        let (consumer, mut queue) = (consumer(None), open(&store, 0.0));
        send(&mut queue, &["a"]);
        let retried = settle(&mut queue, Decision::Retried(None), &consumer, 0.0);
        assert_eq!(retried.fates, [(0, Fate::Again)]);
        assert_eq!(
            (queue.schedule.take(&consumer, 4999.0), queue.schedule.next_ms()),
            (vec![], Some(5000.0))
        );
        let mut queue = open(&store, 4999.0);
        let dropped = settle(&mut queue, Decision::Retried(Some(1.0)), &consumer, 5000.0);
        assert_eq!(dropped.fates, [(0, Fate::Dropped)]);
        assert_eq!(open(&store, 0.0).backlog().expect("memory can be read").count, 0);
    }

    #[test]
    fn keeps_dead_letters_until_they_are_in_the_other_queue() {
        let store: Rc<dyn Store> = Rc::<MemoryStore>::default();
        let (mut consumer, mut queue) = (consumer(Some("dead")), open(&store, 0.0));
        consumer.retries = 0;
        send(&mut queue, &["a"]);
        let moved = settle(&mut queue, Decision::Retried(None), &consumer, 0.0);
        assert_eq!(moved.fates, [(0, Fate::Moved)]);
        assert_eq!(moved.dead[0].1.body, "a");
        assert_eq!(open(&store, 0.0).backlog().expect("memory can be read").count, 1);
        queue.remove(&[0]).expect("memory can be written");
        assert_eq!(open(&store, 0.0).backlog().expect("memory can be read").count, 0);
    }

    #[test]
    fn counts_no_failure_of_what_was_not_delivered() {
        let store: Rc<dyn Store> = Rc::<MemoryStore>::default();
        let (consumer, mut queue) = (consumer(None), open(&store, 0.0));
        send(&mut queue, &["a"]);
        for _ in 0..5 {
            let settled = settle(&mut queue, Decision::Undelivered, &consumer, 0.0);
            assert_eq!(settled, Settled::default());
        }
        assert_eq!(queue.schedule.take(&consumer, 0.0), [0]);
    }
}
