//! One RocksDB database: a folder, open once in the process however many instances use it and whatever they call it.
//!
//! Writes go into the memtable and into a buffer of the write-ahead log, in one order; [`Database::confirm`] hands the
//! buffer to the operating system, or to the disk as well. So a write costs no system call until the outside could
//! learn of it, and what survives is always everything up to some write. A sync of the disk runs on a thread of the
//! database, and all that ask for one while another runs share the next.
//!
//! When the log cannot be written, RocksDB refuses all that follows. Unconfirmed writes are then given up: the next
//! use opens the folder again, and finds what was confirmed. When the folder has been deleted the database is over: the
//! next use reports that, and opens another.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use futures::FutureExt;
use futures::channel::oneshot;
use rocksdb::{DB, WriteBatch};

use super::database_sync::{Job, start_syncing};
use super::large_values;
use super::rocks_claims::Claims;
use super::rocks_error::{explain, explain_folder};
use super::rocks_folder::{self, CURRENT, Folder, Id};
use super::rocks_mark::{Mark, Note};
use super::rocks_options::{check_format, options};
use super::rocks_pending::{self, Settling};
use super::{Reply, Result, StoreError};

/// What a confirmed write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, however it ends.
    #[default]
    Os,
    /// A loss of power as well.
    Sync,
}

/// By folder. One that is being closed is still in it.
static OPEN: Mutex<BTreeMap<Id, Weak<Database>>> = Mutex::new(BTreeMap::new());
static CLOSED: Condvar = Condvar::new();

pub struct Database {
    /// What the folder was called last.
    name: Mutex<PathBuf>,
    folder: Folder,
    /// Who uses which of its spaces alone.
    pub claims: Claims,
    /// Its files for large values.
    pub values: large_values::Known,
    /// `None` from a failure until the next use.
    handle: RwLock<Option<DB>>,
    /// Whether a write to several folders may be pending since the handle was opened: see `rocks_pending.rs`.
    is_unsettled: AtomicBool,
    mark: Mutex<Option<Mark>>,
    is_gone: AtomicBool,
    failure: Mutex<Option<StoreError>>,
    lost: Mutex<Vec<Lost>>,
    /// Writes are counted; so is up to which of them the operating system has, and the disk.
    applied: AtomicU64,
    written: AtomicU64,
    synced: AtomicU64,
    syncs: Mutex<Option<Sender<Job>>>,
}

/// Writes that a failure undid, by their numbers.
struct Lost {
    writes: RangeInclusive<u64>,
    reason: StoreError,
}

impl Database {
    /// The database in the folder called `name`, which is made when it is missing.
    pub fn open(name: &Path) -> Result<Arc<Database>> {
        std::fs::create_dir_all(name).map_err(|error| explain_folder(name, &error))?;
        let folder = Folder::open(name)?;
        // What is over must not be closed here while the list is locked.
        let mut over = None;
        let mut open = lock(&OPEN);
        while let Some(known) = open.get(&folder.id) {
            match known.upgrade() {
                Some(database) if database.check_there().is_ok() => {
                    *lock(&database.name) = name.into();
                    return Ok(database);
                }
                Some(database) => {
                    over = Some(database);
                    break;
                }
                None => open = CLOSED.wait(open).unwrap_or_else(PoisonError::into_inner),
            }
        }
        folder.lock(name)?;
        let (handle, mark) = open_handle(&folder.path, name)?;
        let id = folder.id;
        let database = Arc::new(Database {
            name: Mutex::new(name.into()),
            folder,
            claims: Claims::default(),
            values: large_values::Known::default(),
            handle: RwLock::new(Some(handle)),
            is_unsettled: AtomicBool::new(true),
            mark: Mutex::new(mark),
            is_gone: AtomicBool::new(false),
            failure: Mutex::default(),
            lost: Mutex::default(),
            applied: AtomicU64::new(0),
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            syncs: Mutex::default(),
        });
        open.insert(id, Arc::downgrade(&database));
        drop(open);
        drop(over);
        Ok(database)
    }

    /// What the folder was called last.
    pub fn name(&self) -> PathBuf {
        lock(&self.name).clone()
    }

    /// The path of the folder, whatever it is called.
    pub fn path(&self) -> &Path {
        &self.folder.path
    }

    /// An error when the folder has been deleted.
    pub fn check_there(&self) -> Result<()> {
        if self.is_gone.load(SeqCst) {
            return Err(self.gone());
        }
        Ok(())
    }

    fn gone(&self) -> StoreError {
        StoreError::other(format!(
            "The folder {} was deleted while it was in use, with all that was stored in it. It is made again when it is \
             used next.",
            lock(&self.name).display()
        ))
    }

    /// Finds out whether the folder is still there. Writes to files that were deleted succeed, and are lost.
    fn look(&self) -> Result<()> {
        let is_deleted = lock(&self.mark).as_ref().is_some_and(Mark::is_deleted);
        if is_deleted && !self.folder.path.join(CURRENT).exists() {
            self.is_gone.store(true, SeqCst);
        }
        self.check_there()
    }

    fn explain(&self, what: &str, error: &rocksdb::Error) -> StoreError {
        explain(what, &lock(&self.name), &self.folder.path, error)
    }

    /// Reads from the database.
    pub fn read<T>(&self, read: impl FnOnce(&DB) -> std::result::Result<T, rocksdb::Error>) -> Result<T> {
        self.with(|handle| read(handle).map_err(|error| self.explain("read", &error)))
    }

    /// Writes all of `batch`, or nothing; its number among the writes.
    pub fn write(&self, batch: WriteBatch) -> Result<u64> {
        self.with(|handle| match handle.write(batch) {
            Ok(()) => Ok(self.applied.fetch_add(1, SeqCst) + 1),
            Err(error) => Err(self.fail(self.explain("write to", &error))),
        })
    }

    /// Answers when write number `write` and all before it survive what `durability` says.
    pub fn confirm(self: &Arc<Self>, write: u64, durability: Durability) -> Reply<()> {
        let confirmed = match durability {
            Durability::Os => &self.written,
            Durability::Sync => &self.synced,
        };
        if confirmed.load(SeqCst) >= write {
            return Reply::Now(self.check(write));
        }
        match durability {
            Durability::Os => Reply::Now(self.flush(false).and_then(|()| self.check(write))),
            Durability::Sync => self.sync(write),
        }
    }

    /// Whether a write was undone by a failure: the flush that follows one succeeds without it.
    pub(super) fn check(&self, write: u64) -> Result<()> {
        let lost = lock(&self.lost);
        let found = lost.iter().find(|lost| lost.writes.contains(&write));
        found.map_or(Ok(()), |lost| Err(lost.reason.clone()))
    }

    /// Hands all writes to the operating system.
    pub fn flush_written(&self) -> Result<()> {
        if self.written.load(SeqCst) == self.applied.load(SeqCst) || lock(&self.failure).is_some() {
            return Ok(());
        }
        self.flush(false)
    }

    /// Hands all writes to the operating system, or to the disk too.
    pub(super) fn flush(&self, sync: bool) -> Result<()> {
        let flushed = self.with(|handle| {
            let (applied, last) = (self.applied.load(SeqCst), handle.latest_sequence_number());
            let flushed = handle.flush_wal(sync);
            flushed.map_err(|error| self.fail(self.explain("write to", &error)))?;
            self.look()?;
            if let Some(mark) = &mut *lock(&self.mark) {
                mark.confirm(last, sync);
            }
            Ok(applied)
        })?;
        self.written.fetch_max(flushed, SeqCst);
        if sync {
            self.synced.fetch_max(flushed, SeqCst);
        }
        Ok(())
    }

    fn sync(self: &Arc<Self>, write: u64) -> Reply<()> {
        let (done, wait) = oneshot::channel();
        let job = Job {
            database: self.clone(),
            write,
            done,
        };
        let mut syncs = lock(&self.syncs);
        let sender = match &*syncs {
            Some(sender) => sender,
            None => match start_syncing() {
                Ok(sender) => syncs.insert(sender),
                Err(error) => return Reply::Now(Err(StoreError::other(error.to_string()))),
            },
        };
        if sender.send(job).is_err() {
            return Reply::Now(Err(ended(&lock(&self.name))));
        }
        let folder = lock(&self.name).clone();
        Reply::Pending(
            wait.map(move |synced| synced.unwrap_or_else(|_| Err(ended(&folder))))
                .boxed(),
        )
    }

    /// Uses the handle; after a failure, a new one.
    fn with<T>(&self, work: impl FnOnce(&DB) -> Result<T>) -> Result<T> {
        self.check_there()?;
        if self.is_unsettled.load(SeqCst) {
            Settling::check(self.folder.id, &self.name())?;
        }
        if let Some(handle) = &*self.handle.read().unwrap_or_else(PoisonError::into_inner)
            && lock(&self.failure).is_none()
            && !self.is_unsettled.load(SeqCst)
        {
            return work(handle);
        }
        let mut handle = self.handle.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = lock(&self.failure).take() {
            *handle = None;
            let writes = self.written.load(SeqCst) + 1..=self.applied.load(SeqCst);
            if !writes.is_empty() {
                lock(&self.lost).push(Lost { writes, reason });
            }
        }
        let handle = match &mut *handle {
            Some(handle) => handle,
            empty => {
                self.look()?;
                let (opened, mark) = open_handle(&self.folder.path, &lock(&self.name))?;
                *lock(&self.mark) = mark;
                self.is_unsettled.store(true, SeqCst);
                empty.insert(opened)
            }
        };
        if self.is_unsettled.load(SeqCst) {
            let settled = rocks_pending::settle(self.folder.id, handle, &self.name(), &self.folder.path);
            settled.map_err(|error| self.fail(error))?;
            self.is_unsettled.store(false, SeqCst);
        }
        work(handle)
    }

    /// Has the next use open the folder again, since it is not known what was written.
    pub fn give_up(&self, reason: StoreError) {
        let _ = self.flush_written();
        self.fail(reason);
    }

    fn fail(&self, error: StoreError) -> StoreError {
        *lock(&self.failure) = Some(error.clone());
        error
    }
}

impl Drop for Database {
    /// Closes it; the next open of the folder waits until that is done.
    fn drop(&mut self) {
        let mut open = lock(&OPEN);
        if let Some(handle) = self.handle.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = handle.flush_wal(false);
        }
        self.folder.unlock();
        let itself = std::ptr::from_ref(self);
        if open.get(&self.folder.id).is_some_and(|known| known.as_ptr() == itself) {
            open.remove(&self.folder.id);
        }
        CLOSED.notify_all();
    }
}

/// Opens a database that is whole, or makes one. Nothing is changed in a folder whose database cannot be opened.
fn open_handle(path: &Path, name: &Path) -> Result<(DB, Option<Mark>)> {
    let mut options = options();
    let is_new = rocks_folder::is_empty(path, name)?;
    options.create_if_missing(is_new);
    if !is_new {
        rocks_folder::check(path, name)?;
    }
    let handle = DB::open(&options, path).map_err(|error| explain("open", name, path, &error))?;
    check_format(&handle, path, name)?;
    let note = Note::at_opening(handle.latest_sequence_number(), rocks_folder::manifest(path));
    Ok((handle, Mark::make(path, note)))
}

fn ended(folder: &Path) -> StoreError {
    StoreError::other(format!(
        "The sync of {} was given up: the process ends.",
        folder.display()
    ))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
