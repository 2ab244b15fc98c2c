//! Large buffers: mapped on pages of their own, and kept for a while when they are free.
//!
//! A fresh buffer of 10 MiB costs 2,560 page faults, several times the copy that fills it; one that was in use before costs
//! none. So a few that are free wait for the next one of their size, until the last worker is gone, and fresh ones that are
//! filled at once get their pages in one go. (Huge pages would be faster still where the system has some at hand, and
//! much slower where it must make room for them first.)

use std::ptr::{NonNull, null_mut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits;

/// Large buffers have room for a multiple of this, so that one can follow another of nearly its length.
const STEP: usize = 64 << 10;

/// Address and size of the free ones.
static KEPT: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Whether a buffer of `length` bytes is one for this place.
pub fn is_large(length: usize) -> bool {
    length >= limits::LARGE_BUFFER_BYTES
}

/// Memory for a large buffer, filled with zeros if `zeroed`; null when there is no memory left.
pub fn take(length: usize, zeroed: bool) -> *mut u8 {
    let size = size_of(length);
    let Some(kept) = take_kept(size) else {
        return map(size, zeroed);
    };
    if zeroed {
        // SAFETY: the memory is mapped, and has no other user.
        unsafe { kept.write_bytes(0, length) };
    }
    kept
}

/// Takes memory back.
///
/// # Safety
/// `data` comes from [`take`] with this very `length`, and is not used any more.
pub unsafe fn give_back(data: *mut u8, length: usize) {
    let size = size_of(length);
    let mut kept = lock();
    let held: usize = kept.iter().map(|(_, size)| size).sum();
    if held + size <= limits::KEPT_BUFFER_BYTES {
        kept.push((data as usize, size));
        return;
    }
    drop(kept);
    // SAFETY: as the caller promises.
    unsafe { unmap(data, size) };
}

/// Gives what is kept back to the system: the last worker is gone.
pub fn release() {
    for (data, size) in std::mem::take(&mut *lock()) {
        // SAFETY: kept memory has no user.
        unsafe { unmap(data as *mut u8, size) };
    }
}

fn size_of(length: usize) -> usize {
    length.next_multiple_of(STEP)
}

fn take_kept(size: usize) -> Option<*mut u8> {
    let mut kept = lock();
    let index = kept.iter().rposition(|(_, kept)| *kept == size)?;
    Some(kept.swap_remove(index).0 as *mut u8)
}

fn lock() -> MutexGuard<'static, Vec<(usize, usize)>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Maps `size` bytes of zeros. Unless `zeroed` is all that is wanted of them, they are about to be filled.
#[cfg(target_os = "linux")]
fn map(size: usize, zeroed: bool) -> *mut u8 {
    let populate = if zeroed { 0 } else { libc::MAP_POPULATE };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | populate;
    // SAFETY: a new mapping.
    let data = unsafe { libc::mmap(null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if data == libc::MAP_FAILED {
        null_mut()
    } else {
        data.cast()
    }
}

#[cfg(target_os = "linux")]
unsafe fn unmap(data: *mut u8, size: usize) {
    // SAFETY: as the caller promises.
    unsafe { libc::munmap(data.cast(), size) };
}

#[cfg(not(target_os = "linux"))]
fn map(size: usize, _zeroed: bool) -> *mut u8 {
    // SAFETY: calloc has no preconditions.
    unsafe { libc::calloc(1, size).cast() }
}

#[cfg(not(target_os = "linux"))]
unsafe fn unmap(data: *mut u8, _size: usize) {
    // SAFETY: as the caller promises.
    unsafe { libc::free(data.cast()) };
}

/// A large buffer that belongs to no engine.
pub struct Block {
    data: NonNull<u8>,
    length: usize,
    /// The length that it was taken with.
    taken: usize,
}

// SAFETY: owns its memory, which is tied to no thread, and which only `append` changes.
unsafe impl Send for Block {}

impl Block {
    /// A copy of `bytes`, if they are many and there is memory.
    pub fn copy_of(bytes: &[u8]) -> Option<Block> {
        Block::with_room(bytes, 0)
    }

    /// As [`Block::copy_of`], with room for so many bytes more.
    pub fn with_room(bytes: &[u8], room: usize) -> Option<Block> {
        if !is_large(bytes.len()) {
            return None;
        }
        let taken = bytes.len() + room;
        let data = NonNull::new(take(taken, false))?;
        // SAFETY: `data` has room for all bytes, and has no other user.
        unsafe { data.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
        Some(Block {
            data,
            length: bytes.len(),
            taken,
        })
    }

    /// Adds bytes at the end, if there is room for them.
    pub fn append(&mut self, bytes: &[u8]) -> bool {
        let length = self.length + bytes.len();
        if length > size_of(self.taken) {
            return false;
        }
        // SAFETY: there is room behind what is filled, and the block is the only user of its memory.
        unsafe {
            self.data
                .add(self.length)
                .copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len())
        };
        self.length = length;
        true
    }

    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: filled by `with_room` and `append`.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.length) }
    }

    /// Address, length, and what [`give_back`] is to be called with.
    pub fn into_raw(self) -> (*mut u8, usize, usize) {
        let block = std::mem::ManuallyDrop::new(self);
        (block.data.as_ptr(), block.length, block.taken)
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: taken with this length, and owned.
        unsafe { give_back(self.data.as_ptr(), self.taken) };
    }
}
