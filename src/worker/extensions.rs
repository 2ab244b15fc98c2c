//! Everything a worker's realm is made of, in order. The snapshot and every isolate use this one list.

use deno_core::Extension;
use deno_web::{BlobStore, InMemoryBroadcastChannel};

use super::{answer, host, modules};

deno_core::extension!(
    miniflare,
    deps = [deno_webidl, deno_web, deno_crypto, deno_fetch],
    ops = [
        host::op_host,
        answer::op_answer,
        answer::op_fail,
        modules::op_require,
        modules::op_run_script,
        modules::op_run_module,
        modules::op_compile_wasm,
    ],
    esm_entry_point = "ext:miniflare/worker/boot.js",
    esm = [
        dir "src",
        "worker/boot.js",
        "worker/body.js",
        "worker/commonjs.js",
        "worker/control.js",
        "worker/dispatch.js",
        "worker/errors.js",
        "worker/platform.js",
        "worker/realm.js",
        "worker/request.js",
        "worker/start.js",
        "worker/worker.js",
        "web/console.js",
        "web/events.js",
        "web/globals.js",
        "web/misc.js",
        "web/rejections.js",
    ],
    lazy_loaded_js = [
        dir "src",
        "membrane/errors.js",
        "membrane/intrinsics.js",
        "membrane/membrane.js",
        "ext:deno_net/02_tls.js" = "worker/absent.js",
    ],
);

/// The extensions of every isolate.
pub fn all() -> Vec<Extension> {
    vec![
        deno_webidl::deno_webidl::init(),
        deno_web::deno_web::init(BlobStore::default_arc(), None, false, InMemoryBroadcastChannel::default()),
        deno_crypto::deno_crypto::init(None),
        deno_fetch::deno_fetch::init(deno_fetch::Options::default()),
        miniflare::init(),
    ]
}
