//! Keys of many spaces in one order: the space's name, its end, and the key.
//!
//! In a name, a zero byte is followed by 0xff, and the end is zero and one: no name is the beginning of another, and spaces
//! lie in the order of their names.

use std::ops::Bound;

use super::range::Key;

/// Marks the format of the database; comes before all names.
pub const FORMAT: &[u8] = b"\0\0format";

/// What is to be written to this folder and others, and the beginnings of the tokens of what was decided: see
/// `rocks_pending.rs`.
pub const PENDING: &[u8] = b"\0\0pending";
pub const DECIDED: &[u8] = b"\0\0decided";

const END: [u8; 2] = [0, 1];
/// The first two bytes after all keys of a space.
const AFTER: [u8; 2] = [0, 2];

/// What all keys of the space begin with.
pub fn space(name: &str) -> Key {
    let mut space = partial(name);
    space.extend(END);
    space
}

/// What the keys of all spaces begin with whose names begin with `name`.
pub fn partial(name: &str) -> Key {
    let mut bytes = Vec::with_capacity(name.len() + END.len());
    for byte in name.bytes() {
        bytes.push(byte);
        if byte == 0 {
            bytes.push(0xff);
        }
    }
    bytes
}

pub fn join(space: &[u8], key: &[u8]) -> Key {
    [space, key].concat()
}

/// The first key after all keys of `space`.
pub fn after(space: &[u8]) -> Key {
    let mut after = space[..space.len() - END.len()].to_vec();
    after.extend(AFTER);
    after
}

/// The bounds of a stretch of the space as those of the database: where it begins, and before which key it ends.
pub fn bounds(space: &[u8], (start, end): (Bound<&[u8]>, Bound<&[u8]>)) -> (Key, Key) {
    let from = match start {
        Bound::Unbounded => space.to_vec(),
        Bound::Included(key) => join(space, key),
        Bound::Excluded(key) => next(join(space, key)),
    };
    let to = match end {
        Bound::Unbounded => after(space),
        Bound::Excluded(key) => join(space, key),
        Bound::Included(key) => next(join(space, key)),
    };
    (from, to)
}

/// The first key after `key`.
fn next(mut key: Key) -> Key {
    key.push(0);
    key
}

/// The space of a key: its name, and what all its keys begin with. `None` for a key that belongs to none.
pub fn split(key: &[u8]) -> Option<(String, &[u8])> {
    let mut name = Vec::new();
    let mut index = 0;
    loop {
        match (*key.get(index)?, key.get(index + 1)) {
            (0, Some(0xff)) => {
                name.push(0);
                index += 2;
            }
            (0, Some(1)) => return Some((String::from_utf8(name).ok()?, &key[..index + 2])),
            (0, _) => return None,
            (byte, _) => {
                name.push(byte);
                index += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_space_lies_in_another() {
        assert!(!space("ab").starts_with(&space("a")));
        assert!(!space("a\0b").starts_with(&space("a")));
        assert!(after(&space("a")) <= space("a\0") && space("a\0") < space("ab"));
    }

    #[test]
    fn a_key_knows_its_space() {
        for name in ["", "a", "a\0", "\0\u{1}", "é:👋"] {
            let prefix = space(name);
            assert_eq!(
                split(&join(&prefix, b"key\0\x01")),
                Some((name.to_string(), &prefix[..]))
            );
        }
        for own in [FORMAT, PENDING, DECIDED] {
            assert_eq!(split(own), None);
        }
    }
}
