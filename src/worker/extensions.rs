//! Everything a worker's realm is made of, in order. The snapshot and every isolate use this one list; the modules that
//! run while the snapshot is made are there only then, bundled into one (`scripts/bundle.mjs`).

use std::borrow::Cow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::{Extension, ExtensionFileSource};
use deno_web::{BlobStore, InMemoryBroadcastChannel};

use super::after_microtasks::AfterMicrotasks;
use super::answer::Answers;
use super::modules::Graph;
use super::timers::Timers;
use super::{after_microtasks, answer, late_ops, lazy, modules, stacks, time, timers};
use crate::clock::Clock;
use crate::network;
use crate::realm::guard::wasm;
use crate::realm::host::{Host, HostHandle};
use crate::realm::pending::PendingSet;
use crate::realm::turns::TurnHooks;
use crate::realm::value::Value;
use crate::realm::{host, meter, pending};
use crate::rooms::ROOMS;

// The ground and the assembly: the ops that belong to no room.
deno_core::extension!(
    miniflare,
    deps = [deno_webidl, deno_web, deno_crypto, deno_fetch],
    ops = [
        host::op_host,
        host::op_host_copies_below,
        answer::op_answer,
        answer::op_fail,
        after_microtasks::op_after_microtasks,
        meter::op_meter_before,
        meter::op_meter_elapsed,
        meter::op_meter_now,
        pending::op_later,
        lazy::op_lazy_define,
        lazy::op_lazy_load,
        lazy::op_lazy_scripts,
        network::ops::op_outbound_configure,
        modules::op_add_module,
        modules::op_module_files,
        modules::op_require,
        modules::op_run_script,
        modules::op_run_module,
        stacks::op_source_maps,
        wasm::op_wasm_limit,
        modules::op_compile_wasm,
        time::op_clock_now,
        time::op_context_limits,
        timers::op_timer_clear,
        timers::op_timer_start,
    ],
    lazy_loaded_js = [
        dir "src",
        "membrane/attempt.ts",
        "membrane/membrane-data.ts",
        "membrane/membrane-errors.ts",
        "membrane/intrinsics.ts",
        "membrane/kinds.ts",
        "membrane/membrane.ts",
        "membrane/signals.ts",
        "worker/bound.js",
        "protocol.ts",
        "realm/lazy-scripts.ts",
        "ext:deno_net/02_tls.js" = "worker/absent.js",
    ],
    state = |state| {
        // The host and the clock are there until an isolate belongs to a lane, which puts its own in their place.
        state.put(HostHandle(Rc::new(NullHost)));
        state.put(Rc::<Answers>::default());
        state.put(Rc::<AfterMicrotasks>::default());
        state.put(Rc::<TurnHooks>::default());
        state.put(PendingSet::default());
        state.put(Graph::default());
        let clock = Rc::<Clock>::default();
        state.put(Rc::new(Timers::new(clock.clone())));
        state.put(clock);
    },
);

/// What that extension is called.
const NAME: &str = "miniflare";

/// The host of a realm that has none yet.
struct NullHost;

impl Host for NullHost {
    fn call(&self, _call: u32, _args: Vec<Value>) -> Value {
        Value::Undefined
    }

    fn has_turns(&self) -> bool {
        false
    }
}

/// Parts of `deno_web` that workers do not have, or have in another way (URLs). Left out, they cost neither snapshot nor
/// start-up.
const ABSENT_OPS: &[&str] = &[
    "op_broadcast_",
    "op_geometry_",
    "op_lock_manager_",
    "op_url_get_serialization",
    "op_url_parse_with_base",
    "op_url_reparse",
];
/// The one native class of `deno_web` that its console is made of; the others are geometry, images and style sheets.
const CONSOLE: &str = "Console";

fn web() -> Extension {
    let blobs = BlobStore::default_arc();
    let mut web = deno_web::deno_web::init(blobs, None, false, InMemoryBroadcastChannel::default());
    web.ops
        .to_mut()
        .retain(|op| !ABSENT_OPS.iter().any(|absent| op.name.starts_with(absent)));
    web.objects.to_mut().retain(|class| class.name.0 == CONSOLE);
    web
}

/// Ops of upstream's own `fetch`, whose place the room of outbound fetch takes; its classes stay.
const FETCH_OPS: &str = "op_fetch";

fn fetch_classes() -> Extension {
    let mut classes = deno_fetch::deno_fetch::init(deno_fetch::Options::default());
    classes.ops.to_mut().retain(|op| !op.name.starts_with(FETCH_OPS));
    classes
}

/// The extensions, with all their scripts: upstream's, ours, the rooms'.
fn all() -> Vec<Extension> {
    let ground = [
        deno_webidl::deno_webidl::init(),
        web(),
        deno_crypto::deno_crypto::init(None),
        fetch_classes(),
        own(),
    ];
    let rooms = ROOMS.iter().map(|room| (room.extension)());
    ground.into_iter().chain(rooms).collect()
}

fn own() -> Extension {
    let mut own = miniflare::init();
    own.external_references = Cow::Owned(lazy::external_references());
    own
}

/// The extensions of an isolate that starts from the snapshot: none of their scripts is loaded any more, except by `lazy.rs`.
pub fn loaded() -> Vec<Extension> {
    let mut extensions = all();
    for extension in &mut extensions {
        extension.lazy_loaded_js_files = Cow::Borrowed(&[]);
    }
    late_ops::put_last(&mut extensions);
    extensions
}

/// What the specifiers of our own scripts begin with: their paths below `src` follow.
pub const OWN: &str = "ext:miniflare/";

/// Takes our own scripts as `scripts/bundle.mjs` has written them to a folder, with their built-ins bound.
pub fn take_bound(extensions: &mut [Extension], folder: &Path) -> Result<(), String> {
    let files = extensions
        .iter_mut()
        .flat_map(|extension| extension.lazy_loaded_js_files.to_mut());
    for file in files {
        let Some(name) = file.specifier.strip_prefix(OWN) else {
            continue;
        };
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        *file = ExtensionFileSource::new_computed(file.specifier, Arc::from(text));
    }
    Ok(())
}

/// What the worker's modules are called in the realm.
const WORKER: &str = "ext:miniflare/worker.js";

/// The extensions for a snapshot: with the worker's modules, which are evaluated then, once and for all isolates.
pub fn with_worker(text: String) -> Vec<Extension> {
    let mut extensions = all();
    if let Some(miniflare) = extensions.iter_mut().find(|extension| extension.name == NAME) {
        miniflare.esm_files = Cow::Owned(vec![ExtensionFileSource::new_computed(WORKER, Arc::from(text))]);
        miniflare.esm_entry_point = Some(WORKER);
    }
    extensions
}
