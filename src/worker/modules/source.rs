//! Compiling scripts and modules, with V8's code cache kept for the process: from the third time on, a script is neither parsed nor
//! compiled. Code is not kept the first time, since a script that is being edited is not compiled again.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex};

use deno_core::v8;
use deno_core::v8::script_compiler::{CompileOptions, NoCacheReason, Source};

use crate::limits;
use crate::worker::coverage;

/// A script's cache is found by its path and text: V8 itself compares no more than the length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(u64, u64);

static CACHE: LazyLock<Mutex<HashMap<CacheKey, Arc<[u8]>>>> = LazyLock::new(Mutex::default);
/// What has been compiled.
static COMPILED: LazyLock<Mutex<HashSet<CacheKey>>> = LazyLock::new(Mutex::default);

impl CacheKey {
    /// The key of a text; `None` when it is too small to be worth caching.
    fn new(path: &str, text: &str, kind: u8) -> Option<CacheKey> {
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, kind, path, text).hash(&mut hasher);
            hasher.finish()
        };
        // V8 counts nothing in code that comes from a cache.
        let is_cached = text.len() >= limits::CODE_CACHE_BYTES && !coverage::is_counting();
        is_cached.then(|| CacheKey(hash(1), hash(2)))
    }

    /// Takes note that this is compiled; whether it was before.
    fn is_again(&self) -> bool {
        COMPILED.lock().is_ok_and(|mut compiled| !compiled.insert(self.clone()))
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
    Some((module, key.filter(|key| is_fresh(&source) && key.is_again())))
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
    Some((script, key.filter(|key| is_fresh(&source) && key.is_again())))
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

/// Does `work`, and shows where the script is wrong when it fails for its syntax: file, line and a caret come before the
/// error's own text, as Node shows them.
pub fn explained<'s, R>(
    scope: &mut v8::PinScope<'s, '_>,
    work: impl FnOnce(&mut v8::PinScope<'s, '_>) -> Option<R>,
) -> Option<R> {
    v8::tc_scope!(let scope, scope);
    let done = work(scope);
    if done.is_none() && scope.has_caught() {
        decorate(scope);
        scope.rethrow();
    }
    done
}

/// Puts the name of what is compiled before the message of an error: V8 says what is wrong with bytes, not whose they are.
pub fn named<'s, R>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    work: impl FnOnce(&mut v8::PinScope<'s, '_>) -> Option<R>,
) -> Option<R> {
    v8::tc_scope!(let scope, scope);
    let done = work(scope);
    if done.is_none() && scope.has_caught() {
        put_name(scope, name);
        scope.rethrow();
    }
    done
}

fn put_name(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>, name: &str) -> Option<()> {
    let error = scope.exception()?.try_cast::<v8::Object>().ok()?;
    let key = v8::String::new(scope, "message")?;
    let message = error.get(scope, key.into())?.to_rust_string_lossy(scope);
    let named = format!("{name}: {message}");
    let stack_key = v8::String::new(scope, "stack")?;
    let stack = error.get(scope, stack_key.into())?.to_rust_string_lossy(scope);
    for (key, text) in [(stack_key, stack.replacen(&message, &named, 1)), (key, named)] {
        let text = v8::String::new(scope, &text)?;
        error.define_own_property(scope, key.into(), text.into(), v8::PropertyAttribute::DONT_ENUM);
    }
    Some(())
}

fn decorate(scope: &mut v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>) -> Option<()> {
    let error = scope.exception()?.try_cast::<v8::Object>().ok()?;
    let message = scope.message()?;
    let text = v8::Local::<v8::Value>::from(error).to_rust_string_lossy(scope);
    if !text.starts_with("SyntaxError") {
        return None;
    }
    let name = message.get_script_resource_name(scope)?.to_rust_string_lossy(scope);
    let line = message.get_source_line(scope)?.to_rust_string_lossy(scope);
    let (number, start) = (message.get_line_number(scope)?, message.get_start_column());
    let caret = " ".repeat(start) + &"^".repeat(message.get_end_column().saturating_sub(start).max(1));
    let shown = v8::String::new(scope, &format!("{name}:{number}\n{line}\n{caret}\n\n{text}"))?;
    let key = v8::String::new(scope, "stack")?;
    error.define_own_property(scope, key.into(), shown.into(), v8::PropertyAttribute::DONT_ENUM);
    Some(())
}

/// Whether V8 has compiled it now: there was no code, or it was made under other flags of V8's.
fn is_fresh(source: &Source) -> bool {
    source.get_cached_data().is_none_or(v8::CachedData::rejected)
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
            (
                Source::new_with_cached_data(text, Some(&origin), code),
                CompileOptions::ConsumeCodeCache,
            )
        }
        None => (Source::new(text, Some(&origin)), CompileOptions::NoCompileOptions),
    })
}
