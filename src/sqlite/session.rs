//! One user's own use of a database: transactions that last longer than a call, and statements that are read step by step.
//!
//! The first write begins a transaction, which ends with the turn, or earlier when someone waits for what was written. One
//! that was asked for is open over turns, until it is ended. Within either there are scopes, one in another, each of which
//! can be undone.

use std::cell::{Cell as Slot, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::ffi;

use super::cell::Cell;
use super::database::{Database, There};
use super::error::{Result, SqlError};
use super::history::History;
use super::image::Image;
use super::limits;
use super::sessions::Sessions;
use super::statement::{Handle, Statement};

/// What a user adds to its transactions.
pub trait Follower {
    /// A transaction is about to be committed. It is not, if this fails.
    fn committing(&self, session: &Session) -> Result<()>;
    /// It is committed.
    fn committed(&self, session: &Session) -> Result<()>;
    /// What is stored was exchanged.
    fn replaced(&self);
    /// What was written is not in force, at least in part.
    fn undone(&self);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    /// For the writes of a turn.
    Turn,
    /// Until it is ended.
    Asked,
}

/// A transaction or a scope in one, for the one who began it.
#[derive(Clone, Copy)]
pub struct Ticket {
    transaction: u32,
    level: u32,
}

const LEVELS: u32 = 1 << 16;

/// A session may be closed and opened again: transactions of all have numbers of their own.
static LAST_TRANSACTION: AtomicU32 = AtomicU32::new(0);

impl Ticket {
    /// A whole number that stands for it.
    pub fn to_number(self) -> f64 {
        f64::from(self.transaction) * f64::from(LEVELS) + f64::from(self.level)
    }

    pub fn from_number(number: f64) -> Ticket {
        let number = number as u64;
        Ticket {
            transaction: (number / u64::from(LEVELS)) as u32,
            level: (number % u64::from(LEVELS)) as u32,
        }
    }
}

pub struct Session {
    // Statements are dropped before their connection.
    pub(super) running: RefCell<HashMap<u64, super::execute::Running>>,
    pub(super) kept: RefCell<HashMap<Rc<str>, Statement>>,
    own: RefCell<HashMap<Rc<str>, Statement>>,
    pub(super) database: Rc<Database>,
    pub(super) last_running: Slot<u64>,
    open: Slot<Open>,
    transaction: Slot<u32>,
    /// Scopes that are open.
    levels: Slot<u32>,
    /// Changes whenever something may not be stored any more that was.
    undone: Slot<u64>,
    /// Whether the turn has used it already.
    is_touched: Slot<bool>,
    /// When a turn has used it last, in turns that have used any.
    pub(super) last_turn: Slot<u64>,
    broken: RefCell<Option<SqlError>>,
    follower: RefCell<Option<Rc<dyn Follower>>>,
    /// The states that it can be brought back to, if it keeps any.
    pub(super) history: RefCell<Option<Rc<History>>>,
    /// Whether the last state of the history may not be what is stored.
    pub(super) is_unknown_state: Slot<bool>,
    all: Weak<Sessions>,
    itself: Weak<Session>,
}

impl Session {
    pub(super) fn new(database: Rc<Database>, all: Weak<Sessions>) -> Rc<Session> {
        Rc::new_cyclic(|itself| Session {
            running: RefCell::default(),
            kept: RefCell::default(),
            own: RefCell::default(),
            database,
            last_running: Slot::new(0),
            open: Slot::new(Open::No),
            transaction: Slot::new(0),
            levels: Slot::new(0),
            undone: Slot::new(0),
            is_touched: Slot::new(false),
            last_turn: Slot::new(0),
            broken: RefCell::default(),
            follower: RefCell::default(),
            history: RefCell::default(),
            is_unknown_state: Slot::new(true),
            all: all.clone(),
            itself: itself.clone(),
        })
    }

    pub fn follow(&self, follower: Rc<dyn Follower>) {
        self.follower.replace(Some(follower));
    }

    pub(super) fn all(&self) -> Option<Rc<Sessions>> {
        self.all.upgrade()
    }

    pub(super) fn name(&self) -> &str {
        &self.database.name
    }

    pub(super) fn connection(&self) -> Handle {
        self.database.handle()
    }

    /// A number that changes whenever something may not be stored any more that was.
    pub fn undone(&self) -> u64 {
        self.undone.get()
    }

    /// Why nothing can be asked of it any more.
    pub fn check(&self) -> Result<()> {
        self.broken.borrow().as_ref().map_or(Ok(()), |error| Err(error.clone()))
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.borrow().is_some()
    }

    /// Nothing can be asked of it any more; what it has begun to write is undone.
    pub fn break_with(&self, error: SqlError) {
        if !self.is_broken() {
            self.broken.replace(Some(error));
        }
        self.abort();
    }

    /// To be called before anything is asked of the database. The file is looked at once in a turn.
    pub(super) fn touch(&self) -> Result<()> {
        if self.is_touched.get() {
            return self.check();
        }
        self.check()?;
        if self.open.get() == Open::No && self.database.check_there() != There::Yes {
            self.database.abandon();
            let error = SqlError::Store(super::database::deleted(&self.database.path()));
            self.break_with(error.clone());
            return Err(error);
        }
        self.is_touched.set(true);
        if let (Some(all), Some(itself)) = (self.all.upgrade(), self.itself.upgrade()) {
            all.note(itself);
        }
        Ok(())
    }

    /// Executes a text of this package, which has one statement, and then `read`s what comes of it.
    pub fn own<T>(&self, sql: &str, values: &[Cell], read: impl FnOnce(&mut Statement) -> Result<T>) -> Result<T> {
        self.touch()?;
        let known = self.own.borrow_mut().remove_entry(sql);
        // A statement may be compiled again when it is executed.
        self.database.permits.own(|| {
            let (text, mut statement) = match known {
                Some(known) => known,
                None => {
                    let compiled = Statement::compile(self.connection(), sql)?.0;
                    (sql.into(), compiled.ok_or(SqlError::NoStatement)?)
                }
            };
            let result = statement.bind(values).and_then(|()| read(&mut statement));
            statement.reset();
            let mut own = self.own.borrow_mut();
            if own.len() >= limits::KEPT_STATEMENTS {
                own.clear();
            }
            own.insert(text, statement);
            result
        })
    }

    /// Executes a text of this package that writes rows.
    pub fn write(&self, sql: &str, values: &[Cell]) -> Result<()> {
        self.begin()?;
        let written = self.own(sql, values, |statement| statement.step().map(drop));
        if written.is_err() {
            self.settle_failure();
        }
        written
    }

    fn command(&self, sql: &str) -> Result<()> {
        self.own(sql, &[], |statement| statement.step().map(drop))
    }

    fn number(&self, sql: &str) -> Result<u64> {
        self.own(sql, &[], |statement| {
            statement.step()?;
            Ok(match statement.field(0) {
                super::statement::Field::Integer(number) => number.unsigned_abs(),
                _ => 0,
            })
        })
    }

    /// Bytes of the database, without free pages.
    pub fn size(&self) -> Result<u64> {
        let pages = self.number("PRAGMA page_count")? - self.number("PRAGMA freelist_count")?;
        Ok(pages * self.database.page_bytes)
    }

    /// The content, without what is not committed unless a transaction is open.
    pub fn image(&self) -> Result<Rc<Image>> {
        self.database.image().map_err(SqlError::Store)
    }

    pub fn page_bytes(&self) -> usize {
        self.database.page_bytes as usize
    }

    /// Begins the turn's transaction, unless one is open.
    pub(super) fn begin(&self) -> Result<()> {
        match self.open.get() {
            Open::No => self.begin_as(Open::Turn),
            _ => self.touch(),
        }
    }

    fn begin_as(&self, open: Open) -> Result<()> {
        self.touch()?;
        self.database.moments.keep(&self.database).map_err(SqlError::Store)?;
        self.command("BEGIN IMMEDIATE")?;
        self.database.changed();
        self.transaction
            .set(LAST_TRANSACTION.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        self.levels.set(0);
        self.open.set(open);
        Ok(())
    }

    /// Commits what the turn has written. An open transaction or scope is left to the one who has begun it.
    pub fn commit(&self) -> Result<()> {
        self.check()?;
        if self.open.get() != Open::Turn || self.levels.get() > 0 {
            return Ok(());
        }
        self.commit_all()
    }

    fn commit_all(&self) -> Result<()> {
        let follower = self.follower.borrow().clone();
        let committed = (|| {
            if let Some(follower) = &follower {
                follower.committing(self)?;
            }
            self.command("COMMIT")
        })();
        if let Err(error) = committed {
            self.break_with(error.clone());
            return Err(error);
        }
        self.close();
        let followed = follower.map_or(Ok(()), |follower| follower.committed(self));
        self.note_state().and(followed)
    }

    fn close(&self) {
        self.open.set(Open::No);
        self.levels.set(0);
        self.database.size.set(None);
        self.database.changed();
        self.database.settle();
    }

    /// Whether a transaction that was asked for, or a scope, is open.
    pub fn is_in_scope(&self) -> bool {
        self.open.get() == Open::Asked || self.levels.get() > 0
    }

    /// Begins a transaction that lasts until it is ended; within one, a scope.
    pub fn begin_transaction(&self) -> Result<Ticket> {
        if self.open.get() == Open::Asked {
            return self.begin_scope();
        }
        self.commit()?;
        self.begin_as(Open::Asked)?;
        Ok(self.ticket())
    }

    /// Begins a scope, in the turn's transaction if none is open.
    pub fn begin_scope(&self) -> Result<Ticket> {
        self.begin()?;
        let level = self.levels.get() + 1;
        self.command(&format!("SAVEPOINT _cf_{level}"))?;
        self.levels.set(level);
        Ok(self.ticket())
    }

    fn ticket(&self) -> Ticket {
        Ticket {
            transaction: self.transaction.get(),
            level: self.levels.get(),
        }
    }

    /// Ends a transaction or a scope, with all that are open in it; false if it is over already.
    pub fn end(&self, ticket: Ticket, commits: bool) -> Result<bool> {
        let is_open = self.open.get() != Open::No && self.transaction.get() == ticket.transaction;
        if !is_open || ticket.level > self.levels.get() {
            return Ok(false);
        }
        if ticket.level == 0 {
            self.levels.set(0);
            if commits {
                self.commit_all()?;
            } else {
                self.roll_back();
            }
            return Ok(true);
        }
        let name = format!("_cf_{}", ticket.level);
        if !commits {
            self.command(&format!("ROLLBACK TO {name}"))?;
            self.note_undone();
        }
        self.command(&format!("RELEASE {name}"))?;
        self.levels.set(ticket.level - 1);
        Ok(true)
    }

    pub(super) fn note_undone(&self) {
        self.undone.set(self.undone.get() + 1);
        let follower = self.follower.borrow().clone();
        if let Some(follower) = follower {
            follower.undone();
        }
    }

    fn roll_back(&self) {
        if self.open.get() == Open::No {
            return;
        }
        if !self.is_autocommit() {
            // Its error would hide the one that is the reason. A session that is broken asks nothing else.
            let rollback = || Statement::compile(self.connection(), "ROLLBACK");
            let rollback = self.database.permits.own(rollback);
            if let Ok((Some(mut rollback), _)) = rollback {
                let _ = rollback.step();
            }
        }
        self.close();
        self.note_undone();
    }

    /// Whether it can be opened again without a difference.
    pub(super) fn is_idle(&self) -> bool {
        let reads = !self.running.borrow().is_empty();
        self.open.get() == Open::No && !self.is_touched.get() && !reads && !self.is_broken()
    }

    fn is_autocommit(&self) -> bool {
        // SAFETY: the connection is open for as long as the database is.
        unsafe { ffi::sqlite3_get_autocommit(self.connection()) != 0 }
    }

    /// A statement has failed: SQLite may have rolled back more than the statement.
    pub(super) fn settle_failure(&self) {
        if self.open.get() == Open::No || !self.is_autocommit() {
            return;
        }
        self.close();
        self.note_undone();
    }

    /// Undoes what has not been committed, and ends what is being read.
    pub fn abort(&self) {
        self.running.borrow_mut().clear();
        self.roll_back();
    }

    /// What is stored was exchanged.
    pub(super) fn exchanged(&self) {
        self.running.borrow_mut().clear();
        self.is_unknown_state.set(true);
        let follower = self.follower.borrow().clone();
        if let Some(follower) = follower {
            follower.replaced();
        }
        self.note_undone();
    }

    /// The turn is over. Whether it must be told so again, since a scope is open.
    pub(super) fn finish_turn(&self) -> bool {
        // The waiters for the writes get the failure.
        let _ = self.commit();
        self.is_touched.set(false);
        self.open.get() == Open::Turn
    }

    /// The turn was ended before it was done.
    pub(super) fn undo_turn(&self) {
        self.abort();
        self.is_touched.set(false);
    }

    /// After some failures nothing that SQLite says of the database can be relied on.
    pub(super) fn fail_critically(&self, error: &SqlError) {
        let SqlError::Sqlite { code, .. } = error else { return };
        let is_critical = matches!(
            code & 0xff,
            ffi::SQLITE_FULL | ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB | ffi::SQLITE_NOMEM
        );
        if is_critical {
            self.break_with(error.clone());
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.follower.replace(None);
        self.abort();
    }
}
