//! What is due when: the timers of one room, by name, in the order of their times on the wall of the instance's clock.
//! Alarms and crons wait here. Several queues of an instance share its clock, which stops at each time that any of them
//! waits for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::clock::{Clock, Scale};

/// A time whose bits are ordered as the time is, since none is negative.
type Order = u64;

pub struct TimerQueue<K> {
    queue: RefCell<BTreeSet<(Order, K)>>,
    orders: RefCell<BTreeMap<K, Order>>,
    changed: Notify,
}

impl<K> Default for TimerQueue<K> {
    fn default() -> TimerQueue<K> {
        TimerQueue {
            queue: RefCell::default(),
            orders: RefCell::default(),
            changed: Notify::default(),
        }
    }
}

impl<K: Clone + Ord> TimerQueue<K> {
    /// Has a timer be due at `due_ms`, in milliseconds since the epoch; takes it out when that is `None`.
    pub fn set(&self, name: &K, due_ms: Option<f64>) {
        let mut orders = self.orders.borrow_mut();
        let mut queue = self.queue.borrow_mut();
        if let Some(before) = orders.remove(name) {
            queue.remove(&(before, name.clone()));
        }
        if let Some(due_ms) = due_ms {
            let order = order_of(due_ms);
            orders.insert(name.clone(), order);
            queue.insert((order, name.clone()));
            self.wake();
        }
    }

    /// When a timer is due; `None` for one that is not in the queue.
    pub fn due_ms(&self, name: &K) -> Option<f64> {
        self.orders.borrow().get(name).map(|order| f64::from_bits(*order))
    }

    pub fn names(&self) -> Vec<K> {
        self.orders.borrow().keys().cloned().collect()
    }

    /// The timers in the order of their times; only those due by `until_ms` when it is given.
    pub fn due_by(&self, until_ms: Option<f64>) -> Vec<K> {
        let until = until_ms.map_or(Order::MAX, order_of);
        let queue = self.queue.borrow();
        let due = queue.iter().take_while(|(order, _)| *order <= until);
        due.map(|(_, name)| name.clone()).collect()
    }

    /// When the first of those that are `wanted` is due.
    pub fn next(&self, wanted: impl Fn(&K) -> bool) -> Option<f64> {
        let queue = self.queue.borrow();
        let mut found = queue.iter().filter(|(_, name)| wanted(name));
        found.next().map(|(order, _)| f64::from_bits(*order))
    }

    /// Has those who wait for a change look again.
    pub fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// Resolves at the next change. It counts from when it is enabled or polled.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }
}

/// Resolves when the clock shows `due_ms`; never when that is `None`.
pub async fn sleep_until(clock: &Rc<Clock>, due_ms: Option<f64>) {
    match due_ms {
        Some(due_ms) => clock.sleep_until(Scale::Wall, due_ms).await,
        None => pending().await,
    }
}

fn order_of(time_ms: f64) -> Order {
    time_ms.max(0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_timers_in_the_order_of_their_times() {
        let queue = TimerQueue::default();
        for (name, due_ms) in [("c", 3.5), ("a", 1.0), ("b", 2.0), ("a", 10.0)] {
            queue.set(&name, Some(due_ms));
        }
        assert_eq!(queue.due_by(None), ["b", "c", "a"]);
        assert_eq!((queue.due_by(Some(3.4)), queue.due_ms(&"a")), (vec!["b"], Some(10.0)));
        assert_eq!(queue.next(|name| *name != "b"), Some(3.5));
        queue.set(&"b", None);
        assert_eq!((queue.due_by(Some(3.4)), queue.due_ms(&"b")), (vec![], None));
    }
}
