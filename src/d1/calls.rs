//! A database's functions as JavaScript calls them, from the worker's realm and from Node's alike: with values, and with a
//! value for an answer.
//!
//! An error of SQL is an answer too, since the class decides how it is told.

use std::cell::OnceCell;
use std::rc::Rc;

use super::ROOM;
use crate::realm::background;
use crate::realm::instance::Instance;
use crate::realm::value::{self, Text, Value, into_text};
use crate::sqlite::cell::Cell;
use crate::sqlite::database::Database;
use crate::sqlite::databases::Databases;
use crate::sqlite::error::SqlError;
use crate::sqlite::run::{Outcome, Query, Reading};
use crate::sqlite::watch::IsOver;
use crate::store::StoreError;

/// The databases of an instance, once one has been used.
#[derive(Default)]
struct Used(OnceCell<Rc<Databases>>);

/// The database of this name.
pub fn database(instance: &Instance, name: &str) -> Result<Rc<Database>, StoreError> {
    let used = instance.part::<Used>();
    if let Some(databases) = used.0.get() {
        return databases.get(name);
    }
    let new = Rc::new(Databases::new());
    instance.stores.add(ROOM.name, new.clone(), background::handle())?;
    used.0.get_or_init(|| new).get(name)
}

/// How statements are executed.
#[derive(Clone, Copy)]
pub struct Way {
    /// All of them in one transaction, instead of one by itself.
    pub together: bool,
    pub reading: Reading,
}

impl Way {
    /// The flags that the class gives.
    pub fn new(together: bool, first_only: bool, refuses_rows: bool) -> Way {
        Way {
            together,
            reading: Reading {
                first_only,
                refuses_rows,
            },
        }
    }
}

/// Executes statements. `queries` is `[sql, values, sql, values, ...]`. Answers with `[outcome, ...]`, where an outcome is
/// `[columns, cells, changes, lastRowId, hasChanged, size, rowsRead, duration, ownChanges]`, or with an error as
/// `[null, text, olderText]`.
pub fn run(database: &Database, queries: Value, way: Way, is_over: Option<&IsOver>) -> Result<Value, StoreError> {
    let queries = read_queries(queries);
    let outcomes = match queries.as_slice() {
        [query] if !way.together => database.run(query, way.reading, is_over).map(|outcome| vec![outcome]),
        queries => database.run_together(queries, way.reading, is_over),
    };
    match outcomes {
        Ok(outcomes) => Ok(Value::List(outcomes.into_iter().map(outcome_value).collect())),
        Err(SqlError::Store(error)) => Err(error),
        Err(error) => {
            let (text, older) = (error.to_string(), older_text(&error));
            Ok(Value::List(vec![
                Value::Null,
                text.as_str().into(),
                older.as_str().into(),
            ]))
        }
    }
}

/// The content of a file with the whole database.
pub fn dump(database: &Database) -> Result<Value, StoreError> {
    Ok(Value::Bytes(value::Bytes::Owned(database.dump()?)))
}

/// The text that the library which Miniflare 2 uses has for it.
fn older_text(error: &SqlError) -> String {
    match error {
        SqlError::Sqlite { .. } | SqlError::TooLong => format!("SqliteError: {}", error.text()),
        SqlError::NoStatement => "RangeError: The supplied SQL string contains no statements".into(),
        SqlError::Parameters { given, wanted } => {
            let few_or_many = if given < wanted { "few" } else { "many" };
            format!("RangeError: Too {few_or_many} parameter values were provided")
        }
        other => format!("Error: {other}"),
    }
}

fn read_queries(queries: Value) -> Vec<Query> {
    let Value::List(parts) = queries else { return Vec::new() };
    let mut parts = parts.into_iter();
    let mut queries = Vec::with_capacity(parts.len() / 2);
    while let (Some(sql), values) = (parts.next(), parts.next()) {
        queries.push(Query {
            sql: into_text(sql),
            values: match values {
                Some(Value::List(values)) => values.into_iter().map(cell).collect(),
                _ => Vec::new(),
            },
        });
    }
    queries
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Number(number) => Cell::number(number),
        Value::Bool(is_true) => Cell::Number(f64::from(u8::from(is_true))),
        Value::Text(text) => Cell::Text(text.to_utf8().into()),
        Value::Bytes(bytes) => Cell::Blob(bytes.as_slice().to_vec().into()),
        _ => Cell::Null,
    }
}

fn outcome_value(outcome: Outcome) -> Value {
    let number = |number: u64| Value::Number(number as f64);
    let columns = outcome.columns.iter().map(|name| name.as_str().into());
    let cells = outcome.cells.into_iter().map(|cell| match cell {
        Cell::Null => Value::Null,
        Cell::Number(number) => Value::Number(number),
        Cell::Text(text) => Value::Text(Text::Utf8(text)),
        Cell::Blob(blob) => Value::Bytes(value::Bytes::Stored(blob)),
    });
    Value::List(vec![
        Value::List(columns.collect()),
        Value::List(cells.collect()),
        number(outcome.changes),
        Value::Number(outcome.last_row_id as f64),
        Value::Bool(outcome.changed),
        number(outcome.size),
        number(outcome.rows_read),
        Value::Number(outcome.duration_ms),
        number(outcome.own_changes),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_texts_of_the_older_library() {
        let parameters = |given, wanted| older_text(&SqlError::Parameters { given, wanted });
        assert_eq!(parameters(0, 1), "RangeError: Too few parameter values were provided");
        assert_eq!(parameters(2, 1), "RangeError: Too many parameter values were provided");
        let error = SqlError::Sqlite {
            text: "no such table: t".into(),
            offset: Some(3),
            code: 1,
        };
        assert_eq!(older_text(&error), "SqliteError: no such table: t");
    }
}
