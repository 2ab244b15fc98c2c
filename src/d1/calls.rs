//! A database's functions as JavaScript calls them, from the worker's realm and from Node's alike: with values, and with a
//! value for an answer.
//!
//! An error of SQL is an answer too, since the class decides how it is told.

use std::cell::OnceCell;
use std::rc::Rc;

use super::{ROOM, json};
use crate::realm::background;
use crate::realm::entry::text;
use crate::realm::instance::Instance;
use crate::realm::value::{self, Value, fields, into_text};
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

pub fn databases(instance: &Instance) -> Result<Rc<Databases>, StoreError> {
    let used = instance.part::<Used>();
    if let Some(databases) = used.0.get() {
        return Ok(databases.clone());
    }
    let new = Rc::<Databases>::default();
    instance.stores.add(ROOM.name, new.clone(), background::handle())?;
    Ok(used.0.get_or_init(|| new).clone())
}

/// The database of this name.
fn database(instance: &Instance, name: &str) -> Result<Rc<Database>, StoreError> {
    databases(instance)?.get(name)
}

/// How statements are executed.
#[derive(Clone, Copy)]
struct Way {
    /// All of them in one transaction, instead of one by itself.
    together: bool,
    reading: Reading,
    /// Rows are arrays, and the names of the columns come first.
    has_arrays: bool,
}

impl Way {
    /// `[together, firstOnly, refusesRows, hasArrays]`.
    fn read(way: Value) -> Way {
        let [together, first_only, refuses_rows, has_arrays] =
            fields(way).map(|flag| matches!(flag, Value::Bool(true)));
        Way {
            together,
            reading: Reading {
                first_only,
                refuses_rows,
            },
            has_arrays,
        }
    }
}

/// Executes statements of a database. `queries` is `[way, sql, values, sql, values, ...]`. Answers with `[outcome, ...]`,
/// where an outcome is `[rows, changes, lastRowId, hasChanged, size, rowsRead, duration, ownChanges]`, or with an error as
/// `[null, text, olderText]`. Rows are JSON, or undefined of a statement that returns none.
pub fn run(instance: &Instance, name: &str, queries: Value, is_over: Option<&IsOver>) -> Result<Value, StoreError> {
    let database = database(instance, name)?;
    let (way, queries) = read_queries(queries);
    // Time is that of the instance's clock, which does not move meanwhile if a test steers it.
    let is_timeless = instance.clock.is_steered();
    let outcomes = match queries.as_slice() {
        [query] if !way.together => database.run(query, way.reading, is_over).map(|outcome| vec![outcome]),
        queries => database.run_together(queries, way.reading, is_over),
    };
    match outcomes {
        Ok(outcomes) => {
            let outcomes = outcomes.into_iter().map(|mut outcome| {
                if is_timeless {
                    outcome.duration_ms = 0.0;
                }
                outcome_value(&outcome, way.has_arrays)
            });
            Ok(Value::List(outcomes.collect()))
        }
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
pub fn dump(instance: &Instance, name: &str) -> Result<Value, StoreError> {
    Ok(Value::Bytes(value::Bytes::Owned(database(instance, name)?.dump()?)))
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

fn read_queries(queries: Value) -> (Way, Vec<Query>) {
    let mut parts = match queries {
        Value::List(parts) => parts,
        _ => Vec::new(),
    }
    .into_iter();
    let way = Way::read(parts.next().unwrap_or(Value::Undefined));
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
    (way, queries)
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

fn outcome_value(outcome: &Outcome, has_arrays: bool) -> Value {
    let number = |number: u64| Value::Number(number as f64);
    let rows = match (has_arrays, outcome.columns.is_empty()) {
        (true, _) => text(json::arrays(outcome).into()),
        (false, false) => text(json::objects(outcome).into()),
        (false, true) => Value::Undefined,
    };
    Value::List(vec![
        rows,
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
