//! One RocksDB database: a folder, open once in the process however many instances use it.
//!
//! Writes go into the memtable and into a buffer of the write-ahead log, in one order; [`Database::confirm`] hands the
//! buffer to the operating system, or to the disk as well. So a write costs no system call until somebody outside could
//! learn of it, and what survives is always everything up to some write. A sync of the disk runs on a thread of the
//! database, and all that ask for one while another runs share the next.
//!
//! When the log cannot be written, RocksDB refuses all that follows. What was told to nobody is then given up: the next
//! use opens the folder anew, and finds what was confirmed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use futures::FutureExt;
use futures::channel::oneshot;
use rocksdb::{DB, WriteBatch};

use super::rocks_error::{explain, explain_folder};
use super::rocks_options::{check_format, options};
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
static OPEN: Mutex<BTreeMap<PathBuf, Weak<Database>>> = Mutex::new(BTreeMap::new());
static CLOSED: Condvar = Condvar::new();

pub struct Database {
    folder: PathBuf,
    /// `None` from a failure until the next use.
    handle: RwLock<Option<DB>>,
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

/// Somebody who waits for a sync that begins after they asked.
struct Job {
    database: Arc<Database>,
    write: u64,
    done: oneshot::Sender<Result<()>>,
}

impl Database {
    /// The database in `folder`, which is made when it is missing.
    pub fn open(folder: &Path) -> Result<Arc<Database>> {
        std::fs::create_dir_all(folder).map_err(|error| explain_folder(folder, &error))?;
        let folder = folder.canonicalize().map_err(|error| explain_folder(folder, &error))?;
        let mut open = lock(&OPEN);
        while let Some(database) = open.get(&folder) {
            match database.upgrade() {
                Some(database) => return Ok(database),
                None => open = CLOSED.wait(open).unwrap_or_else(PoisonError::into_inner),
            }
        }
        let database = Arc::new(Database {
            handle: RwLock::new(Some(open_handle(&folder)?)),
            failure: Mutex::default(),
            lost: Mutex::default(),
            applied: AtomicU64::new(0),
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            syncs: Mutex::default(),
            folder: folder.clone(),
        });
        open.insert(folder, Arc::downgrade(&database));
        Ok(database)
    }

    /// Reads from the database.
    pub fn read<T>(&self, read: impl FnOnce(&DB) -> std::result::Result<T, rocksdb::Error>) -> Result<T> {
        self.with(|handle| read(handle).map_err(|error| explain("read", &self.folder, &error)))
    }

    /// Writes all of `batch`, or nothing; its number among the writes.
    pub fn write(&self, batch: WriteBatch) -> Result<u64> {
        self.with(|handle| match handle.write(batch) {
            Ok(()) => Ok(self.applied.fetch_add(1, SeqCst) + 1),
            Err(error) => Err(self.fail(explain("write to", &self.folder, &error))),
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
    fn check(&self, write: u64) -> Result<()> {
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

    fn flush(&self, sync: bool) -> Result<()> {
        let flushed = self.with(|handle| {
            let applied = self.applied.load(SeqCst);
            let flushed = handle.flush_wal(sync);
            flushed.map_err(|error| self.fail(explain("write to", &self.folder, &error)))?;
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
            return Reply::Now(Err(ended(&self.folder)));
        }
        let folder = self.folder.clone();
        Reply::Later(
            wait.map(move |synced| synced.unwrap_or_else(|_| Err(ended(&folder))))
                .boxed(),
        )
    }

    /// Uses the handle; after a failure, a new one.
    fn with<T>(&self, work: impl FnOnce(&DB) -> Result<T>) -> Result<T> {
        if let Some(handle) = &*self.handle.read().unwrap_or_else(PoisonError::into_inner)
            && lock(&self.failure).is_none()
        {
            return work(handle);
        }
        let mut handle = self.handle.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = lock(&self.failure).take() {
            *handle = None;
            let writes = self.written.load(SeqCst) + 1..=self.applied.load(SeqCst);
            lock(&self.lost).push(Lost { writes, reason });
        }
        work(match &mut *handle {
            Some(handle) => handle,
            empty => empty.insert(open_handle(&self.folder)?),
        })
    }

    fn fail(&self, error: StoreError) -> StoreError {
        *lock(&self.failure) = Some(error.clone());
        error
    }
}

impl Drop for Database {
    /// Closes it; whoever opens the folder next waits until that is done.
    fn drop(&mut self) {
        let mut open = lock(&OPEN);
        if let Some(handle) = self.handle.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = handle.flush_wal(false);
        }
        open.remove(&self.folder);
        CLOSED.notify_all();
    }
}

fn open_handle(folder: &Path) -> Result<DB> {
    let handle = DB::open(&options(), folder).map_err(|error| explain("open", folder, &error))?;
    check_format(&handle, folder)?;
    Ok(handle)
}

/// Starts a database's thread for syncs. It ends when the database does.
fn start_syncing() -> std::io::Result<Sender<Job>> {
    let (sender, jobs) = channel();
    let thread = std::thread::Builder::new().name("miniflare-rs sync".into());
    thread.spawn(move || sync_for(&jobs))?;
    Ok(sender)
}

fn sync_for(jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let shared: Vec<Job> = std::iter::once(first).chain(jobs.try_iter()).collect();
        let Some(Job { database, .. }) = shared.first() else {
            return;
        };
        let synced = database.flush(true);
        for Job { database, write, done } in shared {
            let answer = synced.clone().and_then(|()| database.check(write));
            // Whoever is told that all is safe may open the folder elsewhere: it is let go of before.
            drop(database);
            let _ = done.send(answer);
        }
    }
}

fn ended(folder: &Path) -> StoreError {
    StoreError::other(format!(
        "The sync of {} was given up: the process ends.",
        folder.display()
    ))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
