//! A value of SQL as JavaScript has it: there are no integers, so every number is a double, and what JSON cannot say is null.

use bytes::Bytes;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Number(f64),
    /// UTF-8; in a result, as it is stored.
    Text(Bytes),
    Blob(Bytes),
}

impl Cell {
    /// A number to bind or to return. NaN and infinities are null, and there is one zero.
    pub fn number(number: f64) -> Cell {
        if number.is_finite() {
            Cell::Number(number + 0.0)
        } else {
            Cell::Null
        }
    }

    /// Roughly the bytes of memory that it takes.
    pub fn size(&self) -> usize {
        let content = match self {
            Cell::Null | Cell::Number(_) => 0,
            Cell::Text(bytes) | Cell::Blob(bytes) => bytes.len(),
        };
        size_of::<Cell>() + content
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef) -> Cell {
        match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(integer) => Cell::Number(integer as f64),
            ValueRef::Real(number) => Cell::number(number),
            ValueRef::Text(text) => Cell::Text(Bytes::copy_from_slice(text)),
            ValueRef::Blob(blob) => Cell::Blob(Bytes::copy_from_slice(blob)),
        }
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Number(number) => ValueRef::Real(*number),
            Cell::Text(text) => ValueRef::Text(text),
            Cell::Blob(blob) => ValueRef::Blob(blob),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_json_can_say() {
        assert_eq!(Cell::number(1.5), Cell::Number(1.5));
        assert_eq!(Cell::number(f64::NAN), Cell::Null);
        assert_eq!(Cell::number(f64::NEG_INFINITY), Cell::Null);
        let Cell::Number(zero) = Cell::number(-0.0) else {
            panic!("zero is a number");
        };
        assert!(zero.is_sign_positive());
        assert_eq!(
            Cell::from(ValueRef::Integer(i64::MAX)),
            Cell::Number(9_223_372_036_854_775_807.0)
        );
    }
}
