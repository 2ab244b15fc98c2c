//! A message as it is stored: its body, and a tail of fixed length with the rest. The body comes first, so that it is never
//! moved to be stored.

use bytes::Bytes;

use crate::store::error::Kind;
use crate::store::range::Key;
use crate::store::{Result, StoreError};

/// What the key of a message begins with; its number follows, so that keys are in the order in which messages were sent.
pub const MESSAGE: u8 = b'm';

/// When it was sent, and when it can be delivered, in milliseconds since the Unix epoch (8 bytes each); how often its
/// delivery has failed (4 bytes); the type of its body (1 byte).
const TAIL_BYTES: usize = 21;

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub body: Bytes,
    pub content_type: u8,
    pub sent_ms: f64,
    /// It is not delivered before.
    pub visible_ms: f64,
    /// Deliveries that have failed.
    pub failures: u32,
}

impl Message {
    pub fn write(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(self.body.len() + TAIL_BYTES);
        bytes.extend_from_slice(&self.body);
        bytes.extend_from_slice(&self.sent_ms.to_le_bytes());
        bytes.extend_from_slice(&self.visible_ms.to_le_bytes());
        bytes.extend_from_slice(&self.failures.to_le_bytes());
        bytes.push(self.content_type);
        bytes.into()
    }

    pub fn read(bytes: &Bytes) -> Result<Message> {
        Message::split(bytes).ok_or_else(|| {
            let text = "a message of a queue cannot be read: its bytes are not what this version writes";
            StoreError::new(Kind::Corrupt, text)
        })
    }

    fn split(bytes: &Bytes) -> Option<Message> {
        let length = bytes.len().checked_sub(TAIL_BYTES)?;
        let tail = &bytes[length..];
        let (sent, rest) = tail.split_first_chunk::<8>()?;
        let (visible, rest) = rest.split_first_chunk::<8>()?;
        let (failures, rest) = rest.split_first_chunk::<4>()?;
        Some(Message {
            body: bytes.slice(..length),
            content_type: *rest.first()?,
            sent_ms: f64::from_le_bytes(*sent),
            visible_ms: f64::from_le_bytes(*visible),
            failures: u32::from_le_bytes(*failures),
        })
    }
}

/// The key of the message with this number.
pub fn key(number: u64) -> Key {
    let mut key = vec![MESSAGE];
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The number of the message with this key.
pub fn number(key: &[u8]) -> Option<u64> {
    let number = key.strip_prefix(&[MESSAGE])?;
    Some(u64::from_be_bytes(number.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written() {
        let message = Message {
            body: Bytes::from_static(b"body"),
            content_type: 3,
            sent_ms: 1.5,
            visible_ms: 2.5,
            failures: 7,
        };
        assert_eq!(Message::read(&message.write()), Ok(message));
        assert!(Message::read(&Bytes::from_static(b"short")).is_err());
    }

    #[test]
    fn keys_are_in_the_order_of_numbers() {
        let numbers = [0, 1, 255, 256, u64::MAX];
        let keys: Vec<_> = numbers.into_iter().map(key).collect();
        assert!(keys.is_sorted());
        assert_eq!(
            keys.iter().map(|key| number(key)).collect::<Vec<_>>(),
            numbers.map(Some)
        );
        assert_eq!((number(b"n"), number(b"m1")), (None, None));
    }
}
