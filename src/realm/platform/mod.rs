//! What each platform has in its own way: a thread's CPU clock, mapped files, and names that the C++ compiler gives. One
//! module per platform, all with the same items.
//!
//! A port also needs the linker's rules in `build.rs`, a row in `scripts/platforms.mjs`, a folder in `npm/`, and an archive of
//! V8 that can be linked with RocksDB (`vendor/v8/README.md`). Outside Unix, `src/store/rocks_*.rs` needs other file calls.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod linux;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub use linux::{ThreadClock, exit_now, is_profiled, map, set_stack_limit};

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!(
    "miniflare-rs is not ported to this platform: write a module in src/realm/platform with the items of linux.rs, and name \
     it in mod.rs, which says what else a port needs"
);
