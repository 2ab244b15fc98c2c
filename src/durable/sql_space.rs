//! The entries of an object that has a database of its own: tables there, whose names the object's SQL cannot use. So a
//! transaction has entries, alarm and rows alike.
//!
//! The space that the object would have otherwise is an index: it is claimed, and says that there is a database, and when its
//! alarm is due. The database is what counts. An alarm is indexed before it is committed if it becomes due earlier, and
//! after that otherwise, so that none is forgotten at whatever moment the process ends.

use std::cell::{Cell as Slotted, OnceCell, RefCell};
use std::ops::Bound;
use std::rc::{Rc, Weak};

use bytes::Bytes;

use super::ROOM;
use super::alarm::{self, Alarm};
use super::slot::Slot;
use super::sql_mirror;
use crate::realm::background;
use crate::realm::instance::Instance;
use crate::sqlite::cell::Cell;
use crate::sqlite::error::{Result, SqlError};
use crate::sqlite::session::{Follower, Session};
use crate::sqlite::sessions::Sessions;
use crate::sqlite::statement::{Field, Statement};
use crate::store::range::{Entry, Range};
use crate::store::{Reply, Space, StoreError, Write};

/// The key of the index that says that there is a database. Like that of alarms, it is beyond all keys of users.
const MARK: &[u8] = &[0xfe];
/// In which folder the files are.
const FOLDER: &str = "sqlite";

/// The tables, as the runtime of Workers has them.
const ENTRIES: Table = Table {
    name: "_cf_KV",
    create: "CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
    get: "SELECT value FROM _cf_KV WHERE key = ?",
    put: "INSERT OR REPLACE INTO _cf_KV VALUES (?, ?)",
    delete: "DELETE FROM _cf_KV WHERE key = ?",
};
const METADATA: Table = Table {
    name: "_cf_METADATA",
    create: "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)",
    get: "SELECT value FROM _cf_METADATA WHERE key = ?",
    put: "INSERT OR REPLACE INTO _cf_METADATA VALUES (?, ?)",
    delete: "DELETE FROM _cf_METADATA WHERE key = ?",
};
/// The key of the alarm among the metadata.
const ALARM: f64 = 1.0;

struct Table {
    name: &'static str,
    create: &'static str,
    get: &'static str,
    put: &'static str,
    delete: &'static str,
}

/// The sessions of an instance's objects, once one has been used.
#[derive(Default)]
struct Used(OnceCell<Rc<Sessions>>);

pub fn sessions(instance: &Instance) -> std::result::Result<Rc<Sessions>, StoreError> {
    let used = instance.part::<Used>();
    if let Some(sessions) = used.0.get() {
        return Ok(sessions.clone());
    }
    let clock = instance.clock.clone();
    let new = Sessions::new(FOLDER, Box::new(move || clock.now_ms()));
    instance
        .stores
        .add_beside(ROOM.name, new.clone(), background::handle())?;
    Ok(used.0.get_or_init(|| new).clone())
}

/// The entries and the alarm of an object with a database.
pub struct SqlSpace {
    name: String,
    sessions: Rc<Sessions>,
    user: u64,
    /// It may be closed while the object does nothing.
    session: RefCell<Weak<Session>>,
    has_healed: Slotted<bool>,
    index: Rc<Index>,
    /// Whether the tables are known to be there, or not, as of a number of the session's.
    known: [Slotted<Option<(bool, u64)>>; 2],
}

impl SqlSpace {
    pub fn new(name: String, sessions: Rc<Sessions>, index: Rc<dyn Space>, alarm: Rc<Slot>) -> Rc<SqlSpace> {
        let is_mirrored = sessions.is_on_server();
        Rc::new(SqlSpace {
            user: sessions.begin(&name),
            name,
            sessions,
            session: RefCell::default(),
            has_healed: Slotted::new(false),
            index: Rc::new(Index {
                space: index,
                alarm,
                is_marked: Slotted::new(false),
                is_emptied: Slotted::new(false),
                has_alarm_changed: Slotted::new(false),
                is_synced: Slotted::new(true),
                is_mirrored,
                is_replaced: Slotted::new(is_mirrored),
                committing: RefCell::default(),
            }),
            known: Default::default(),
        })
    }

    /// Opens the database when it is first asked for, which is after the index was claimed.
    pub fn session(&self) -> Result<Rc<Session>> {
        if let Some(session) = self.living() {
            self.fetch(&session)?;
            return Ok(session);
        }
        let session = self.sessions.open(&self.name, self.user)?;
        session.follow(self.index.clone());
        self.session.replace(Rc::downgrade(&session));
        self.fetch(&session)?;
        self.known.iter().for_each(|known| known.set(None));
        self.index.is_marked.set(self.index.get(MARK)?.is_some());
        if !self.has_healed.replace(true) {
            self.heal()?;
        }
        self.restore(&session)?;
        Ok(session)
    }

    /// Makes the database what a server has, unless it is.
    fn fetch(&self, session: &Session) -> Result<()> {
        if !self.index.is_replaced.get() {
            return Ok(());
        }
        session.abort();
        session.exchange(&Rc::new(sql_mirror::read(&*self.index.space)?))?;
        self.index.is_replaced.set(false);
        Ok(())
    }

    /// Goes back to the state that the life of the object before has asked for.
    fn restore(&self, session: &Session) -> Result<()> {
        if session.restore_state()? {
            self.index.mirror(session)?;
            self.index.set(MARK, Some(Bytes::new()))?;
            self.index.set_alarm(self.read(alarm::KEY)?)?;
        }
        Ok(())
    }

    fn living(&self) -> Option<Rc<Session>> {
        self.session.borrow().upgrade()
    }

    /// The index may not know of the last alarm that was committed before the process or its computer ended.
    fn heal(&self) -> Result<()> {
        let indexed = self.index.get(alarm::KEY)?;
        if indexed.is_none() && !self.index.is_marked.get() {
            return Ok(());
        }
        let stored = self.read(alarm::KEY)?;
        if stored != indexed {
            self.index.set_alarm(stored)?;
        }
        Ok(())
    }

    /// The life of the object is over. What it has written is undone, unless it is committed.
    pub fn abort(&self) {
        let Some(session) = self.living() else { return };
        session.abort();
        if let Err(error) = self.restore(&session) {
            session.break_with(error);
        }
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has the next life of the object start from the state of a bookmark that another database has. Returns the bookmark of
    /// now; `None` if that is not known.
    pub fn restore_next_of(&self, other: &str, bookmark: &str) -> Result<Option<String>> {
        let session = self.session()?;
        let now = session.bookmark()?;
        if other == self.name {
            return Ok(session.restore_next(bookmark)?.then_some(now));
        }
        let Some(image) = self.sessions.state_image(other, bookmark)? else {
            return Ok(None);
        };
        session.restore_next_image(&Rc::new(image))?;
        Ok(Some(now))
    }

    /// Whether a table is there, which is created with the first entry.
    fn has_table(&self, table: &Table) -> Result<bool> {
        let session = self.session()?;
        let known = &self.known[usize::from(table.name == METADATA.name)];
        if let Some((has, undone)) = known.get()
            && undone == session.undone()
        {
            return Ok(has);
        }
        const LOOK: &str = "SELECT 1 FROM sqlite_schema WHERE name = ?";
        let has = session.own(LOOK, &[text(table.name.as_bytes())], Statement::step)?;
        known.set(Some((has, session.undone())));
        Ok(has)
    }

    fn create(&self, table: &Table) -> Result<()> {
        if self.has_table(table)? {
            return Ok(());
        }
        let session = self.session()?;
        session.write(table.create, &[])?;
        let known = &self.known[usize::from(table.name == METADATA.name)];
        known.set(Some((true, session.undone())));
        Ok(())
    }

    pub fn read(&self, key: &[u8]) -> Result<Option<Bytes>> {
        let (table, key) = row_of(key);
        if !self.has_table(table)? {
            return Ok(None);
        }
        self.session()?.own(table.get, &[key], |statement| {
            Ok(statement.step()?.then(|| bytes_of(statement, 0)))
        })
    }

    /// The entries of a range, without the alarm.
    pub fn read_range(&self, range: &Range) -> Result<Vec<Entry>> {
        let Some((start, end)) = range.bounds() else {
            return Ok(Vec::new());
        };
        if !self.has_table(&ENTRIES)? {
            return Ok(Vec::new());
        }
        let mut sql = String::from("SELECT key, value FROM _cf_KV WHERE true");
        let mut values = Vec::with_capacity(3);
        for (bound, included, excluded) in [
            (start, " AND key >= ?", " AND key > ?"),
            (end, " AND key <= ?", " AND key < ?"),
        ] {
            let (Bound::Included(key) | Bound::Excluded(key)) = bound else {
                continue;
            };
            sql.push_str(if matches!(bound, Bound::Included(_)) {
                included
            } else {
                excluded
            });
            values.push(text(key));
        }
        sql.push_str(if range.is_reverse() {
            " ORDER BY key DESC"
        } else {
            " ORDER BY key"
        });
        if range.limit() < usize::MAX {
            sql.push_str(" LIMIT ?");
            values.push(Cell::Number(range.limit() as f64));
        }
        self.session()?.own(&sql, &values, |statement| {
            let mut entries = Vec::new();
            while statement.step()? {
                entries.push((bytes_of(statement, 0).to_vec(), bytes_of(statement, 1)));
            }
            Ok(entries)
        })
    }

    /// Writes entries in the turn's transaction.
    pub fn write(&self, writes: Vec<Write>) -> Result<()> {
        for (key, value) in writes {
            if key == alarm::KEY {
                self.index.has_alarm_changed.set(true);
            }
            let (table, key) = row_of(&key);
            match value {
                Some(value) => {
                    self.create(table)?;
                    self.session()?.write(table.put, &[key, Cell::Blob(value)])?;
                }
                None if self.has_table(table)? => self.session()?.write(table.delete, &[key])?,
                None => {}
            }
        }
        Ok(())
    }

    /// Deletes all tables, and the alarm if it is asked to; false, and nothing is deleted, within a transaction.
    pub fn delete_all(&self, with_alarm: bool) -> Result<bool> {
        let session = self.session()?;
        if session.is_in_scope() {
            return Ok(false);
        }
        let alarm = if with_alarm { None } else { self.read(alarm::KEY)? };
        session.drop_all()?;
        self.index.is_emptied.set(true);
        self.index.has_alarm_changed.set(true);
        if let Some(alarm) = alarm {
            self.write(vec![(alarm::KEY.into(), Some(alarm))])?;
        }
        Ok(true)
    }
}

impl Drop for SqlSpace {
    fn drop(&mut self) {
        self.sessions.end(&self.name, self.user);
    }
}

fn text(bytes: &[u8]) -> Cell {
    Cell::Text(Bytes::copy_from_slice(bytes))
}

fn bytes_of(statement: &Statement, column: usize) -> Bytes {
    match statement.field(column) {
        Field::Text(bytes) | Field::Blob(bytes) => Bytes::copy_from_slice(bytes),
        _ => Bytes::new(),
    }
}

/// Where an entry is stored.
fn row_of(key: &[u8]) -> (&'static Table, Cell) {
    if key == alarm::KEY {
        (&METADATA, Cell::Number(ALARM))
    } else {
        (&ENTRIES, text(key))
    }
}

impl Space for SqlSpace {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        Reply::Now(self.read(key).map_err(of_store))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        Reply::Now(self.read_range(range).map_err(of_store))
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        Reply::Now(self.write(writes).map_err(of_store))
    }

    /// Commits what the turn has written.
    fn sync(&self) -> Reply<()> {
        let Some(session) = self.living() else {
            return Reply::Now(Ok(()));
        };
        if let Err(error) = session.commit() {
            return Reply::Now(Err(of_store(error)));
        }
        if self.index.is_synced.replace(true) {
            return Reply::Now(Ok(()));
        }
        self.index.space.sync()
    }
}

fn of_store(error: SqlError) -> StoreError {
    match error {
        SqlError::Store(error) => error,
        error => StoreError::other(format!("What the object has written was rolled back: {error}")),
    }
}

/// What the index says of an object.
struct Index {
    space: Rc<dyn Space>,
    alarm: Rc<Slot>,
    is_marked: Slotted<bool>,
    /// Everything was deleted since the last commit.
    is_emptied: Slotted<bool>,
    has_alarm_changed: Slotted<bool>,
    is_synced: Slotted<bool>,
    /// Whether the space has the pages of the database, which is in memory; and whether these may be others than its own.
    is_mirrored: bool,
    is_replaced: Slotted<bool>,
    /// The alarm that is being committed.
    committing: RefCell<Option<Bytes>>,
}

impl Index {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        self.space.get(key).now().map_err(SqlError::Store)
    }

    fn set(&self, key: &[u8], value: Option<Bytes>) -> Result<()> {
        self.is_synced.set(false);
        self.space
            .apply(vec![(key.into(), value)])
            .now()
            .map_err(SqlError::Store)
    }

    /// Has the space have what is committed.
    fn mirror(&self, session: &Session) -> Result<()> {
        if !self.is_mirrored {
            return Ok(());
        }
        self.is_synced.set(false);
        let image = session.image()?;
        let content: &[u8] = if self.is_emptied.get() { &[] } else { image.pages() };
        sql_mirror::write(&*self.space, content, session.page_bytes())?;
        self.is_replaced.set(false);
        Ok(())
    }

    fn set_alarm(&self, stored: Option<Bytes>) -> Result<()> {
        let alarm = stored.as_deref().and_then(Alarm::from_bytes);
        if self.get(alarm::KEY)? != stored {
            self.set(alarm::KEY, stored)?;
        }
        self.alarm.note(Some(alarm));
        Ok(())
    }
}

/// The alarm in the database, as its user sees it.
fn stored_alarm(session: &Session) -> Result<Option<Bytes>> {
    let look = "SELECT 1 FROM sqlite_schema WHERE name = ?";
    if !session.own(look, &[text(METADATA.name.as_bytes())], Statement::step)? {
        return Ok(None);
    }
    session.own(METADATA.get, &[Cell::Number(ALARM)], |statement| {
        Ok(statement.step()?.then(|| bytes_of(statement, 0)))
    })
}

impl Follower for Index {
    fn committing(&self, session: &Session) -> Result<()> {
        if !self.is_marked.replace(true) {
            self.set(MARK, Some(Bytes::new()))?;
        }
        if self.is_emptied.get() {
            self.is_emptied.set(session.is_empty()?);
        }
        if !self.has_alarm_changed.get() {
            return Ok(());
        }
        let stored = stored_alarm(session)?;
        let due = |bytes: &Option<Bytes>| {
            let alarm = bytes.as_deref().and_then(Alarm::from_bytes);
            alarm.map_or(f64::INFINITY, |alarm| alarm.due_ms)
        };
        if due(&stored) < due(&self.get(alarm::KEY)?) {
            self.set(alarm::KEY, stored.clone())?;
        }
        self.committing.replace(stored);
        Ok(())
    }

    fn committed(&self, session: &Session) -> Result<()> {
        self.mirror(session)?;
        if self.is_emptied.replace(false) {
            self.set(MARK, None)?;
            self.is_marked.set(false);
        }
        if self.has_alarm_changed.replace(false) {
            self.set_alarm(self.committing.take())?;
        }
        Ok(())
    }

    fn replaced(&self) {
        self.is_replaced.set(self.is_mirrored);
    }

    fn undone(&self) {
        self.is_emptied.set(false);
        self.is_marked.set(false);
    }
}
