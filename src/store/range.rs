//! A stretch of keys in their order, and how many of them are wanted from which end.

use std::ops::{Bound, RangeBounds};

use bytes::Bytes;

pub type Key = Vec<u8>;
/// As ordered maps take them.
pub type Bounds<'k> = (Bound<&'k [u8]>, Bound<&'k [u8]>);
pub type Entry = (Key, Bytes);

/// Keys between two bounds; `limit` counts from the start, or from the end when `reverse` is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    start: Bound<Key>,
    end: Bound<Key>,
    reverse: bool,
    limit: usize,
}

impl Range {
    pub fn all() -> Range {
        Range {
            start: Bound::Unbounded,
            end: Bound::Unbounded,
            reverse: false,
            limit: usize::MAX,
        }
    }

    /// At most `limit` entries, of the last ones and in descending order when `reverse` is set.
    pub fn at_most(self, limit: usize, reverse: bool) -> Range {
        Range { reverse, limit, ..self }
    }

    pub fn is_reverse(&self) -> bool {
        self.reverse
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Narrows to keys from `key` on.
    pub fn from(mut self, key: Key) -> Range {
        self.raise(Bound::Included(key));
        self
    }

    /// Narrows to keys after `key`.
    pub fn after(mut self, key: Key) -> Range {
        self.raise(Bound::Excluded(key));
        self
    }

    /// Narrows to keys before `key`.
    pub fn before(mut self, key: Key) -> Range {
        self.lower(Bound::Excluded(key));
        self
    }

    /// Narrows to keys that begin with `prefix`.
    pub fn prefixed(mut self, prefix: Key) -> Range {
        if let Some(end) = successor(&prefix) {
            self.lower(Bound::Excluded(end));
        }
        self.raise(Bound::Included(prefix));
        self
    }

    /// The same stretch of the keys that begin with `prefix`, as those who write all their keys below it see it.
    pub fn within(self, prefix: &[u8]) -> Range {
        let below = |bound: Bound<Key>| bound.map(|key| [prefix, &key].concat());
        let whole = Range::all().prefixed(prefix.to_vec());
        let (start, end) = (below(self.start), below(self.end));
        Range {
            start: if start == Bound::Unbounded { whole.start } else { start },
            end: if end == Bound::Unbounded { whole.end } else { end },
            ..self
        }
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.bounds()
            .is_some_and(|bounds| RangeBounds::<[u8]>::contains(&bounds, key))
    }

    /// The bounds for an ordered map; `None` when no key can be between them, which such maps refuse to be asked.
    pub fn bounds(&self) -> Option<Bounds<'_>> {
        use Bound::*;
        let possible = match (&self.start, &self.end) {
            (Unbounded, _) | (_, Unbounded) => true,
            (Included(start), Included(end)) => start <= end,
            (Included(start) | Excluded(start), Included(end) | Excluded(end)) => start < end,
        };
        possible.then(|| {
            (
                self.start.as_ref().map(Vec::as_slice),
                self.end.as_ref().map(Vec::as_slice),
            )
        })
    }

    /// What is wanted of `entries`, which are all within the bounds and in order.
    pub fn pick<T>(&self, entries: impl DoubleEndedIterator<Item = T>) -> Vec<T> {
        if self.reverse {
            entries.rev().take(self.limit).collect()
        } else {
            entries.take(self.limit).collect()
        }
    }

    fn raise(&mut self, start: Bound<Key>) {
        if position(&start) > position(&self.start) {
            self.start = start;
        }
    }

    fn lower(&mut self, end: Bound<Key>) {
        let (Bound::Excluded(new), old) = (&end, &self.end) else {
            return;
        };
        match old {
            Bound::Excluded(old) if old <= new => {}
            _ => self.end = end,
        }
    }
}

/// Where a start bound lies: bounds at the same key are ordered by whether they leave it out.
fn position(start: &Bound<Key>) -> Option<(&Key, bool)> {
    match start {
        Bound::Unbounded => None,
        Bound::Included(key) => Some((key, false)),
        Bound::Excluded(key) => Some((key, true)),
    }
}

/// The first key after all keys that begin with `prefix`; `None` when there is none.
fn successor(prefix: &[u8]) -> Option<Key> {
    let last = prefix.iter().rposition(|byte| *byte < 0xff)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrows_from_both_sides() {
        let range = Range::all()
            .from(b"b".to_vec())
            .after(b"a".to_vec())
            .before(b"e".to_vec())
            .before(b"f".to_vec());
        let within: Vec<_> = ["a", "b", "d", "e"]
            .into_iter()
            .filter(|key| range.contains(key.as_bytes()))
            .collect();
        assert_eq!(within, ["b", "d"]);
        assert!(!range.after(b"b".to_vec()).contains(b"b"));
    }

    #[test]
    fn a_prefix_ends_where_its_last_byte_is_counted_up() {
        let range = Range::all().prefixed(b"a\xff".to_vec());
        assert!(range.contains(b"a\xff") && range.contains(b"a\xff\xff") && !range.contains(b"b"));
        assert!(Range::all().prefixed(b"\xff".to_vec()).contains(b"\xff\xff"));
        assert!(Range::all().prefixed(Vec::new()).contains(b""));
    }

    #[test]
    fn lies_within_a_prefix_as_it_lies_in_all_keys() {
        let keys = ["", "a", "b", "c", "\u{ff}"];
        let ranges = [
            Range::all(),
            Range::all().from(b"a".to_vec()).before(b"c".to_vec()),
            Range::all().after(b"b".to_vec()),
        ];
        for range in ranges {
            let within = range.clone().within(b"e");
            for key in keys.map(str::as_bytes) {
                assert_eq!(within.contains(&[b"e", key].concat()), range.contains(key), "{key:?}");
                assert!(!within.contains(&[b"d", key].concat()) && !within.contains(&[b"f", key].concat()));
            }
        }
    }

    #[test]
    fn has_no_bounds_when_no_key_fits() {
        assert_eq!(Range::all().from(b"b".to_vec()).before(b"a".to_vec()).bounds(), None);
        assert_eq!(Range::all().after(b"a".to_vec()).before(b"a".to_vec()).bounds(), None);
    }

    #[test]
    fn picks_from_the_wanted_end() {
        assert_eq!(Range::all().at_most(2, false).pick(1..=3), [1, 2]);
        assert_eq!(Range::all().at_most(2, true).pick(1..=3), [3, 2]);
    }
}
