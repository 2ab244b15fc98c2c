// Node's modules in a worker, as its compatibility flags say. The modules are lazy scripts (`modules.ts`); globals are accessors
// that load one when they are first read.

import { worker } from "ext:miniflare/realm/worker.ts";
import { nameOf, nodeModule } from "ext:miniflare/nodejs/modules.ts";

/** The flags that say what there is. */
const FLAG = "nodejs_compat";
const V2 = "nodejs_compat_v2";
const STORAGE_ONLY = "nodejs_als";
const GLOBAL_TIMERS = "enable_nodejs_global_timers";

/** Globals by the module that has them. */
const GLOBALS: Record<string, string> = {
  Buffer: "buffer",
  process: "process",
  setImmediate: "timers",
  clearImmediate: "timers",
};
const TIMERS: Record<string, string> = {
  clearInterval: "timers",
  clearTimeout: "timers",
  setInterval: "timers",
  setTimeout: "timers",
};

const globalOf = (module: string, name: string): unknown => {
  const value = nodeModule(module);
  return module === name ? value : (value as Record<string, unknown>)[name];
};

/** A global that is made when it is first read, and that a script can replace. */
function define(name: string, module: string) {
  const set = (value: unknown) =>
    void Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  const get = () => {
    const value = globalOf(module, name);
    set(value);
    return value;
  };
  Object.defineProperty(globalThis, name, { get, set, configurable: true, enumerable: false });
}

/** What a script can import of a module: its properties by name, and its value as the default. */
function exportsOf(value: object): object {
  const exported: Record<string, unknown> = { default: value };
  for (const name of Object.keys(value))
    if (name !== "default") exported[name] = (value as Record<string, unknown>)[name];
  return exported;
}

function noSuchModule(specifier: string) {
  return Object.assign(new Error(`No such module "${specifier}".`), { code: "ERR_MODULE_NOT_FOUND" });
}

export const room = {
  name: "nodejs",
  empty: {},
  bind(): [string, unknown][] {
    if (!worker.flags.has(FLAG) || !worker.flags.has(V2)) return [];
    for (const name of Object.keys(GLOBALS)) define(name, GLOBALS[name]);
    if (worker.flags.has(GLOBAL_TIMERS)) for (const name of Object.keys(TIMERS)) define(name, TIMERS[name]);
    return [];
  },
  builtins: { "cloudflare:node": () => nodeModule("internal/cloudflare_node") },
  findBuiltin(specifier: string): object | undefined {
    if (worker.flags.has(FLAG)) {
      const name = nameOf(specifier, worker.flags.has(V2));
      if (name !== undefined) return exportsOf(nodeModule(name));
      if (specifier.startsWith("node:")) throw noSuchModule(specifier);
      return undefined;
    }
    if (specifier !== "node:async_hooks" || !worker.flags.has(STORAGE_ONLY)) return undefined;
    const { AsyncLocalStorage, AsyncResource } = nodeModule("async_hooks") as Record<string, unknown>;
    return exportsOf({ AsyncLocalStorage, AsyncResource });
  },
};
