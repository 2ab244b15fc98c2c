//! What cannot be done at the moment, and when it is tried again: the alarms of objects that cannot be read or written, and
//! the store that cannot be asked for alarms.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use super::alarms::Name;
use super::limits::{DURABLE_ALARM_BACKOFF, DURABLE_ALARM_OUTAGE};
use crate::store::StoreError;

/// How long to wait after so many failures before.
fn wait(failures: u32) -> Duration {
    let doubled = DURABLE_ALARM_BACKOFF.saturating_mul(2u32.saturating_pow(failures));
    doubled.min(DURABLE_ALARM_OUTAGE)
}

/// Alarms that could not be delivered: how often, and until when they wait, in milliseconds since the epoch.
#[derive(Default)]
pub struct Postponed(RefCell<HashMap<Name, (u32, f64)>>);

impl Postponed {
    /// In how many milliseconds it is tried again.
    pub fn add(&self, name: &Name, now_ms: f64) -> f64 {
        let mut all = self.0.borrow_mut();
        let (failures, until_ms) = all.entry(name.clone()).or_default();
        let wait_ms = wait(*failures).as_secs_f64() * 1000.0;
        (*failures, *until_ms) = (*failures + 1, now_ms + wait_ms);
        wait_ms
    }

    pub fn until(&self, name: &Name) -> f64 {
        self.0.borrow().get(name).map_or(0.0, |(_, until_ms)| *until_ms)
    }

    pub fn remove(&self, name: &Name) {
        self.0.borrow_mut().remove(name);
    }
}

/// A store that cannot be asked, from the first failure to the next success.
#[derive(Default)]
pub struct Outage {
    failures: u32,
    told: Option<StoreError>,
}

impl Outage {
    /// How long to wait after one more failure.
    pub fn next(&mut self) -> Duration {
        self.failures += 1;
        wait(self.failures - 1)
    }

    /// Whether it was not told of this reason last.
    pub fn is_news(&mut self, reason: &StoreError) -> bool {
        let is_news = self.told.as_ref() != Some(reason);
        self.told = Some(reason.clone());
        is_news
    }
}
