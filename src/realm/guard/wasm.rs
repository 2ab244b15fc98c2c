//! The memories of WebAssembly. V8 counts them nowhere, and knows one limit for each memory, which holds for the process.
//!
//! It is the highest limit of the workers that live, and the default one at least. It may only fall when those that it
//! was for are gone: V8 relies on no memory being larger.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deno_core::{op2, v8};

use crate::limits;

/// Pages of WebAssembly in one MiB.
const PAGES_PER_MIB: usize = 16;

/// How many workers live with each limit.
static LIMITS: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// The flag that sets the limit of V8 in MiB.
pub fn flag(limit_mib: usize) -> String {
    let pages = u32::try_from(limit_mib.saturating_mul(PAGES_PER_MIB)).unwrap_or(u32::MAX);
    format!("--wasm-max-mem-pages={pages}")
}

/// A worker's part in the limit, while it lives.
pub struct Part(usize);

impl Part {
    pub fn new(limit_mib: usize) -> Part {
        change(|limits| *limits.entry(limit_mib).or_default() += 1);
        Part(limit_mib)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        change(|limits| {
            if let Some(count) = limits.get_mut(&self.0) {
                *count -= 1;
            }
            limits.retain(|_, count| *count > 0);
        });
    }
}

/// What a memory may have, in MiB.
#[op2(fast)]
#[number]
pub fn op_wasm_limit() -> usize {
    highest(&lock())
}

fn lock() -> MutexGuard<'static, BTreeMap<usize, usize>> {
    LIMITS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn change(work: impl FnOnce(&mut BTreeMap<usize, usize>)) {
    let mut limits = lock();
    let before = highest(&limits);
    work(&mut limits);
    let after = highest(&limits);
    if after != before {
        // Compiled code is sure of the limit that it was compiled under: what was compiled under a lower one must not be
        // shared with this worker.
        v8::V8::set_flags_from_string("--no-wasm-native-module-cache");
        v8::V8::set_flags_from_string(&flag(after));
    }
}

fn highest(limits: &BTreeMap<usize, usize>) -> usize {
    let highest = limits.last_key_value().map_or(0, |(limit, _)| *limit);
    highest.max(limits::HEAP_LIMIT_MIB)
}
