//! The room of the Web APIs: what Workers change or add on top of upstream's crates.

pub mod blobs;
pub mod clone;
pub mod crypto;
pub mod digest;
pub mod gcm;
pub mod jwk;
pub mod node;
pub mod url;

use std::rc::Rc;

use crypto::KeySymbols;

use crate::realm::room::Room;
use crate::realm::turns::TurnHooks;

deno_core::extension!(
    miniflare_web,
    deps = [miniflare],
    ops = [
        blobs::op_web_blob_bytes,
        clone::op_web_refuse_storage,
        crypto::op_web_key_symbols,
        digest::op_web_digest_finish,
        digest::op_web_digest_new,
        digest::op_web_digest_update,
        digest::op_web_equal,
        gcm::op_web_gcm_decrypt,
        gcm::op_web_gcm_encrypt,
        jwk::op_web_is_ec_key,
        url::op_web_url_change,
        url::op_web_url_parse,
        url::op_web_url_parse_with_base,
        url::op_web_url_serialization,
    ],
    lazy_loaded_js = [
        dir "src/web",
        "ext:miniflare/web/chunks.ts" = "chunks.ts",
        "ext:miniflare/web/digest-stream.ts" = "digest-stream.ts",
        "ext:miniflare/web/header-text.ts" = "header-text.ts",
        "ext:miniflare/web/navigator.ts" = "navigator.ts",
        "ext:miniflare/web/scheduler.ts" = "scheduler.ts",
        "ext:miniflare/web/scope.ts" = "scope.ts",
        "ext:miniflare/web/sources.ts" = "sources.ts",
        "ext:miniflare/web/streams.ts" = "streams.ts",
        "ext:miniflare/web/subtle.ts" = "subtle.ts",
        "ext:miniflare/web/url.ts" = "url.ts",
        "ext:miniflare/web/wire-streams.ts" = "wire-streams.ts",
    ],
    state = |state| {
        let symbols = Rc::<KeySymbols>::default();
        state.borrow::<Rc<TurnHooks>>().add(symbols.clone());
        state.put(symbols);
    },
);

pub const ROOM: Room = Room {
    lazy: &[
        "ext:miniflare/web/bundle.ts",
        "ext:miniflare/web/digest-stream.ts",
        "ext:miniflare/web/streams.ts",
    ],
    exercise: Some(include_str!("exercise.js")),
    ..Room::new("web", miniflare_web::init)
};
