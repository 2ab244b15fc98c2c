//! How often each part of a worker's scripts has run, as V8's profiler counts it for the inspector's protocol:
//! <https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#method-takePreciseCoverage>
//!
//! V8 counts only in scripts that it compiles afterwards, and not in code from a cache.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use deno_core::{
    InspectorMsg, InspectorSessionKind, JsRuntime, JsRuntimeInspector, LocalInspectorSession,
    serde_json::{self, Value, json},
};

/// Whether any lane of the process counts: scripts are then compiled from their text.
static IS_COUNTING: AtomicBool = AtomicBool::new(false);

pub fn is_counting() -> bool {
    IS_COUNTING.load(Relaxed)
}

/// The counters of one isolate. It is dropped before the isolate.
pub struct Coverage {
    session: LocalInspectorSession,
    answer: Rc<RefCell<String>>,
}

impl Coverage {
    /// Starts to count in an isolate, which is entered.
    pub fn start(runtime: &mut JsRuntime) -> Coverage {
        IS_COUNTING.store(true, Relaxed);
        runtime.maybe_init_inspector();
        let answer = Rc::<RefCell<String>>::default();
        let kept = answer.clone();
        let keep = Box::new(move |message: InspectorMsg| {
            kept.replace(message.content);
        });
        let kind = InspectorSessionKind::NonBlocking {
            wait_for_disconnect: false,
        };
        let session = JsRuntimeInspector::create_local_session(runtime.inspector(), keep, kind);
        let mut coverage = Coverage { session, answer };
        coverage.ask("Profiler.enable", None);
        let detailed = json!({ "callCount": true, "detailed": true });
        coverage.ask("Profiler.startPreciseCoverage", Some(detailed));
        coverage
    }

    /// What has run since the last time, as JSON: a list of V8's `ScriptCoverage` for each script of a file.
    /// The isolate is entered.
    pub fn take(&mut self) -> String {
        let answer = self.ask("Profiler.takePreciseCoverage", None);
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        let scripts = answer["result"]["result"].as_array().into_iter().flatten();
        let of_user = |script: &&Value| script["url"].as_str().is_some_and(|url| url.starts_with("file:"));
        Value::Array(scripts.filter(of_user).cloned().collect()).to_string()
    }

    /// V8 answers these methods before they return.
    fn ask(&mut self, method: &str, params: Option<Value>) -> String {
        self.session.post_message(1, method, params);
        self.answer.take()
    }
}
