// CommonJS modules: `require` of relative paths, each file evaluated once, and of built-in modules.

import { op_require } from "ext:core/ops";

/** A module, as its body gets it. */
interface Module {
  exports: unknown;
}
type Require = (specifier: unknown) => unknown;
type Body = (this: unknown, exports: unknown, require: Require, module: Module) => void;

const modules = new Map<string, Module>();
let namespaces = false;

/** Whether `require` returns `{ default: module.exports }`, as it did before the flag `export_commonjs_default`. */
export function requireNamespaces(does: boolean) {
  namespaces = does;
}

/** Evaluates a module's body, unless that has begun already, and returns its `module.exports`. */
export function evaluateCommonJs(path: string, body: Body) {
  const known = modules.get(path);
  if (known !== undefined) return known.exports;
  const module: Module = { exports: {} };
  modules.set(path, module);
  body.call(module.exports, module.exports, (specifier) => require(path, String(specifier)), module);
  return module.exports;
}

function require(importer: string, specifier: string): unknown {
  const [type, path, contents] = op_require(importer, specifier);
  if (type === "Builtin") return namespaces ? contents : ((contents as { default?: unknown }).default ?? contents);
  const exported = type === "CommonJS" ? evaluateCommonJs(path, contents as Body) : contents;
  return namespaces ? { default: exported } : exported;
}
