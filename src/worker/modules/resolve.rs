//! From an importer and a specifier to a file and its type, with Miniflare 2's errors. Knows no V8.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::rules::{ModuleType, Rules};

const BUNDLE_HINT: &str = "If you're trying to import an npm package, you'll need to bundle your Worker first.";
const BUILTIN_HINT: &str = "If you're trying to import a Node.js built-in module, or an npm package that uses Node.js built-ins, you'll either need to:\n- Bundle your Worker, configuring your bundler to polyfill Node.js built-ins\n- Configure your bundler to load Workers-compatible builds by changing the main fields/conditions\n- Find an alternative package that doesn't require Node.js built-ins\n- Enable the Workers runtime's own Node.js modules with the compatibility flag \"nodejs_compat\"";

/// Node's own modules, as far as people import them without the `node:` prefix.
const BUILTINS: &[&str] = &[
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

/// Why a module cannot be had. `code` and text are Miniflare 2's.
#[derive(Debug)]
pub struct ModuleError {
    pub code: &'static str,
    pub message: String,
}

impl ModuleError {
    fn new(code: &'static str, importer: &str, specifier: &str, reason: &str) -> ModuleError {
        let importer = shown(importer);
        ModuleError {
            code,
            message: format!("Unable to resolve \"{importer}\" dependency \"{specifier}\": {reason}"),
        }
    }

    /// As Workers report a built-in module that they do not have.
    pub fn no_such_module(specifier: &str) -> ModuleError {
        ModuleError {
            code: "ERR_MODULE_NOT_FOUND",
            message: format!("No such module \"{specifier}\"."),
        }
    }

    pub fn commonjs_requires_es(importer: &str, specifier: &str) -> ModuleError {
        let reason = "CommonJS modules cannot require ES modules";
        ModuleError::new("ERR_CJS_MODULE_UNSUPPORTED", importer, specifier, reason)
    }
}

/// Whether a specifier may be that of a built-in module: it is no path.
pub fn is_bare(specifier: &str) -> bool {
    !specifier.starts_with(['.', '/'])
}

/// Whether no file can have such a specifier: it belongs to built-in modules alone.
pub fn is_reserved(specifier: &str) -> bool {
    specifier.starts_with("cloudflare:")
}

/// The file that `specifier` names in `importer`, and its type; or the specifier itself, if it is one of `texts`. `from_file`
/// is false for a script given as a string without a path, which cannot import.
pub fn resolve(
    rules: &Rules,
    from_file: bool,
    importer: &str,
    specifier: &str,
    texts: &HashMap<String, String>,
) -> Result<(String, ModuleType), ModuleError> {
    if !from_file {
        let reason = "imports unsupported with string script";
        return Err(ModuleError::new(
            "ERR_MODULE_STRING_SCRIPT",
            importer,
            specifier,
            reason,
        ));
    }
    if texts.contains_key(specifier) {
        return Ok((specifier.into(), ModuleType::Text));
    }
    let path = absolute(importer, specifier);
    match rules.kind(&path) {
        Some(Ok(kind)) => Ok((path, *kind)),
        Some(Err(name)) => {
            let reason = format!("{name} modules are unsupported");
            Err(ModuleError::new("ERR_MODULE_UNSUPPORTED", importer, specifier, &reason))
        }
        None => {
            let hint = if is_builtin(specifier) {
                BUILTIN_HINT
            } else {
                BUNDLE_HINT
            };
            let reason = format!("no matching module rules.\n{hint}");
            Err(ModuleError::new("ERR_MODULE_RULE", importer, specifier, &reason))
        }
    }
}

/// A path as errors show it: relative to the working directory.
fn shown(path: &str) -> String {
    let Ok(working) = std::env::current_dir() else {
        return path.into();
    };
    if !path.starts_with('/') {
        return path.into();
    }
    let (from, to): (Vec<_>, Vec<_>) = (working.components().collect(), Path::new(path).components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| Component::ParentDir);
    up.chain(to[common..].iter().copied())
        .collect::<PathBuf>()
        .to_string_lossy()
        .into_owned()
}

fn is_builtin(specifier: &str) -> bool {
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    specifier.starts_with("node:") || BUILTINS.contains(&name.split('/').next().unwrap_or(name))
}

/// `specifier` against the importer's folder, without `.` and `..`.
fn absolute(importer: &str, specifier: &str) -> String {
    let folder = Path::new(importer).parent().unwrap_or(Path::new("/"));
    let mut path = PathBuf::new();
    for part in folder.join(specifier).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path.to_string_lossy().into_owned()
}
