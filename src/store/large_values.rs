//! Values that are too large for a database, as files beside it: a folder per room, in it one per space, in it one file per
//! value.
//!
//! A file is written under a temporary name and renamed. Only then does the space refer to it, by a key of the value's id, which
//! the space's user writes in one step with whatever else refers to the value. A file that its space does not refer to is
//! of no use, at whatever moment the process ended: those of earlier openings of the database are removed when a space is first
//! used. Ids tell them apart, for they begin with a number that is new with each opening.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};

use super::database::{Database, Durability, lock};
use super::range::Key;
use super::rocks_error::explain_folder;
use super::{Result, Space};

/// A space has a key for each file that it refers to: this, and the value's id.
const MARK: u8 = b'f';
/// What is being written ends so.
const UNFINISHED: &str = ".tmp";
/// A space's name is that of its folder, in percent-encoding, up to so many bytes; a longer one is hashed.
const LONGEST_NAME: usize = 200;

/// The number of an opening of the database, and that of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValueId(u64, u64);

impl ValueId {
    /// The key by which a space refers to the value.
    pub fn mark(self) -> Key {
        let (opening, number) = (self.0.to_be_bytes(), self.1.to_be_bytes());
        [&[MARK], &opening[..], &number[..]].concat()
    }

    /// The value that a key refers to, if it is such a key.
    pub fn of_mark(key: &[u8]) -> Option<ValueId> {
        let (opening, number) = key.strip_prefix(&[MARK])?.split_first_chunk()?;
        let number = number.try_into().ok()?;
        Some(ValueId(u64::from_be_bytes(*opening), u64::from_be_bytes(number)))
    }

    /// Its digits, as which it is also stored.
    pub fn text(self) -> String {
        format!("{:016x}{:016x}", self.0, self.1)
    }

    pub fn of_text(text: &str) -> Option<ValueId> {
        let (opening, number) = text.split_at_checked(16)?;
        let digits = |text| u64::from_str_radix(text, 16).ok();
        if number.len() != 16 {
            return None;
        }
        Some(ValueId(digits(opening)?, digits(number)?))
    }
}

/// What all who use a database know of its files.
pub struct Known {
    opening: u64,
    last: AtomicU64,
    /// Folders of spaces whose old files have been looked through.
    swept: Mutex<BTreeSet<PathBuf>>,
    /// How often files are being read.
    pins: Mutex<BTreeMap<ValueId, usize>>,
}

impl Default for Known {
    fn default() -> Known {
        let mut opening = [0; 8];
        // Without entropy, openings are told apart by their time.
        let filled = getrandom::fill(&mut opening);
        let time = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Known {
            opening: filled.map_or(time.as_nanos() as u64, |()| u64::from_be_bytes(opening)),
            last: AtomicU64::new(0),
            swept: Mutex::default(),
            pins: Mutex::default(),
        }
    }
}

/// The files of one space.
pub struct LargeValues {
    database: Arc<Database>,
    durability: Durability,
    folder: PathBuf,
}

impl LargeValues {
    /// Those of the space called `name` of a room. Files that an earlier opening of the database left are removed.
    pub fn of(
        database: Arc<Database>,
        room: &str,
        name: &str,
        durability: Durability,
        space: &dyn Space,
    ) -> Result<Rc<LargeValues>> {
        let values = LargeValues {
            folder: database
                .path()
                .join(format!("{}-values", room.trim_end_matches(':')))
                .join(folder_name(name)),
            database,
            durability,
        };
        values.sweep(space)?;
        Ok(Rc::new(values))
    }

    fn sweep(&self, space: &dyn Space) -> Result<()> {
        let known = &self.database.values;
        if !lock(&known.swept).insert(self.folder.clone()) {
            return Ok(());
        }
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.explain(&error)),
        };
        for file in files.flatten() {
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            let Some(id) = ValueId::of_text(name.strip_suffix(UNFINISHED).unwrap_or(name)) else {
                continue;
            };
            let is_old = id.0 != known.opening;
            if is_old && (name.ends_with(UNFINISHED) || space.get(&id.mark()).now()?.is_none()) {
                let _ = fs::remove_file(file.path());
            }
        }
        Ok(())
    }

    fn explain(&self, error: &io::Error) -> super::StoreError {
        explain_folder(&self.database.name(), error)
    }

    /// Begins a value. What is left of one that is not finished is removed.
    pub fn create(&self) -> Result<NewValue> {
        let known = &self.database.values;
        let id = ValueId(known.opening, known.last.fetch_add(1, SeqCst));
        let path = self.folder.join(id.text());
        let unfinished = path.with_extension(&UNFINISHED[1..]);
        let create = || File::create_new(&unfinished);
        let file = create().or_else(|error| match error.kind() {
            ErrorKind::NotFound => fs::create_dir_all(&self.folder).and_then(|()| create()),
            _ => Err(error),
        });
        Ok(NewValue {
            file: file.map_err(|error| self.explain(&error))?,
            database: self.database.clone(),
            is_synced: self.durability == Durability::Sync,
            id,
            path,
            unfinished,
        })
    }

    /// A value to read, which is not removed meanwhile. Its file is opened with the first read.
    pub fn open(&self, id: ValueId) -> OpenValue {
        *lock(&self.database.values.pins).entry(id).or_default() += 1;
        OpenValue {
            path: self.folder.join(id.text()),
            file: OnceLock::new(),
            id,
            database: self.database.clone(),
        }
    }

    /// Removes a value, unless the space refers to it. Whether that is done with: one that is being read is to be removed
    /// later.
    pub fn remove(&self, id: ValueId, space: &dyn Space) -> bool {
        if lock(&self.database.values.pins).contains_key(&id) {
            return false;
        }
        // A space that cannot be read may refer to it.
        if let Ok(None) = space.get(&id.mark()).now() {
            let _ = fs::remove_file(self.folder.join(id.text()));
        }
        true
    }
}

/// Where the values of a space lie; the name of a folder has no slash, and is neither `.` nor `..`.
fn folder_name(name: &str) -> String {
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string();
    if encoded.len() <= LONGEST_NAME {
        return format!("={encoded}");
    }
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(name))
}

/// A value that is being written.
pub struct NewValue {
    file: File,
    database: Arc<Database>,
    is_synced: bool,
    id: ValueId,
    path: PathBuf,
    unfinished: PathBuf,
}

impl NewValue {
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let appended = self.file.write_all(bytes);
        appended.map_err(|error| explain_folder(&self.database.name(), &error))
    }

    /// Finishes it: its file is whole, and survives what the database promises to survive.
    pub fn finish(self) -> Result<ValueId> {
        let finished = self.rename();
        finished.map_err(|error| explain_folder(&self.database.name(), &error))?;
        Ok(self.id)
    }

    fn rename(&self) -> io::Result<()> {
        if self.is_synced {
            self.file.sync_all()?;
        }
        fs::rename(&self.unfinished, &self.path)?;
        if self.is_synced {
            self.path.ancestors().skip(1).take(3).try_for_each(sync_folder)?;
        }
        Ok(())
    }
}

/// The names in a folder are on the disk. Those of a value's may be new too.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

impl Drop for NewValue {
    fn drop(&mut self) {
        // A finished one has no such file any more.
        let _ = fs::remove_file(&self.unfinished);
    }
}

/// A value that is being read.
pub struct OpenValue {
    path: PathBuf,
    file: OnceLock<File>,
    id: ValueId,
    database: Arc<Database>,
}

impl OpenValue {
    /// Bytes from an offset on, as many as there are up to `length`.
    pub fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let read = self.try_read(offset, length);
        read.map_err(|error| explain_folder(&self.database.name(), &error))
    }

    fn try_read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let file = match self.file.get() {
            Some(file) => file,
            None => {
                let opened = File::open(&self.path)?;
                self.file.get_or_init(|| opened)
            }
        };
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

impl Drop for OpenValue {
    fn drop(&mut self) {
        let mut pins = lock(&self.database.values.pins);
        if let Some(count) = pins.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_were_written() {
        let id = ValueId(u64::MAX, 7);
        assert_eq!(
            (ValueId::of_mark(&id.mark()), ValueId::of_text(&id.text())),
            (Some(id), Some(id))
        );
        assert_eq!((ValueId::of_mark(b"f1234"), ValueId::of_text("12")), (None, None));
    }

    #[test]
    fn names_of_folders_are_safe_and_differ() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let names = ["", ".", "..", "a/b", "A", "a", "=", &long].map(folder_name);
        assert!(
            names
                .iter()
                .all(|name| !name.contains('/') && !name.is_empty() && name != "." && name != "..")
        );
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
