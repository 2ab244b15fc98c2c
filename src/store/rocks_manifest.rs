//! How far the tables of a database go, which its manifest tells: what follows must be in the logs. A manifest that has lost its
//! end has forgotten tables; RocksDB does not notice, and deletes them.
//!
//! A manifest is a log of edits. An edit is a list of fields, each a tag and a value, the simple ones first. The number of
//! the last write is one of those, in each edit.

use super::rocks_log::{End, records};

const LAST_SEQUENCE: u64 = 4;

/// What a manifest tells.
pub struct Manifest {
    /// Whether a record is not what was written, which RocksDB may read for ever. One that was cut off at the end is not meant.
    pub is_damaged: bool,
    /// The last write that may be in a table; `None` when no edit says so.
    pub last_write: Option<u64>,
}

pub fn read(manifest: &[u8]) -> Manifest {
    let mut last_write = None;
    let end = records(manifest, |edit| last_write = last_of(edit).or(last_write));
    let is_damaged = matches!(end, End::Damaged);
    Manifest { is_damaged, last_write }
}

fn last_of(mut edit: &[u8]) -> Option<u64> {
    loop {
        match varint(&mut edit)? {
            LAST_SEQUENCE => return varint(&mut edit),
            // Numbers: of the log, of the next file, of the log before, the first log to keep, the highest column family.
            2 | 3 | 9 | 10 | 203 => drop(varint(&mut edit)?),
            // Texts: the comparator, and the id of the database.
            1 | 8193 => {
                let length = usize::try_from(varint(&mut edit)?).ok()?;
                edit = edit.get(length..)?;
            }
            _ => return None,
        }
    }
}

/// Seven bits in each byte, the lowest first; the last byte is below 128.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_last_write_behind_simple_fields() {
        assert_eq!(
            last_of(&[1, 2, b'a', b'b', 2, 5, 9, 0, 3, 0x80, 1, 4, 0xac, 2, 103, 0]),
            Some(300)
        );
        assert_eq!(last_of(&[0x81, 0x40, 1, b'x', 4, 7]), Some(7));
        assert_eq!(last_of(&[103, 0, 4, 7]), None);
        assert_eq!(last_of(&[4]), None);
    }
}
