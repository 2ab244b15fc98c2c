//! The rows of a result as JSON, which an engine reads faster than it takes values one by one. Blobs are arrays of bytes.

use std::fmt::Write;

use crate::sqlite::cell::Cell;
use crate::sqlite::run::Outcome;

/// Rows as objects. Of columns with one name, an object has the last one.
pub fn objects(outcome: &Outcome) -> String {
    let keys: Vec<String> = outcome.columns.iter().map(|name| format!("{}:", text(name))).collect();
    let mut json = String::from("[");
    for (number, row) in rows(outcome).enumerate() {
        json.push_str(if number == 0 { "{" } else { ",{" });
        for (column, (key, cell)) in keys.iter().zip(row).enumerate() {
            if column > 0 {
                json.push(',');
            }
            json.push_str(key);
            push(&mut json, cell);
        }
        json.push('}');
    }
    json.push(']');
    json
}

/// Rows as arrays, after an array of the columns' names.
pub fn arrays(outcome: &Outcome) -> String {
    let names: Vec<String> = outcome.columns.iter().map(|name| text(name)).collect();
    let mut json = format!("[[{}]", names.join(","));
    for row in rows(outcome) {
        json.push_str(",[");
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                json.push(',');
            }
            push(&mut json, cell);
        }
        json.push(']');
    }
    json.push(']');
    json
}

fn rows(outcome: &Outcome) -> std::slice::Chunks<'_, Cell> {
    outcome.cells.chunks(outcome.columns.len().max(1))
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A `String` takes all that is written to it.
fn push(json: &mut String, cell: &Cell) {
    match cell {
        Cell::Null => json.push_str("null"),
        // Whole numbers need no point, and those below this have all their digits.
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            let _ = write!(json, "{}", *number as i64);
        }
        Cell::Number(number) => json.push_str(&serde_json::Value::from(*number).to_string()),
        Cell::Text(bytes) => json.push_str(&text(&String::from_utf8_lossy(bytes))),
        Cell::Blob(bytes) => {
            json.push('[');
            for (index, byte) in bytes.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                let _ = write!(json, "{byte}");
            }
            json.push(']');
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn outcome() -> Outcome {
        let text = |text: &'static [u8]| Cell::Text(Bytes::from_static(text));
        Outcome {
            columns: vec!["a".into(), "\"b\"".into()],
            cells: vec![
                Cell::Number(1.0),
                text("it's \"ü\"\n\0".as_bytes()),
                Cell::Number(-1.5e300),
                Cell::Null,
                Cell::Blob(Bytes::from_static(&[0, 255])),
                text(b"\xff"),
            ],
            ..Outcome::default()
        }
    }

    #[test]
    fn has_rows_as_objects() {
        let parsed: serde_json::Value = serde_json::from_str(&objects(&outcome())).expect("it is JSON");
        let expected = serde_json::json!([
            {"a": 1, "\"b\"": "it's \"ü\"\n\0"},
            {"a": -1.5e300, "\"b\"": null},
            {"a": [0, 255], "\"b\"": "\u{fffd}"},
        ]);
        assert_eq!(parsed, expected);
        assert_eq!(objects(&Outcome::default()), "[]");
    }

    #[test]
    fn has_rows_as_arrays() {
        let parsed: serde_json::Value = serde_json::from_str(&arrays(&outcome())).expect("it is JSON");
        let expected = serde_json::json!([
            ["a", "\"b\""],
            [1, "it's \"ü\"\n\0"],
            [-1.5e300, null],
            [[0, 255], "\u{fffd}"],
        ]);
        assert_eq!(parsed, expected);
        assert_eq!(arrays(&Outcome::default()), "[[]]");
    }
}
