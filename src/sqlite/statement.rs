//! A compiled statement that calls go through step by step, which may be spread over turns: it is reset when it is over.

use std::ffi::{CStr, c_int};
use std::ptr::{NonNull, null, null_mut};

use rusqlite::ffi;

use super::cell::Cell;
use super::error::{Result, SqlError};

/// A connection of SQLite. Whoever has one sees to it that the connection lives.
pub type Handle = *mut ffi::sqlite3;

/// What SQLite says if nothing has said more about what it was not authorized to do.
const DENIED: &str = "authorization denied";

/// A value of a row, which is valid until the next step.
pub enum Field<'s> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'s [u8]),
    Blob(&'s [u8]),
}

/// It must be dropped before its connection.
pub struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
    /// Whether it may change the database.
    pub writes: bool,
    /// Rows of the table and its indexes that are written for each row that it changes.
    pub rows_per_change: u64,
}

impl Statement {
    /// Compiles the first statement of a text; `None` if there is nothing but blanks and comments. Also returns how many
    /// bytes it takes.
    pub fn compile(connection: Handle, sql: &str) -> Result<(Option<Statement>, usize)> {
        let (mut raw, mut tail) = (null_mut(), null());
        let length = c_int::try_from(sql.len()).map_err(|_| SqlError::TooLong)?;
        // SAFETY: the connection is open, and the text has that length.
        let code = unsafe {
            let flags = ffi::SQLITE_PREPARE_PERSISTENT;
            ffi::sqlite3_prepare_v3(
                connection,
                sql.as_ptr().cast(),
                length,
                flags,
                &raw mut raw,
                &raw mut tail,
            )
        };
        if code != ffi::SQLITE_OK {
            // SAFETY: the connection is open.
            let offset = unsafe { ffi::sqlite3_error_offset(connection) };
            return Err(error_of(connection, (offset >= 0).then_some(offset)));
        }
        let taken = (tail as usize).saturating_sub(sql.as_ptr() as usize).min(sql.len());
        let Some(raw) = NonNull::new(raw) else {
            return Ok((None, sql.len()));
        };
        // SAFETY: the statement was just compiled.
        let only_reads = unsafe { ffi::sqlite3_stmt_readonly(raw.as_ptr()) } != 0;
        let statement = Statement {
            raw,
            writes: !only_reads || optimizes(&sql[..taken]),
            rows_per_change: 1,
        };
        Ok((Some(statement), taken))
    }

    fn connection(&self) -> Handle {
        // SAFETY: the statement is compiled.
        unsafe { ffi::sqlite3_db_handle(self.raw.as_ptr()) }
    }

    fn check(&self, code: c_int) -> Result<()> {
        match code {
            ffi::SQLITE_OK => Ok(()),
            _ => Err(error_of(self.connection(), None)),
        }
    }

    /// How many values it takes.
    pub fn parameters(&self) -> usize {
        // SAFETY: the statement is compiled.
        unsafe { ffi::sqlite3_bind_parameter_count(self.raw.as_ptr()) as usize }
    }

    /// Binds the values in order. Numbers are bound as reals.
    pub fn bind(&mut self, values: &[Cell]) -> Result<()> {
        for (index, value) in values.iter().enumerate() {
            let (raw, index) = (self.raw.as_ptr(), index as c_int + 1);
            // SAFETY: the statement is compiled, and SQLite copies what it is given before it returns.
            let code = unsafe {
                match value {
                    Cell::Null => ffi::sqlite3_bind_null(raw, index),
                    Cell::Number(number) => ffi::sqlite3_bind_double(raw, index, *number),
                    Cell::Text(text) => ffi::sqlite3_bind_text64(
                        raw,
                        index,
                        text.as_ptr().cast(),
                        text.len() as u64,
                        ffi::SQLITE_TRANSIENT(),
                        ffi::SQLITE_UTF8 as u8,
                    ),
                    Cell::Blob(blob) if blob.is_empty() => ffi::sqlite3_bind_zeroblob(raw, index, 0),
                    Cell::Blob(blob) => ffi::sqlite3_bind_blob64(
                        raw,
                        index,
                        blob.as_ptr().cast(),
                        blob.len() as u64,
                        ffi::SQLITE_TRANSIENT(),
                    ),
                }
            };
            self.check(code)?;
        }
        Ok(())
    }

    /// Whether there is another row.
    pub fn step(&mut self) -> Result<bool> {
        // SAFETY: the statement is compiled.
        match unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            _ => Err(error_of(self.connection(), None)),
        }
    }

    /// Brings it back to its beginning, without values.
    pub fn reset(&mut self) {
        // SAFETY: the statement is compiled. What resetting it returns is the error of its last step.
        unsafe {
            ffi::sqlite3_reset(self.raw.as_ptr());
            ffi::sqlite3_clear_bindings(self.raw.as_ptr());
        }
    }

    pub fn columns(&self) -> usize {
        // SAFETY: the statement is compiled.
        unsafe { ffi::sqlite3_column_count(self.raw.as_ptr()) as usize }
    }

    /// The name of a column, in UTF-8.
    pub fn name(&self, column: usize) -> &[u8] {
        // SAFETY: the name is valid until the statement is compiled again, which takes a step.
        unsafe {
            let name = ffi::sqlite3_column_name(self.raw.as_ptr(), column as c_int);
            if name.is_null() {
                b""
            } else {
                CStr::from_ptr(name).to_bytes()
            }
        }
    }

    /// A value of the row that the last step has come to.
    pub fn field(&self, column: usize) -> Field<'_> {
        let (raw, column) = (self.raw.as_ptr(), column as c_int);
        // SAFETY: the last step has come to a row, and nothing converts the value while it is borrowed.
        unsafe {
            match ffi::sqlite3_column_type(raw, column) {
                ffi::SQLITE_INTEGER => Field::Integer(ffi::sqlite3_column_int64(raw, column)),
                ffi::SQLITE_FLOAT => Field::Real(ffi::sqlite3_column_double(raw, column)),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_column_text(raw, column);
                    Field::Text(bytes_of(text.cast(), ffi::sqlite3_column_bytes(raw, column)))
                }
                ffi::SQLITE_BLOB => {
                    let blob = ffi::sqlite3_column_blob(raw, column);
                    Field::Blob(bytes_of(blob.cast(), ffi::sqlite3_column_bytes(raw, column)))
                }
                _ => Field::Null,
            }
        }
    }

    /// Steps of scans since this was last asked to start over.
    pub fn scanned(&self, starts_over: bool) -> u64 {
        let counter = ffi::SQLITE_STMTSTATUS_FULLSCAN_STEP;
        // SAFETY: the statement is compiled.
        let steps = unsafe { ffi::sqlite3_stmt_status(self.raw.as_ptr(), counter, c_int::from(starts_over)) };
        u64::from(steps.unsigned_abs())
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: nothing else has it.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

unsafe fn bytes_of<'s>(data: *const u8, length: c_int) -> &'s [u8] {
    if data.is_null() {
        return &[];
    }
    // SAFETY: SQLite says that this many bytes are there.
    unsafe { std::slice::from_raw_parts(data, length as usize) }
}

/// SQLite does not count what this pragma does.
fn optimizes(sql: &str) -> bool {
    sql.len() < 100 && sql.to_ascii_lowercase().contains("optimize")
}

/// What SQLite says of the last call.
fn error_of(connection: Handle, offset: Option<i32>) -> SqlError {
    // SAFETY: the connection is open; the text is copied before the next call.
    let (code, text) = unsafe {
        let text = CStr::from_ptr(ffi::sqlite3_errmsg(connection));
        (
            ffi::sqlite3_extended_errcode(connection),
            text.to_string_lossy().into_owned(),
        )
    };
    let is_denied = code == ffi::SQLITE_AUTH && text == DENIED;
    SqlError::Sqlite {
        text: if is_denied { "not authorized".into() } else { text },
        offset,
        code,
    }
}
