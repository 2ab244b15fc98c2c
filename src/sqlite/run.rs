//! Executes statements: one text by itself, or several in one transaction.

use std::time::Instant;

use rusqlite::{Statement, StatementStatus};

use super::cell::Cell;
use super::compiled::Compiled;
use super::database::Database;
use super::error::{Result, SqlError};
use super::limits;
use super::split::statements;
use super::watch::{IsOver, watched};

/// A text of SQL, and the values of its parameters.
pub struct Query {
    pub sql: String,
    pub values: Vec<Cell>,
}

/// How texts are read.
#[derive(Clone, Copy, Default)]
pub struct Reading {
    /// Of several statements in a text, the first one counts. Otherwise all are executed; parameters and rows are the last
    /// one's.
    pub first_only: bool,
    /// Statements that return rows are refused.
    pub refuses_rows: bool,
}

/// What a text has done.
#[derive(Debug, Default)]
pub struct Outcome {
    pub columns: Vec<String>,
    /// The values of all rows, row by row.
    pub cells: Vec<Cell>,
    /// Rows that the last statement has changed itself, and that all have changed with triggers and foreign keys.
    pub own_changes: u64,
    pub changes: u64,
    pub last_row_id: i64,
    /// Whether a statement was one that may write.
    pub wrote: bool,
    /// Whether the database has other rows, or another size.
    pub changed: bool,
    /// Bytes of the database, without free pages.
    pub size: u64,
    /// Steps of scans, and at least the rows that were returned.
    pub rows_read: u64,
    pub duration_ms: f64,
}

/// The texts of this package.
const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
const PAGES: &str = "PRAGMA page_count";
const OTHERS: &str = "PRAGMA data_version";
const FREE_PAGES: &str = "PRAGMA freelist_count";

impl Database {
    /// Executes a text. If it has several statements, they are one transaction.
    pub fn run(&self, query: &Query, reading: Reading, is_over: Option<&IsOver>) -> Result<Outcome> {
        self.settle();
        let parts = parts(&query.sql, reading)?;
        let [part] = parts.as_slice() else {
            return self.transaction(|compiled| {
                let mut outcome = self.run_parts(compiled, &parts, query, reading, is_over)?;
                self.measure(compiled, std::slice::from_mut(&mut outcome))?;
                Ok(outcome)
            });
        };
        self.keep_before(part)?;
        let compiled = self.compiled.try_borrow().map_err(|_| in_use())?;
        let mut outcome = self.run_parts(&compiled, &[part], query, reading, is_over)?;
        self.measure(&compiled, std::slice::from_mut(&mut outcome))?;
        Ok(outcome)
    }

    /// Executes texts in one transaction. Each outcome has the size of the database after all of them.
    pub fn run_together(&self, queries: &[Query], reading: Reading, is_over: Option<&IsOver>) -> Result<Vec<Outcome>> {
        self.transaction(|compiled| {
            let run = |query: &Query| {
                let parts = parts(&query.sql, reading)?;
                let defines = parts.iter().any(|part| defines(part));
                let before = if defines { Some(self.bytes(compiled)?) } else { None };
                let mut outcome = self.run_parts(compiled, &parts, query, reading, is_over)?;
                outcome.changed |= before.is_some() && before != Some(self.bytes(compiled)?);
                Ok(outcome)
            };
            let mut outcomes = queries.iter().map(run).collect::<Result<Vec<_>>>()?;
            self.measure(compiled, &mut outcomes)?;
            Ok(outcomes)
        })
    }

    /// Keeps the content for snapshots before a statement that may change it.
    fn keep_before(&self, sql: &str) -> Result<()> {
        if !self.moments.lack(&self.name) {
            return Ok(());
        }
        let writes = {
            let compiled = self.compiled.try_borrow().map_err(|_| in_use())?;
            self.with(&compiled, sql, |statement| Ok(writes(statement, sql)))?
        };
        if writes {
            self.moments.keep(self)?;
        }
        Ok(())
    }

    /// A number that is another one after others have written the file.
    pub(super) fn others(&self) -> Result<u64> {
        let compiled = self.compiled.try_borrow().map_err(|_| in_use())?;
        self.pragma(&compiled, OTHERS)
    }

    fn transaction<T>(&self, work: impl FnOnce(&Compiled) -> Result<T>) -> Result<T> {
        self.settle();
        self.moments.keep(self)?;
        let compiled = self.compiled.try_borrow().map_err(|_| in_use())?;
        self.own(&compiled, BEGIN)?;
        let open = Open(self, &compiled);
        let done = work(&compiled)?;
        self.own(&compiled, COMMIT)?;
        drop(open);
        Ok(done)
    }

    /// Executes a text of this package.
    fn own(&self, compiled: &Compiled, sql: &str) -> Result<()> {
        self.permits
            .own(|| compiled.with_own(sql, |statement| Ok(statement.raw_execute().map(drop)?)))
    }

    /// What a pragma says, for this package.
    fn pragma(&self, compiled: &Compiled, sql: &str) -> Result<u64> {
        let count: i64 = self
            .permits
            .own(|| compiled.with_own(sql, |statement| Ok(statement.query_row([], |row| row.get(0))?)))?;
        Ok(count.unsigned_abs())
    }

    /// Calls `work` with a compiled statement.
    fn with<T>(
        &self,
        compiled: &Compiled,
        sql: &str,
        work: impl for<'s> FnOnce(&mut Statement<'s>) -> Result<T>,
    ) -> Result<T> {
        self.permits.take_transaction();
        compiled.with(sql, work).map_err(|error| match error {
            SqlError::Sqlite { .. } if self.permits.take_transaction() => SqlError::Transaction,
            error => error,
        })
    }

    fn run_parts(
        &self,
        compiled: &Compiled,
        parts: &[&str],
        query: &Query,
        reading: Reading,
        is_over: Option<&IsOver>,
    ) -> Result<Outcome> {
        let begun = Instant::now();
        let connection = compiled.connection();
        let (changes, last_row_id) = (connection.total_changes(), connection.last_insert_rowid());
        let mut outcome = Outcome::default();
        for (index, part) in parts.iter().enumerate() {
            let values = (index + 1 == parts.len()).then_some(query.values.as_slice());
            let before = connection.total_changes();
            let wrote = self.with(compiled, part, |statement| {
                if reading.refuses_rows && statement.column_count() > 0 {
                    return Err(SqlError::ReturnsRows);
                }
                bind(statement, values, reading)?;
                let writes = writes(statement, part);
                let result = watched(is_over, || collect(statement, &mut outcome));
                if writes {
                    self.changed();
                }
                result.map(|()| writes)
            })?;
            outcome.wrote |= wrote;
            outcome.own_changes = match connection.total_changes() == before {
                true => 0,
                false => connection.changes(),
            };
        }
        outcome.changes = connection.total_changes() - changes;
        outcome.last_row_id = connection.last_insert_rowid();
        outcome.changed = outcome.changes > 0 || outcome.last_row_id != last_row_id;
        outcome.duration_ms = begun.elapsed().as_secs_f64() * 1000.0;
        Ok(outcome)
    }

    /// Adds the size to outcomes. It is known if nothing was written, here or by others.
    fn measure(&self, compiled: &Compiled, outcomes: &mut [Outcome]) -> Result<()> {
        let before = self.size.get();
        let has_written = outcomes.iter().any(|outcome| outcome.wrote);
        if has_written || before.is_none() || self.is_shared() {
            self.size.set(Some(self.bytes(compiled)?));
        }
        let after = self.size.get();
        // Of several, each knows for itself whether it has changed the size.
        let is_alone = outcomes.len() == 1;
        for outcome in outcomes {
            outcome.size = after.unwrap_or_default();
            outcome.changed |= is_alone && outcome.wrote && before.is_some() && before != after;
        }
        Ok(())
    }

    /// The size of the database, without free pages.
    fn bytes(&self, compiled: &Compiled) -> Result<u64> {
        Ok((self.pragma(compiled, PAGES)? - self.pragma(compiled, FREE_PAGES)?) * self.page_bytes)
    }
}

/// A transaction, which is rolled back unless it has been committed, or SQLite has rolled it back.
struct Open<'d>(&'d Database, &'d Compiled);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.1.connection().is_autocommit() {
            // Its error would hide the one that is the reason.
            let _ = self.0.own(self.1, ROLLBACK);
            self.0.changed();
        }
    }
}

fn in_use() -> SqlError {
    SqlError::Sqlite {
        text: "the database is in use by the call that asks for it".into(),
        offset: None,
        code: rusqlite::ffi::SQLITE_MISUSE,
    }
}

/// The statements of a text that count.
fn parts(sql: &str, reading: Reading) -> Result<Vec<&str>> {
    let mut parts = statements(sql);
    if reading.first_only {
        parts.truncate(1);
    }
    if parts.is_empty() {
        return Err(SqlError::NoStatement);
    }
    if parts.iter().any(|part| part.len() > limits::STATEMENT_BYTES as usize) {
        return Err(SqlError::TooLong);
    }
    Ok(parts)
}

/// Whether a statement may change the size of a database without counting as a change of rows.
fn defines(sql: &str) -> bool {
    const OF_ROWS: [&str; 7] = ["insert", "update", "delete", "replace", "select", "with", "values"];
    let sql = sql.trim_start();
    let end = sql
        .find(|letter: char| !letter.is_ascii_alphabetic())
        .unwrap_or(sql.len());
    !OF_ROWS.iter().any(|word| word.eq_ignore_ascii_case(&sql[..end]))
}

/// Whether a statement may change the database. SQLite does not count what this pragma does.
fn writes(statement: &Statement, sql: &str) -> bool {
    !statement.readonly() || sql.len() < 100 && sql.to_ascii_lowercase().contains("optimize")
}

/// Binds the values of the last statement; the others have none.
fn bind(statement: &mut Statement, values: Option<&[Cell]>, reading: Reading) -> Result<()> {
    let wanted = statement.parameter_count();
    let Some(values) = values else {
        return if wanted > 0 {
            Err(SqlError::ParametersBeforeLast)
        } else {
            Ok(())
        };
    };
    // In the older reading, a statement need not use all values, unless it takes them one by one.
    let is_numbered = |index| {
        statement
            .parameter_name(index)
            .is_some_and(|name| name.starts_with('?'))
    };
    let is_short = reading.first_only && wanted < values.len() && (1..=wanted).all(is_numbered);
    if wanted != values.len() && !is_short {
        return Err(SqlError::Parameters {
            given: values.len(),
            wanted,
        });
    }
    for (index, value) in values.iter().take(wanted).enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}

/// Steps through a statement. The rows are those of the last statement.
fn collect(statement: &mut Statement, outcome: &mut Outcome) -> Result<()> {
    outcome.cells.clear();
    let mut size = 0;
    let mut count = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        count += 1;
        let columns = row.as_ref().column_count();
        for column in 0..columns {
            let cell = Cell::from(row.get_ref(column)?);
            size += cell.size();
            outcome.cells.push(cell);
        }
        if size > limits::RESULT_BYTES {
            return Err(SqlError::ResultTooLarge);
        }
    }
    drop(rows);
    // A statement may have been compiled again when it was executed, since the schema has changed.
    outcome.columns = statement.column_names().map(Into::into).collect();
    let steps = statement.reset_status(StatementStatus::FullscanStep);
    let scanned = if steps > 0 { steps as u64 + 1 } else { 0 };
    outcome.rows_read += scanned.max(count);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::image::Moments;
    use std::rc::Rc;

    fn database() -> Database {
        let database = Database::in_memory("test", Rc::<Moments>::default()).expect("memory can be used");
        run(
            &database,
            "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
            vec![],
        )
        .expect("it can be created");
        database
    }

    fn run(database: &Database, sql: &str, values: Vec<Cell>) -> Result<Outcome> {
        database.run(&query(sql, values), Reading::default(), None)
    }

    fn query(sql: &str, values: Vec<Cell>) -> Query {
        Query {
            sql: sql.into(),
            values,
        }
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.as_bytes().to_vec().into())
    }

    fn refusal(database: &Database, sql: &str) -> String {
        run(database, sql, vec![]).expect_err(sql).to_string()
    }

    #[test]
    fn tells_what_was_done() {
        let database = database();
        let inserted = run(
            &database,
            "INSERT INTO t (name) VALUES (?), (?)",
            vec![text("a"), text("b")],
        )
        .unwrap();
        assert_eq!((inserted.changes, inserted.last_row_id, inserted.changed), (2, 2, true));
        let selected = run(&database, "SELECT id, name FROM t ORDER BY id", vec![]).unwrap();
        assert_eq!(selected.columns, ["id", "name"]);
        assert_eq!(
            selected.cells,
            [Cell::Number(1.0), text("a"), Cell::Number(2.0), text("b")]
        );
        assert_eq!(
            (selected.changed, selected.rows_read, selected.size),
            (false, 2, inserted.size)
        );
    }

    #[test]
    fn executes_all_statements_of_a_text_or_none() {
        let database = database();
        let several = run(
            &database,
            "INSERT INTO t VALUES (1, 'a'); SELECT name FROM t WHERE id = ?",
            vec![Cell::Number(1.0)],
        );
        assert_eq!(several.unwrap().cells, [text("a")]);
        assert!(refusal(&database, "INSERT INTO t VALUES (2, 'b'); SELEC").starts_with("near \"SELEC\""));
        assert!(matches!(
            run(&database, "SELECT ?; SELECT ?", vec![Cell::Null]),
            Err(SqlError::ParametersBeforeLast)
        ));
        assert_eq!(
            run(&database, "SELECT count(*) FROM t", vec![]).unwrap().cells,
            [Cell::Number(1.0)]
        );
        let first = Reading {
            first_only: true,
            ..Reading::default()
        };
        let first = database.run(&query("SELECT 1; SELEC", vec![]), first, None);
        assert_eq!(first.unwrap().cells, [Cell::Number(1.0)]);
    }

    #[test]
    fn rolls_back_what_has_failed() {
        let database = database();
        let queries = ["INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (2, 'a')"].map(|sql| query(sql, vec![]));
        let failed = database
            .run_together(&queries, Reading::default(), None)
            .expect_err("a name is there twice");
        assert!(
            failed.to_string().ends_with("(extended: SQLITE_CONSTRAINT_UNIQUE)"),
            "{failed}"
        );
        assert_eq!(
            run(&database, "SELECT count(*) FROM t", vec![]).unwrap().cells,
            [Cell::Number(0.0)]
        );
        let rollback = [
            "INSERT OR ROLLBACK INTO t VALUES (1, 'a')",
            "INSERT OR ROLLBACK INTO t VALUES (1, 'b')",
        ];
        let rollback = rollback.map(|sql| query(sql, vec![]));
        assert!(database.run_together(&rollback, Reading::default(), None).is_err());
        assert!(database.run_together(&queries[..1], Reading::default(), None).is_ok());
    }

    #[test]
    fn refuses_what_workers_may_not_do() {
        let database = database();
        for sql in ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", BEGIN] {
            assert!(
                matches!(run(&database, sql, vec![]), Err(SqlError::Transaction)),
                "{sql}"
            );
        }
        for sql in [
            "ATTACH ':memory:' AS a",
            "DETACH a",
            "VACUUM",
            "PRAGMA journal_mode",
            "PRAGMA page_size = 512",
            "CREATE TEMP TABLE a (b)",
            "CREATE TABLE _CF_a (b)",
            "CREATE VIRTUAL TABLE a USING fts4(b)",
        ] {
            assert_eq!(refusal(&database, sql), "not authorized: SQLITE_AUTH", "{sql}");
        }
        assert_eq!(
            refusal(&database, "SELECT sqlite_version()"),
            "not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"
        );
        assert!(refusal(&database, "SELECT * FROM dbstat").contains("prohibited"));
        run(&database, "PRAGMA foreign_keys = off", vec![]).unwrap();
        assert_eq!(
            run(&database, "PRAGMA foreign_keys", vec![]).unwrap().cells,
            [Cell::Number(1.0)]
        );
    }

    #[test]
    fn has_the_limits_of_workers() {
        let database = database();
        let many = |count: usize, what: &str| vec![what; count].join(",");
        for (sql, refused) in [
            (format!("SELECT {}", many(101, "1")), "too many columns in result set"),
            (format!("SELECT {}", many(101, "?")), "too many SQL variables"),
            (
                format!("SELECT '{}'", many(50_001, "a")),
                "statement too long: SQLITE_TOOBIG",
            ),
            (
                format!("SELECT 'a' LIKE '{}'", many(26, "a")),
                "LIKE or GLOB pattern too complex",
            ),
            ("SELECT zeroblob(2200001)".into(), "string or blob too big"),
            (
                format!("SELECT max({})", many(128, "1")),
                "too many arguments on function max",
            ),
        ] {
            assert!(refusal(&database, &sql).starts_with(refused), "{refused}");
        }
        // The length counts for each statement.
        let long = format!("SELECT '{}'", many(40_000, "a"));
        assert!(run(&database, &format!("{long}; {long}"), vec![]).is_ok());
    }

    #[test]
    fn has_what_workers_have() {
        let database = database();
        for sql in [
            "SELECT sqrt(4), pi(), json_object('a', 1), jsonb('[1]'), unixepoch()",
            "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('b'); SELECT * FROM f WHERE f MATCH 'b'",
            "CREATE VIRTUAL TABLE r USING rtree(a, b, c); INSERT INTO r VALUES (1, 2, 3); SELECT * FROM r",
            "ALTER TABLE t ADD COLUMN a; ALTER TABLE t RENAME COLUMN a TO b; ALTER TABLE t DROP COLUMN b",
            "ANALYZE; PRAGMA optimize; EXPLAIN QUERY PLAN SELECT * FROM t",
            "SELECT * FROM pragma_table_info('t'); SELECT * FROM json_each('[1]'); SELECT * FROM sqlite_schema",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT sum(i) OVER () FROM n",
        ] {
            run(&database, sql, vec![]).expect(sql);
        }
    }

    #[test]
    fn ends_with_its_caller() {
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let is_over: IsOver = Rc::new(|| true);
        let ended = database().run(&query(endless, vec![]), Reading::default(), Some(&is_over));
        assert_eq!(
            ended.expect_err("it has no end").to_string(),
            "interrupted: SQLITE_INTERRUPT"
        );
    }

    #[test]
    fn counts_parameters() {
        let database = database();
        for (sql, values) in [("SELECT ?", 0), ("SELECT ?", 2), ("SELECT ?1, ?3", 2), ("SELECT 1", 1)] {
            let result = run(&database, sql, vec![Cell::Null; values]);
            assert!(matches!(result, Err(SqlError::Parameters { .. })), "{sql} {values}");
        }
        assert_eq!(
            run(&database, "SELECT typeof(?1)", vec![Cell::Number(1.0)])
                .unwrap()
                .cells,
            [text("real")]
        );
    }
}
