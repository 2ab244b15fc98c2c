//! Profiles of an isolate: where it spends its time, as V8's sampling profiler finds it, and what is on its heap.
//!
//! https://chromedevtools.github.io/devtools-protocol/v8/Profiler/

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use deno_core::serde_json::{self, Value, json};
use deno_core::v8;

use super::inspector::{Inspector, OwnSession};
use crate::realm::platform;

/// How many profilers of this V8 run in the process.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// A profiler that samples an isolate.
pub struct Profile(OwnSession);

impl Profile {
    /// Starts to sample an isolate, which is entered, each so many microseconds. `None` if another V8 of the process is
    /// being profiled, such as Node's: both would take the same signal.
    pub fn start(inspector: &Rc<Inspector>, interval_us: u32) -> Option<Profile> {
        if RUNNING.load(SeqCst) == 0 && platform::is_profiled() {
            return None;
        }
        RUNNING.fetch_add(1, SeqCst);
        let profile = Profile(OwnSession::open(inspector));
        profile.0.ask("Profiler.enable", None);
        let interval = json!({ "interval": interval_us });
        profile.0.ask("Profiler.setSamplingInterval", Some(interval));
        profile.0.ask("Profiler.start", None);
        Some(profile)
    }

    /// What it has found, as JSON: V8's `Profile`, which is the content of a `.cpuprofile` file. The isolate is entered.
    pub fn stop(self) -> String {
        let answer = self.0.ask("Profiler.stop", None);
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        answer["result"]["profile"].to_string()
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, SeqCst);
    }
}

/// Writes what is on the heap of an isolate to a file, as V8's heap snapshots are: `.heapsnapshot`. The isolate is entered.
pub fn heap_snapshot(isolate: &mut v8::Isolate, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut written = Ok(());
    isolate.take_heap_snapshot(|chunk| {
        written = file.write_all(chunk);
        written.is_ok()
    });
    written?;
    file.flush()
}
