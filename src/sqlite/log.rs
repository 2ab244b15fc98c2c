//! The pages that the last transaction of a file has changed, as its write-ahead log has them:
//! <https://www.sqlite.org/walformat.html>. Its frames are the last ones of the log, from the one that ends the transaction
//! before.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::io::{Error, Result};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::ptr::null_mut;

use rusqlite::ffi;

use super::history::{Changes, Pages};
use super::limits::LOG_FRAMES;
use super::statement::Handle;

const HEADER: u64 = 32;
const FRAME_HEADER: usize = 24;

/// The log of a connection. It must outlive the connection.
pub struct Log {
    file: File,
    page_bytes: usize,
    /// Frames when the last transaction was committed; 0 if none was since that was asked.
    frames: Box<Cell<u32>>,
}

impl Log {
    /// Follows the commits of a connection from now on.
    pub fn follow(connection: Handle, path: &Path, page_bytes: usize) -> Result<Log> {
        let log = Log {
            file: File::open(path)?,
            page_bytes,
            frames: Box::default(),
        };
        let context = (&raw const *log.frames).cast_mut().cast();
        // SAFETY: the connection is open, and what it calls back with stays where it is for as long as it is open.
        unsafe { ffi::sqlite3_wal_hook(connection, Some(committed), context) };
        Ok(log)
    }

    /// What the transaction has changed that was committed since this was last asked; `None` if it has changed nothing.
    pub fn take(&self) -> Result<Option<Changes>> {
        let last = u64::from(self.frames.take());
        let mut pages = Pages::new();
        let mut count = 0;
        for number in (1..=last).rev() {
            let mut frame = vec![0; FRAME_HEADER + self.page_bytes];
            let start = HEADER + (number - 1) * frame.len() as u64;
            self.file.read_exact_at(&mut frame, start)?;
            let field = |at: usize| {
                frame[at..at + 4]
                    .iter()
                    .fold(0, |field, byte| (field << 8) | u32::from(*byte))
            };
            // Only the frame that ends a transaction has the number of pages.
            let (page, pages_then) = (field(0), field(4));
            if number == last {
                count = pages_then;
                if count == 0 {
                    return Err(Error::other("the log does not end with a transaction"));
                }
            } else if pages_then != 0 {
                break;
            }
            frame.drain(..FRAME_HEADER);
            pages.entry(page).or_insert(frame);
        }
        pages.retain(|page, _| *page <= count);
        if let Some(first) = pages.get_mut(&1) {
            super::image::forget_log(first);
        }
        Ok((count > 0).then_some(Changes { pages, count }))
    }
}

/// SQLite has committed a transaction. As without this, a long log is copied to the file.
unsafe extern "C" fn committed(context: *mut c_void, connection: Handle, name: *const c_char, frames: c_int) -> c_int {
    // SAFETY: the context is that of `follow`, and the connection and the name are SQLite's own.
    unsafe {
        (*context.cast::<Cell<u32>>()).set(frames.unsigned_abs());
        if frames >= LOG_FRAMES {
            let mode = ffi::SQLITE_CHECKPOINT_PASSIVE;
            ffi::sqlite3_wal_checkpoint_v2(connection, name, mode, null_mut(), null_mut());
        }
    }
    ffi::SQLITE_OK
}
