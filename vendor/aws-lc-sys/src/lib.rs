//! `deno_crypto_provider` asks for `aws-lc-sys` 0.40 and `aws-lc-rs` for 0.47. Each holds the whole of AWS-LC, and what the
//! former calls is the same in both: so it gets the latter's.

#![no_std]

pub use current::*;
