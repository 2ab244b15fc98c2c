//! Entries with an index: each lies in its space twice, whole under one key, and without its value under another, so that a
//! list reads no values.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Write;
use super::range::Key;

/// What is known of entries without their values begins so; the entries themselves begin with `ENTRY`.
pub const INDEX: u8 = b'i';
pub const ENTRY: u8 = b'e';

pub fn prefixed(kind: u8, name: &[u8]) -> Key {
    let mut key = Vec::with_capacity(1 + name.len());
    key.push(kind);
    key.extend_from_slice(name);
    key
}

/// Both writes that take an entry away.
pub fn removal(name: &[u8]) -> [Write; 2] {
    [(prefixed(INDEX, name), None), (prefixed(ENTRY, name), None)]
}

/// The last name of a page, of the cursor that the page gave; `None` when no page gave it.
pub fn read_cursor(cursor: &str) -> Option<Vec<u8>> {
    let name = STANDARD.decode(cursor).ok()?;
    std::str::from_utf8(&name).is_ok().then_some(name)
}
