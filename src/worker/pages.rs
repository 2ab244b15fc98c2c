//! Huge pages for large buffers.
//!
//! A fresh buffer of 10 MiB costs 2,560 page faults, several times the copy that fills it. Asked for huge pages before it
//! is touched, it costs a few. Only advice: where the system has none, nothing changes.

/// Size of a huge page on x86-64 and arm64 Linux with 4 KiB pages, and the alignment of the range that is advised.
const HUGE_PAGE: usize = 2 << 20;

/// Advises the system to back `[data, data + length)` by huge pages, as far as it covers whole ones.
pub fn advise_huge(data: *const u8, length: usize) {
    let start = (data as usize).next_multiple_of(HUGE_PAGE);
    let end = (data as usize + length) / HUGE_PAGE * HUGE_PAGE;
    if data.is_null() || start >= end {
        return;
    }
    #[cfg(target_os = "linux")]
    // SAFETY: the range lies in memory that the caller owns, and the advice changes no content.
    unsafe {
        libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE);
    }
}

/// A copy of `bytes` with room for `room` more, on huge pages when it is large.
pub fn copy(bytes: &[u8], room: usize) -> Vec<u8> {
    let mut copy = Vec::with_capacity(bytes.len() + room);
    advise_huge(copy.as_ptr(), bytes.len());
    copy.extend_from_slice(bytes);
    copy
}
