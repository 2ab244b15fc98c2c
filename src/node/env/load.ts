// Loads this package into the realm that a test runner has made for a test file, as if the test had required it: then what
// a test gets is of its own realm, and `toStrictEqual` and `instanceof` hold. Code is compiled once per process.

import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";

const scripts = new Map();

function compiled(file) {
  if (!scripts.has(file)) {
    const head = "(function (exports, require, module, __filename, __dirname) {";
    scripts.set(file, new vm.Script(`${head}${fs.readFileSync(file, "utf8")}\n})`, { filename: file }));
  }
  return scripts.get(file);
}

/**
 * What the module `file` exports, evaluated in `context` with all that it requires of this package. What is not of this
 * package is Node's one.
 */
function loadInto(context, file) {
  const modules = new Map();
  const load = (name) => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const folder = path.dirname(name);
    const requireFrom = (wanted) => (wanted.startsWith(".") ? load(path.join(folder, wanted)) : require(wanted));
    requireFrom.resolve = require.resolve;
    const evaluate = compiled(name).runInContext(context);
    evaluate.call(module.exports, module.exports, requireFrom, module, name, folder);
    return module.exports;
  };
  return load(file);
}

export { loadInto };
