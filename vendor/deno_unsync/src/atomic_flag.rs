//! A flag that is raised once, as deno_unsync has it since 0.4 (the series re-exported here cannot be made in a `static`).

use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug, Default)]
pub struct AtomicFlag(AtomicBool);

impl AtomicFlag {
    pub const fn lowered() -> AtomicFlag {
        AtomicFlag(AtomicBool::new(false))
    }

    pub const fn raised() -> AtomicFlag {
        AtomicFlag(AtomicBool::new(true))
    }

    /// Raises the flag; false when it was raised already.
    pub fn raise(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }

    /// Lowers the flag; false when it was lowered already.
    pub fn lower(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }

    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
