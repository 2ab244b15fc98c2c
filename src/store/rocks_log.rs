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

/// The number of the first write, and how many there are.
const BATCH_HEADER: usize = 12;

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
    /// The number of the last write; 0 when there is none.
    pub last: u64,
    pub end: End,
}

/// One part of a record, or why there is none.
enum Part<'b> {
    Whole(u8, &'b [u8]),
    Bad(End),
}

pub fn read(bytes: &[u8]) -> Log {
    let mut last = 0;
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
            Part::Bad(end) => return Log { last, end },
        };
        position += HEADER + part.len();
        match kind {
            FULL => last = last.max(last_write(part)),
            FIRST => begun = Some(part[..part.len().min(BATCH_HEADER)].to_vec()),
            MIDDLE | LAST => {
                if let Some(head) = &mut begun {
                    head.extend_from_slice(&part[..part.len().min(BATCH_HEADER - head.len())]);
                }
                if kind == LAST {
                    last = last.max(begun.take().map_or(0, |head| last_write(&head)));
                }
            }
            // What a newer version may write beside records.
            _ => {}
        }
    }
    let end = if begun.is_some() { End::CutOff } else { End::Whole };
    Log { last, end }
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

fn last_write(batch: &[u8]) -> u64 {
    let Some((first, rest)) = batch.split_first_chunk() else {
        return 0;
    };
    let count = rest.first_chunk().map_or(0, |count| u32::from_le_bytes(*count));
    (u64::from_le_bytes(*first) + u64::from(count)).saturating_sub(1)
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

    #[test]
    fn knows_the_last_write() {
        assert_eq!(
            read(&some()),
            Log {
                last: 8,
                end: End::Whole
            }
        );
        assert_eq!(
            read(b""),
            Log {
                last: 0,
                end: End::Whole
            }
        );
    }

    #[test]
    fn tells_a_record_that_was_cut_off() {
        let whole = some();
        let starts = [whole.len() - 47, 107];
        for length in (1..whole.len()).step_by(13).filter(|length| !starts.contains(length)) {
            assert_eq!(read(&whole[..length]).end, End::CutOff, "{length} bytes");
        }
        assert_eq!(
            read(&whole[..107]),
            Log {
                last: 2,
                end: End::Whole
            }
        );
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
        assert_eq!(
            read(&zeros),
            Log {
                last: 8,
                end: End::Zeros
            }
        );
        zeros.push(1);
        assert_eq!(read(&zeros).end, End::Damaged);
    }
}
