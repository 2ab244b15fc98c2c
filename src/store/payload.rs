//! Bytes on their way into a store. Many of them lie on pages that were in use before, which costs no page faults.

use bytes::Bytes;

use super::record::TAIL_BYTES;
use crate::pages::Block;

/// Room for what is mostly stored behind a value: metadata, and the tail of a record.
pub const ROOM_BYTES: usize = TAIL_BYTES + 256;

pub enum Payload {
    Few(Vec<u8>),
    Many(Block),
}

impl Payload {
    /// A copy, with room for so many bytes more.
    pub fn copy_of(bytes: &[u8], room: usize) -> Payload {
        Block::with_room(bytes, room).map_or_else(|| Payload::Few(copied(bytes, room)), Payload::Many)
    }

    pub fn as_slice(&self) -> &[u8] {
        match self {
            Payload::Few(bytes) => bytes,
            Payload::Many(block) => block.as_slice(),
        }
    }

    /// Adds bytes at the end. Nothing moves if there is room for them.
    pub fn append(&mut self, bytes: &[u8]) {
        match self {
            Payload::Few(few) => few.extend_from_slice(bytes),
            Payload::Many(block) => {
                if !block.append(bytes) {
                    let mut all = copied(block.as_slice(), bytes.len());
                    all.extend_from_slice(bytes);
                    *self = Payload::Few(all);
                }
            }
        }
    }

    /// Makes room for bytes that are appended one after the other.
    pub fn reserve(&mut self, room: usize) {
        if let Payload::Few(few) = self {
            few.reserve_exact(room);
        }
    }
}

fn copied(bytes: &[u8], room: usize) -> Vec<u8> {
    let mut copy = Vec::with_capacity(bytes.len() + room);
    copy.extend_from_slice(bytes);
    copy
}

impl Default for Payload {
    fn default() -> Payload {
        Payload::Few(Vec::new())
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Payload {
        Payload::Few(bytes)
    }
}

impl From<Payload> for Bytes {
    fn from(payload: Payload) -> Bytes {
        match payload {
            Payload::Few(bytes) => bytes.into(),
            Payload::Many(block) => Bytes::from_owner(block),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::LARGE_BUFFER_BYTES;

    #[test]
    fn has_what_was_appended_whether_there_was_room_or_not() {
        for length in [3, LARGE_BUFFER_BYTES, LARGE_BUFFER_BYTES + 7] {
            for more in [1, 100, LARGE_BUFFER_BYTES] {
                let mut payload = Payload::copy_of(&vec![1; length], 1);
                payload.append(&vec![2; more]);
                payload.append(b"");
                let bytes = Bytes::from(payload);
                assert_eq!(bytes.len(), length + more);
                assert_eq!((bytes[length - 1], bytes[length], bytes[length + more - 1]), (1, 2, 2));
            }
        }
    }
}
