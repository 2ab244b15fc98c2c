//! What a folder has noted of a write to several places (`rocks_joint.rs`), and how that is settled.
//!
//! The process that opens a folder with such a note looks for its token in the folder that was written first, or on the
//! Redis server: decided writes are made, and undecided ones are dropped. Until then nothing is read or written in it.

use std::cell::RefCell;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rocksdb::{DB, WriteBatch};

use super::database::Database;
use super::error::Kind;
use super::redis_decision;
use super::redis_link::public;
use super::rocks_error::{explain, explain_folder};
use super::rocks_folder::{self, Id};
use super::rocks_key::{DECIDED, PENDING};
use super::{Result, StoreError};

pub const TOKEN: usize = 16;
pub type Token = [u8; TOKEN];

/// What a folder notes before it is decided; what is to be written follows.
pub struct Pending {
    pub token: Token,
    /// The folder that is written first, or the URL of the server that is. Paths are absolute, so one is not the other.
    pub first: PathBuf,
}

/// The place that has decided that what is noted is written.
enum Decider {
    Folder(Arc<Database>),
    Server(String),
}

impl Decider {
    fn forget(&self, token: Token) {
        match self {
            Decider::Folder(database) => {
                let mut over = WriteBatch::default();
                over.delete(decided(token));
                // What is left of a token that cannot be taken away is never looked for.
                let _ = database.write(over);
            }
            Decider::Server(url) => redis_decision::forget(url, token),
        }
    }
}

impl Pending {
    pub fn to_bytes(&self, batch: &WriteBatch) -> Vec<u8> {
        let first = self.first.as_os_str().as_bytes();
        let length = (first.len() as u32).to_le_bytes();
        [&self.token, &length[..], first, batch.data()].concat()
    }

    /// The same without anything to write.
    pub fn to_note(&self) -> Vec<u8> {
        self.to_bytes(&WriteBatch::default())
    }

    pub fn from_note(bytes: &[u8]) -> Option<Pending> {
        Some(Pending::from_bytes(bytes)?.0)
    }

    /// Whether the first folder has decided that it is written.
    pub fn is_made(&self) -> Result<bool> {
        Ok(self.decider()?.is_some())
    }

    /// It has been written, and is not looked for any more.
    pub fn forget(&self) {
        if let Ok(Some(decider)) = self.decider() {
            decider.forget(self.token);
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<(Pending, WriteBatch)> {
        let (token, rest) = bytes.split_first_chunk::<TOKEN>()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (first, batch) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let pending = Pending {
            token: *token,
            first: OsString::from_vec(first.into()).into(),
        };
        Some((pending, WriteBatch::from_data(batch)))
    }

    /// The URL of the server that decides.
    fn server(&self) -> Option<&str> {
        self.first.to_str().filter(|_| !self.first.is_absolute())
    }

    /// The place that is written first, if it has the token. A folder that has been deleted has decided nothing.
    fn decider(&self) -> Result<Option<Decider>> {
        if let Some(url) = self.server() {
            let is_made = redis_decision::is_made(url, self.token)?;
            return Ok(is_made.then(|| Decider::Server(url.into())));
        }
        let first = &self.first;
        let exists = first.try_exists().map_err(|error| explain_folder(first, &error))?;
        if !exists || rocks_folder::is_empty(first, first)? {
            return Ok(None);
        }
        let database = Database::open(first)?;
        let key = decided(self.token);
        let found = database.read(|handle| Ok(handle.get_pinned(&key)?.is_some()))?;
        Ok(found.then_some(Decider::Folder(database)))
    }
}

/// Writes what is pending in a folder, or forgets it, as the first folder has decided.
pub fn settle(id: Id, handle: &DB, name: &Path, path: &Path) -> Result<()> {
    let noted = handle
        .get(PENDING)
        .map_err(|error| explain("read", name, path, &error))?;
    let Some(noted) = noted else { return Ok(()) };
    let (pending, noted) = Pending::from_bytes(&noted).ok_or_else(|| unreadable(name))?;
    let _settling = Settling::begin(id, name)?;
    let decider = pending.decider().map_err(|error| depends(name, &pending, &error))?;
    let mut batch = decider.as_ref().map_or_else(WriteBatch::default, |_| noted);
    batch.delete(PENDING);
    let written = handle.write(batch).and_then(|()| handle.flush_wal(true));
    written.map_err(|error| explain("write to", name, path, &error))?;
    if let Some(decider) = decider {
        decider.forget(pending.token);
    }
    Ok(())
}

thread_local! {
    static SETTLING: RefCell<Vec<Id>> = RefCell::default();
}

/// A folder is being settled by this thread. Copies of folders may depend on themselves.
pub struct Settling;

impl Settling {
    fn begin(id: Id, name: &Path) -> Result<Settling> {
        Settling::check(id, name)?;
        SETTLING.with_borrow_mut(|all| all.push(id));
        Ok(Settling)
    }

    /// Refuses a folder that is being settled further down the stack.
    pub fn check(id: Id, name: &Path) -> Result<()> {
        if SETTLING.with_borrow(|all| all.contains(&id)) {
            return Err(unreadable(name));
        }
        Ok(())
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        SETTLING.with_borrow_mut(Vec::pop);
    }
}

/// The key of a token in the folder that was written first.
pub fn decided(token: Token) -> Vec<u8> {
    [DECIDED, &token].concat()
}

fn unreadable(name: &Path) -> StoreError {
    let folder = name.display();
    StoreError::new(
        Kind::Corrupt,
        format!(
            "The database in {folder} has an unfinished write to several folders that does not name another folder: \
             restore the folder from a copy, or delete it."
        ),
    )
}

fn depends(name: &Path, pending: &Pending, error: &StoreError) -> StoreError {
    let folder = name.display();
    let first = pending.server().map_or_else(
        || format!("that in {}", pending.first.display()),
        |url| format!("the data on {}", public(url)),
    );
    StoreError::new(
        error.kind,
        format!("The database in {folder} was written together with {first}, which is needed to finish it. {error}"),
    )
}
