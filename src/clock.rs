//! The time of one instance: everything that has an age asks here (timers, `Date`, expiry of keys, caches, alarms).

use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Default)]
pub struct Clock {}

impl Clock {
    /// Whole milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> f64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_millis() as f64
    }
}
