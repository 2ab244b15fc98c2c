// Starting a worker: bindings and globals first, then the user's script.

import { op_add_module, op_compile_wasm, op_run_module, op_run_script, op_source_maps } from "ext:core/ops";
import { builtin } from "ext:miniflare/worker/builtins.ts";
import { mirrorConsole } from "ext:miniflare/web/console.ts";
import { useModules } from "ext:miniflare/web/events.ts";
import { evaluateCommonJs, requireNamespaces } from "ext:miniflare/worker/commonjs.ts";
import { configure } from "ext:miniflare/realm/context.ts";
import { lookFurther } from "ext:miniflare/worker/outer-scope.ts";
import { HOST, host, live } from "ext:miniflare/realm/port.ts";
import { rooms } from "ext:miniflare/worker/rooms.ts";
import { Fetcher } from "ext:miniflare/worker/worker-services.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import type { ContextSettings } from "ext:miniflare/realm/context.ts";
import type { Handlers } from "ext:miniflare/realm/worker.ts";

/** What `start` is given, beside the settings of rooms. */
export interface Settings {
  modules: boolean;
  path: string;
  text: string;
  fromFile: boolean;
  rules: unknown[];
  flags: string[];
  limits: ContextSettings;
  services: string[];
  proxies: boolean;
  sourceMap?: boolean;
  /** Whether debuggers may connect. */
  inspected?: boolean;
}

/**
 * Runs the script.
 * @param options `{ modules, path, text, fromFile, rules, flags, limits, services, proxies, sourceMap, inspected }`, and the
 *   settings of the rooms: `flags` are the enabled compatibility flags, `limits` is what `configure` takes, `services` are
 *   names of bindings
 * @param globals and `bindings`: `[name, value, name, value, ...]`
 * @param wasm `[name, file, bytes]` of each WebAssembly binding, compiled here
 * @param has and `get`: where globals are looked for that this realm has not, if anywhere
 */
export async function start(
  options: Settings,
  globals: unknown[],
  bindings: unknown[],
  wasm: [name: string, file: string, bytes: Uint8Array][],
  has?: (name: string) => boolean,
  get?: (name: string) => unknown,
) {
  if (options.inspected) mirrorConsole();
  configure(options.limits);
  if (options.sourceMap) op_source_maps(options.path, options.text);
  worker.flags = new Set(options.flags);
  worker.proxies = options.proxies;
  for (const [name, value] of pairs(globals)) define(globalThis, name, value);
  for (const [name, file, bytes] of wasm) {
    worker.env[name] = op_compile_wasm(bytes, `${file} (named by the option "wasmBindings.${name}")`);
  }
  for (const room of rooms) {
    for (const [name, value] of room.bind?.(options as never) ?? []) worker.env[name] = value;
  }
  for (const name of options.services) worker.env[name] = new Fetcher(name);
  for (const [name, value] of pairs(bindings)) worker.env[name] = value;
  if (has !== undefined) lookFurther(has, get as (name: string) => unknown);
  if (options.modules) await startModule(options);
  else startClassic(options);
  live(worker.env);
  live(worker.exports);
}

function startClassic({ path, text }: Settings) {
  for (const name of Object.keys(worker.env)) define(globalThis, name, worker.env[name]);
  try {
    op_run_script(path, text);
  } catch (error) {
    throw explain(error);
  }
}

/** Module syntax in a service worker: the most common mistake there is. */
function explain(error: unknown) {
  if (!(error instanceof SyntaxError) || !/'export'|import statement|import\.meta/.test(error.message)) return error;
  const stack = error.stack;
  const hint = "\nThe script uses module syntax: set the option `modules: true`.";
  error.message += hint;
  Object.defineProperty(error, "stack", { value: stack + hint });
  return error;
}

/** Bindings that a module may look for among the globals. */
const LOOKED_FOR: ReadonlySet<string> = new Set(rooms.flatMap(({ lookedFor = [] }) => lookedFor));

async function startModule(options: Settings) {
  const { path, text, fromFile, rules } = options;
  requireNamespaces(!worker.flags.has("export_commonjs_default"));
  useModules((message) => host(HOST.WARN, message));
  for (const name of Object.keys(worker.env)) if (!LOOKED_FOR.has(name)) forbid(name);
  for (const room of rooms) for (const module of room.modules?.(options as never) ?? []) op_add_module(...module);
  const [namespace, evaluated] = op_run_module(path, text, fromFile, rules, evaluateCommonJs, builtin);
  worker.exports = namespace;
  await evaluated;
  worker.handlers = (namespace.default as Handlers | null | undefined) ?? {};
}

function define(target: object, name: string, value: unknown) {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
}

/** In modules, a binding is no global: touching it says where it is instead. */
function forbid(name: string) {
  if (name in globalThis) return;
  Object.defineProperty(globalThis, name, {
    get() {
      throw new ReferenceError(
        `${name} is not defined.\nAttempted to access binding using global in modules.\nYou must use the 2nd \`env\` parameter passed to exported handlers/Durable Object constructors, or \`context.env\` with Pages Functions.`,
      );
    },
    set: (value) => define(globalThis, name, value),
    configurable: true,
    enumerable: false,
  });
}

function* pairs(flat: unknown[]): Generator<[name: string, value: unknown]> {
  for (let index = 0; index < flat.length; index += 2) yield [flat[index] as string, flat[index + 1]];
}
