//! Where V8 and the module graph meet: running scripts and modules, and the callbacks by which V8 asks for imports.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::{JsRuntime, OpState, op2, v8};

use super::graph::{Graph, Modules, Pending};
use super::resolve::{self, ModuleError};
use super::rules::{ModuleType, Rules};
use super::source;

/// Takes imports over from deno_core.
pub fn install(isolate: &mut v8::OwnedIsolate) {
    isolate.set_host_import_module_dynamically_callback(import_dynamically);
    isolate.set_host_import_module_with_phase_dynamically_callback(import_phase);
    isolate.set_host_initialize_import_meta_object_callback(initialize_import_meta);
}

/// Runs a classic script and returns its completion value.
#[op2(reentrant)]
pub fn op_run_script<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[string] path: &str,
    #[string] text: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let (script, key) = source::explained(scope, |scope| source::script(scope, path, text))?;
    let value = script.bind_to_current_context(scope).run(scope)?;
    if let Some(key) = key {
        key.keep(script.create_code_cache());
    }
    Some(value)
}

/// Links and evaluates the entry module: `[namespace, promise of its evaluation]`. `rules` is an array of
/// `[type, fallthrough, ...globs]`; `builtin` returns the exports of a built-in module, or undefined.
///
/// @returns {[namespace: Record<string, unknown>, evaluated: Promise<unknown>]}
#[op2(reentrant)]
pub fn op_run_module<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<RefCell<OpState>>,
    #[string] path: &str,
    #[string] text: &str,
    from_file: bool,
    rules: v8::Local<'s, v8::Value>,
    evaluate_commonjs: v8::Local<'s, v8::Function>,
    builtin: v8::Local<'s, v8::Function>,
) -> Option<v8::Local<'s, v8::Value>> {
    let graph = state.borrow().borrow::<Graph>().clone();
    let rules = Rules::new(read_rules(scope, rules))
        .map_err(|message| throw_type_error(scope, &message))
        .ok()?;
    {
        let mut modules = graph.0.borrow_mut();
        modules.rules = rules;
        modules.from_file = from_file;
        modules.evaluate_commonjs = Some(v8::Global::new(scope, evaluate_commonjs));
        modules.builtin = Some(v8::Global::new(scope, builtin));
        modules.note(text);
    }
    let (module, key) = source::explained(scope, |scope| source::module(scope, path, text))?;
    {
        let mut modules = graph.0.borrow_mut();
        modules.add(scope, path, module);
        modules.entry = Some(v8::Global::new(scope, module));
    }
    let done = evaluate(scope, module)?;
    if let Some(key) = key {
        key.keep(module.get_unbound_module_script(scope).create_code_cache());
    }
    let namespace = module.get_module_namespace();
    Some(v8::Array::new_with_elements(scope, &[namespace, done]).into())
}

/// What `require(specifier)` in `importer` names: `[type, path, contents]`, the contents being a function to be called
/// with `(exports, require, module)` for CommonJS, the exports by name for a built-in module (the type is "Builtin"), and
/// the value itself otherwise.
///
/// @returns {[type: string, path: string, contents: unknown]}
#[op2(reentrant)]
pub fn op_require<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: Rc<RefCell<OpState>>,
    #[string] importer: &str,
    #[string] specifier: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let graph = state.borrow().borrow::<Graph>().clone();
    if let Some(exports) = builtin(scope, &graph.0, specifier).ok()? {
        let kind = v8::String::new(scope, "Builtin")?.into();
        let path = v8::String::new(scope, specifier)?.into();
        return Some(v8::Array::new_with_elements(scope, &[kind, path, exports.into()]).into());
    }
    let resolved = graph.0.borrow_mut().resolve(importer, specifier);
    let (path, kind) = resolved.map_err(|error| throw_module_error(scope, &error)).ok()?;
    let contents = match kind {
        ModuleType::EsModule => {
            throw_module_error(scope, &ModuleError::commonjs_requires_es(importer, specifier));
            return None;
        }
        ModuleType::CommonJs => {
            let text = read_text(scope, importer, &path)?;
            source::explained(scope, |scope| source::commonjs(scope, &path, &text))?.into()
        }
        kind => read_value(scope, importer, &path, kind)?,
    };
    let kind = v8::String::new(scope, kind.name())?.into();
    let path = v8::String::new(scope, &path)?.into();
    Some(v8::Array::new_with_elements(scope, &[kind, path, contents]).into())
}

/// Has a specifier be that of a module whose default export is a text.
#[op2(fast)]
pub fn op_add_module(state: &mut OpState, #[string] specifier: String, #[string] text: String) {
    state.borrow::<Graph>().0.borrow_mut().texts.insert(specifier, text);
}

/// The files that imports have led to so far.
#[op2]
#[serde]
pub fn op_module_files(state: &mut OpState) -> Vec<String> {
    state.borrow::<Graph>().0.borrow().files.clone()
}

/// Compiles WebAssembly, whatever the realm's own rules on compiling are.
///
/// @returns {WebAssembly.Module}
#[op2]
pub fn op_compile_wasm<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    #[buffer] bytes: &[u8],
    #[string] name: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    compile_wasm(scope, bytes, name)
}

fn compile_wasm<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: &[u8], name: &str) -> Option<v8::Local<'s, v8::Value>> {
    source::named(scope, name, |scope| {
        v8::WasmModuleObject::compile(scope, bytes).map(Into::into)
    })
}

fn read_rules<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    rules: v8::Local<'s, v8::Value>,
) -> Vec<(String, Vec<String>, bool)> {
    let Ok(rules) = rules.try_cast::<v8::Array>() else {
        return Vec::new();
    };
    let mut read = Vec::new();
    for index in 0..rules.length() {
        let Some(rule) = rules
            .get_index(scope, index)
            .and_then(|rule| rule.try_cast::<v8::Array>().ok())
        else {
            continue;
        };
        let mut texts = Vec::new();
        for part in (0..rule.length()).filter(|part| *part != 1) {
            texts.extend(rule.get_index(scope, part).map(|text| text.to_rust_string_lossy(scope)));
        }
        let fallthrough = rule.get_index(scope, 1).is_some_and(|value| value.is_true());
        let kind = if texts.is_empty() {
            String::new()
        } else {
            texts.remove(0)
        };
        read.push((kind, texts, fallthrough));
    }
    read
}

/// Links and evaluates; the promise of the evaluation. `None` when linking threw.
fn evaluate<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    if module.get_status() == v8::ModuleStatus::Uninstantiated {
        source::explained(scope, |scope| module.instantiate_module(scope, resolve_import))?;
    }
    module.evaluate(scope)
}

fn graph_of(scope: &mut v8::PinScope) -> Rc<RefCell<Modules>> {
    JsRuntime::op_state_from(scope).borrow().borrow::<Graph>().clone().0
}

fn resolve_import<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    // SAFETY: V8 calls this with a valid context while the isolate is entered.
    v8::callback_scope!(unsafe scope, context);
    let graph = graph_of(scope);
    let importer = graph.borrow().path(scope, referrer)?;
    let specifier = specifier.to_rust_string_lossy(scope);
    load(scope, &graph, &importer, &specifier)
}

/// The module that `specifier` names, read and compiled when it is new.
fn load<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    graph: &Rc<RefCell<Modules>>,
    importer: &str,
    specifier: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    if resolve::is_bare(specifier) {
        if let Some(known) = graph.borrow().get(specifier) {
            return Some(v8::Local::new(scope, known));
        }
        if let Some(exports) = builtin(scope, graph, specifier).ok()? {
            let module = builtin_module(scope, graph, specifier, exports)?;
            graph.borrow_mut().add(scope, specifier, module);
            return Some(module);
        }
    }
    let resolved = graph.borrow_mut().resolve(importer, specifier);
    let (path, kind) = resolved.map_err(|error| throw_module_error(scope, &error)).ok()?;
    if let Some(known) = graph.borrow().get(&path) {
        return Some(v8::Local::new(scope, known));
    }
    let module = match kind {
        ModuleType::EsModule => {
            let text = read_text(scope, importer, &path)?;
            source::explained(scope, |scope| source::module(scope, &path, &text))?.0
        }
        ModuleType::CommonJs => {
            let text = read_text(scope, importer, &path)?;
            synthetic(scope, graph, &path, |_| {
                Some(Pending::CommonJs {
                    path: path.clone(),
                    text,
                })
            })?
        }
        kind => synthetic(scope, graph, &path, |scope| {
            let value = read_value(scope, importer, &path, kind)?;
            Some(Pending::Value(v8::Global::new(scope, value)))
        })?,
    };
    graph.borrow_mut().add(scope, &path, module);
    Some(module)
}

/// An exception is pending in the realm.
struct Thrown;

/// The exports of the built-in module with this specifier, if the worker has one. A specifier that belongs to built-in
/// modules alone must be that of one.
fn builtin<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    graph: &Rc<RefCell<Modules>>,
    specifier: &str,
) -> Result<Option<v8::Local<'s, v8::Object>>, Thrown> {
    let find = graph.borrow().builtin.clone();
    let Some(find) = find.filter(|_| resolve::is_bare(specifier)) else {
        return Ok(None);
    };
    let find = v8::Local::new(scope, find);
    let receiver = v8::undefined(scope).into();
    let name = v8::String::new(scope, specifier).ok_or(Thrown)?.into();
    let found = find.call(scope, receiver, &[name]).ok_or(Thrown)?;
    match found.try_cast::<v8::Object>() {
        Ok(exports) => Ok(Some(exports)),
        Err(_) if resolve::is_reserved(specifier) => {
            let error = ModuleError::no_such_module(specifier);
            throw(scope, None, error.code, &error.message);
            Err(Thrown)
        }
        Err(_) => Ok(None),
    }
}

fn builtin_module<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    graph: &Rc<RefCell<Modules>>,
    specifier: &str,
    exports: v8::Local<'s, v8::Object>,
) -> Option<v8::Local<'s, v8::Module>> {
    let names = names_of(scope, exports)?;
    let name = v8::String::new(scope, specifier)?;
    let module = v8::Module::create_synthetic_module(scope, name, &names, evaluate_synthetic);
    let pending = Pending::Exports(v8::Global::new(scope, exports));
    graph.borrow_mut().put_pending(scope, module, pending);
    Some(module)
}

fn names_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    exports: v8::Local<'s, v8::Object>,
) -> Option<Vec<v8::Local<'s, v8::String>>> {
    let keys = exports.get_own_property_names(scope, v8::GetPropertyNamesArgs::default())?;
    let mut names = Vec::new();
    for index in 0..keys.length() {
        names.push(keys.get_index(scope, index)?.to_string(scope)?);
    }
    Some(names)
}

fn synthetic<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    graph: &Rc<RefCell<Modules>>,
    path: &str,
    pending: impl FnOnce(&mut v8::PinScope<'s, '_>) -> Option<Pending>,
) -> Option<v8::Local<'s, v8::Module>> {
    let pending = pending(scope)?;
    let name = v8::String::new(scope, path)?;
    let default = v8::String::new(scope, "default")?;
    let module = v8::Module::create_synthetic_module(scope, name, &[default], evaluate_synthetic);
    graph.borrow_mut().put_pending(scope, module, pending);
    Some(module)
}

fn evaluate_synthetic<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    // SAFETY: as in `resolve_import`.
    v8::callback_scope!(unsafe scope, context);
    let graph = graph_of(scope);
    let pending = graph.borrow_mut().take_pending(scope, module)?;
    let value = match pending {
        Pending::Value(value) => v8::Local::new(scope, value),
        Pending::Exports(exports) => {
            let exports = v8::Local::new(scope, exports);
            for name in names_of(scope, exports)? {
                let value = exports.get(scope, name.into())?;
                module.set_synthetic_module_export(scope, name, value)?;
            }
            return evaluated(scope);
        }
        Pending::CommonJs { path, text } => {
            let body = source::explained(scope, |scope| source::commonjs(scope, &path, &text))?;
            let evaluate = graph.borrow().evaluate_commonjs.clone()?;
            let evaluate = v8::Local::new(scope, evaluate);
            let path = v8::String::new(scope, &path)?.into();
            let receiver = v8::undefined(scope).into();
            evaluate.call(scope, receiver, &[path, body.into()])?
        }
    };
    let default = v8::String::new(scope, "default")?;
    module.set_synthetic_module_export(scope, default, value)?;
    evaluated(scope)
}

/// What V8 wants of a module that is evaluated at once.
fn evaluated<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Value>> {
    let resolver = v8::PromiseResolver::new(scope)?;
    let undefined = v8::undefined(scope).into();
    resolver.resolve(scope, undefined);
    Some(resolver.get_promise(scope).into())
}

fn import_dynamically<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    _options: v8::Local<'s, v8::Data>,
    importer: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let resolver = v8::PromiseResolver::new(scope)?;
    let promise = resolver.get_promise(scope);
    let importer = importer.to_rust_string_lossy(scope);
    let specifier = specifier.to_rust_string_lossy(scope);
    v8::tc_scope!(let scope, scope);
    match import(scope, &importer, &specifier) {
        Some(namespace) => resolver.resolve(scope, namespace),
        None => {
            let exception = scope.exception()?;
            resolver.reject(scope, exception)
        }
    };
    Some(promise)
}

/// V8 asks here once source phase imports are on; workers know only the evaluation phase.
fn import_phase<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    options: v8::Local<'s, v8::Data>,
    importer: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    _phase: v8::ModuleImportPhase,
    attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    import_dynamically(scope, options, importer, specifier, attributes)
}

/// Loads, links and evaluates: a promise of the namespace.
fn import<'s>(scope: &mut v8::PinScope<'s, '_>, importer: &str, specifier: &str) -> Option<v8::Local<'s, v8::Value>> {
    let graph = graph_of(scope);
    let module = load(scope, &graph, importer, specifier)?;
    let done = evaluate(scope, module)?.try_cast::<v8::Promise>().ok()?;
    let namespace = module.get_module_namespace();
    let give = v8::Function::builder(
        |_: &mut v8::PinScope, args: v8::FunctionCallbackArguments, mut rv: v8::ReturnValue| {
            rv.set(args.data());
        },
    );
    let give = give.data(namespace).build(scope)?;
    done.then(scope, give).map(Into::into)
}

unsafe extern "C" fn initialize_import_meta(
    _context: v8::Local<v8::Context>,
    _module: v8::Local<v8::Module>,
    _meta: v8::Local<v8::Object>,
) {
}

fn read_text(scope: &mut v8::PinScope, importer: &str, path: &str) -> Option<String> {
    let bytes = read(scope, importer, path)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    graph_of(scope).borrow_mut().note(&text);
    Some(text)
}

fn read_value<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    importer: &str,
    path: &str,
    kind: ModuleType,
) -> Option<v8::Local<'s, v8::Value>> {
    let text = graph_of(scope).borrow().texts.get(path).cloned();
    if let Some(text) = text {
        return v8::String::new(scope, &text).map(Into::into);
    }
    let bytes = read(scope, importer, path)?;
    Some(match kind {
        ModuleType::CompiledWasm => compile_wasm(scope, &bytes, path)?,
        ModuleType::Data => {
            let store = v8::ArrayBuffer::new_backing_store_from_vec(bytes).make_shared();
            v8::ArrayBuffer::with_backing_store(scope, &store).into()
        }
        _ => v8::String::new(scope, &String::from_utf8_lossy(&bytes))?.into(),
    })
}

fn read(scope: &mut v8::PinScope, importer: &str, path: &str) -> Option<Vec<u8>> {
    std::fs::read(path)
        .map_err(|error| throw_unreadable(scope, importer, path, &error))
        .ok()
}

fn throw_unreadable(scope: &mut v8::PinScope, importer: &str, path: &str, error: &std::io::Error) {
    let (code, message) = match error.kind() {
        std::io::ErrorKind::NotFound => ("ENOENT", format!("ENOENT: no such file or directory, open '{path}'")),
        _ => ("ERR_MODULE_READ", format!("Unable to read module \"{path}\": {error}")),
    };
    throw(scope, None, code, &format!("{message} (imported by \"{importer}\")"));
}

fn throw_module_error(scope: &mut v8::PinScope, error: &ModuleError) {
    throw(scope, Some("VMScriptRunnerError"), error.code, &error.message);
}

fn throw_type_error(scope: &mut v8::PinScope, message: &str) {
    if let Some(message) = v8::String::new(scope, message) {
        let error = v8::Exception::type_error(scope, message);
        scope.throw_exception(error);
    }
}

/// Throws an `Error` with a code and, for our own classes, the name that Node's side rebuilds the class from.
fn throw(scope: &mut v8::PinScope, class: Option<&str>, code: &str, message: &str) -> Option<()> {
    let message = v8::String::new(scope, message)?;
    let error = v8::Exception::error(scope, message);
    let object = error.try_cast::<v8::Object>().ok()?;
    let define = |name: &str, value: &str| {
        let name = v8::String::new(scope, name)?;
        let value = v8::String::new(scope, value)?;
        object.define_own_property(scope, name.into(), value.into(), v8::PropertyAttribute::DONT_ENUM)
    };
    define("code", code)?;
    if let Some(class) = class {
        define("name", &format!("{class} [{code}]"))?;
    }
    scope.throw_exception(error);
    Some(())
}
