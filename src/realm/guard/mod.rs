//! What keeps a worker from harming the process it runs in: one file per danger.

pub mod cpu;
pub mod heap;
pub mod wasm;

/// Why a lane was condemned. Its isolate is thrown away; the instance starts a fresh one for the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    CpuLimit,
    HeapLimit,
    Panic,
}

impl Verdict {
    /// The error code that users see.
    pub fn code(self) -> &'static str {
        match self {
            Verdict::CpuLimit => "ERR_CPU_LIMIT",
            Verdict::HeapLimit => "ERR_HEAP_LIMIT",
            Verdict::Panic => "ERR_PANIC",
        }
    }
}
