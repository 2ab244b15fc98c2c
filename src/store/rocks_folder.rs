//! A folder for a database: which one it is, whose it is, and whether what is in it is whole.
//!
//! A folder is known by its device and inode, and used by way of its open file: it may be renamed, or have several names.
//! Who uses it has locked it. The lock belongs to the open file (`flock`), so that it excludes other processes and other copies of
//! this package in the process alike; RocksDB's own lock is one of the process. The folder itself is locked: a file in it
//! would have to be made, and nothing is made in a folder before it is known that it can be used.

use std::fs::{File, TryLockError};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rocksdb::DB;

use super::error::{Kind, StoreError};
use super::rocks_error::{describe, explain, explain_folder};
use super::rocks_log::{self, End};
use super::rocks_mark::Note;
use super::rocks_options::options;
use super::{Result, rocks_manifest, rocks_mark};

/// The file that says which manifest is in force. Without it RocksDB takes a folder for empty, and deletes what is in it.
pub const CURRENT: &str = "CURRENT";

/// What a folder may have whose database was not finished when it was made, besides files of other names.
const UNFINISHED: &[&str] = &["MANIFEST-000001", "000001.dbtmp"];

/// Device and inode.
pub type Id = (u64, u64);

pub struct Folder {
    pub id: Id,
    /// By which its files are reached, whatever it is called.
    pub path: PathBuf,
    file: File,
}

impl Folder {
    pub fn open(name: &Path) -> Result<Folder> {
        let opened = File::open(name).and_then(|file| Ok((file.metadata()?, file)));
        let (known, file) = opened.map_err(|error| explain_folder(name, &error))?;
        let by_file = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        Ok(Folder {
            id: (known.dev(), known.ino()),
            path: if by_file.is_dir() { by_file } else { name.into() },
            file,
        })
    }

    /// Locks it for as long as this is open. File systems that cannot lock leave it to RocksDB's lock.
    pub fn lock(&self, name: &Path) -> Result<()> {
        match self.file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let text = describe(Kind::Locked, "open", name, "the folder is locked");
                Err(StoreError::new(Kind::Locked, text))
            }
            _ => Ok(()),
        }
    }

    pub fn unlock(&self) {
        let _ = self.file.unlock();
    }
}

/// Whether the folder has no database yet; an error when it has one without its first file.
pub fn is_empty(path: &Path, name: &Path) -> Result<bool> {
    let names = files(path, name)?;
    if names.iter().any(|file| file == CURRENT) {
        return Ok(false);
    }
    match names.iter().find(|file| is_of_a_database(file)) {
        Some(file) => Err(damaged(name, &format!("there is {file}, but no {CURRENT}"))),
        None => Ok(true),
    }
}

fn is_of_a_database(file: &str) -> bool {
    let is_numbered = |ending| number(file, "", ending).is_some();
    let is_table_or_log = [".sst", ".log", ".blob"].into_iter().any(is_numbered);
    let is_list = file.starts_with("MANIFEST-") || file.starts_with("OPTIONS-") || file == rocks_mark::NAME;
    (is_table_or_log || is_list) && !UNFINISHED.contains(&file)
}

/// Refuses a database whose logs are damaged or lack what was confirmed, or whose manifest has lost its end. RocksDB itself
/// would open it, without a word.
pub fn check(path: &Path, name: &Path) -> Result<()> {
    let note = Note::read(path);
    let logs = Logs::read(path, name, note.is_some())?;
    check_manifest(path, name, note.as_ref(), logs.first)?;
    let Some(note) = note else { return Ok(()) };
    let expected = note.expected();
    if logs.last >= expected || expected == note.opened {
        return Ok(());
    }
    // What is missing from the logs may be in tables, which only RocksDB can tell.
    let reading = DB::open_for_read_only(&options(), path, false);
    let reading = reading.map_err(|error| explain("open", name, path, &error))?;
    if reading.latest_sequence_number() >= expected {
        return Ok(());
    }
    Err(damaged(name, "the end of its log is missing"))
}

/// A manifest is as long as it was when the database was opened, and knows of all writes before the first in the logs.
fn check_manifest(path: &Path, name: &Path, note: Option<&Note>, first: u64) -> Result<()> {
    let (number, length) = manifest(path);
    let is_short = note.is_some_and(|note| number == note.manifest.0 && length < note.manifest.1);
    let bytes = std::fs::read(path.join(format!("MANIFEST-{number:06}"))).unwrap_or_default();
    let read = rocks_manifest::read(&bytes);
    if read.is_damaged {
        return Err(damaged(name, "the manifest is damaged"));
    }
    if is_short || read.last_write.is_some_and(|last| first > last + 1) {
        return Err(damaged(name, "the manifest has lost its end"));
    }
    Ok(())
}

/// The first write and the last in the logs.
struct Logs {
    first: u64,
    last: u64,
}

impl Logs {
    /// A record may have been cut off at the end of the last log; zeros after it are of a loss of power, if a note says that
    /// nothing confirmed was there.
    fn read(path: &Path, name: &Path, has_note: bool) -> Result<Logs> {
        let mut files: Vec<_> = files(path, name)?
            .into_iter()
            .filter_map(|file| Some((number(&file, "", ".log")?, file)))
            .collect();
        files.sort();
        let (mut logs, mut cut_off) = (Logs { first: 0, last: 0 }, None);
        for (_, file) in files {
            let bytes = std::fs::read(path.join(&file)).map_err(|error| explain_folder(name, &error))?;
            let log = rocks_log::read(&bytes);
            if log.end == End::Damaged || (log.end == End::Zeros && !has_note) {
                return Err(damaged(name, &format!("the log {file} has a damaged record")));
            }
            if let Some(before) = &cut_off
                && log.last > 0
            {
                return Err(damaged(name, &format!("the log {before} has lost its end")));
            }
            if logs.first == 0 {
                logs.first = log.first;
            }
            logs.last = logs.last.max(log.last);
            if log.end != End::Whole {
                cut_off = Some(file);
            }
        }
        Ok(logs)
    }
}

/// The number of the manifest in force, and its length in bytes; zeros when that cannot be told.
pub fn manifest(path: &Path) -> (u64, u64) {
    let current = std::fs::read_to_string(path.join(CURRENT)).unwrap_or_default();
    let file = current.trim_end();
    let length = std::fs::metadata(path.join(file)).map_or(0, |file| file.len());
    number(file, "MANIFEST-", "").map_or((0, 0), |number| (number, length))
}

fn files(path: &Path, name: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(path).map_err(|error| explain_folder(name, &error))?;
    let files = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|of| of.is_file()));
    Ok(files
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

fn number(file: &str, start: &str, ending: &str) -> Option<u64> {
    let digits = file.strip_prefix(start)?.strip_suffix(ending)?;
    digits.parse().ok()
}

fn damaged(name: &Path, reason: &str) -> StoreError {
    StoreError::new(Kind::Corrupt, describe(Kind::Corrupt, "open", name, reason))
}
