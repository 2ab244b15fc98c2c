//! Deletes all that a database has, within the transaction that is open.

use std::ffi::c_int;
use std::ptr::null_mut;

use rusqlite::ffi;

use super::error::Result;
use super::session::Session;
use super::statement::{Field, Statement};

/// Views, then virtual tables, which have tables of their own, then the rest. SQLite keeps the table of numbers.
const NEXT: &str = "SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'table') AND name <> 'sqlite_sequence' \
     ORDER BY type DESC, sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 1";
const COUNT: &str = "SELECT 1 FROM sqlite_schema WHERE name <> 'sqlite_sequence' LIMIT 1";
const HAS_NUMBERS: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'";

impl Session {
    pub fn is_empty(&self) -> Result<bool> {
        Ok(!self.own(COUNT, &[], Statement::step)?)
    }

    /// Drops all tables and views.
    pub fn drop_all(&self) -> Result<()> {
        self.begin()?;
        self.running.borrow_mut().clear();
        self.enforce_keys(false);
        let dropped = self.drop_each();
        self.enforce_keys(true);
        dropped
    }

    fn drop_each(&self) -> Result<()> {
        let next = || {
            self.own(NEXT, &[], |statement| {
                Ok(statement.step()?.then(|| (text(statement, 0), text(statement, 1))))
            })
        };
        while let Some((kind, name)) = next()? {
            let name = name.replace('"', "\"\"");
            self.write(&format!("DROP {kind} \"{name}\""), &[])?;
        }
        if self.own(HAS_NUMBERS, &[], Statement::step)? {
            self.write("DELETE FROM sqlite_sequence", &[])?;
        }
        self.note_undone();
        Ok(())
    }

    /// In the order of their names, tables are dropped before those that refer to them.
    fn enforce_keys(&self, enforced: bool) {
        let option = ffi::SQLITE_DBCONFIG_ENABLE_FKEY;
        // SAFETY: the connection is open, and the option takes these arguments.
        unsafe { ffi::sqlite3_db_config(self.connection(), option, c_int::from(enforced), null_mut::<c_int>()) };
    }
}

fn text(statement: &Statement, column: usize) -> String {
    match statement.field(column) {
        Field::Text(text) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    }
}
