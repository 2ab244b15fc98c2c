//! The database of an object on a server: it is in memory, and its pages are entries of the object's space, which is claimed and
//! fetched whole. A commit writes the pages that differ, and the space sends all that a turn has written as one.

use bytes::Bytes;

use crate::sqlite::error::{Result, SqlError};
use crate::sqlite::image::Image;
use crate::store::range::{Entry, Key, Range};
use crate::store::{Space, Write};

/// What the keys of pages begin with, before their numbers. Like that of alarms, it is beyond all keys of users.
const PAGE: u8 = 0xfd;

fn key_of(number: u32) -> Key {
    let mut key = vec![PAGE];
    key.extend(number.to_be_bytes());
    key
}

fn pages_of(space: &dyn Space) -> Result<Vec<Entry>> {
    let pages = Range::all().from(vec![PAGE]).before(vec![PAGE + 1]);
    space.list(&pages).now().map_err(SqlError::Store)
}

/// The content that is stored.
pub fn read(space: &dyn Space) -> Result<Image> {
    let pages: Vec<Bytes> = pages_of(space)?.into_iter().map(|(_, page)| page).collect();
    Ok(Image::from_pages(pages.concat()))
}

/// Stores a content.
pub fn write(space: &dyn Space, content: &[u8], page_bytes: usize) -> Result<()> {
    let mut stored = pages_of(space)?.into_iter();
    let mut writes: Vec<Write> = Vec::new();
    for (page, number) in content.chunks(page_bytes).zip(1..) {
        match stored.next() {
            Some((_, known)) if *known == *page => {}
            _ => writes.push((key_of(number), Some(Bytes::copy_from_slice(page)))),
        }
    }
    writes.extend(stored.map(|(key, _)| (key, None)));
    match writes.is_empty() {
        true => Ok(()),
        false => space.apply(writes).now().map_err(SqlError::Store),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::store::memory::MemorySpace;

    #[test]
    fn stores_the_pages_that_differ() {
        let space: Rc<dyn Space> = Rc::<MemorySpace>::default();
        for content in [&[1, 1, 2, 2, 3, 3][..], &[1, 1, 4, 4], &[], &[5, 5]] {
            write(&*space, content, 2).expect("memory is written");
            assert_eq!(read(&*space).expect("memory is read").pages(), content);
        }
        assert_eq!(pages_of(&*space).expect("memory is read").len(), 1);
    }
}
