//! The one background thread of the process: a tokio runtime for sockets, timers and the watchdog.
//!
//! It never touches an isolate. Lanes enter its handle, so that what upstream awaits is driven here, and are woken
//! through their own wakers. It lives as long as the process: nothing owns it, nothing stops it.

use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, OnceLock, PoisonError};

use deno_core::{JsRuntime, v8};
use tokio::runtime::{Builder, Handle};

use super::guard::wasm;
use crate::limits;

static STARTING: OnceLock<Mutex<Receiver<Handle>>> = OnceLock::new();
static HANDLE: OnceLock<Handle> = OnceLock::new();

/// The background runtime's handle; the first call starts the thread and V8.
pub fn handle() -> &'static Handle {
    HANDLE.get_or_init(wait)
}

const FLAGS: &[&str] = &[
    // V8 removes the interrupt check of some endless loops while it looks for loops to unroll (a loop whose body fills an
    // array of a known size is one), and a loop without it can never be stopped.
    "--no-turboshaft-loop-unrolling",
    // Buffers that a collection found dead are freed before it returns: only then has an allocation that is tried again
    // after it a fair chance under the memory limit.
    "--no-concurrent-array-buffer-sweeping",
    // The limit of WebAssembly's memories follows the limits of the workers that live.
    "--no-freeze-flags-after-init",
    // The functions that start a worker are just long enough together to be compiled by Sparkplug, for which V8 sets up
    // its pages for code: a third of a millisecond that a worker of a few requests does not earn back. One of many gets
    // there soon after.
    "--baseline-batch-compilation-threshold=32768",
    // V8 takes the little that a young heap holds for its size, and collects all of it for every few megabytes of buffers:
    // half of the time of a worker that streams. Below this many megabytes, it leaves that to the young generation.
    "--initial-old-space-size=32",
    // V8 maps its built-in functions into every isolate, to call them by shorter jumps: 5 % of the cost of an isolate.
    "--no-short-builtin-calls",
];

/// Sets V8's flags: ours, and those that its developers and ours may add, e.g. `MINIFLARE_RS_V8_FLAGS="--trace-gc"`.
fn set_flags() {
    let more = std::env::var("MINIFLARE_RS_V8_FLAGS").unwrap_or_default();
    // The first is taken for the program's name.
    let memories = wasm::flag(limits::HEAP_LIMIT_MIB);
    let flags = ["miniflare-rs", &memories]
        .into_iter()
        .chain(FLAGS.iter().copied())
        .chain(more.split_whitespace());
    deno_core::v8_set_flags(flags.map(String::from).collect());
}

/// Starts the thread, without waiting until it works.
pub fn begin() {
    STARTING.get_or_init(start);
}

fn start() -> Mutex<Receiver<Handle>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("miniflare-rs".into());
    let spawned = thread.spawn(move || {
        // V8 is started on the thread that outlives all others.
        set_flags();
        // Of the time zone, `zone.c` takes care.
        v8::icu::set_default_locale("en-US");
        v8::V8::set_entropy_source(|bytes: &mut [u8]| getrandom::fill(bytes).is_ok());
        JsRuntime::init_platform(None);
        match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let _ = sender.send(runtime.handle().clone());
                runtime.block_on(std::future::pending::<()>());
            }
            Err(error) => panic!("the background runtime cannot start: {error}"),
        }
    });
    if let Err(error) = spawned {
        panic!("the background thread cannot start: {error}");
    }
    Mutex::new(receiver)
}

fn wait() -> Handle {
    let receiver = STARTING
        .get_or_init(start)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match receiver.recv() {
        Ok(handle) => handle,
        Err(_) => panic!("the background thread ended while it started"),
    }
}
