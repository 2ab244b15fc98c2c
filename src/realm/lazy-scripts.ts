// Lazy scripts, the realm's half of `lazy.rs`: what few workers use is loaded when it is first used, since every isolate
// pays for what it holds.
//
// Scripts that are in the snapshot take functions and prototypes out of lazy ones when they are loaded themselves. They get
// a stub: its functions load the script and go on there, and nothing is an instance of its classes, as nothing can
// have made one yet. When the script is loaded, the stub gets all that it exports.

import { core } from "ext:core/mod.js";
import { op_late, op_lazy_define, op_lazy_load, op_lazy_scripts } from "ext:core/ops";
import type { LazyScripts } from "../upstream.d.ts";

/** What a script exports, by name. */
type Exports = Record<string, unknown>;
/** A stub of a script: its functions, and classes that nothing is an instance of. */
type Stub = Record<string, unknown>;
type AnyFunction = (...args: unknown[]) => unknown;
type Make = (name: string) => unknown;

/** The realm's core, primordials and internals, as scripts find them. */
declare const __bootstrap: object;

const { assign } = Object;

const CONSOLE = "ext:deno_web/01_console.js";
const FORM_DATA = "ext:deno_fetch/21_formdata.js";
const STREAMS = "ext:deno_web/06_streams.js";

class Absent {}

const STUBS: Record<string, Stub> = { __proto__: null } as never;
stub(CONSOLE, ["createFilteredInspectProxy", "inspect"]);
stub(FORM_DATA, ["formDataFromEntries", "formDataToBlob", "parseFormData"], ["FormData"]);
stub(
  STREAMS,
  [
    "createProxy",
    "errorReadableStream",
    "isReadableStreamDisturbed",
    "readableStreamClose",
    "readableStreamCollectIntoUint8Array",
    "readableStreamDisturb",
    "readableStreamForRid",
    "readableStreamTee",
    "readableStreamThrowIfErrored",
  ],
  ["ReadableStream", "WritableStream"],
);

const loaded: Record<string, Exports | undefined> = { __proto__: null } as never;
const completions: Record<string, ((exported: never) => void)[] | undefined> = { __proto__: null } as never;
/** By the names of properties, of which no two objects have the same. */
const makers: Record<string, Make> = { __proto__: null } as never;
let isComplete = false;

function stub<Specifier extends keyof LazyScripts>(
  specifier: Specifier,
  functions: readonly string[],
  classes: readonly string[] = [],
): LazyScripts[Specifier] {
  const parts: Stub = { __proto__: null };
  for (const name of functions)
    parts[name] = (a: unknown, b: unknown, c: unknown, d: unknown) =>
      (load(specifier) as unknown as Record<string, AnyFunction>)[name](a, b, c, d);
  for (const name of classes) {
    parts[name] = Absent;
    parts[`${name}Prototype`] = Absent.prototype;
  }
  return (STUBS[specifier] = parts) as LazyScripts[Specifier];
}

/** What a lazy script exports. */
function load<Specifier extends keyof LazyScripts>(specifier: Specifier): LazyScripts[Specifier] {
  return (loaded[specifier] ?? run(specifier)) as LazyScripts[Specifier];
}

function run(specifier: string): Exports {
  const exported = op_lazy_load(specifier, __bootstrap) as Exports;
  const waiting = completions[specifier] ?? [];
  for (let index = 0; index < waiting.length; index++) waiting[index](exported as never);
  // Last, so that what an overflow of the stack has cut short is done again.
  if (specifier in STUBS) assign(STUBS[specifier], exported);
  return (loaded[specifier] = exported);
}

// Late ops (`late_ops.rs`) are found where all others are, and made then. What the snapshot's scripts do not find there is
// absent: see `extensions.rs`.
const late: Record<string, AnyFunction | undefined> = { __proto__: null } as never;
core.ops = new Proxy(core.ops, {
  get: (early, name: string) => early[name] ?? (isComplete ? (late[name] ??= makeOp(name)) : undefined),
}) as typeof core.ops;

function makeOp(name: string): AnyFunction {
  const made = op_late(name);
  return made[1] ? core.setUpAsyncStub(name, made[0]) : made[0];
}

// Upstream's scripts see no difference. Once the snapshot is made, a script that is asked for is needed.
const lazy = new Set(op_lazy_scripts());
const { loadExtScript } = core;
core.loadExtScript = ((specifier: keyof LazyScripts) => {
  if (!lazy.has(specifier)) return loadExtScript(specifier as never);
  // Classes take a function of the console's along, to be shown with, and few are ever shown.
  const mayWait = !isComplete || specifier === CONSOLE;
  return (mayWait && STUBS[specifier]) || load(specifier);
}) as typeof loadExtScript;

export const stubOf = <Specifier extends keyof LazyScripts>(specifier: Specifier) =>
  STUBS[specifier] as LazyScripts[Specifier];
/** `complete(exports)` is called once the script has been loaded, before it is used. */
export const onLoad = <Specifier extends keyof LazyScripts>(
  specifier: Specifier,
  complete: (exported: LazyScripts[Specifier]) => void,
) => void (completions[specifier] ??= []).push(complete);
/** Gives an object properties whose values `make(name)` returns when they are first looked at. */
export function define(object: object, names: string[], make: Make, enumerable = false) {
  for (const name of names) makers[name] = make;
  op_lazy_define(object, names, enumerable);
}
/** The value of such a property, or what a script exports. */
export const make = (name: string) => (name in makers ? makers[name](name) : load(name as keyof LazyScripts));
/** The snapshot is made. */
export const complete = () => void (isComplete = true);
export { CONSOLE, FORM_DATA, STREAMS, load, stub };
