//! Why a statement was not executed. The text of an error of SQLite is what `sqlite3_errmsg` says, the place in the
//! statement, and the name of the code, as Workers have it.

use std::path::Path;

use rusqlite::ffi;
use thiserror::Error;

use crate::store::StoreError;
use crate::store::error::Kind;

/// What workers are told instead of "not authorized" about statements that would begin or end a transaction.
const TRANSACTION: &str = "To execute a transaction, please use the state.storage.transaction() or \
     state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript \
     API is safer because it will automatically roll back on exceptions, and because it interacts correctly with Durable \
     Objects' automatic atomic write coalescing.";

/// What SQLite has for `SQLITE_AUTH` if nothing has said more.
const DENIED: &str = "authorization denied";

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SqlError {
    #[error("{text}{}{}", at(*.offset), suffix(*.code))]
    Sqlite {
        text: String,
        /// Where in the statement, in bytes.
        offset: Option<i32>,
        /// The extended code.
        code: i32,
    },
    #[error("{TRANSACTION}")]
    Transaction,
    #[error("SQL code did not contain a statement.")]
    NoStatement,
    #[error("Wrong number of parameter bindings for SQL query.")]
    Parameters { given: usize, wanted: usize },
    #[error("When executing multiple SQL statements in a single call, only the last statement can have parameters.")]
    ParametersBeforeLast,
    #[error(
        "The rest of the rows cannot be read: what is stored was replaced, or rolled back, since the statement was executed."
    )]
    Closed,
    #[error(
        "The first bookmark of an object, and a snapshot to start from, cannot be taken within a transaction: do so before."
    )]
    FirstState,
    #[error("A facet cannot be cloned while it is within a transaction: await the transaction before.")]
    CopyInTransaction,
    #[error(
        "The state that the object was to start from is gone. Delete the file of its states, to start from what is stored."
    )]
    LostState,
    #[error("SQL execute error: Execute returned results - did you mean to call query?")]
    ReturnsRows,
    #[error("statement too long: SQLITE_TOOBIG")]
    TooLong,
    #[error("The results have more than {limit} bytes: ask for fewer rows, with LIMIT.", limit = super::limits::RESULT_BYTES)]
    ResultTooLarge,
    #[error(
        "The statement took longer than {limit} s, which is the most that one may take.",
        limit = super::limits::STATEMENT_TIME.as_secs()
    )]
    TooSlow,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, SqlError>;

fn at(offset: Option<i32>) -> String {
    offset.map(|offset| format!(" at offset {offset}")).unwrap_or_default()
}

/// The names of a code: `: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)`.
fn suffix(code: i32) -> String {
    let name = name_of(code & 0xff);
    match extended_name(code) {
        Some(extended) => format!(": {name} (extended: {extended})"),
        None => format!(": {name}"),
    }
}

fn name_of(code: i32) -> &'static str {
    const NAMES: [&str; 27] = [
        "SQLITE_OK",
        "SQLITE_ERROR",
        "SQLITE_INTERNAL",
        "SQLITE_PERM",
        "SQLITE_ABORT",
        "SQLITE_BUSY",
        "SQLITE_LOCKED",
        "SQLITE_NOMEM",
        "SQLITE_READONLY",
        "SQLITE_INTERRUPT",
        "SQLITE_IOERR",
        "SQLITE_CORRUPT",
        "SQLITE_NOTFOUND",
        "SQLITE_FULL",
        "SQLITE_CANTOPEN",
        "SQLITE_PROTOCOL",
        "SQLITE_EMPTY",
        "SQLITE_SCHEMA",
        "SQLITE_TOOBIG",
        "SQLITE_CONSTRAINT",
        "SQLITE_MISMATCH",
        "SQLITE_MISUSE",
        "SQLITE_NOLFS",
        "SQLITE_AUTH",
        "SQLITE_FORMAT",
        "SQLITE_RANGE",
        "SQLITE_NOTADB",
    ];
    let index = usize::try_from(code).unwrap_or(1);
    NAMES.get(index).copied().unwrap_or("SQLITE_ERROR")
}

/// The names of the codes that statements meet.
fn extended_name(code: i32) -> Option<&'static str> {
    Some(match code {
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        ffi::SQLITE_CONSTRAINT_COMMITHOOK => "SQLITE_CONSTRAINT_COMMITHOOK",
        ffi::SQLITE_CONSTRAINT_DATATYPE => "SQLITE_CONSTRAINT_DATATYPE",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        ffi::SQLITE_CONSTRAINT_FUNCTION => "SQLITE_CONSTRAINT_FUNCTION",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        ffi::SQLITE_CONSTRAINT_PINNED => "SQLITE_CONSTRAINT_PINNED",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        ffi::SQLITE_CONSTRAINT_ROWID => "SQLITE_CONSTRAINT_ROWID",
        ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        ffi::SQLITE_CONSTRAINT_VTAB => "SQLITE_CONSTRAINT_VTAB",
        ffi::SQLITE_BUSY_SNAPSHOT => "SQLITE_BUSY_SNAPSHOT",
        ffi::SQLITE_BUSY_RECOVERY => "SQLITE_BUSY_RECOVERY",
        ffi::SQLITE_IOERR_READ => "SQLITE_IOERR_READ",
        ffi::SQLITE_IOERR_WRITE => "SQLITE_IOERR_WRITE",
        ffi::SQLITE_IOERR_FSYNC => "SQLITE_IOERR_FSYNC",
        ffi::SQLITE_CORRUPT_VTAB => "SQLITE_CORRUPT_VTAB",
        ffi::SQLITE_READONLY_DBMOVED => "SQLITE_READONLY_DBMOVED",
        _ => return None,
    })
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> SqlError {
        use rusqlite::Error;
        match error {
            Error::Empty => SqlError::NoStatement,
            Error::SqlInputError { error, msg, offset, .. } => SqlError::Sqlite {
                text: msg,
                offset: (offset >= 0).then_some(offset),
                code: error.extended_code,
            },
            Error::SqliteFailure(error, text) => SqlError::Sqlite {
                // The text for what is refused while it is executed is that for what is refused while it is compiled.
                text: match text {
                    Some(text) if error.extended_code != ffi::SQLITE_AUTH || text != DENIED => text,
                    None => ffi::code_to_str(error.extended_code).into(),
                    _ => "not authorized".into(),
                },
                offset: None,
                code: error.extended_code,
            },
            other => SqlError::Sqlite {
                text: other.to_string(),
                offset: None,
                code: ffi::SQLITE_ERROR,
            },
        }
    }
}

impl SqlError {
    /// What SQLite itself says, or this package in its place.
    pub fn text(&self) -> String {
        match self {
            SqlError::Sqlite { text, .. } => text.clone(),
            SqlError::TooLong => "statement too long".into(),
            other => other.to_string(),
        }
    }
}

/// A file that could not be opened, or whose content could not be exchanged.
pub fn of_file(file: &Path, error: rusqlite::Error) -> StoreError {
    let (file, error) = (file.display(), SqlError::from(error));
    let SqlError::Sqlite { code, .. } = &error else {
        return StoreError::other(format!("The database {file} cannot be used: {error}"));
    };
    let (kind, advice) = match code & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => (
            Kind::Locked,
            "another process writes to it: try again when it has ended",
        ),
        ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => (Kind::Corrupt, "restore the file from a copy, or delete it"),
        ffi::SQLITE_FULL => (Kind::Full, "free some space"),
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM => {
            (Kind::ReadOnly, "allow this process to write to the file and its folder")
        }
        _ => (Kind::Other, "see that the file and its folder can be read and written"),
    };
    StoreError::new(
        kind,
        format!("The database {file} cannot be used: {error}. To go on, {advice}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_the_place_and_the_codes() {
        let error = |code, offset| SqlError::Sqlite {
            text: "no".into(),
            offset,
            code,
        };
        assert_eq!(error(1, Some(7)).to_string(), "no at offset 7: SQLITE_ERROR");
        assert_eq!(
            error(ffi::SQLITE_CONSTRAINT_UNIQUE, None).to_string(),
            "no: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)"
        );
        assert_eq!(error(1, Some(7)).text(), "no");
    }
}
