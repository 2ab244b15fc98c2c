//! All queues of an instance: who consumes which, and the batches that are being delivered. Node asks for what is due, and
//! delivers it (`node/consumers.ts`).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::Poll;

use futures::FutureExt;
use futures::future::select;

use super::ROOM;
use super::limits::QUEUE_SOON;
use super::message::Message;
use super::queue::{Backlog, Decision, Fate, Outgoing, Queue, Settled};
use super::schedule::Consumer;
use crate::clock::Clock;
use crate::realm::instance::Instance;
use crate::realm::timer_queue::{TimerQueue, sleep_until};
use crate::store::{Result, Store};

/// The instance's part of this room. The broker is told when the instance ends.
#[derive(Default)]
pub struct Queues(pub Rc<Broker>);

impl Drop for Queues {
    fn drop(&mut self) {
        self.0.is_closed.set(true);
        self.0.timers.wake();
    }
}

#[derive(Default)]
pub struct Broker {
    queues: RefCell<BTreeMap<String, Rc<Opened>>>,
    consumers: RefCell<BTreeMap<String, Rc<Consumer>>>,
    batches: RefCell<HashMap<u32, Batch>>,
    last_batch: Cell<u32>,
    /// When there is something to do for a queue that is consumed.
    timers: TimerQueue<String>,
    /// What Node was told last of whether batches are being delivered or will be soon.
    told: Cell<bool>,
    is_closed: Cell<bool>,
}

/// A queue, and the store that it was read from.
struct Opened {
    store: Rc<dyn Store>,
    restores: u64,
    queue: RefCell<Queue>,
}

impl Opened {
    /// Whether the queue is still what `store` holds.
    fn is_of(&self, store: &Rc<dyn Store>) -> bool {
        Rc::ptr_eq(&self.store, store) && self.restores == store.restores()
    }
}

/// Messages that are being delivered.
struct Batch {
    name: String,
    opened: Rc<Opened>,
    consumer: Rc<Consumer>,
    numbers: Vec<u64>,
}

/// What a consumer gets of a batch.
pub struct Delivery {
    pub queue: String,
    pub backlog: Backlog,
    pub messages: Vec<(u64, Message)>,
}

/// What Node is told.
#[derive(Debug, PartialEq)]
pub enum Due {
    /// Whether batches are being delivered or will be soon, and those to be delivered now, `(queue, batch)`.
    Batches { expects: bool, batches: Vec<(String, u32)> },
    /// The instance has ended.
    Closed,
}

impl Broker {
    pub fn of(instance: &Instance) -> Rc<Broker> {
        instance.part::<Queues>().0.clone()
    }

    /// These queues are consumed from now on, and no others.
    pub fn consume(&self, consumers: BTreeMap<String, Consumer>) {
        let mut before = self.consumers.borrow_mut();
        for name in before.keys() {
            self.timers.set(name, None);
        }
        for (name, consumer) in &consumers {
            let is_same = before.get(name).is_some_and(|known| **known == *consumer);
            if !is_same && let Some(opened) = self.queues.borrow().get(name) {
                opened.queue.borrow_mut().schedule.reset();
            }
        }
        *before = consumers
            .into_iter()
            .map(|(name, consumer)| (name, Rc::new(consumer)))
            .collect();
        self.timers.wake();
    }

    /// The queue of a name, read from the store unless that has been done.
    async fn open(&self, instance: &Instance, name: &str) -> Result<Rc<Opened>> {
        let store = instance.stores.spaces(ROOM.name);
        if let Some(known) = self.known(name, &store) {
            return Ok(known);
        }
        let restores = store.restores();
        let queue = Queue::open(&store, name, instance.clock.now_ms()).await?;
        // Another call may have read it meanwhile.
        if let Some(known) = self.known(name, &store) {
            return Ok(known);
        }
        let queue = RefCell::new(queue);
        let opened = Rc::new(Opened { store, restores, queue });
        self.queues.borrow_mut().insert(name.into(), opened.clone());
        Ok(opened)
    }

    fn known(&self, name: &str, store: &Rc<dyn Store>) -> Option<Rc<Opened>> {
        let queues = self.queues.borrow();
        queues.get(name).filter(|opened| opened.is_of(store)).cloned()
    }

    fn consumer(&self, name: &str) -> Option<Rc<Consumer>> {
        self.consumers.borrow().get(name).cloned()
    }

    /// Decides when the next batch of a queue is due.
    fn arrange(&self, name: &String, opened: &Opened, now_ms: f64) {
        let Some(consumer) = self.consumer(name) else { return };
        let mut queue = opened.queue.borrow_mut();
        queue.schedule.arrange(&consumer, now_ms);
        let next_ms = queue.schedule.next_ms();
        if self.timers.due_ms(name) != next_ms {
            self.timers.set(name, next_ms);
        }
    }

    /// Sends messages, all of them or none; answers when they survive.
    pub async fn send(&self, instance: &Instance, name: String, messages: Vec<Outgoing>) -> Result<Backlog> {
        let opened = self.open(instance, &name).await?;
        let now_ms = instance.clock.now_ms();
        opened.queue.borrow_mut().send(messages, now_ms)?;
        self.arrange(&name, &opened, now_ms);
        let (backlog, space) = {
            let queue = opened.queue.borrow();
            (queue.backlog()?, queue.space.clone())
        };
        space.sync().wait().await?;
        Ok(backlog)
    }

    pub async fn backlog(&self, instance: &Instance, name: &str) -> Result<Backlog> {
        let opened = self.open(instance, name).await?;
        let queue = opened.queue.borrow();
        queue.backlog()
    }

    /// Waits until there are batches to be delivered, or `expects` would answer something else than Node was told last.
    pub async fn due(&self, instance: Weak<Instance>) -> Result<Due> {
        loop {
            let mut changed = pin!(self.timers.changed());
            changed.as_mut().enable();
            let Some(live) = instance.upgrade().filter(|_| !self.is_closed.get()) else {
                return Ok(Due::Closed);
            };
            let names: Vec<_> = self.consumers.borrow().keys().cloned().collect();
            let others = live.stores.spaces(ROOM.name).changed();
            for name in &names {
                let opened = self.open(&live, name).await?;
                self.arrange(name, &opened, live.clock.now_ms());
            }
            let clock = live.clock.clone();
            let now_ms = clock.now_ms();
            let batches = self.take_due(now_ms);
            let told = self.told.get();
            let expects = self.expects(&clock);
            drop(live);
            if !batches.is_empty() || expects != told {
                return Ok(Due::Batches { expects, batches });
            }
            let sleeps = pin!(sleep_until(&clock, self.timers.next(|_| true)));
            let mut waits = select(select(changed, sleeps), others);
            // A clock that is set back wakes those who sleep.
            poll_fn(|context| match clock.now_ms() < now_ms {
                true => Poll::Ready(()),
                false => waits.poll_unpin(context).map(drop),
            })
            .await;
        }
    }

    fn take_due(&self, now_ms: f64) -> Vec<(String, u32)> {
        let mut due = Vec::new();
        for name in self.timers.due_by(Some(now_ms)) {
            let opened = self.queues.borrow().get(&name).cloned();
            let (Some(opened), Some(consumer)) = (opened, self.consumer(&name)) else {
                continue;
            };
            loop {
                let numbers = opened.queue.borrow_mut().schedule.take(&consumer, now_ms);
                if numbers.is_empty() {
                    break;
                }
                let (opened, consumer) = (opened.clone(), consumer.clone());
                let batch = Batch {
                    name: name.clone(),
                    opened,
                    consumer,
                    numbers,
                };
                due.push((name.clone(), self.add(batch)));
            }
            self.arrange(&name, &opened, now_ms);
        }
        due
    }

    fn add(&self, batch: Batch) -> u32 {
        let number = self.last_batch.get().wrapping_add(1);
        self.last_batch.set(number);
        self.batches.borrow_mut().insert(number, batch);
        number
    }

    /// Whether batches are being delivered or are due soon. Node is notified of it.
    pub fn expects(&self, clock: &Clock) -> bool {
        let soon_ms = clock.now_ms() + QUEUE_SOON.as_secs_f64() * 1000.0;
        let is_due = self.timers.next(|_| true).is_some_and(|due_ms| due_ms <= soon_ms);
        let expects = !self.batches.borrow().is_empty() || (is_due && !clock.is_steered());
        self.told.set(expects);
        expects
    }

    /// The messages of a batch; none when they are not stored any more.
    pub fn delivery(&self, instance: &Instance, batch: u32) -> Result<Option<Delivery>> {
        let batches = self.batches.borrow();
        let store = instance.stores.spaces(ROOM.name);
        let Some(batch) = batches.get(&batch).filter(|batch| batch.opened.is_of(&store)) else {
            return Ok(None);
        };
        let queue = batch.opened.queue.borrow();
        let mut messages = Vec::with_capacity(batch.numbers.len());
        for number in &batch.numbers {
            if let Some(message) = queue.message(*number)? {
                messages.push((*number, message));
            }
        }
        let delivery = Delivery {
            queue: batch.name.clone(),
            backlog: queue.backlog()?,
            messages,
        };
        Ok(Some(delivery).filter(|delivery| !delivery.messages.is_empty()))
    }

    /// Ends a delivery: stores what was decided on its messages, by their numbers; those with no decision were not
    /// delivered. Answers with what became of those that are retried, when all of it survives.
    pub async fn settle(
        &self,
        instance: &Instance,
        batch: u32,
        decision: impl Fn(u64) -> Option<Decision>,
    ) -> Result<Vec<(String, Fate)>> {
        let Some(batch) = self.batches.borrow_mut().remove(&batch) else {
            return Ok(Vec::new());
        };
        let ended = self.end(instance, &batch, decision).await;
        self.arrange(&batch.name, &batch.opened, instance.clock.now_ms());
        // Whether something is expected may be another by now.
        self.timers.wake();
        ended
    }

    async fn end(
        &self,
        instance: &Instance,
        batch: &Batch,
        decision: impl Fn(u64) -> Option<Decision>,
    ) -> Result<Vec<(String, Fate)>> {
        let Batch {
            name,
            opened,
            consumer,
            numbers,
        } = batch;
        let store = instance.stores.spaces(ROOM.name);
        // What it was delivered from was brought back, or lies elsewhere: these are other messages.
        if !opened.is_of(&store) {
            return Ok(Vec::new());
        }
        let decided = numbers
            .iter()
            .map(|number| (*number, decision(*number).unwrap_or(Decision::Undelivered)));
        let decided: Vec<_> = decided.collect();
        let now_ms = instance.clock.now_ms();
        let Settled { fates, dead } = opened.queue.borrow_mut().settle(&decided, consumer, now_ms)?;
        self.arrange(name, opened, now_ms);
        if let Some(letters) = consumer.dead_letters.clone().filter(|_| !dead.is_empty()) {
            self.bury(instance, opened, letters, dead).await?;
        }
        let space = opened.queue.borrow().space.clone();
        space.sync().wait().await?;
        Ok(fates
            .into_iter()
            .map(|(number, fate)| (id(name, number), fate))
            .collect())
    }

    /// Moves messages to a queue for dead letters. Those that cannot be moved wait for a while where they were.
    async fn bury(&self, instance: &Instance, from: &Opened, letters: String, dead: Vec<(u64, Message)>) -> Result<()> {
        let numbers: Vec<_> = dead.iter().map(|(number, _)| *number).collect();
        let messages = dead.into_iter().map(|(_, message)| Outgoing {
            body: message.body,
            content_type: message.content_type,
            delay: 0.0,
        });
        let sent = self.send(instance, letters, messages.collect()).await;
        let mut queue = from.queue.borrow_mut();
        match sent {
            Ok(_) => queue.remove(&numbers),
            Err(error) => {
                queue.schedule.postpone(&numbers, instance.clock.now_ms());
                Err(error)
            }
        }
    }
}

/// The id of a message.
pub fn id(queue: &str, number: u64) -> String {
    format!("{queue}-{number}")
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use bytes::Bytes;
    use futures::executor::block_on;

    use super::*;

    fn instance() -> Rc<Instance> {
        let instance = Rc::<Instance>::default();
        instance.clock.set(0.0);
        instance
    }

    fn consume(broker: &Broker, name: &str, dead_letters: Option<&str>) {
        let consumer = Consumer {
            batch_size: 2,
            wait_ms: 1000.0,
            retries: 0,
            dead_letters: dead_letters.map(String::from),
            concurrency: None,
            retry_delay: 0.0,
        };
        broker.consume(BTreeMap::from([(name.into(), consumer)]));
    }

    fn send(instance: &Instance, name: &str, count: usize) -> usize {
        let messages = (0..count).map(|_| Outgoing {
            body: Bytes::from_static(b"body"),
            content_type: 0,
            delay: 0.0,
        });
        let broker = Broker::of(instance);
        let sent = broker.send(instance, name.into(), messages.collect());
        block_on(sent).expect("memory can be written").count
    }

    fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn due(batches: &[(&str, u32)]) -> Option<Result<Due>> {
        let batches: Vec<_> = batches.iter().map(|(name, batch)| (name.to_string(), *batch)).collect();
        Some(Ok(Due::Batches {
            expects: !batches.is_empty(),
            batches,
        }))
    }

    #[test]
    fn delivers_batches_on_the_clock_and_ends_with_the_instance() {
        let instance = instance();
        let broker = Broker::of(&instance);
        consume(&broker, "q", None);
        let mut waits = pin!(broker.due(Rc::downgrade(&instance)));
        assert_eq!(poll(waits.as_mut()), None);
        assert_eq!(send(&instance, "q", 1), 1);
        assert_eq!(poll(waits.as_mut()), None);
        assert!(instance.clock.step(5000.0));
        assert_eq!(poll(waits.as_mut()), due(&[("q", 1)]));
        let delivery = broker
            .delivery(&instance, 1)
            .expect("memory can be read")
            .expect("it is stored");
        assert_eq!((delivery.queue.as_str(), delivery.messages.len()), ("q", 1));
        let settled = broker.settle(&instance, 1, |_| Some(Decision::Retried(None)));
        assert_eq!(block_on(settled), Ok(vec![("q-0".into(), Fate::Dropped)]));
        // Node is told that nothing is expected any more.
        assert_eq!(poll(pin!(broker.due(Rc::downgrade(&instance)))), due(&[]));
        let mut waits = pin!(broker.due(Rc::downgrade(&instance)));
        assert_eq!(poll(waits.as_mut()), None);
        drop(instance);
        assert_eq!(poll(waits), Some(Ok(Due::Closed)));
    }

    #[test]
    fn moves_dead_letters_to_their_queue() {
        let instance = instance();
        let broker = Broker::of(&instance);
        consume(&broker, "q", Some("dead"));
        send(&instance, "q", 2);
        assert_eq!(
            block_on(broker.due(Rc::downgrade(&instance))).ok(),
            due(&[("q", 1)]).and_then(Result::ok)
        );
        let decision = |number| Some([Decision::Retried(None), Decision::Acknowledged][number as usize]);
        assert_eq!(
            block_on(broker.settle(&instance, 1, decision)),
            Ok(vec![("q-0".into(), Fate::Moved)])
        );
        let count = |name| {
            block_on(broker.backlog(&instance, name))
                .expect("memory can be read")
                .count
        };
        assert_eq!((count("q"), count("dead")), (0, 1));
    }

    #[test]
    fn leaves_messages_alone_that_are_others_since_a_snapshot_was_brought_back() {
        let instance = instance();
        let broker = Broker::of(&instance);
        consume(&broker, "q", None);
        let snapshot = instance.stores.take_snapshot();
        send(&instance, "q", 2);
        assert!(block_on(broker.due(Rc::downgrade(&instance))).is_ok());
        block_on(instance.stores.restore_snapshot(snapshot)).expect("memory can be written");
        assert_eq!(send(&instance, "q", 2), 2);
        assert!(broker.delivery(&instance, 1).expect("memory can be read").is_none());
        let settled = broker.settle(&instance, 1, |_| Some(Decision::Acknowledged));
        assert_eq!(block_on(settled), Ok(vec![]));
        assert_eq!(
            block_on(broker.backlog(&instance, "q"))
                .expect("memory can be read")
                .count,
            2
        );
    }
}
