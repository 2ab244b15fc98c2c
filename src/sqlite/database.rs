//! One database: a connection with the limits and the rules of Workers, and its file, if it has one.
//!
//! A call never leaves a transaction open, so that no one who shares the file waits for one.

use std::cell::{Cell, OnceCell, RefCell};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::authorizer::{Permits, authorizer};
use super::compiled::Compiled;
use super::error::of_file;
use super::history::Changes;
use super::image::{Image, Moments};
use super::log::Log;
use super::new_file;
use super::statement::Handle;
use super::{limits, watch};
use crate::store::database::Durability;
use crate::store::{Result, StoreError};

/// Names a state of the content of a database, among all states of all databases of the process.
static LAST_STATE: AtomicU64 = AtomicU64::new(0);

/// A log is on the disk before it is copied to the file; or nothing waits for the disk, and nothing is copied.
const SYNCED: &str = "PRAGMA wal_autocheckpoint = 1000; PRAGMA synchronous = NORMAL";
const UNSYNCED: &str = "PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF";

/// A state, and the number by which SQLite tells that others have written the file.
type Version = (u64, u64);

pub struct Database {
    pub(super) name: String,
    handle: Handle,
    pub(super) compiled: RefCell<Compiled>,
    pub(super) permits: Arc<Permits>,
    pub(super) moments: Rc<Moments>,
    pub(super) page_bytes: u64,
    /// Bytes in use, as far as they are known.
    pub(super) size: Cell<Option<u64>>,
    file: Option<DatabaseFile>,
    /// Whether nothing waits for the disk yet: the file is new, and what is not there cannot be damaged.
    is_unsynced: Cell<bool>,
    /// Once its changes are asked for. The connection is dropped before it.
    log: OnceCell<Log>,
    /// By which SQLite told then that others have written the file.
    others_known: Cell<u64>,
    state: Cell<u64>,
    /// The version of the last image, and the image while a snapshot has it.
    image: RefCell<(Version, Weak<Image>)>,
}

impl Database {
    pub fn in_memory(name: &str, moments: Rc<Moments>) -> Result<Database> {
        let connection = Connection::open_in_memory().map_err(of_memory)?;
        Database::new(name, connection, None, moments).map_err(of_memory)
    }

    /// Opens a file, which is created if it is missing.
    pub fn in_file(name: &str, path: PathBuf, durability: Durability, moments: Rc<Moments>) -> Result<Database> {
        let failed = |error| of_file(&path, error);
        let is_new = new_file::create(&path, durability)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(failed)?;
        connection.busy_timeout(limits::LOCK_WAIT).map_err(failed)?;
        if !is_new {
            connection.execute_batch("PRAGMA journal_mode = WAL").map_err(failed)?;
        }
        let is_unsynced = is_new && durability == Durability::Os;
        let synchronous = match durability {
            _ if is_unsynced => UNSYNCED,
            Durability::Os => SYNCED,
            Durability::Sync => "PRAGMA synchronous = FULL",
        };
        connection.execute_batch(synchronous).map_err(failed)?;
        let file = DatabaseFile::of(path.clone())?;
        let database = Database::new(name, connection, Some(file), moments).map_err(failed)?;
        database.is_unsynced.set(is_unsynced);
        Ok(database)
    }

    fn new(
        name: &str,
        mut connection: Connection,
        file: Option<DatabaseFile>,
        moments: Rc<Moments>,
    ) -> rusqlite::Result<Database> {
        let permits = Arc::<Permits>::default();
        restrict(&connection)?;
        let page_bytes: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        connection.progress_handler(limits::INSTRUCTIONS_PER_LOOK, Some(watch::look))?;
        connection.authorizer(Some(authorizer(permits.clone())))?;
        Ok(Database {
            name: name.into(),
            // SAFETY: nothing closes it while this has the connection.
            handle: unsafe { connection.handle() },
            compiled: RefCell::new(Compiled::new(connection)),
            permits,
            moments,
            page_bytes: page_bytes.into(),
            size: Cell::new(None),
            file,
            is_unsynced: Cell::new(false),
            log: OnceCell::new(),
            others_known: Cell::new(0),
            state: Cell::new(next_state()),
            image: RefCell::new(((0, 0), Weak::new())),
        })
    }

    /// Calls `work` with the connection by itself: it changes more than rows.
    fn alone<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        let in_use = |_| StoreError::other("The database is in use by the call that asks for it.");
        let mut compiled = self.compiled.try_borrow_mut().map_err(in_use)?;
        let connection = compiled.alone()?;
        // Copies ask for the number of pages.
        self.permits
            .own(|| work(connection))
            .map_err(|error| self.failed(error))
    }

    /// The connection itself, which is open for as long as this is.
    pub(super) fn handle(&self) -> Handle {
        self.handle
    }

    /// Its file; empty of one in memory.
    pub(super) fn path(&self) -> PathBuf {
        self.file.as_ref().map(|file| file.path.clone()).unwrap_or_default()
    }

    /// What the file is called in errors.
    fn failed(&self, error: rusqlite::Error) -> StoreError {
        match &self.file {
            Some(file) => of_file(&file.path, error),
            None => of_memory(error),
        }
    }

    fn version(&self) -> Result<Version> {
        let others = match &self.file {
            Some(file) => self
                .others()
                .map_err(|error| StoreError::other(format!("{}: {error}", file.path.display())))?,
            None => 0,
        };
        Ok((self.state.get(), others))
    }

    /// Whether others may write the database.
    pub(super) fn is_shared(&self) -> bool {
        self.file.is_some()
    }

    /// The content has changed, or may have.
    pub(super) fn changed(&self) {
        self.state.set(next_state());
        if let Some(file) = &self.file {
            file.note_log();
        }
    }

    /// To be called after the first transaction: from now on, a log is on the disk before it is copied to the file. The log
    /// of a new file has nothing that could be taken for something else, so that it begins without waiting for the disk.
    pub(super) fn settle(&self) {
        if self.is_unsynced.replace(false)
            && let Ok(compiled) = self.compiled.try_borrow()
        {
            let settled = self.permits.own(|| compiled.connection().execute_batch(SYNCED));
            self.is_unsynced.set(settled.is_err());
        }
    }

    /// Has [`Database::last_changes`] tell of what is committed from now on; whether it can.
    pub(super) fn follow_changes(&self) -> Result<bool> {
        self.settle();
        let Some(file) = &self.file else { return Ok(false) };
        self.others_known.set(self.version()?.1);
        if self.log.get().is_none() {
            match Log::follow(self.handle, &file.log, self.page_bytes as usize) {
                Ok(log) => drop(self.log.set(log)),
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// What the last transaction has changed. An error, if that is not known: others have written the file, or it is in memory.
    pub(super) fn last_changes(&self) -> Result<Option<Changes>> {
        let unknown = || StoreError::other("It is not known what has changed.");
        let log = self.log.get().ok_or_else(unknown)?;
        let changes = log.take().map_err(|_| unknown())?;
        match self.version()?.1 == self.others_known.get() {
            true => Ok(changes),
            false => Err(unknown()),
        }
    }

    /// The content as it is now. It is copied once for all snapshots.
    pub(super) fn image(&self) -> Result<Rc<Image>> {
        let version = self.version()?;
        let known = {
            let image = self.image.borrow();
            image.1.upgrade().filter(|_| image.0 == version)
        };
        if let Some(image) = known {
            return Ok(image);
        }
        let image = Rc::new(self.alone(Image::of)?);
        self.image.replace((version, Rc::downgrade(&image)));
        Ok(image)
    }

    /// Makes the content that of an image again.
    pub(super) fn exchange(&self, image: &Rc<Image>) -> Result<()> {
        let is_same =
            |known: &(Version, Weak<Image>), version| known.0 == version && known.1.ptr_eq(&Rc::downgrade(image));
        if is_same(&self.image.borrow(), self.version()?) {
            return Ok(());
        }
        self.settle();
        let written = self.alone(|connection| image.write_to(connection));
        self.size.set(None);
        self.changed();
        written?;
        self.image.replace((self.version()?, Rc::downgrade(image)));
        Ok(())
    }

    /// Whether the connection can be used on. Others may have removed the log, which only its last user does and who no
    /// longer knows of this connection: POSIX forgets the locks of a process when it closes the file once, whichever
    /// library does it.
    pub(super) fn check_there(&self) -> There {
        self.file.as_ref().map_or(There::Yes, DatabaseFile::check_there)
    }

    /// Ends a connection that must not write any more.
    pub(super) fn abandon(&self) {
        if let Ok(compiled) = self.compiled.try_borrow() {
            let connection = compiled.connection();
            let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }

    /// The whole database as the content of a file.
    pub fn dump(&self) -> Result<Vec<u8>> {
        Ok(self.image()?.to_file())
    }
}

fn next_state() -> u64 {
    LAST_STATE.fetch_add(1, Ordering::Relaxed) + 1
}

fn of_memory(error: rusqlite::Error) -> StoreError {
    StoreError::other(format!("A database in memory cannot be used: {error}"))
}

fn restrict(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "max_page_count", limits::DATABASE_PAGES)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, limits::VALUE_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, limits::STATEMENT_BYTES),
        (Limit::SQLITE_LIMIT_COLUMN, limits::COLUMNS),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, limits::EXPRESSION_DEPTH),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, limits::COMPOUND_TERMS),
        (Limit::SQLITE_LIMIT_VDBE_OP, limits::INSTRUCTIONS),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, limits::FUNCTION_ARGUMENTS),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, limits::PATTERN_BYTES),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, limits::BOUND_VALUES),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, limits::TRIGGER_DEPTH),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    Ok(())
}

/// What has become of the file of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    Yes,
    /// The file is there, and its log is another one, or gone.
    OtherLog,
    /// The file is gone, or another one is in its place.
    No,
}

/// The file of a database, and its log, by device and inode.
struct DatabaseFile {
    path: PathBuf,
    log: PathBuf,
    id: (u64, u64),
    log_id: Cell<Option<(u64, u64)>>,
}

impl DatabaseFile {
    fn of(path: PathBuf) -> Result<DatabaseFile> {
        let id = id_of(&path).ok_or_else(|| deleted(&path))?;
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        Ok(DatabaseFile {
            path,
            log: log.into(),
            id,
            log_id: Cell::new(None),
        })
    }

    /// A connection keeps the log that it has opened, which it does when it first reads or writes.
    fn note_log(&self) {
        if self.log_id.get().is_none() {
            self.log_id.set(id_of(&self.log));
        }
    }

    fn check_there(&self) -> There {
        if id_of(&self.path) != Some(self.id) {
            return There::No;
        }
        self.note_log();
        match self.log_id.get() {
            Some(id) if id_of(&self.log) != Some(id) => There::OtherLog,
            _ => There::Yes,
        }
    }
}

fn id_of(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

pub(super) fn deleted(path: &Path) -> StoreError {
    StoreError::other(format!(
        "The database {} was deleted while it was in use, or another file was put in its place. It is opened again by the \
         next call.",
        path.display()
    ))
}
