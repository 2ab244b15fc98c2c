//! Profiles of an isolate: where it spends its time and what has allocated memory, as V8's sampling profilers find it, and what is
//! on its heap.
//!
//! https://chromedevtools.github.io/devtools-protocol/v8/Profiler/
//! https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use deno_core::serde_json::{self, Value, json};
use deno_core::v8;

use super::inspector::{Inspector, OwnSession};
use crate::realm::platform;

/// How many profilers of this V8 run in the process.
static RUNNING: AtomicU32 = AtomicU32::new(0);

/// The profilers of one isolate, which is entered when they are used or dropped.
#[derive(Default)]
pub struct Profilers {
    cpu: RefCell<Option<Profile>>,
    heap: RefCell<Option<HeapProfile>>,
    /// Theirs, where no debugger can connect: an isolate has one at a time.
    inspector: RefCell<Weak<Inspector>>,
}

impl Profilers {
    /// Starts to sample what runs, as [`Profile::start`] does; false if that cannot be.
    pub fn start_cpu(&self, inspector: &Rc<Inspector>, interval_us: u32) -> bool {
        let profile = Profile::start(inspector, interval_us);
        let has_started = profile.is_some();
        drop(self.cpu.replace(profile));
        has_started
    }

    /// What has run since then, as [`Profile::stop`] has it.
    pub fn stop_cpu(&self) -> Option<String> {
        Some(self.cpu.take()?.stop())
    }

    /// Starts to sample what is allocated, as [`HeapProfile::start`] does.
    pub fn start_heap(&self, inspector: &Rc<Inspector>, interval_bytes: u32) {
        drop(self.heap.replace(Some(HeapProfile::start(inspector, interval_bytes))));
    }

    /// What has been allocated since then, as [`HeapProfile::stop`] has it.
    pub fn stop_heap(&self) -> Option<String> {
        Some(self.heap.take()?.stop())
    }

    /// The inspector for them: the one that `make` makes, unless there is one.
    pub fn inspector(&self, make: impl FnOnce() -> Rc<Inspector>) -> Rc<Inspector> {
        if let Some(inspector) = self.inspector.borrow().upgrade() {
            return inspector;
        }
        let inspector = make();
        self.inspector.replace(Rc::downgrade(&inspector));
        inspector
    }

    /// Ends them.
    pub fn end(&self) {
        self.cpu.take();
        self.heap.take();
    }
}

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
        profile_of(&self.0.ask("Profiler.stop", None))
    }
}

/// What an answer says was found, as JSON.
fn profile_of(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    answer["result"]["profile"].to_string()
}

impl Drop for Profile {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, SeqCst);
    }
}

/// A profiler that samples what an isolate allocates.
pub struct HeapProfile(OwnSession);

impl HeapProfile {
    /// Starts to sample an isolate, which is entered, each so many bytes on average.
    pub fn start(inspector: &Rc<Inspector>, interval_bytes: u32) -> HeapProfile {
        let profile = HeapProfile(OwnSession::open(inspector));
        profile.0.ask("HeapProfiler.enable", None);
        let interval = json!({ "samplingInterval": interval_bytes });
        profile.0.ask("HeapProfiler.startSampling", Some(interval));
        profile
    }

    /// What it has found of objects that are still there, as JSON: V8's `SamplingHeapProfile`, which is the content of a
    /// `.heapprofile` file. The isolate is entered.
    pub fn stop(self) -> String {
        profile_of(&self.0.ask("HeapProfiler.stopSampling", None))
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
