//! How many rows a statement writes for each row that it changes: that of the table, and one for each index that has it. SQLite
//! counts changed rows; the program of the statement says what is done for each.

use std::collections::BTreeSet;

use super::error::Result;
use super::statement::{Field, Handle, Statement};

/// Of an instruction that changes the number of changed rows.
const COUNTS: i64 = 1;

/// `sql` is the text of one statement that writes.
pub fn rows_per_change(connection: Handle, sql: &str) -> Result<u64> {
    let (Some(mut program), _) = Statement::compile(connection, &format!("EXPLAIN {sql}"))? else {
        return Ok(1);
    };
    let (mut tables, mut has_row, mut index_rows) = (BTreeSet::new(), false, 0);
    while program.step()? {
        let Field::Text(opcode) = program.field(1) else {
            continue;
        };
        let number = |column| match program.field(column) {
            Field::Integer(number) => number,
            _ => 0,
        };
        match opcode {
            b"OpenWrite" => drop(tables.insert(number(2))),
            b"Insert" => has_row |= number(6) & COUNTS != 0,
            b"IdxInsert" if tables.contains(&number(2)) => index_rows += 1,
            _ => {}
        }
    }
    Ok((index_rows + u64::from(has_row)).max(1))
}
