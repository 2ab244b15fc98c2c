//! The stacks that parsers run on: address space of which a parser touches a few pages. To map one costs as much as a short
//! document, so a thread keeps some.

use std::cell::RefCell;
use std::io;
use std::mem::ManuallyDrop;

use corosensei::stack::{DefaultStack, Stack, StackPointer};

use super::limits;

thread_local! {
    static KEPT: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// A stack that goes back to those of its thread when it is dropped.
pub struct KeptStack(ManuallyDrop<DefaultStack>);

impl KeptStack {
    /// A stack with a guard page below it; fails when the system has no address space left.
    pub fn take() -> io::Result<KeptStack> {
        let kept = KEPT.try_with(|kept| kept.borrow_mut().pop()).ok().flatten();
        let stack = match kept {
            Some(stack) => stack,
            None => DefaultStack::new(limits::STACK_BYTES)?,
        };
        Ok(KeptStack(ManuallyDrop::new(stack)))
    }
}

impl Drop for KeptStack {
    fn drop(&mut self) {
        // SAFETY: this is the only place that takes it, and nothing uses it afterwards.
        let stack = unsafe { ManuallyDrop::take(&mut self.0) };
        // At the end of a thread there is nowhere to keep it.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < limits::KEPT_STACKS {
                kept.push(stack);
            }
        });
    }
}

// SAFETY: it is the stack that it holds, guard page included.
unsafe impl Stack for KeptStack {
    fn base(&self) -> StackPointer {
        self.0.base()
    }

    fn limit(&self) -> StackPointer {
        self.0.limit()
    }
}
