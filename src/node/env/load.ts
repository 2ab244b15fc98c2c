// Loads this package into the realm that a test runner has made for a test file, as if the test had required it: then what
// a test gets is of its own realm, and `toStrictEqual` and `instanceof` hold. Code is compiled once per process.

import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";

const scripts = new Map<string, vm.Script>();

function compiled(file: string) {
  const known = scripts.get(file);
  if (known !== undefined) return known;
  const head = "(function (exports, require, module, __filename, __dirname) {";
  const script = new vm.Script(`${head}${fs.readFileSync(file, "utf8")}\n})`, { filename: file });
  scripts.set(file, script);
  return script;
}

/**
 * What the module `file` exports, evaluated in `context` with all that it requires of this package. What is not of this
 * package is Node's one.
 */
function loadInto<Exports>(context: vm.Context, file: string): Exports {
  const modules = new Map<string, { exports: unknown }>();
  const load = (name: string) => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const folder = path.dirname(name);
    const requireFrom = (wanted: string) =>
      wanted.startsWith(".") ? load(path.join(folder, wanted)) : require(wanted);
    requireFrom.resolve = require.resolve;
    const evaluate = compiled(name).runInContext(context);
    evaluate.call(module.exports, module.exports, requireFrom, module, name, folder);
    return module.exports;
  };
  return load(file) as Exports;
}

export { loadInto };
