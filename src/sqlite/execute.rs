//! Executes texts of SQL in a session. The first step is taken at once: what a statement writes is written then. Rows of a
//! statement that only reads are stepped to as they are asked for.

use std::rc::Rc;

use rusqlite::ffi;

use super::cell::Cell;
use super::error::{Result, SqlError};
use super::limits;
use super::session::Session;
use super::statement::Statement;
use super::watch::{IsOver, watched};
use super::writes::rows_per_change;

/// Takes the rows of a statement.
pub trait Rows {
    /// Comes first, and once.
    fn begin(&mut self, statement: &Statement);
    fn row(&mut self, statement: &Statement);
}

/// How far an execution has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// By which the rest is asked for; 0 if there is none.
    pub cursor: u64,
    pub rows_read: u64,
    pub rows_written: u64,
}

/// A statement that is being read.
pub struct Running {
    text: Rc<str>,
    statement: Statement,
    rows: u64,
}

impl Running {
    fn rows_read(&self) -> u64 {
        let steps = self.statement.scanned(false);
        let scanned = if steps > 0 { steps + 1 } else { 0 };
        scanned.max(self.rows)
    }
}

impl Session {
    /// Executes a text with the values of its last statement; the statements before are executed to their ends.
    pub fn execute(
        &self,
        sql: &str,
        values: &[Cell],
        rows: &mut dyn Rows,
        is_over: Option<&IsOver>,
    ) -> Result<Progress> {
        self.touch()?;
        let known = self.kept.borrow_mut().remove_entry(sql);
        let (text, statement) = match known {
            Some(known) => known,
            None => self.compile(sql, is_over)?,
        };
        let mut running = Running {
            text,
            statement,
            rows: 0,
        };
        let progress = self.start(&mut running, values, rows, is_over);
        match progress {
            Ok(progress) if progress.cursor != 0 => drop(self.running.borrow_mut().insert(progress.cursor, running)),
            _ => self.keep(running),
        }
        progress.inspect_err(|error| self.failed(error))
    }

    fn start(
        &self,
        running: &mut Running,
        values: &[Cell],
        rows: &mut dyn Rows,
        is_over: Option<&IsOver>,
    ) -> Result<Progress> {
        let wanted = running.statement.parameters();
        if wanted != values.len() {
            let given = values.len();
            return Err(SqlError::Parameters { given, wanted });
        }
        running.statement.bind(values)?;
        running.statement.scanned(true);
        if running.statement.writes {
            return self.write_all(running, rows, is_over);
        }
        let mut cursor = 0;
        if watched(is_over, || running.statement.step())? {
            running.rows = 1;
            rows.begin(&running.statement);
            rows.row(&running.statement);
            cursor = self.last_running.get() + 1;
            self.last_running.set(cursor);
        } else {
            rows.begin(&running.statement);
        }
        Ok(Progress {
            cursor,
            rows_read: running.rows_read(),
            rows_written: 0,
        })
    }

    /// A statement that writes is not left open: no transaction can be committed while it is.
    fn write_all(&self, running: &mut Running, rows: &mut dyn Rows, is_over: Option<&IsOver>) -> Result<Progress> {
        self.begin()?;
        let before = self.changes();
        watched(is_over, || {
            let mut more = running.statement.step()?;
            rows.begin(&running.statement);
            while more {
                rows.row(&running.statement);
                more = running.statement.step()?;
            }
            Ok(())
        })?;
        let changes = self.changes() - before;
        running.rows = changes;
        Ok(Progress {
            cursor: 0,
            rows_read: running.rows_read(),
            rows_written: changes * running.statement.rows_per_change,
        })
    }

    /// Goes on to the next row, or through all that are left.
    pub fn advance(&self, cursor: u64, all: bool, rows: &mut dyn Rows, is_over: Option<&IsOver>) -> Result<Progress> {
        self.touch()?;
        let running = self.running.borrow_mut().remove(&cursor);
        let mut running = running.ok_or(SqlError::Closed)?;
        rows.begin(&running.statement);
        let more = watched(is_over, || {
            while running.statement.step()? {
                running.rows += 1;
                rows.row(&running.statement);
                if !all {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        let progress = Progress {
            cursor: if matches!(more, Ok(true)) { cursor } else { 0 },
            rows_read: running.rows_read(),
            rows_written: 0,
        };
        match more {
            Ok(true) => drop(self.running.borrow_mut().insert(cursor, running)),
            _ => self.keep(running),
        }
        more.inspect_err(|error| self.failed(error))?;
        Ok(progress)
    }

    /// The rest of the rows is not asked for any more.
    pub fn leave(&self, cursor: u64) {
        let running = self.running.borrow_mut().remove(&cursor);
        if let Some(running) = running {
            self.keep(running);
        }
    }

    /// Keeps a statement for the next time that its text is executed.
    fn keep(&self, mut running: Running) {
        running.statement.reset();
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= limits::KEPT_STATEMENTS {
            kept.clear();
        }
        kept.insert(running.text, running.statement);
    }

    /// Compiles the last statement of a text, and executes those before.
    fn compile(&self, sql: &str, is_over: Option<&IsOver>) -> Result<(Rc<str>, Statement)> {
        let mut rest = sql;
        loop {
            let (mut statement, length) = self.compile_first(rest)?;
            let after = rest.get(length..).unwrap_or_default();
            if is_blank(after) {
                if statement.writes {
                    statement.rows_per_change = rows_per_change(self.connection(), &rest[..length])?;
                }
                return Ok((rest.into(), statement));
            }
            if statement.parameters() > 0 {
                return Err(SqlError::ParametersBeforeLast);
            }
            if statement.writes {
                self.begin()?;
            }
            let run = watched(is_over, || {
                while statement.step()? {}
                Ok(())
            });
            run.inspect_err(|error| self.failed(error))?;
            rest = after.trim_start();
        }
    }

    /// Compiles the first statement of a text. Semicolons by themselves are none.
    fn compile_first(&self, sql: &str) -> Result<(Statement, usize)> {
        let mut start = 0;
        loop {
            self.database.permits.take_transaction();
            let compiled = Statement::compile(self.connection(), &sql[start..]).map_err(|error| match error {
                SqlError::Sqlite { .. } if self.database.permits.take_transaction() => SqlError::Transaction,
                error => error,
            });
            let (statement, length) = compiled?;
            match statement {
                Some(statement) => return Ok((statement, start + length)),
                None if start + length >= sql.len() => return Err(SqlError::NoStatement),
                None => start += length.max(1),
            }
        }
    }

    fn failed(&self, error: &SqlError) {
        self.settle_failure();
        self.fail_critically(error);
    }

    fn changes(&self) -> u64 {
        // SAFETY: the connection is open for as long as the database is.
        unsafe { ffi::sqlite3_total_changes64(self.connection()) }.unsigned_abs()
    }
}

/// Whether a text has nothing but blanks, comments and semicolons.
fn is_blank(sql: &str) -> bool {
    let mut rest = sql.trim_start_matches(|char: char| char == ';' || char.is_ascii_whitespace());
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.find('\n').map_or("", |end| &comment[end..])
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or("", |end| &comment[end + 2..])
        } else {
            return rest.is_empty();
        };
        rest = after.trim_start_matches(|char: char| char == ';' || char.is_ascii_whitespace());
    }
}
