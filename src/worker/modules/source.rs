//! Compiling scripts and modules, with V8's code cache kept for the process: a second instance of the same script skips
//! parsing and compiling.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex};

use deno_core::v8;
use deno_core::v8::script_compiler::{CompileOptions, NoCacheReason, Source};

use crate::limits;

/// A script's cache is found by its path and text: V8 itself compares no more than the length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(u64, u64);

static CACHE: LazyLock<Mutex<HashMap<CacheKey, Arc<[u8]>>>> = LazyLock::new(Mutex::default);

impl CacheKey {
    /// The key of a text; `None` when it is too small to be worth caching.
    fn new(path: &str, text: &str, kind: u8) -> Option<CacheKey> {
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, kind, path, text).hash(&mut hasher);
            hasher.finish()
        };
        (text.len() >= limits::CODE_CACHE_BYTES).then(|| CacheKey(hash(1), hash(2)))
    }

    /// Keeps the code of what has run.
    pub fn keep(self, code: Option<v8::UniqueRef<v8::CachedData<'static>>>) {
        if let Some(code) = code
            && let Ok(mut cache) = CACHE.lock()
        {
            cache.insert(self, Arc::from(&code[..]));
        }
    }
}

fn cached(key: &Option<CacheKey>) -> Option<Arc<[u8]>> {
    CACHE.lock().ok()?.get(key.as_ref()?).cloned()
}

fn origin<'s>(scope: &mut v8::PinScope<'s, '_>, path: v8::Local<'s, v8::String>, module: bool) -> v8::ScriptOrigin<'s> {
    v8::ScriptOrigin::new(scope, path.into(), 0, 0, false, -1, None, false, false, module, None)
}

/// Compiles an ES module. The key is given back when its code should be kept once it has run.
pub fn module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    path: &str,
    text: &str,
) -> Option<(v8::Local<'s, v8::Module>, Option<CacheKey>)> {
    let key = CacheKey::new(path, text, b'm');
    let cached = cached(&key);
    let (mut source, options) = source(scope, path, text, true, cached.as_deref())?;
    let module = v8::script_compiler::compile_module2(scope, &mut source, options, NoCacheReason::NoReason)?;
    Some((module, key.filter(|_| cached.is_none())))
}

/// Compiles a classic script.
pub fn script<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    path: &str,
    text: &str,
) -> Option<(v8::Local<'s, v8::UnboundScript>, Option<CacheKey>)> {
    let key = CacheKey::new(path, text, b's');
    let cached = cached(&key);
    let (mut source, options) = source(scope, path, text, false, cached.as_deref())?;
    let script = v8::script_compiler::compile_unbound_script(scope, &mut source, options, NoCacheReason::NoReason)?;
    Some((script, key.filter(|_| cached.is_none())))
}

/// Compiles the body of a CommonJS module as `(exports, require, module) => { ... }`.
pub fn commonjs<'s>(scope: &mut v8::PinScope<'s, '_>, path: &str, text: &str) -> Option<v8::Local<'s, v8::Function>> {
    let mut parameters = Vec::with_capacity(3);
    for name in ["exports", "require", "module"] {
        parameters.push(v8::String::new(scope, name)?);
    }
    let (mut source, options) = source(scope, path, text, false, None)?;
    let reason = NoCacheReason::NoReason;
    v8::script_compiler::compile_function(scope, &mut source, &parameters, &[], options, reason)
}

fn source<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    path: &str,
    text: &str,
    module: bool,
    cached: Option<&[u8]>,
) -> Option<(Source, CompileOptions)> {
    let name = v8::String::new(scope, path)?;
    let origin = origin(scope, name, module);
    let text = v8::String::new(scope, text)?;
    Some(match cached {
        Some(code) => {
            let code = v8::CachedData::new(code);
            (Source::new_with_cached_data(text, Some(&origin), code), CompileOptions::ConsumeCodeCache)
        }
        None => (Source::new(text, Some(&origin)), CompileOptions::NoCompileOptions),
    })
}
