// The realm of a test file in Jest, as Jest's environment for Node makes it: a context of its own with Node's globals, and
// Jest's mocks and fake timers over it. Jest's own takes twice as long, since it watches all that becomes a global, to take
// it apart at the end; a project that asks for that gets Jest's own.

import { createContext, runInContext } from "node:vm";
import { requireNodeEnvironment } from "./jest-runner.ts";
import type { Context } from "node:vm";
import type { Arguments, Configuration, NodeEnvironment, Project } from "./jest-runner.ts";

/** What Jest's environment for Node has made for a test file. */
type Made = Pick<NodeEnvironment, "context" | "global" | "moduleMocker" | "fakeTimers" | "fakeTimersModern">;
interface Realm {
  made: Made;
  end(): Promise<void>;
}

const { NodeEnvironment: Cleaning, major, tools } = requireNodeEnvironment();

/** Of `testEnvironmentOptions`, Jest's own: what is done with the globals of a test file at its end. */
const GLOBALS_CLEANUP = "globalsCleanup";
const FIRST_THAT_CLEANS = 30;

/** Those of Node's own that another realm has itself, or that Jest sets. */
const SET_LATER = new Set(["GLOBAL", "root", "global", "globalThis", "Buffer", "ArrayBuffer", "Uint8Array"]);
const NODE_GLOBALS = Object.entries(Object.getOwnPropertyDescriptors(globalThis)).filter(
  ([name]) => !SET_LATER.has(name) && !name.startsWith("jest-"),
);
/** Node warns of each look at these, unless it has been given a file for them. */
const STORAGES = new Set(["localStorage", "sessionStorage"]);

/** What V8 and Node put into every context. */
let inContexts: Set<string> | undefined;

/** Makes the realm of a test file; of its project's options, `cleanup` is Jest's own. */
function realmOf(config: Configuration, context: Arguments[1], project: Project, cleanup: unknown): Realm {
  if (cleanup === undefined || major < FIRST_THAT_CLEANS) return makeRealm(project);
  // Jest's own environment makes a global of each option.
  const rest = { ...project, testEnvironmentOptions: { [GLOBALS_CLEANUP]: cleanup } };
  const made = new Cleaning({ ...(config as Arguments[0]), projectConfig: rest }, context);
  return { made, end: () => made.teardown() };
}

function makeRealm(project: Project): Realm {
  const context = createContext(Object.create(Object.getPrototypeOf(globalThis)));
  const global: Made["global"] = runInContext("this", context);
  inContexts ??= new Set(Object.getOwnPropertyNames(global));
  for (const [name, { enumerable = false }] of NODE_GLOBALS) {
    if (!inContexts.has(name)) bring(global, context, name, enumerable);
  }
  Object.assign(global, { global, Buffer, ArrayBuffer, Uint8Array });
  tools.util.installCommonGlobals(global, project.globals);
  nameDisposal(global.Symbol);
  // Node's ten are few for a test that fails.
  global.Error.stackTraceLimit = 100;
  const timers = timersOf(project, global);
  const end = async () => {
    timers.fakeTimers.dispose();
    timers.fakeTimersModern.dispose();
  };
  return { made: { context, global, ...timers }, end };
}

/** Node loads some of its globals when they are first looked at. */
function bring(global: object, context: Context, name: string, enumerable: boolean) {
  const set = (value: unknown) =>
    Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable });
  const get = () => {
    const value = Reflect.get(globalThis, name);
    if (!STORAGES.has(name)) set(value);
    return value;
  };
  // What is found in the object of a context is a global at once; but only what is defined as one is listed without being
  // enumerable.
  Object.defineProperty(enumerable ? context : global, name, { get, set, enumerable, configurable: true });
}

/** Names for `using` that the V8 of an old Node does not have, as Node itself has them. */
function nameDisposal(Own: SymbolConstructor) {
  if (!("asyncDispose" in globalThis.Symbol) || Reflect.has(Own, "asyncDispose")) return;
  const names = { asyncDispose: "nodejs.asyncDispose", dispose: "nodejs.dispose" };
  for (const [name, known] of Object.entries(names)) Reflect.set(Own, name, Own.for(known));
}

/** Jest's mocks, and its two kinds of fake timers, over a global scope. */
function timersOf(config: Project, global: Made["global"]) {
  const moduleMocker = new tools.mock.ModuleMocker(global);
  const fakeTimers = new tools.timers.LegacyFakeTimers({ config, global, moduleMocker, timerConfig: TIMERS });
  return { moduleMocker, fakeTimers, fakeTimersModern: new tools.timers.ModernFakeTimers({ config, global }) };
}

interface Timer {
  id: number;
  ref(): Timer;
  unref(): Timer;
}

/** What a timer of Node's is to Jest's older fake timers. */
const TIMERS = {
  idToRef: (id: number): Timer => ({
    id,
    ref() {
      return this;
    },
    unref() {
      return this;
    },
  }),
  refToId: (timer: Timer) => timer?.id,
};

export { GLOBALS_CLEANUP, realmOf };
export type { Made, Realm };
