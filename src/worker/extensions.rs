//! Everything a worker's realm is made of, in order. The snapshot and every isolate use this one list; the modules that
//! run while the snapshot is made are there only then, bundled into one (`scripts/bundle.mjs`).

use std::borrow::Cow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::{Extension, ExtensionFileSource};
use deno_web::{BlobStore, InMemoryBroadcastChannel};

use super::answer::Answers;
use super::deferred::Deferred;
use super::modules::Graph;
use super::timers::Timers;
use super::{answer, deferred, lazy, modules, stacks, time, timers};
use crate::cache::ops as cache;
use crate::clock::Clock;
use crate::durable::alarm_ops as alarms;
use crate::durable::clone;
use crate::durable::ops as durable;
use crate::fetch::ops as fetch;
use crate::kv::ops as kv;
use crate::mock::ops as mock;
use crate::realm::guard::wasm;
use crate::realm::host::{Host, HostHandle};
use crate::realm::later::Laters;
use crate::realm::value::Value;
use crate::realm::{host, later};
use crate::web::crypto::{self, KeySymbols};
use crate::web::{blobs, digest, gcm, jwk, url};

deno_core::extension!(
    miniflare,
    deps = [deno_webidl, deno_web, deno_crypto, deno_fetch],
    ops = [
        host::op_host,
        host::op_host_copies_below,
        answer::op_answer,
        answer::op_fail,
        deferred::op_after_microtasks,
        later::op_later,
        lazy::op_lazy_define,
        lazy::op_lazy_load,
        lazy::op_lazy_scripts,
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
        blobs::op_web_blob_bytes,
        digest::op_web_digest_finish,
        digest::op_web_digest_new,
        digest::op_web_digest_update,
        digest::op_web_equal,
        crypto::op_web_key_symbols,
        gcm::op_web_gcm_decrypt,
        gcm::op_web_gcm_encrypt,
        jwk::op_web_is_ec_key,
        url::op_web_url_change,
        url::op_web_url_parse,
        url::op_web_url_parse_with_base,
        url::op_web_url_serialization,
        alarms::op_durable_alarm,
        alarms::op_durable_alarms_deliver,
        alarms::op_durable_alarms_due,
        alarms::op_durable_alarms_forget,
        alarms::op_durable_alarms_postpone,
        alarms::op_durable_alarms_scheduled,
        alarms::op_durable_alarms_watch,
        fetch::op_outbound_answer,
        fetch::op_outbound_configure,
        fetch::op_outbound_open,
        durable::op_durable_begin,
        durable::op_durable_commit,
        durable::op_durable_confirm,
        durable::op_durable_confirmed,
        durable::op_durable_delete,
        durable::op_durable_delete_all,
        durable::op_durable_delete_many,
        durable::op_durable_end,
        durable::op_durable_get,
        durable::op_durable_get_many,
        durable::op_durable_id_from_name,
        durable::op_durable_id_parse,
        durable::op_durable_id_unique,
        durable::op_durable_list,
        durable::op_durable_open,
        durable::op_durable_put,
        durable::op_durable_put_many,
        clone::op_durable_refuse,
        durable::op_durable_stored,
        cache::op_cache_delete,
        cache::op_cache_match,
        cache::op_cache_name_limit,
        cache::op_cache_put,
        cache::op_cache_ttl,
        kv::op_kv_delete,
        kv::op_kv_get,
        kv::op_kv_list,
        kv::op_kv_put,
        kv::op_kv_value_limit,
        mock::op_mock_ask,
    ],
    lazy_loaded_js = [
        dir "src",
        "cache/cache.js",
        "durable/object-namespace.js",
        "kv/kv-namespace.js",
        "membrane/membrane-data.js",
        "membrane/membrane-errors.js",
        "membrane/intrinsics.js",
        "membrane/membrane.js",
        "membrane/signals.js",
        "membrane/sources.js",
        "membrane/membrane-streams.js",
        "web/chunks.js",
        "web/digest-stream.js",
        "web/navigator.js",
        "web/scheduler.js",
        "web/scope.js",
        "web/streams.js",
        "web/subtle.js",
        "web/url.js",
        "worker/bound.js",
        "realm/lazy-scripts.js",
        "ext:deno_net/02_tls.js" = "worker/absent.js",
    ],
    state = |state| {
        // What the ops find while the snapshot is made; an isolate's lane puts its own in their place.
        state.put(HostHandle(Rc::new(Nobody)));
        state.put(Rc::<Answers>::default());
        state.put(Rc::<Deferred>::default());
        state.put(Rc::<KeySymbols>::default());
        state.put(Laters::default());
        state.put(Graph::default());
        let clock = Rc::<Clock>::default();
        state.put(Rc::new(Timers::new(clock.clone())));
        state.put(clock);
    },
);

/// The host of a realm that has none yet.
struct Nobody;

impl Host for Nobody {
    fn call(&self, _call: u32, _args: Vec<Value>) -> Value {
        Value::Undefined
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

/// The extensions, with all their scripts.
fn all() -> Vec<Extension> {
    vec![
        deno_webidl::deno_webidl::init(),
        web(),
        deno_crypto::deno_crypto::init(None),
        fetch_classes(),
        own(),
    ]
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
    extensions
}

/// Takes our own scripts as `scripts/bundle.mjs` has written them to a folder, with their built-ins bound.
pub fn take_bound(extensions: &mut [Extension], folder: &Path) -> Result<(), String> {
    let files = extensions
        .iter_mut()
        .flat_map(|extension| extension.lazy_loaded_js_files.to_mut());
    for file in files {
        let Some(name) = file.specifier.strip_prefix("ext:miniflare/") else {
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
    if let Some(miniflare) = extensions.last_mut() {
        miniflare.esm_files = Cow::Owned(vec![ExtensionFileSource::new_computed(WORKER, Arc::from(text))]);
        miniflare.esm_entry_point = Some(WORKER);
    }
    extensions
}
