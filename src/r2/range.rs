//! The part of an object that a `get` wants.

use super::error::{R2Error, Result};
use crate::realm::value::{Value, fields};

/// Bytes of a value, from an offset on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub offset: u64,
    pub length: u64,
}

/// What is wanted, in numbers that the caller has checked to be whole, or infinite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    offset: Option<f64>,
    length: Option<f64>,
    suffix: Option<f64>,
    header: Option<String>,
}

impl Wanted {
    /// `[offset, length, suffix]`, or the text of a `Range` header; undefined for the whole.
    pub fn read(value: Value) -> Wanted {
        if let Value::Text(header) = value {
            return Wanted {
                header: Some(header.to_utf8()),
                ..Wanted::default()
            };
        }
        let [offset, length, suffix] = fields(value).map(|value| match value {
            Value::Number(number) => Some(number),
            _ => None,
        });
        Wanted {
            offset,
            length,
            suffix,
            header: None,
        }
    }

    /// The bytes that are wanted of a value of this size; none of an empty one, whatever is wanted.
    pub fn of(&self, size: u64) -> Result<Option<Span>> {
        if size == 0 {
            return Ok(None);
        }
        let whole = Span {
            offset: 0,
            length: size,
        };
        match &self.header {
            // A header that cannot be met is ignored.
            Some(header) => Ok(Some(of_header(header, size).unwrap_or(whole))),
            None => self.of_numbers(size as f64).map(Some),
        }
    }

    fn of_numbers(&self, size: f64) -> Result<Span> {
        let (offset, length) = match self.suffix {
            Some(suffix) => {
                let suffix = suffix.min(size);
                (size - suffix, suffix)
            }
            None => {
                let offset = self.offset.unwrap_or(0.0);
                (offset, self.length.unwrap_or(size - offset))
            }
        };
        if offset < 0.0 || offset >= size || length <= 0.0 {
            return Err(R2Error::NotSatisfiable);
        }
        Ok(Span {
            offset: offset as u64,
            length: length.min(size - offset) as u64,
        })
    }
}

/// The one range of a header that has exactly one, if the value has something of it.
fn of_header(header: &str, size: u64) -> Option<Span> {
    let (unit, range) = header.split_once('=')?;
    if !unit.trim_matches(' ').eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.split_once('-')?;
    let (first, last) = (position(first)?, position(last)?);
    match (first, last) {
        (Some(first), last) => {
            let last = last.unwrap_or(u64::MAX);
            (first <= last && first < size).then(|| Span {
                offset: first,
                length: last.min(size - 1) - first + 1,
            })
        }
        (None, Some(suffix)) => (suffix > 0).then(|| {
            let length = suffix.min(size);
            Span {
                offset: size - length,
                length,
            }
        }),
        (None, None) => None,
    }
}

/// A number, or nothing; `None` for anything else. What is too large for any value is the largest number.
fn position(text: &str) -> Option<Option<u64>> {
    let digits = text.trim_matches(' ');
    if digits.is_empty() {
        return Some(None);
    }
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Some(digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(offset: Option<f64>, length: Option<f64>, suffix: Option<f64>) -> Option<(u64, u64)> {
        let wanted = Wanted {
            offset,
            length,
            suffix,
            header: None,
        };
        let span = wanted.of(10).ok()?;
        span.map(|span| (span.offset, span.length))
    }

    #[test]
    fn numbers_are_cut_to_the_value() {
        assert_eq!(numbers(None, None, None), Some((0, 10)));
        assert_eq!(numbers(Some(4.0), None, None), Some((4, 6)));
        assert_eq!(numbers(Some(4.0), Some(100.0), None), Some((4, 6)));
        assert_eq!(numbers(None, Some(3.0), None), Some((0, 3)));
        assert_eq!(numbers(Some(2.0), Some(3.0), Some(4.0)), Some((6, 4)));
        assert_eq!(numbers(None, None, Some(11.0)), Some((0, 10)));
        assert_eq!(numbers(None, Some(f64::INFINITY), None), Some((0, 10)));
    }

    #[test]
    fn what_the_value_has_nothing_of_is_refused() {
        for (offset, length, suffix) in [
            (Some(10.0), None, None),
            (Some(11.0), None, None),
            (None, Some(0.0), None),
            (None, Some(-1.0), None),
            (None, None, Some(0.0)),
            (None, None, Some(-1.0)),
        ] {
            assert_eq!(numbers(offset, length, suffix), None);
        }
    }

    #[test]
    fn an_empty_value_has_no_ranges() {
        let wanted = Wanted {
            offset: Some(5.0),
            ..Wanted::default()
        };
        assert_eq!(wanted.of(0), Ok(None));
    }

    #[test]
    fn a_header_counts_if_it_has_one_range_that_can_be_met() {
        let whole = (0, 10);
        for (header, expected) in [
            ("bytes=0-3", (0, 4)),
            ("Bytes = 2 - 3 ", (2, 2)),
            ("bytes=5-", (5, 5)),
            ("bytes=-3", (7, 3)),
            ("bytes=-30", whole),
            ("bytes=8-99999999999999999999999", (8, 2)),
            ("bytes=10-", whole),
            ("bytes=3-2", whole),
            ("bytes=-0", whole),
            ("bytes=0-1,3-4", whole),
            ("bytes=", whole),
            ("bytes=-", whole),
            ("lines=0-1", whole),
            ("0-1", whole),
        ] {
            let span = Wanted::read(header.into()).of(10);
            let span = span.ok().flatten().map(|span| (span.offset, span.length));
            assert_eq!(span, Some(expected), "{header}");
        }
    }
}
