//! RocksDB's write-ahead log, read as far as it takes to tell a record that was cut off at the end from a damaged one.
//!
//! RocksDB forgets without an error what lies behind a record that claims to be longer than the file. A process that was
//! killed, or a full disk, leaves such a record: its beginning, and nothing after. One whose length was damaged is followed by the
//! whole of it: some part of what follows has the checksum that its header names.
//!
//! A log consists of blocks, which hold parts of records: a checksum, a length, a kind and the bytes. A record is a batch of
//! writes, and begins with the number of the first and how many there are.

use crc32c::{crc32c, crc32c_append};

const BLOCK: usize = 32 * 1024;
const HEADER: usize = 7;

const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Whole,
    /// The last record lacks its end.
    CutOff,
    /// The rest of the file is zeros, as file systems leave it when the power fails.
    Zeros,
    Damaged,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Log {
    /// The numbers of the first write and of the last; 0 when there is none.
    pub first: u64,
    pub last: u64,
    pub end: End,
}

/// One part of a record, or why it cannot be read.
enum Part<'b> {
    Whole(u8, &'b [u8]),
    Bad(End),
}

/// What a log of batches holds.
pub fn read(bytes: &[u8]) -> Log {
    let (mut first, mut last) = (0, 0);
    let end = records(bytes, |batch| {
        let (from, to) = writes(batch);
        if first == 0 {
            first = from;
        }
        last = last.max(to);
    });
    Log { first, last, end }
}

/// Hands on each record, and tells how the last one ends. Manifests have the same form, with records of their own.
pub fn records(bytes: &[u8], mut each: impl FnMut(&[u8])) -> End {
    let mut begun: Option<Vec<u8>> = None;
    let mut position = 0;
    while position < bytes.len() {
        let room = BLOCK - position % BLOCK;
        if room < HEADER {
            position += room;
            continue;
        }
        let (kind, part) = match part(bytes, position, room) {
            Part::Whole(kind, part) => (kind, part),
            Part::Bad(end) => return end,
        };
        position += HEADER + part.len();
        match kind {
            FULL => each(part),
            FIRST => begun = Some(part.to_vec()),
            MIDDLE | LAST => {
                if let Some(record) = &mut begun {
                    record.extend_from_slice(part);
                }
                if kind == LAST
                    && let Some(record) = begun.take()
                {
                    each(&record);
                }
            }
            // What a newer version may write beside records.
            _ => {}
        }
    }
    if begun.is_some() { End::CutOff } else { End::Whole }
}

fn part(bytes: &[u8], position: usize, room: usize) -> Part<'_> {
    let rest = &bytes[position..bytes.len().min(position + room)];
    let Some((header, content)) = rest.split_first_chunk::<HEADER>() else {
        return Part::Bad(End::CutOff);
    };
    let [c0, c1, c2, c3, l0, l1, kind] = *header;
    let checksum = unmasked(u32::from_le_bytes([c0, c1, c2, c3]));
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    if length == 0 && kind == 0 {
        let all_zero = bytes[position..].iter().all(|byte| *byte == 0);
        return Part::Bad(if all_zero { End::Zeros } else { End::Damaged });
    }
    match content.get(..length) {
        Some(part) if crc32c_append(crc32c(&[kind]), part) == checksum => Part::Whole(kind, part),
        Some(_) => Part::Bad(End::Damaged),
        None => {
            let fits = HEADER + length <= room;
            let cut_off = fits && !has_prefix(kind, content, checksum);
            Part::Bad(if cut_off { End::CutOff } else { End::Damaged })
        }
    }
}

/// Whether some beginning of `content` has this checksum.
fn has_prefix(kind: u8, content: &[u8], checksum: u32) -> bool {
    let mut sum = crc32c(&[kind]);
    let mut sums = content.iter().map(|byte| {
        sum = crc32c_append(sum, &[*byte]);
        sum
    });
    sums.any(|sum| sum == checksum)
}

/// Checksums are stored rotated and shifted.
fn unmasked(stored: u32) -> u32 {
    stored.wrapping_sub(0xa282_ead8).rotate_left(15)
}

/// The numbers of the first write of a batch and of the last.
fn writes(batch: &[u8]) -> (u64, u64) {
    let Some((first, rest)) = batch.split_first_chunk() else {
        return (0, 0);
    };
    let first = u64::from_le_bytes(*first);
    let count = rest.first_chunk().map_or(0, |count| u32::from_le_bytes(*count));
    (first, (first + u64::from(count)).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(first: u64, count: u32, size: usize) -> Vec<u8> {
        let mut batch = [&first.to_le_bytes()[..], &count.to_le_bytes()].concat();
        batch.resize(size, b'x');
        batch
    }

    /// A log of these records, in parts as RocksDB writes them.
    fn log(records: &[Vec<u8>]) -> Vec<u8> {
        let mut log = Vec::new();
        for record in records {
            let mut rest = &record[..];
            let mut first = true;
            loop {
                let mut room = BLOCK - log.len() % BLOCK;
                if room < HEADER {
                    log.resize(log.len() + room, 0);
                    room = BLOCK;
                }
                let (part, left) = rest.split_at(rest.len().min(room - HEADER));
                let kind = match (first, left.is_empty()) {
                    (true, true) => FULL,
                    (true, false) => FIRST,
                    (false, false) => MIDDLE,
                    (false, true) => LAST,
                };
                let sum = crc32c_append(crc32c(&[kind]), part);
                log.extend(sum.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes());
                log.extend((part.len() as u16).to_le_bytes());
                log.push(kind);
                log.extend(part);
                (rest, first) = (left, false);
                if rest.is_empty() {
                    break;
                }
            }
        }
        log
    }

    fn some() -> Vec<u8> {
        log(&[batch(1, 2, 100), batch(3, 1, 70_000), batch(4, 5, 40)])
    }

    fn told(last: u64, end: End) -> Log {
        Log { first: 1, last, end }
    }

    #[test]
    fn knows_the_last_write() {
        assert_eq!(read(&some()), told(8, End::Whole));
        assert_eq!(read(b"").end, End::Whole);
    }

    #[test]
    fn tells_a_record_that_was_cut_off() {
        let whole = some();
        let starts = [whole.len() - 47, 107];
        for length in (1..whole.len()).step_by(13).filter(|length| !starts.contains(length)) {
            assert_eq!(read(&whole[..length]).end, End::CutOff, "{length} bytes");
        }
        assert_eq!(read(&whole[..107]), told(2, End::Whole));
    }

    #[test]
    fn tells_damage_wherever_it_is() {
        let whole = some();
        let ends = (0..120).chain(whole.len() - 60..whole.len());
        for position in ends.chain((120..whole.len()).step_by(499)) {
            for bit in [0x01, 0x80] {
                let mut damaged = whole.clone();
                damaged[position] ^= bit;
                assert_eq!(read(&damaged).end, End::Damaged, "bit {bit} of byte {position}");
            }
        }
    }

    #[test]
    fn tells_zeros_at_the_end() {
        let mut zeros = some();
        zeros.resize(zeros.len() + 5000, 0);
        assert_eq!(read(&zeros), told(8, End::Zeros));
        zeros.push(1);
        assert_eq!(read(&zeros).end, End::Damaged);
    }
}
