//! Linux on 64 bits: POSIX clocks of threads and mapped files, and names after the Itanium C++ ABI.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::null_mut;
use std::time::Duration;

use deno_core::v8;

/// The CPU clock of one thread, which any thread can read.
#[derive(Clone, Copy)]
pub struct ThreadClock(libc::clockid_t);

impl ThreadClock {
    /// The clock of the calling thread.
    pub fn current() -> ThreadClock {
        let mut clock = libc::CLOCK_THREAD_CPUTIME_ID;
        // SAFETY: the calling thread is alive and `clock` is a valid place to write to.
        unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &mut clock) };
        ThreadClock(clock)
    }

    /// The CPU time that the thread has used; `None` when it has ended.
    pub fn read(self) -> Option<Duration> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place to write to; a clock of a thread that ended is refused, not undefined.
        let failed = unsafe { libc::clock_gettime(self.0, &mut time) } != 0;
        (!failed).then(|| Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }
}

unsafe extern "C" {
    /// `v8::Isolate::SetStackLimit(uintptr_t)`, which the binding does not have.
    #[link_name = "_ZN2v87Isolate13SetStackLimitEm"]
    fn v8_isolate_set_stack_limit(isolate: v8::UnsafeRawIsolatePtr, limit: usize);
}

/// Sets the address that the stack of the isolate must not grow beyond.
pub fn set_stack_limit(isolate: &mut v8::Isolate, limit: usize) {
    // SAFETY: the isolate is alive, and no other thread uses it, since it is borrowed here.
    unsafe { v8_isolate_set_stack_limit(isolate.as_raw_isolate_ptr(), limit) }
}

/// The contents of a file, for as long as the process lives: a page is read when it is first looked at. The file may be
/// replaced by another, but not be changed.
pub fn map(file: &File) -> Option<&'static [u8]> {
    let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
    let (access, sharing) = (libc::PROT_READ, libc::MAP_PRIVATE);
    // SAFETY: a new mapping.
    let data = unsafe { libc::mmap(null_mut(), length, access, sharing, file.as_raw_fd(), 0) };
    // SAFETY: so many bytes are mapped, and are never unmapped.
    (data != libc::MAP_FAILED).then(|| unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// Whether the signal by which V8 samples a thread is taken.
pub fn is_profiled() -> bool {
    // SAFETY: all bytes of the structure may be zero.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: `action` is a valid place to write to, and nothing is set.
    let failed = unsafe { libc::sigaction(libc::SIGPROF, std::ptr::null(), &mut action) } != 0;
    !failed && action.sa_sigaction != libc::SIG_DFL
}

/// Ends the process without running what is registered for its end, which other threads would meet while they work.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: it takes any code, and does not return.
    unsafe { libc::_exit(code) }
}
