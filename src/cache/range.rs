//! The ranges that a request wants of a body, as Miniflare 2 reads them: `bytes=0-1, 5-, -2`.

use std::ops::Range;

use super::limits;

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    Whole,
    Parts(Vec<Range<usize>>),
    /// Nothing that the body has.
    Unsatisfiable,
}

pub fn wanted(header: &str, length: usize) -> Wanted {
    let Some(ranges) = after_unit(header) else {
        return Wanted::Unsatisfiable;
    };
    if ranges.trim_start().is_empty() {
        return Wanted::Whole;
    }
    let mut parts = Vec::new();
    for range in ranges.split(',') {
        match part(range, length) {
            Part::Of(range) => parts.push(range),
            Part::Empty => {}
            Part::All => return Wanted::Whole,
            Part::Invalid => return Wanted::Unsatisfiable,
        }
    }
    let total: usize = parts.iter().map(Range::len).sum();
    if parts.is_empty() || total > length.saturating_mul(limits::CACHE_RANGES_FACTOR) {
        Wanted::Whole
    } else {
        Wanted::Parts(parts)
    }
}

fn after_unit(header: &str) -> Option<&str> {
    let (unit, ranges) = header.split_once('=')?;
    unit.trim_matches(' ').eq_ignore_ascii_case("bytes").then_some(ranges)
}

enum Part {
    Of(Range<usize>),
    Empty,
    All,
    Invalid,
}

fn part(range: &str, length: usize) -> Part {
    let Some((start, end)) = range.split_once('-') else {
        return Part::Invalid;
    };
    match (position(start), position(end)) {
        (Some(Some(start)), Some(end)) => between(start, end.unwrap_or(usize::MAX), length),
        (Some(None), Some(Some(suffix))) => last(suffix, length),
        _ => Part::Invalid,
    }
}

/// A number, or nothing; `None` for anything else. What is too large for any body is the largest number.
fn position(text: &str) -> Option<Option<usize>> {
    let digits = text.trim_matches(' ');
    if digits.is_empty() {
        return Some(None);
    }
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Some(digits.parse().unwrap_or(usize::MAX)))
}

fn between(start: usize, last: usize, length: usize) -> Part {
    if start > last || start >= length {
        Part::Invalid
    } else {
        Part::Of(start..last.min(length - 1) + 1)
    }
}

fn last(suffix: usize, length: usize) -> Part {
    match suffix {
        0 => Part::Empty,
        suffix if suffix >= length => Part::All,
        suffix => Part::Of(length - suffix..length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(header: &str) -> Vec<(usize, usize)> {
        match wanted(header, 10) {
            Wanted::Parts(parts) => parts.into_iter().map(|part| (part.start, part.end)).collect(),
            other => panic!("{header}: {other:?}"),
        }
    }

    #[test]
    fn are_counted_from_either_end() {
        assert_eq!(parts("bytes=0-1, 5-, -2"), [(0, 2), (5, 10), (8, 10)]);
        assert_eq!(parts(" BYTES = 3 - 100 "), [(3, 10)]);
        assert_eq!(parts("bytes=0-99999999999999999999999"), [(0, 10)]);
        assert_eq!(parts("bytes=-0,1-1"), [(1, 2)]);
    }

    #[test]
    fn may_be_all_or_nothing() {
        for whole in [
            "bytes=",
            "bytes= ",
            "bytes=-10",
            "bytes=-11",
            "bytes=-0",
            "bytes=0-,0-,0-",
        ] {
            assert_eq!(wanted(whole, 10), Wanted::Whole, "{whole}");
        }
        for none in [
            "",
            "bytes",
            "items=0-1",
            "bytes=2-1",
            "bytes=10-",
            "bytes=1",
            "bytes=a-b",
            "bytes=-",
            "bytes=0-1,",
        ] {
            assert_eq!(wanted(none, 10), Wanted::Unsatisfiable, "{none}");
        }
    }
}
