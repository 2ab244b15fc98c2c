//! `deno_web` asks for `brotli` 6 and `async-compression` for 9. What the former calls is the same in both: so it gets the
//! latter's.

#![no_std]

pub use current::*;
