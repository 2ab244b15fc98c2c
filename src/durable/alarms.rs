//! The alarms of all objects of an instance: which comes next, and which lane delivers it.
//!
//! A lane watches the bindings whose classes it has; the lane that watched a binding before stops doing so. What a lane
//! had begun to deliver when it stopped watching is left to the next, which finds it as a retry.
//!
//! The queue is a cache of what is stored. Others may use the same place, and writes may be lost: it is read again when
//! something was lost, when others release objects, and at
//! intervals where the store does not report that. Entries that another thread or process has claimed are left to it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::rc::Rc;

use futures::future::{Either, select};

use super::ROOM;
use super::alarm::{self, Alarm};
use super::limits;
use super::postponed::{Outage, Postponed};
use crate::clock::Clock;
use crate::realm::timer_queue::{TimerQueue, sleep_until};
use crate::store::stores::Stores;
use crate::store::{Store, StoreError};

/// Binding and id of an object.
pub type Name = (String, String);

#[derive(Default)]
pub struct Alarms {
    queue: TimerQueue<Name>,
    /// Who delivers the alarm of an object at the moment.
    delivering: RefCell<HashMap<Name, u32>>,
    /// Those that could not be delivered.
    postponed: Postponed,
    /// Who watches a binding.
    watchers: RefCell<HashMap<String, u32>>,
    last_watcher: Cell<u32>,
    /// The store whose alarms these are, and how often it had been brought back then.
    loaded: RefCell<Option<(Rc<dyn Store>, u64)>>,
    /// How many are asking the store, and whose alarms were written meanwhile: an answer may not know of them.
    asking: Cell<usize>,
    written: RefCell<BTreeSet<Name>>,
}

/// What a watcher tells of itself.
pub enum Told<'t> {
    /// Whether an alarm is being delivered, or will be soon.
    Expects(bool),
    /// The store could not be asked, which is tried again after so many seconds.
    Outage(&'t StoreError, u64),
}

impl Alarms {
    /// The alarm of an object is another now, or none.
    pub fn set(&self, name: &Name, alarm: Option<Alarm>) {
        if self.asking.get() > 0 {
            self.written.borrow_mut().insert(name.clone());
        }
        self.schedule(name, alarm);
    }

    fn schedule(&self, name: &Name, alarm: Option<Alarm>) {
        let due_ms = alarm.map(|alarm| self.postponed.until(name).max(alarm.due_ms));
        self.queue.set(name, due_ms);
    }

    /// What is stored may be another now than what is known.
    pub fn forget(&self) {
        self.loaded.replace(None);
        self.queue.wake();
    }

    /// Looks what `store` holds, unless that is known.
    pub async fn load(&self, store: &Rc<dyn Store>) -> Result<(), StoreError> {
        let known = self.loaded.borrow().as_ref().is_some_and(|(one, restores)| {
            let is_same = Rc::ptr_eq(one, store);
            is_same && *restores == store.restores()
        });
        if known { Ok(()) } else { self.read(store).await }
    }

    /// Looks what `store` holds.
    pub async fn read(&self, store: &Rc<dyn Store>) -> Result<(), StoreError> {
        let asking = Asking::begin(self);
        let restores = store.restores();
        let stored = store.spaces_with(alarm::KEY).wait().await?;
        self.loaded.replace(Some((store.clone(), restores)));
        let written = self.written.borrow().clone();
        let mut old = self.queue.names();
        old.retain(|name| !written.contains(name));
        for name in old {
            self.queue.set(&name, None);
        }
        for (space, bytes) in stored {
            if let (Some((binding, id)), Some(alarm)) = (space.rsplit_once(':'), Alarm::from_bytes(&bytes)) {
                let name = (binding.into(), id.into());
                if !written.contains(&name) {
                    self.schedule(&name, Some(alarm));
                }
            }
        }
        drop(asking);
        Ok(())
    }

    /// An alarm could not be delivered, for a reason that is not its handler's; in how many milliseconds it is tried again.
    pub fn postpone(&self, name: &Name, now_ms: f64) -> f64 {
        let wait_ms = self.postponed.add(name, now_ms);
        if let Some(before) = self.queue.due_ms(name) {
            self.queue.set(name, Some(before.max(now_ms + wait_ms)));
        }
        wait_ms
    }

    /// An alarm could be delivered: nothing keeps it from being so any more.
    pub fn delivered(&self, name: &Name) {
        self.postponed.remove(name);
    }

    /// Objects with an alarm, that of the next first; only those due by `until_ms` when it is given.
    pub fn scheduled(&self, until_ms: Option<f64>) -> Vec<Name> {
        self.queue.due_by(until_ms)
    }

    /// A number for a lane that will watch.
    pub fn watcher(&self) -> u32 {
        self.last_watcher.set(self.last_watcher.get() + 1);
        self.last_watcher.get()
    }

    /// A lane watches `bindings` from now on.
    pub fn watch(&self, watcher: u32, bindings: Vec<String>) {
        let mut watchers = self.watchers.borrow_mut();
        watchers.extend(bindings.into_iter().map(|binding| (binding, watcher)));
        self.queue.wake();
    }

    /// The objects whose alarm is due, as soon as there are any; none when others watch what this one has watched.
    pub async fn due(&self, watcher: u32, clock: &Rc<Clock>, stores: &Stores, tell: impl Fn(Told)) -> Vec<Name> {
        let mut outage = Outage::default();
        loop {
            let mut changed = pin!(self.queue.changed());
            changed.as_mut().enable();
            if !self.watchers.borrow().values().any(|one| *one == watcher) {
                tell(Told::Expects(false));
                return Vec::new();
            }
            let store = stores.spaces(ROOM.name);
            let others = store.changed();
            match self.look(watcher, clock, &store).await {
                Ok(due) if !due.is_empty() => {
                    tell(Told::Expects(true));
                    return due;
                }
                Ok(_) => outage = Outage::default(),
                Err(error) => {
                    tell(Told::Expects(false));
                    let wait = outage.next();
                    if outage.is_news(&error) {
                        tell(Told::Outage(&error, wait.as_secs()));
                    }
                    select(changed, pin!(tokio::time::sleep(wait))).await;
                    continue;
                }
            }
            let next = self.next(watcher);
            let soon = next.is_some_and(|due_ms| is_soon(due_ms - clock.now_ms()) && !clock.is_steered());
            tell(Told::Expects(soon || self.is_delivering(watcher)));
            let timer = pin!(sleep_until(clock, next));
            if let Either::Right(_) = select(select(changed, timer), others).await {
                self.loaded.replace(None);
            }
        }
    }

    /// What is due and not claimed by others.
    async fn look(&self, watcher: u32, clock: &Clock, store: &Rc<dyn Store>) -> Result<Vec<Name>, StoreError> {
        self.load(store).await?;
        let due = self.take_due(watcher, clock.now_ms());
        if due.is_empty() {
            return Ok(due);
        }
        let spaces: Vec<_> = due.iter().map(|(binding, id)| format!("{binding}:{id}")).collect();
        let elsewhere = store.elsewhere(&spaces).wait().await;
        let Ok(elsewhere) = elsewhere else {
            due.iter().for_each(|name| self.end(watcher, name));
            return elsewhere.map(|_| Vec::new());
        };
        let (others, own): (Vec<_>, Vec<_>) = due
            .into_iter()
            .zip(elsewhere)
            .partition(|(_, is_elsewhere)| *is_elsewhere);
        for (name, _) in others {
            self.queue.set(&name, None);
            self.end(watcher, &name);
        }
        Ok(own.into_iter().map(|(name, _)| name).collect())
    }

    /// A delivery begins; false when one is under way.
    pub fn begin(&self, watcher: u32, name: &Name) -> bool {
        let mut delivering = self.delivering.borrow_mut();
        delivering.insert(name.clone(), watcher) != Some(watcher)
    }

    pub fn end(&self, watcher: u32, name: &Name) {
        let mut delivering = self.delivering.borrow_mut();
        if delivering.get(name) == Some(&watcher) {
            delivering.remove(name);
            self.queue.wake();
        }
    }

    fn take_due(&self, watcher: u32, now_ms: f64) -> Vec<Name> {
        let mut due = self.scheduled(Some(now_ms));
        due.retain(|name| self.is_for(watcher, name) && self.begin(watcher, name));
        due
    }

    /// When the next alarm of `watcher` is due that it does not deliver yet.
    fn next(&self, watcher: u32) -> Option<f64> {
        self.queue.next(|name| {
            let delivers = self.delivering.borrow().get(name) == Some(&watcher);
            self.is_for(watcher, name) && !delivers
        })
    }

    fn is_delivering(&self, watcher: u32) -> bool {
        self.delivering.borrow().values().any(|one| *one == watcher)
    }

    fn is_for(&self, watcher: u32, name: &Name) -> bool {
        self.watchers.borrow().get(&name.0) == Some(&watcher)
    }
}

/// The store is being asked, for as long as this is there.
struct Asking<'a>(&'a Alarms);

impl Asking<'_> {
    fn begin(alarms: &Alarms) -> Asking<'_> {
        alarms.asking.set(alarms.asking.get() + 1);
        Asking(alarms)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.set(self.0.asking.get() - 1);
        if self.0.asking.get() == 0 {
            self.0.written.borrow_mut().clear();
        }
    }
}

fn is_soon(wait_ms: f64) -> bool {
    wait_ms <= limits::DURABLE_ALARM_SOON.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: &str) -> Name {
        ("BOX".into(), id.into())
    }

    fn with(alarms: &[(&str, f64)]) -> Alarms {
        let all = Alarms::default();
        for (id, time) in alarms {
            all.set(&name(id), Some(Alarm::at(*time)));
        }
        all
    }

    #[test]
    fn come_in_the_order_of_their_times() {
        let alarms = with(&[("c", 3.5), ("a", 1.0), ("b", 2.0), ("a", 10.0)]);
        assert_eq!(alarms.scheduled(None), ["b", "c", "a"].map(name));
        assert_eq!(alarms.scheduled(Some(3.5)), ["b", "c"].map(name));
        alarms.set(&name("b"), None);
        assert_eq!(alarms.scheduled(Some(3.4)), []);
    }

    #[test]
    fn are_taken_once_and_by_who_watches_last() {
        let alarms = with(&[("a", 1.0)]);
        let (first, second) = (alarms.watcher(), alarms.watcher());
        alarms.watch(first, vec!["BOX".into()]);
        assert_eq!(alarms.take_due(first, 2.0), [name("a")]);
        assert_eq!(alarms.take_due(first, 2.0), []);
        alarms.watch(second, vec!["BOX".into()]);
        assert_eq!(alarms.take_due(first, 2.0), []);
        assert_eq!(alarms.take_due(second, 2.0), [name("a")]);
        alarms.end(second, &name("a"));
        assert_eq!(alarms.next(second), Some(1.0));
    }

    #[test]
    fn that_could_not_be_delivered_wait_longer_each_time() {
        let alarms = with(&[("a", 1.0)]);
        let watcher = alarms.watcher();
        alarms.watch(watcher, vec!["BOX".into()]);
        let waits = [0; 5].map(|_| alarms.postpone(&name("a"), 10.0));
        assert_eq!(waits, [2000.0, 4000.0, 8000.0, 8000.0, 8000.0]);
        assert_eq!(
            (alarms.take_due(watcher, 8009.0), alarms.next(watcher)),
            (vec![], Some(8010.0))
        );
        alarms.set(&name("a"), Some(Alarm::at(2.0)));
        assert_eq!(alarms.next(watcher), Some(8010.0));
        alarms.postponed.remove(&name("a"));
        alarms.set(&name("a"), Some(Alarm::at(2.0)));
        assert_eq!(alarms.next(watcher), Some(2.0));
    }

    #[test]
    fn of_bindings_that_nobody_watches_wait() {
        let alarms = with(&[("a", 1.0)]);
        let watcher = alarms.watcher();
        alarms.watch(watcher, vec!["OTHER".into()]);
        assert_eq!(alarms.take_due(watcher, 2.0), []);
        assert_eq!(alarms.next(watcher), None);
    }
}
