//! The alarm of one object: a time, kept with the object's entries, at which the object wants to be called.
//!
//! An alarm stays stored while it is delivered, as the retry that follows if it fails: whatever ends the delivery, the
//! process included, it will be delivered again. A delivery that succeeds deletes it, unless the object has meanwhile
//! set or deleted it itself.

use std::time::Duration;

use bytes::Bytes;

use super::limits;

/// The key an alarm is stored under: no text begins with this byte, so it is beyond all keys of the user's.
pub const KEY: &[u8] = &[0xff];

/// Two times, and a count.
const ALARM_BYTES: usize = 17;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alarm {
    /// The time that was asked for, in milliseconds since the epoch.
    pub time_ms: f64,
    /// When it is delivered next: at its time, or later when that failed.
    pub due_ms: f64,
    /// How many deliveries have begun before.
    pub retries: u8,
}

impl Alarm {
    pub fn at(time_ms: f64) -> Alarm {
        Alarm {
            time_ms,
            due_ms: time_ms,
            retries: 0,
        }
    }

    /// What follows if the delivery that begins `now_ms` fails.
    pub fn retry(self, now_ms: f64) -> Alarm {
        let wait = limits::DURABLE_ALARM_BACKOFF * 2u32.pow(u32::from(self.retries));
        Alarm {
            due_ms: now_ms + millis(wait),
            retries: self.retries + 1,
            ..self
        }
    }

    /// Whether it has been delivered as often as it may.
    pub fn is_spent(self) -> bool {
        self.retries > limits::DURABLE_ALARM_RETRIES
    }

    /// Behind the alarm is the name of its object, empty if it is unknown: the alarm may construct the object.
    pub fn to_bytes(self, name: &str) -> Bytes {
        let mut bytes = Vec::with_capacity(ALARM_BYTES + name.len());
        bytes.extend(self.time_ms.to_le_bytes());
        bytes.extend(self.due_ms.to_le_bytes());
        bytes.push(self.retries);
        bytes.extend(name.as_bytes());
        bytes.into()
    }

    /// The name that is stored behind an alarm, if there is one.
    pub fn name_in(bytes: &[u8]) -> Option<&str> {
        let name = std::str::from_utf8(bytes.get(ALARM_BYTES..)?).ok()?;
        (!name.is_empty()).then_some(name)
    }

    /// Parses an alarm; `None` when the bytes are no alarm.
    pub fn from_bytes(bytes: &[u8]) -> Option<Alarm> {
        let (time, rest) = bytes.split_first_chunk()?;
        let (due, rest) = rest.split_first_chunk()?;
        Some(Alarm {
            time_ms: f64::from_le_bytes(*time),
            due_ms: f64::from_le_bytes(*due),
            retries: *rest.first()?,
        })
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_twice_as_long_before_each_retry_until_it_is_spent() {
        let mut alarm = Alarm::at(5.0);
        let mut waits = Vec::new();
        while !alarm.is_spent() {
            alarm = alarm.retry(1000.0);
            waits.push(alarm.due_ms - 1000.0);
        }
        assert_eq!(waits, [2000.0, 4000.0, 8000.0, 16000.0, 32000.0, 64000.0, 128_000.0]);
        assert_eq!(alarm.time_ms, 5.0);
    }

    #[test]
    fn is_the_same_after_storage() {
        let alarm = Alarm::at(1.5).retry(7.0);
        assert_eq!(Alarm::from_bytes(&alarm.to_bytes("")), Some(alarm));
        assert_eq!(Alarm::from_bytes(b"short"), None);
    }

    #[test]
    fn keeps_the_name_of_its_object() {
        let named = Alarm::at(1.5).to_bytes("größe");
        assert_eq!(Alarm::from_bytes(&named), Some(Alarm::at(1.5)));
        assert_eq!(Alarm::name_in(&named), Some("größe"));
        assert_eq!(Alarm::name_in(&Alarm::at(1.5).to_bytes("")), None);
        assert_eq!(Alarm::name_in(b"short"), None);
    }
}
