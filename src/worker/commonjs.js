// CommonJS modules: `require` of relative paths, each file evaluated once.

import { op_require } from "ext:core/ops";

const modules = new Map();

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
  return type === "CommonJS" ? evaluateCommonJs(path, contents) : contents;
}
