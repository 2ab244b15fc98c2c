//! How often each part of a worker's scripts has run, as V8's profiler counts it for the inspector's protocol:
//! <https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#method-takePreciseCoverage>
//!
//! V8 counts only in scripts that it compiles afterwards, and not in code from a cache.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use deno_core::serde_json::{self, Value, json};

use super::inspector::{Inspector, OwnSession};

/// Whether any lane of the process counts: scripts are then compiled from their text.
static IS_COUNTING: AtomicBool = AtomicBool::new(false);

pub fn is_counting() -> bool {
    IS_COUNTING.load(Relaxed)
}

/// The counters of one isolate. It is dropped before the isolate.
pub struct Coverage(OwnSession);

impl Coverage {
    /// Starts to count in an isolate, which is entered.
    pub fn start(inspector: &Rc<Inspector>) -> Coverage {
        IS_COUNTING.store(true, Relaxed);
        let session = OwnSession::open(inspector);
        session.ask("Profiler.enable", None);
        let detailed = json!({ "callCount": true, "detailed": true });
        session.ask("Profiler.startPreciseCoverage", Some(detailed));
        Coverage(session)
    }

    /// What has run since the last time, as JSON: a list of V8's `ScriptCoverage` for each script of a file.
    /// The isolate is entered.
    pub fn take(&self) -> String {
        let answer = self.0.ask("Profiler.takePreciseCoverage", None);
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        let scripts = answer["result"]["result"].as_array().into_iter().flatten();
        let of_user = |script: &&Value| script["url"].as_str().is_some_and(|url| url.starts_with("file:"));
        Value::Array(scripts.filter(of_user).cloned().collect()).to_string()
    }
}
