// Lazy scripts of packages from npm: the modules of Node that workers import (`src/nodejs/`). A script holds the packages that its
// modules import. What these import of Node's own modules is in the same script if it has that module, and otherwise found when
// it is first needed, wherever it is (`internals.nodeModule`).
//
// Built-ins are not bound: like a worker's own code, packages see what the worker has made of its realm.
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { rolldown } from "rolldown";
import { source } from "./sources.mjs";

/** Whose licences the package lists. */
export const LIBRARIES = [
  ...["@jsonjoy.com/fs-core", "@jsonjoy.com/fs-node", "@jsonjoy.com/fs-node-builtins", "@jsonjoy.com/fs-node-utils"],
  ...["glob-to-regex.js", "thingies", "tslib"],
  ...["@pkgjs/parseargs", "base64-js", "buffer", "events", "ieee754", "node-inspect-extracted", "path-browserify"],
  ...["readable-stream", "safe-buffer", "string_decoder", "unenv", "whatwg-mimetype"],
];

const OWN = path.join(source, "nodejs");
const LOOKED_UP = "\0node:";
const NAMES = new Set(builtinModules);

export const isOfPackage = (file) => file.includes(`${path.sep}node_modules${path.sep}`);

/** Without V8's help, the library takes every promise for one that is pending; `ask` is the function that knows. */
export const promiseStates = (ask) => ({
  name: "promise states",
  transform(code, id) {
    if (!id.includes("node-inspect-extracted") || id.endsWith(".mjs")) return undefined;
    const [, pending, rejected] = /constants:\{kPending:(\w+),kRejected:(\w+),/.exec(code) ?? [];
    const asked = `getPromiseDetails:()=>[${pending},void 0]`;
    if (!code.includes(asked)) throw new Error("node-inspect-extracted: the place of promise states has changed");
    const states = `[[${pending},undefined,${rejected}][state],result]`;
    return code.replace(asked, `getPromiseDetails(one){const[state,result]=${ask}(one);return${states}}`);
  },
});

/** Parts of the library for files that no module of Node has. */
const LEFT_OUT = /^@jsonjoy\.com\/fs-(?:print|snapshot)$/;
const EMPTY = "\0empty";

const withoutExtras = {
  name: "without extras",
  resolveId: (specifier) => (LEFT_OUT.test(specifier) ? EMPTY : undefined),
  load: (id) => (id === EMPTY ? "module.exports = {};" : undefined),
};

const STAND_IN = /from "unenv\/node\/([^"]+)"/g;

/** Node's modules, as packages and our own files import them. */
const nodeModules = (entry, files, standIns) => ({
  name: "node's modules",
  async resolveId(specifier, importer) {
    const name = specifier.replace(/^node:/, "").replace(/\/$/, "");
    const isNodes = specifier.startsWith("node:") || (importer && isOfPackage(importer) && NAMES.has(name));
    if (!isNodes) return undefined;
    if (standIns.has(name)) return await this.resolve(`unenv/node/${name}`, entry);
    const file = path.join(OWN, `${name.replace(/[_/]/g, "-")}.ts`);
    return files.has(file) ? file : LOOKED_UP + name;
  },
  load(id) {
    if (!id.startsWith(LOOKED_UP)) return undefined;
    return `module.exports = __bootstrap.internals.nodeModule(${JSON.stringify(id.slice(LOOKED_UP.length))});`;
  },
});

/**
 * The text of a script, one expression.
 * @param {string} entry its file
 * @param {object} ours the plugin that finds our own modules
 * @param {function} onLog called for each warning
 */
export async function bundlePackages(entry, { files, ...ours }, onLog) {
  const standIns = new Set([...readFileSync(entry, "utf8").matchAll(STAND_IN)].map(([, name]) => name));
  const plugins = [
    promiseStates("__bootstrap.core.getPromiseDetails"),
    withoutExtras,
    nodeModules(entry, files, standIns),
    ours,
  ];
  const bundle = await rolldown({ input: entry, plugins, platform: "browser", logLevel: "warn", onLog });
  const { output } = await bundle.generate({ format: "iife", comments: false });
  return output[0].code;
}
