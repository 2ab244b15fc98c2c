//! Lazy scripts: parts of the web platform that few workers use are not in the snapshot, since V8 makes every object of
//! it again for each isolate. They are beside it, with their code compiled, and a realm runs one when it is first used.
//!
//! `lazy-scripts.ts` is their other half. The names of the global scope that come from them are lazy data properties of
//! V8's: code sees data, which the first read makes.

use std::cell::RefCell;
use std::ffi::c_void;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use deno_core::v8::script_compiler::{self, CompileOptions, NoCacheReason, Source};
use deno_core::{Extension, ExtensionFileSource, JsRuntime, OpState, op2, v8};

use super::extensions::OWN;
use super::snapshot::{self, Script};
use crate::realm::room::Room;
use crate::rooms::ROOMS;

/// The lazy scripts of upstream's.
const UPSTREAM: [&str; 6] = [
    "ext:deno_fetch/21_formdata.js",
    "ext:deno_web/01_console.js",
    "ext:deno_web/01_urlpattern.js",
    "ext:deno_web/02_structured_clone.js",
    "ext:deno_web/06_streams.js",
    "ext:deno_web/14_compression.js",
];

/// The scripts that the snapshot leaves out, by their specifiers: upstream's, and the rooms'.
static SCRIPTS: [&str; COUNT] = {
    let mut all = [""; COUNT];
    let (upstream, _) = all.split_at_mut(UPSTREAM.len());
    upstream.copy_from_slice(&UPSTREAM);
    let (mut count, mut room) = (UPSTREAM.len(), 0);
    while room < ROOMS.len() {
        let mut script = 0;
        while script < ROOMS[room].lazy.len() {
            all[count] = ROOMS[room].lazy[script];
            (count, script) = (count + 1, script + 1);
        }
        room += 1;
    }
    all
};

const COUNT: usize = {
    let (mut count, mut room) = (UPSTREAM.len(), 0);
    while room < ROOMS.len() {
        count += ROOMS[room].lazy.len();
        room += 1;
    }
    count
};

/// What a script's function takes: the realm's core, primordials and internals, as upstream's scripts find them; and
/// nothing for `module`, which scripts that Node runs too look for.
const PARAMETERS: [&str; 2] = ["__bootstrap", "module"];

/// Which scripts any realm of this process has used, a bit for each.
static USED: AtomicU64 = AtomicU64::new(0);
const _: () = assert!(SCRIPTS.len() <= u64::BITS as usize);

/// Takes the lazy scripts out of the extensions that the snapshot is made of.
/// * `folder`: where `scripts/bundle.mjs` has written those that are bundles of a room's modules, which no extension has
pub fn take(extensions: &mut [Extension], folder: &Path) -> Result<Vec<Script>, String> {
    let take = |specifier: &&'static str| {
        let text = match file_of(extensions, specifier) {
            Some(file) => file
                .load()
                .map(|text| text.as_str().to_owned())
                .map_err(|error| error.to_string()),
            None => bundle_of(specifier, folder),
        };
        let text = text.map_err(|error| format!("{specifier}: {error}"))?;
        Ok(Script::new(specifier, body(&text)))
    };
    SCRIPTS.iter().map(take).collect()
}

fn file_of(extensions: &mut [Extension], specifier: &str) -> Option<ExtensionFileSource> {
    extensions.iter_mut().find_map(|extension| {
        let files = extension.lazy_loaded_js_files.to_mut();
        let index = files.iter().position(|file| file.specifier == specifier)?;
        Some(files.remove(index))
    })
}

fn bundle_of(specifier: &str, folder: &Path) -> Result<String, String> {
    let name = specifier.strip_prefix(OWN).ok_or("no extension has it")?;
    std::fs::read_to_string(folder.join(name)).map_err(|error| format!("no extension has it, and no bundle: {error}"))
}

/// A script is one expression, and its value what it exports.
fn body(text: &str) -> String {
    let expression = text.trim_end().trim_end_matches(';');
    format!("\"use strict\"; return ({expression}\n);")
}

/// What the getters of lazy properties are in a snapshot.
pub fn external_references() -> Vec<v8::ExternalReference> {
    let getter: v8::AccessorNameGetterCallback = v8::MapFnTo::map_fn_to(first_look);
    vec![v8::ExternalReference {
        pointer: getter as *mut c_void,
    }]
}

/// The functions of the scripts that have run, while their code is to be kept.
#[derive(Default)]
struct Recorded(Vec<(String, v8::Global<v8::Function>)>);

/// Uses the lazy scripts, and returns the code that V8 has compiled for that, by specifier.
pub fn code(runtime: &mut JsRuntime) -> Result<Vec<(String, Vec<u8>)>, String> {
    runtime.op_state().borrow_mut().put(Recorded::default());
    for room in ROOMS {
        if let Some(exercise) = room.exercise {
            use_scripts(runtime, exercise).map_err(|error| format!("{}/exercise.js: {error}", room.name))?;
        }
    }
    deno_core::scope!(scope, runtime);
    for specifier in &SCRIPTS {
        load(scope, specifier);
    }
    let recorded = {
        let state = JsRuntime::op_state_from(scope);
        state.borrow_mut().take::<Recorded>()
    };
    let code = recorded.0.into_iter().map(|(specifier, function)| {
        let code = v8::Local::new(scope, function).create_code_cache();
        code.map(|code| (specifier.clone(), code.to_vec()))
            .ok_or(format!("V8 keeps no code of {specifier}"))
    });
    code.collect()
}

/// Runs a room's function that uses its lazy scripts, which may wait for microtasks and nothing else.
fn use_scripts(runtime: &mut JsRuntime, exercise: &str) -> Result<(), String> {
    let mut run = |text: String| {
        let result = runtime.execute_script("exercise.js", text);
        runtime.v8_isolate().perform_microtask_checkpoint();
        result.map(drop).map_err(|error| error.to_string())
    };
    let function = |text: &str| text.trim_end().trim_end_matches(';').to_owned();
    run(format!(
        "({}\n)({}\n);",
        function(include_str!("exercise.js")),
        function(exercise)
    ))?;
    run("if (globalThis.exercised !== true) throw globalThis.exercised ?? new Error('it waits for something')".into())
}

/// Runs the scripts in a realm that other realms of this process have used: the next worker of a suite is much like the one
/// before. For isolates that are made ahead.
pub fn preload(runtime: &mut JsRuntime) {
    let used = USED.load(Ordering::Relaxed);
    if used == 0 {
        return;
    }
    deno_core::scope!(scope, runtime);
    for (index, specifier) in SCRIPTS.iter().enumerate() {
        if used & (1 << index) != 0 {
            load(scope, specifier);
        }
    }
}

/// Has a realm load a script, if it has not yet. A failure is repeated, and reported, when the script is needed.
fn load(scope: &mut v8::PinScope, specifier: &str) {
    v8::tc_scope!(let scope, scope);
    if let Some(specifier) = v8::String::new(scope, specifier) {
        Maker::call(scope, specifier.into());
    }
}

/// The specifiers of the lazy scripts.
#[op2]
#[serde]
pub fn op_lazy_scripts() -> Vec<&'static str> {
    SCRIPTS.to_vec()
}

/// Runs a lazy script and returns what it exports.
#[op2(reentrant)]
pub fn op_lazy_load<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<RefCell<OpState>>,
    #[string] specifier: &str,
    bootstrap: v8::Local<'s, v8::Value>,
) -> Option<v8::Local<'s, v8::Value>> {
    let Some(script) = snapshot::script(specifier) else {
        let message = v8::String::new(scope, &format!("{specifier} is not among the snapshot's lazy scripts"))?;
        let error = v8::Exception::error(scope, message);
        scope.throw_exception(error);
        return None;
    };
    let is_recorded = state.borrow().has::<Recorded>();
    let function = compile(scope, script, is_recorded && is_kept_whole(specifier))?;
    if let Some(index) = SCRIPTS.iter().position(|known| *known == specifier) {
        USED.fetch_or(1 << index, Ordering::Relaxed);
    }
    if let Some(Recorded(functions)) = state.borrow_mut().try_borrow_mut() {
        functions.push((specifier.to_owned(), v8::Global::new(scope, function)));
    }
    let receiver = v8::undefined(scope).into();
    function.call(scope, receiver, &[bootstrap])
}

/// Whether the code of all functions of a script is kept.
fn is_kept_whole(specifier: &str) -> bool {
    let of = |room: &&Room| room.lazy.contains(&specifier);
    ROOMS
        .iter()
        .find(of)
        .is_some_and(|room| room.exercise.is_none() && !room.is_large)
}

/// * `is_whole`: whether to compile all functions of the script, and not only those that are called
fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    script: &'static Script,
    is_whole: bool,
) -> Option<v8::Local<'s, v8::Function>> {
    let name = v8::String::new(scope, &script.specifier)?;
    let origin = v8::ScriptOrigin::new(scope, name.into(), 0, 0, false, -1, None, false, false, false, None);
    let text = match script.text.is_ascii() {
        true => v8::String::new_external_onebyte_static(scope, script.text.as_bytes())?,
        false => v8::String::new(scope, &script.text)?,
    };
    let (mut source, options) = if script.code.is_empty() {
        let options = match is_whole {
            true => CompileOptions::EagerCompile,
            false => CompileOptions::NoCompileOptions,
        };
        (Source::new(text, Some(&origin)), options)
    } else {
        let code = v8::CachedData::new(&script.code);
        let source = Source::new_with_cached_data(text, Some(&origin), code);
        (source, CompileOptions::ConsumeCodeCache)
    };
    let [bootstrap, module] = PARAMETERS.map(|name| v8::String::new(scope, name));
    let reason = NoCacheReason::NoReason;
    script_compiler::compile_function(scope, &mut source, &[bootstrap?, module?], &[], options, reason)
}

/// Defines properties of an object whose values [`Maker`] makes when they are first looked at. For the time when the
/// snapshot is made.
#[op2]
pub fn op_lazy_define<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    object: v8::Local<'s, v8::Object>,
    #[serde] names: Vec<String>,
    enumerable: bool,
) {
    let attributes = || match enumerable {
        true => v8::PropertyAttribute::NONE,
        false => v8::PropertyAttribute::DONT_ENUM,
    };
    let no_data = v8::undefined(scope).into();
    for name in names {
        let defined = v8::String::new(scope, &name).and_then(|key| {
            object.set_lazy_data_property_with_data(
                scope,
                key.into(),
                first_look,
                no_data,
                attributes(),
                v8::SideEffectType::HasSideEffect,
                v8::SideEffectType::HasSideEffect,
            )
        });
        assert_eq!(defined, Some(true), "{name} cannot be defined");
    }
}

/// The realm's function that makes the value of a lazy property, by its name, or loads a script. It cannot be the property's
/// data: V8 has those of all realms in the part of a snapshot that knows none.
pub struct Maker(pub v8::Global<v8::Function>);

impl Maker {
    fn call<'s>(scope: &mut v8::PinScope<'s, '_>, name: v8::Local<v8::Name>) -> Option<v8::Local<'s, v8::Value>> {
        let state = JsRuntime::op_state_from(scope);
        let maker = state.borrow().try_borrow::<Maker>()?.0.clone();
        let receiver = v8::undefined(scope).into();
        v8::Local::new(scope, maker).call(scope, receiver, &[name.into()])
    }
}

fn first_look(
    scope: &mut v8::PinScope<'_, '_>,
    name: v8::Local<v8::Name>,
    _args: v8::PropertyCallbackArguments,
    mut value: v8::ReturnValue<v8::Value>,
) {
    if let Some(made) = Maker::call(scope, name) {
        value.set(made);
    }
}
