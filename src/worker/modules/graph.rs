//! A worker's modules: what has been loaded, from where, and how V8's modules are found again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use deno_core::v8;

use super::resolve::{self, ModuleError};
use super::rules::{ModuleType, Rules};

/// What a module that is not an ES module exports, until it is evaluated: its default, unless it is a built-in one.
pub enum Pending {
    Value(v8::Global<v8::Value>),
    /// A built-in module: its exports by name.
    Exports(v8::Global<v8::Object>),
    CommonJs {
        path: String,
        text: String,
    },
}

/// Promises with a time limit of V8's own, and callbacks that follow its collections.
const UNPREDICTABLE: &[&str] = &["waitAsync", "FinalizationRegistry"];

/// All modules of one worker.
#[derive(Default)]
pub struct Modules {
    pub rules: Rules,
    /// False for a script that was given as a string without a path.
    pub from_file: bool,
    /// The texts of modules that are not files, by their specifiers.
    pub texts: HashMap<String, String>,
    /// The exports of a built-in module: `(specifier) => object`, or undefined. See `src/worker/builtins.ts`.
    pub builtin: Option<v8::Global<v8::Function>>,
    /// Evaluates a CommonJS module: `(path, body) => module.exports`. See `src/worker/commonjs.ts`.
    pub evaluate_commonjs: Option<v8::Global<v8::Function>>,
    /// The module that the worker consists of.
    pub entry: Option<v8::Global<v8::Module>>,
    /// Whether a text mentions what V8 may call or settle by itself, without a hook for it.
    pub is_unpredictable: bool,
    /// Every file that an import has led to, whether it could be read or not.
    pub files: Vec<String>,
    by_path: HashMap<String, v8::Global<v8::Module>>,
    /// Paths by V8's identity hash, which may be shared by several modules.
    paths: HashMap<i32, Vec<(v8::Global<v8::Module>, String)>>,
    pending: HashMap<i32, Vec<(v8::Global<v8::Module>, Pending)>>,
}

/// The modules as they are kept in the op state.
#[derive(Clone, Default)]
pub struct Graph(pub Rc<RefCell<Modules>>);

impl Modules {
    pub fn resolve(&mut self, importer: &str, specifier: &str) -> Result<(String, ModuleType), ModuleError> {
        let resolved = resolve::resolve(&self.rules, self.from_file, importer, specifier, &self.texts)?;
        if !self.texts.contains_key(&resolved.0) && !self.files.contains(&resolved.0) {
            self.files.push(resolved.0.clone());
        }
        Ok(resolved)
    }

    /// A text that is run.
    pub fn note(&mut self, text: &str) {
        self.is_unpredictable |= UNPREDICTABLE.iter().any(|name| text.contains(name));
    }

    pub fn get(&self, path: &str) -> Option<v8::Global<v8::Module>> {
        self.by_path.get(path).cloned()
    }

    pub fn add(&mut self, scope: &mut v8::PinScope, path: &str, module: v8::Local<v8::Module>) {
        let global = v8::Global::new(scope, module);
        self.by_path.insert(path.into(), global.clone());
        self.paths
            .entry(module.get_identity_hash().get())
            .or_default()
            .push((global, path.into()));
    }

    pub fn path(&self, scope: &mut v8::PinScope, module: v8::Local<v8::Module>) -> Option<String> {
        let candidates = self.paths.get(&module.get_identity_hash().get())?;
        candidates
            .iter()
            .find(|(known, _)| v8::Local::new(scope, known) == module)
            .map(|(_, path)| path.clone())
    }

    pub fn put_pending(&mut self, scope: &mut v8::PinScope, module: v8::Local<v8::Module>, pending: Pending) {
        let global = v8::Global::new(scope, module);
        self.pending
            .entry(module.get_identity_hash().get())
            .or_default()
            .push((global, pending));
    }

    pub fn take_pending(&mut self, scope: &mut v8::PinScope, module: v8::Local<v8::Module>) -> Option<Pending> {
        let candidates = self.pending.get_mut(&module.get_identity_hash().get())?;
        let index = candidates
            .iter()
            .position(|(known, _)| v8::Local::new(scope, known) == module)?;
        Some(candidates.swap_remove(index).1)
    }
}
