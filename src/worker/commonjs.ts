// CommonJS modules: `require` of relative paths, each file evaluated once.

import { op_require } from "ext:core/ops";

const modules = new Map();
let namespaces = false;

/** Whether `require` returns `{ default: module.exports }`, as it did before the flag `export_commonjs_default`. */
export function requireNamespaces(does) {
  namespaces = does;
}

/** Evaluates a module's body, unless that has begun already, and returns its `module.exports`. */
export function evaluateCommonJs(path, body) {
  const known = modules.get(path);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(path, module);
  body.call(module.exports, module.exports, (specifier) => require(path, String(specifier)), module);
  return module.exports;
}

function require(importer, specifier) {
  const [type, path, contents] = op_require(importer, specifier);
  const exported = type === "CommonJS" ? evaluateCommonJs(path, contents) : contents;
  return namespaces ? { default: exported } : exported;
}
