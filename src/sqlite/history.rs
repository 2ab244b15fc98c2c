//! States that a database can be brought back to: that of the time when its user first asked for one, and from then on that
//! of each commit. They are a database themselves, of the pages that each state has changed. It is in memory, or in a file
//! beside that of the database.
//!
//! A state is added after its commit. One that a process that was killed has not added is found when the database is opened,
//! as what differs from the last one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, params};

use super::compiled::Compiled;
use super::error::{Result, SqlError, of_file};
use super::image::Image;
use super::limits::{HISTORY_BYTES, HISTORY_TIME, LOCK_WAIT};
use super::new_file;
use crate::store::StoreError;
use crate::store::database::Durability;

/// A page of a state is that of the last state up to it that has changed the page. `next` is the state that the next user of
/// the database starts from, and `own` has a name by which it is known.
const SCHEMA: &str = "BEGIN IMMEDIATE; \
     CREATE TABLE IF NOT EXISTS states (number INTEGER PRIMARY KEY, time_ms REAL, pages INTEGER); \
     CREATE TABLE IF NOT EXISTS pages (page INTEGER, state INTEGER, data BLOB); \
     CREATE UNIQUE INDEX IF NOT EXISTS versions ON pages (page, state); \
     CREATE TABLE IF NOT EXISTS next (id INTEGER PRIMARY KEY, state INTEGER); \
     CREATE TABLE IF NOT EXISTS own (id INTEGER PRIMARY KEY, name TEXT); \
     INSERT OR IGNORE INTO own VALUES (1, lower(hex(randomblob(16)))); \
     COMMIT";

/// The pages of a state, in order.
const PAGES: &str =
    "SELECT page, data, max(state) FROM pages WHERE state <= ?1 AND page <= ?2 GROUP BY page ORDER BY page";

/// What the name of its file has after that of the database's.
pub(super) const ENDING: &str = "-history";

/// Pages by number, from 1.
pub type Pages = BTreeMap<u32, Vec<u8>>;

/// What a commit has changed, and how many pages there are since.
pub struct Changes {
    pub pages: Pages,
    pub count: u32,
}

pub struct History {
    store: Compiled,
    /// The file; `None` of one in memory.
    file: Option<PathBuf>,
    page_bytes: usize,
    /// 32 hexadecimal digits, by which it differs from all others.
    name: String,
    /// Bytes of all pages.
    bytes: Cell<u64>,
    /// The content of the last state in memory, where nothing tells what a commit has changed.
    last: RefCell<Option<Rc<Image>>>,
}

impl History {
    pub fn in_memory(page_bytes: usize) -> Result<History> {
        History::over(Connection::open_in_memory()?, None, page_bytes)
    }

    /// Opens a file, which is created if it is missing.
    pub fn in_file(file: PathBuf, durability: Durability, page_bytes: usize) -> Result<History> {
        let failed = |error| SqlError::Store(of_file(&file, error));
        let is_new = new_file::create(&file, durability).map_err(SqlError::Store)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags).map_err(failed)?;
        connection.busy_timeout(LOCK_WAIT).map_err(failed)?;
        // What is in its log stays there, so that nothing waits for the disk.
        let option = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        connection.set_db_config(option, true).map_err(failed)?;
        if !is_new {
            connection.execute_batch("PRAGMA journal_mode = WAL").map_err(failed)?;
        }
        let synchronous = match durability {
            Durability::Os => "NORMAL",
            Durability::Sync => "FULL",
        };
        connection
            .pragma_update(None, "synchronous", synchronous)
            .map_err(failed)?;
        History::over(connection, Some(file), page_bytes)
    }

    /// The name of the file beside that of a database.
    pub fn beside(database: &Path) -> PathBuf {
        let mut file = database.to_path_buf().into_os_string();
        file.push(ENDING);
        file.into()
    }

    fn over(connection: Connection, file: Option<PathBuf>, page_bytes: usize) -> Result<History> {
        let prepared = connection.execute_batch(SCHEMA);
        let named = prepared.and_then(|()| connection.query_row("SELECT name FROM own", [], |row| row.get(0)));
        let mut history = History {
            store: Compiled::new(connection),
            file,
            page_bytes,
            name: String::new(),
            bytes: Cell::new(0),
            last: RefCell::default(),
        };
        history.name = named.map_err(|error| history.failed(error.into()))?;
        history.weigh()?;
        Ok(history)
    }

    fn failed(&self, error: SqlError) -> SqlError {
        match (&self.file, error) {
            (_, SqlError::Store(error)) => SqlError::Store(error),
            (Some(file), error) => SqlError::Store(StoreError::other(format!(
                "The states of a database that are kept in {} cannot be used: {error}. Free some space, or delete that file to \
                 forget the states.",
                file.display()
            ))),
            (None, error) => error,
        }
    }

    fn run(&self, sql: &str, values: impl Params) -> Result<()> {
        self.store
            .with_own(sql, |statement| Ok(statement.execute(values).map(drop)?))
            .map_err(|error| self.failed(error))
    }

    /// A number that a statement asks for; `None` if there is none.
    fn number(&self, sql: &str, values: impl Params) -> Result<Option<u64>> {
        let asked = self.store.with_own(sql, |statement| {
            let number = statement
                .query_row(values, |row| row.get::<_, Option<i64>>(0))
                .optional()?;
            Ok(number.flatten().map(i64::unsigned_abs))
        });
        asked.map_err(|error| self.failed(error))
    }

    fn transact<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.run("BEGIN IMMEDIATE", [])?;
        let done = work().and_then(|done| self.run("COMMIT", []).map(|()| done));
        if done.is_err() {
            // Its error would hide the one that is the reason.
            let _ = self.run("ROLLBACK", []);
        }
        done
    }

    /// The text for a state. Texts are in the order of states, and differ from those of all other histories.
    pub fn bookmark(&self, number: u64) -> String {
        let (high, low) = (number >> 32, number & 0xffff_ffff);
        format!("{high:08x}-{low:08x}-00000000-{}", self.name)
    }

    /// The state of a text; `None` if it is not of this history, or the state is not kept any more.
    pub fn state_of(&self, bookmark: &str) -> Result<Option<u64>> {
        let digits = bookmark.get(..17).map(|start| start.replacen('-', "", 1));
        let number = digits.and_then(|digits| u64::from_str_radix(&digits, 16).ok());
        match number.filter(|number| self.bookmark(*number) == bookmark) {
            Some(number) => Ok(self.pages_of(number)?.map(|_| number)),
            None => Ok(None),
        }
    }

    /// The number of the last state; 0 before the first one.
    pub fn latest(&self) -> Result<u64> {
        Ok(self.number("SELECT max(number) FROM states", [])?.unwrap_or(0))
    }

    fn pages_of(&self, number: u64) -> Result<Option<u64>> {
        self.number("SELECT pages FROM states WHERE number = ?1", [int(number)])
    }

    /// Adds a state.
    pub fn record(&self, changes: &Changes, now_ms: f64) -> Result<()> {
        let (mut added, mut number) = (0, 0);
        self.transact(|| {
            number = self.latest()? + 1;
            for (page, data) in &changes.pages {
                self.run(
                    "INSERT INTO pages VALUES (?1, ?2, ?3)",
                    params![page, int(number), data],
                )?;
                added += data.len() as u64;
            }
            self.run(
                "INSERT INTO states VALUES (?1, ?2, ?3)",
                params![int(number), now_ms, changes.count],
            )
        })?;
        self.bytes.set(self.bytes.get() + added);
        self.shrink()
    }

    /// Adds the state whose content is `image`, unless it is the last one.
    pub fn compare(&self, image: &Rc<Image>, now_ms: f64) -> Result<()> {
        if self.last.borrow().as_ref().is_some_and(|last| Rc::ptr_eq(last, image)) {
            return Ok(());
        }
        let count = image.pages().len() / self.page_bytes;
        let latest = self.latest()?;
        let changed = match &*self.last.borrow() {
            Some(last) => differing(image, last, self.page_bytes),
            None => self.differing_from(image, latest)?,
        };
        let is_same = changed.is_empty() && self.pages_of(latest)? == Some(count as u64);
        if latest == 0 || !is_same {
            let changes = Changes {
                pages: changed,
                count: count as u32,
            };
            self.record(&changes, now_ms)?;
        }
        if self.file.is_none() {
            self.last.replace(Some(image.clone()));
        }
        Ok(())
    }

    /// The pages of an image that a state has not.
    fn differing_from(&self, image: &Image, number: u64) -> Result<Pages> {
        let mut pages = image.pages().chunks(self.page_bytes).zip(1_u32..);
        let mut changed = Pages::new();
        let count = self.pages_of(number)?.unwrap_or(0);
        self.each_page(number, count, |number, data| {
            for (page, at) in pages.by_ref() {
                if at == number && page == data {
                    break;
                }
                changed.insert(at, page.to_vec());
                if at == number {
                    break;
                }
            }
        })?;
        changed.extend(pages.map(|(page, at)| (at, page.to_vec())));
        Ok(changed)
    }

    fn each_page(&self, number: u64, count: u64, mut each: impl FnMut(u32, &[u8])) -> Result<()> {
        let read = self.store.with_own(PAGES, |statement| {
            let mut rows = statement.query(params![int(number), int(count)])?;
            while let Some(row) = rows.next()? {
                each(row.get(0)?, row.get_ref(1)?.as_blob().unwrap_or_default());
            }
            Ok(())
        });
        read.map_err(|error| self.failed(error))
    }

    /// The number of the state that was in force at a time; `None` before the first one.
    pub fn at(&self, time_ms: f64) -> Result<Option<u64>> {
        self.number("SELECT max(number) FROM states WHERE time_ms <= ?1", [time_ms])
    }

    /// The content of a state; `None` if it is not known, or not any more.
    pub fn image(&self, number: u64) -> Result<Option<Image>> {
        let Some(count) = self.pages_of(number)? else {
            return Ok(None);
        };
        let mut content = vec![0; count as usize * self.page_bytes];
        self.each_page(number, count, |page, data| {
            let start = (page as usize).saturating_sub(1) * self.page_bytes;
            if let Some(place) = content.get_mut(start..start + data.len()) {
                place.copy_from_slice(data);
            }
        })?;
        Ok(Some(Image::from_pages(content)))
    }

    /// The state that the next user starts from.
    pub fn next(&self) -> Result<Option<u64>> {
        self.number("SELECT state FROM next", [])
    }

    pub fn set_next(&self, number: Option<u64>) -> Result<()> {
        match number {
            Some(number) => self.run("INSERT OR REPLACE INTO next VALUES (1, ?1)", [int(number)]),
            None => self.run("DELETE FROM next", []),
        }
    }

    /// Forgets the states that are too old.
    pub fn age(&self, now_ms: f64) -> Result<()> {
        let oldest_ms = now_ms - HISTORY_TIME.as_secs_f64() * 1000.0;
        // The one before those of the time that is kept is that of its beginning.
        const FIRST: &str = "SELECT max(number) FROM states WHERE number < coalesce((SELECT min(number) FROM states \
             WHERE time_ms > ?1), (SELECT max(number) + 1 FROM states))";
        match self.number(FIRST, [oldest_ms])? {
            Some(first) => self.forget_before(first),
            None => Ok(()),
        }
    }

    /// Forgets the oldest states while they take too much beyond the last one.
    fn shrink(&self) -> Result<()> {
        while self.bytes.get() > HISTORY_BYTES {
            let (before, latest) = (self.bytes.get(), self.latest()?);
            let content = self.pages_of(latest)?.unwrap_or(0) * self.page_bytes as u64;
            const LATER: &str = "SELECT number FROM states ORDER BY number LIMIT 1 \
                 OFFSET (SELECT count(*) / 8 + 1 FROM states)";
            match self.number(LATER, [])? {
                Some(first) if before > HISTORY_BYTES + content => self.forget_before(first)?,
                _ => return Ok(()),
            }
            if self.bytes.get() == before {
                return Ok(());
            }
        }
        Ok(())
    }

    fn forget_before(&self, first: u64) -> Result<()> {
        let first = self.next()?.map_or(first, |next| next.min(first));
        if self
            .number("SELECT 1 FROM states WHERE number < ?1", [int(first)])?
            .is_none()
        {
            return Ok(());
        }
        self.transact(|| {
            const OLD: &str = "DELETE FROM pages WHERE state < ?1 AND EXISTS (SELECT 1 FROM pages AS later \
                 WHERE later.page = pages.page AND later.state > pages.state AND later.state <= ?1)";
            self.run(OLD, [int(first)])?;
            self.run("UPDATE pages SET state = ?1 WHERE state < ?1", [int(first)])?;
            const BEYOND: &str =
                "DELETE FROM pages WHERE state = ?1 AND page > (SELECT pages FROM states WHERE number = ?1)";
            self.run(BEYOND, [int(first)])?;
            self.run("DELETE FROM states WHERE number < ?1", [int(first)])
        })?;
        self.weigh()
    }

    fn weigh(&self) -> Result<()> {
        let bytes = self.number("SELECT sum(length(data)) FROM pages", [])?;
        self.bytes.set(bytes.unwrap_or(0));
        Ok(())
    }
}

/// As SQLite has numbers.
fn int(number: u64) -> i64 {
    number.cast_signed()
}

/// The pages of an image that another one has not.
fn differing(image: &Image, other: &Image, page_bytes: usize) -> Pages {
    let mut others = other.pages().chunks(page_bytes);
    let pages = image.pages().chunks(page_bytes).zip(1_u32..);
    let changed = pages.filter(|(page, _)| others.next() != Some(page));
    changed.map(|(page, at)| (at, page.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 512;
    const DAY: f64 = 86_400_000.0;

    fn image(pages: &[u8]) -> Rc<Image> {
        Rc::new(Image::from_pages(pages.iter().flat_map(|byte| [*byte; PAGE]).collect()))
    }

    fn content(history: &History, number: u64) -> Option<Vec<u8>> {
        let image = history.image(number).expect("it can be read");
        image.map(|image| image.to_file())
    }

    /// Adds states by their contents.
    fn add(history: &History, states: &[(&[u8], f64)]) -> Vec<u64> {
        let add = |(pages, now_ms): &(&[u8], f64)| {
            history.compare(&image(pages), *now_ms).expect("it can be added");
            history.latest().expect("there is one")
        };
        states.iter().map(add).collect()
    }

    /// In memory, and as if it were in a file.
    fn both() -> [History; 2] {
        let [memory, mut file] = [(); 2].map(|()| History::in_memory(PAGE).expect("it can be opened"));
        file.file = Some("test".into());
        [memory, file]
    }

    #[test]
    fn has_the_states_of_all_commits_and_shares_pages() {
        for history in both() {
            let numbers = add(
                &history,
                &[
                    (&[1, 2], 10.0),
                    (&[1, 2], 11.0),
                    (&[1, 3, 4], 20.0),
                    (&[1], 30.0),
                    (&[1, 3, 4], 40.0),
                ],
            );
            assert_eq!(numbers, [1, 1, 2, 3, 4]);
            let at = |time_ms| history.at(time_ms).expect("it can be asked");
            assert_eq!((at(9.0), at(19.0), at(99.0)), (None, Some(1), Some(4)));
            for (number, pages) in [
                (1, &[1, 2][..]),
                (2, &[1, 3, 4][..]),
                (3, &[1][..]),
                (4, &[1, 3, 4][..]),
            ] {
                assert_eq!(content(&history, number), Some(image(pages).to_file()), "{number}");
            }
            assert!(content(&history, 9).is_none());
        }
    }

    #[test]
    fn adds_what_a_commit_has_changed() {
        let history = History::in_memory(PAGE).expect("it can be opened");
        let commits: [(&[(u32, u8)], u32); 3] = [(&[(1, 1), (2, 2)], 2), (&[(2, 3)], 2), (&[(1, 4)], 1)];
        for (pages, count) in commits {
            let pages = pages.iter().map(|(page, byte)| (*page, vec![*byte; PAGE])).collect();
            history.record(&Changes { pages, count }, 0.0).expect("it can be added");
        }
        for (number, pages) in [(1, &[1, 2][..]), (2, &[1, 3][..]), (3, &[4][..])] {
            assert_eq!(content(&history, number), Some(image(pages).to_file()), "{number}");
        }
    }

    #[test]
    fn forgets_what_is_too_old_except_for_what_is_asked_for() {
        for history in both() {
            for number in 0..40_u8 {
                add(&history, &[(&[number, 7], f64::from(number) * DAY)]);
            }
            history.age(39.0 * DAY).expect("it can forget");
            let at = |day: f64| history.at(day * DAY).expect("it can be asked");
            assert_eq!((at(8.0), at(9.0)), (None, Some(10)));
            assert_eq!(history.bytes.get(), 32 * PAGE as u64);
            assert_eq!(content(&history, 10), Some(image(&[9, 7]).to_file()));
            history.set_next(Some(12)).expect("it can be noted");
            history.age(99.0 * DAY).expect("it can forget");
            assert_eq!(history.next(), Ok(Some(12)));
            assert_eq!(content(&history, 12), Some(image(&[11, 7]).to_file()));
            history.set_next(None).expect("it can be noted");
            history.age(99.0 * DAY).expect("it can forget");
            let kept = [39, 40].map(|number| history.state_of(&history.bookmark(number)));
            assert_eq!(kept, [Ok(None), Ok(Some(40))]);
        }
    }

    #[test]
    fn knows_its_own_bookmarks_only() {
        let [history, other] = both();
        add(&history, &[(&[1], 0.0), (&[2], 0.0)]);
        add(&other, &[(&[1], 0.0)]);
        assert!(history.bookmark(1) < history.bookmark(2) && history.bookmark(2) < history.bookmark(1 << 32));
        assert_eq!(history.state_of(&history.bookmark(1)), Ok(Some(1)));
        for text in ["", "00000000-00000001", "é", &history.bookmark(3), &other.bookmark(1)] {
            assert_eq!(history.state_of(text), Ok(None), "{text}");
        }
    }
}
