//! A note beside a database of how far its writes were confirmed, by which a log that has lost its end is found out: a log
//! that was cut off between two records, emptied or taken away looks like one that was never written.
//!
//! What was handed to the operating system counts while the machine runs, which the kernel's boot id tells; after a loss of
//! power only what was on the disk does. A note that cannot be read says nothing.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use crc32c::crc32c;

pub const NAME: &str = "miniflare-rs.mark";

const KIND: [u8; 8] = *b"mfrsmrk1";
const BOOT: usize = 36;
const NUMBERS: usize = 5;
const BYTES: usize = KIND.len() + BOOT + 8 * NUMBERS + 4;

/// What a note says. Writes are known by RocksDB's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    boot: [u8; BOOT],
    /// The last write when the database was opened, which is in its tables.
    pub opened: u64,
    /// The last write that the operating system had, and the disk.
    confirmed: u64,
    synced: u64,
    /// The number of the manifest then, and its length in bytes.
    pub manifest: (u64, u64),
}

impl Note {
    pub fn at_opening(last: u64, manifest: (u64, u64)) -> Note {
        Note {
            boot: boot(),
            opened: last,
            confirmed: last,
            synced: last,
            manifest,
        }
    }

    /// The last write that has to be there.
    pub fn expected(&self) -> u64 {
        if self.boot == boot() {
            self.confirmed
        } else {
            self.synced
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [&KIND[..], &self.boot].concat();
        for number in [
            self.opened,
            self.confirmed,
            self.synced,
            self.manifest.0,
            self.manifest.1,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(crc32c(&bytes).to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; BYTES]) -> Option<Note> {
        let (content, sum) = bytes.split_last_chunk::<4>()?;
        if crc32c(content) != u32::from_le_bytes(*sum) || !content.starts_with(&KIND) {
            return None;
        }
        let (boot, numbers) = content[KIND.len()..].split_first_chunk::<BOOT>()?;
        let mut numbers = numbers.chunks_exact(8).map(|number| {
            let number = number.first_chunk().copied().unwrap_or_default();
            u64::from_le_bytes(number)
        });
        let mut next = || numbers.next();
        Some(Note {
            boot: *boot,
            opened: next()?,
            confirmed: next()?,
            synced: next()?,
            manifest: (next()?, next()?),
        })
    }

    /// The note in a folder; `None` when there is none that can be read.
    pub fn read(folder: &Path) -> Option<Note> {
        let file = File::open(folder.join(NAME)).ok()?;
        let mut bytes = [0; BYTES];
        file.read_exact_at(&mut bytes, 0).ok()?;
        Note::from_bytes(&bytes)
    }
}

/// The note of a database that is open.
pub struct Mark {
    file: File,
    note: Note,
}

impl Mark {
    /// Writes a note; `None` where that is not possible: it is a help, and nothing depends on it.
    pub fn make(folder: &Path, note: Note) -> Option<Mark> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false);
        let mark = Mark {
            file: file.open(folder.join(NAME)).ok()?,
            note,
        };
        mark.write().ok()?;
        Some(mark)
    }

    /// All writes up to `last` are the operating system's, or on the disk. Where the note cannot be written it says less
    /// than is true.
    pub fn confirm(&mut self, last: u64, sync: bool) {
        let confirmed = last > self.note.confirmed;
        let synced = sync && last > self.note.synced;
        self.note.confirmed = self.note.confirmed.max(last);
        if synced {
            self.note.synced = last;
        }
        if confirmed || synced {
            let _ = self.write();
        }
    }

    /// Whether the note was deleted, as it is with its folder.
    pub fn is_deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|file| file.nlink() == 0)
    }

    fn write(&self) -> std::io::Result<()> {
        self.file.write_all_at(&self.note.to_bytes(), 0)
    }
}

/// What the kernel calls the time since it was started; zeros where it does not tell.
fn boot() -> [u8; BOOT] {
    let id = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.first_chunk().copied().unwrap_or([0; BOOT])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written_and_not_at_all_when_it_is_damaged() {
        let note = Note::at_opening(7, (3, 4000));
        let bytes = note.to_bytes();
        let read = |bytes: &[u8]| Note::from_bytes(bytes.first_chunk().expect("it is as long as a note"));
        assert_eq!(read(&bytes), Some(note));
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            assert_eq!(read(&damaged), None, "byte {position}");
        }
    }

    #[test]
    fn expects_after_a_loss_of_power_what_was_synced() {
        let mut note = Note::at_opening(1, (1, 1));
        (note.confirmed, note.synced) = (9, 5);
        assert_eq!(note.expected(), 9);
        note.boot = [1; BOOT];
        assert_eq!(note.expected(), 5);
    }
}
