//! A connection, and the statements that are compiled on it, which are kept for the next time that their text is executed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::transmute;
use std::rc::Rc;

use rusqlite::{Connection, Statement};

use super::error::{Result, SqlError};
use super::limits;
use crate::store::StoreError;

type Statements = RefCell<HashMap<String, Statement<'static>>>;

pub struct Compiled {
    /// Of others, and of this package, which others must not come by. They refer to the connection, so they are before it,
    /// and dropped before it.
    kept: Statements,
    own: Statements,
    /// It has one owner, and stays where it is.
    connection: Rc<Connection>,
}

impl Compiled {
    pub fn new(connection: Connection) -> Compiled {
        Compiled {
            kept: Statements::default(),
            own: Statements::default(),
            connection: Rc::new(connection),
        }
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection by itself, without statements.
    pub fn alone(&mut self) -> std::result::Result<&mut Connection, StoreError> {
        self.kept.borrow_mut().clear();
        self.own.borrow_mut().clear();
        Rc::get_mut(&mut self.connection).ok_or_else(|| StoreError::other("the connection has a second owner"))
    }

    /// Calls `work` with the compiled statement of a text.
    pub fn with<T>(&self, sql: &str, work: impl for<'s> FnOnce(&mut Statement<'s>) -> Result<T>) -> Result<T> {
        self.with_one_of(&self.kept, sql, work)
    }

    /// Calls `work` with the compiled statement of a text of this package.
    pub fn with_own<T>(&self, sql: &str, work: impl for<'s> FnOnce(&mut Statement<'s>) -> Result<T>) -> Result<T> {
        self.with_one_of(&self.own, sql, work)
    }

    fn with_one_of<T>(
        &self,
        statements: &Statements,
        sql: &str,
        work: impl for<'s> FnOnce(&mut Statement<'s>) -> Result<T>,
    ) -> Result<T> {
        let known = statements.borrow_mut().remove_entry(sql);
        let (sql, mut statement) = match known {
            Some(known) => known,
            None => (sql.into(), self.compile(sql)?),
        };
        let result = work(&mut statement);
        statement.clear_bindings();
        let mut kept = statements.borrow_mut();
        if kept.len() >= limits::KEPT_STATEMENTS {
            kept.clear();
        }
        kept.insert(sql, statement);
        result
    }

    fn compile(&self, sql: &str) -> Result<Statement<'static>> {
        let statement = self.connection.prepare(sql).map_err(SqlError::from)?;
        // SAFETY: the statement refers to the connection, which is at this address until `self` is dropped. It is dropped
        // before that: it is among `kept` or `own`, or in use by `with`, which borrows `self`. `work` gets it with a lifetime that
        // can be any, so it keeps nothing of it; and `alone` drops all before it gives the connection away.
        Ok(unsafe { transmute::<Statement<'_>, Statement<'static>>(statement) })
    }
}
