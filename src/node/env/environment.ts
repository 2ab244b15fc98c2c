// What a test file gets of this package: an instance of its own, the globals over it, and storage that can be brought back.
// Evaluated in the realm of the test. Test runners differ in when they ask for what.

import { describe } from "../errors.ts";
import { FETCH, INSIDE } from "../instance/miniflare.ts";
import { rooms } from "../rooms.ts";
import { cachesOf } from "../../cache/node/cache-room.ts";
import { enter } from "./current.ts";
import { additions } from "./additions.ts";
import { stopListening } from "./env-events.ts";
import { helpers } from "./helpers.ts";
import { Later } from "./later.ts";
import { ownRealm } from "./test-realm.ts";
import { TestInstance } from "./test-instance.ts";
import { webGlobals } from "./env-web.ts";
import { isSilent } from "../../pending/node/options.ts";
import type { Restore } from "./later.ts";
import type { Instance } from "./helpers.ts";
import type { Plan } from "./plan.ts";

interface Environment {
  globals: object;
  /** Resolves to what brings back all that is stored by then. */
  remember(): Promise<Restore>;
  /** What the instance's events wait for, as a text; undefined if none is under way. */
  pending(): string | undefined;
  dispose(): Promise<void>;
}

/** Of a name that nothing is bound to, there could never be an object. */
async function idsOfBound(mf: Instance, objects: string[], name: string) {
  if (objects.includes(name)) return mf.getDurableObjectIds(name);
  const known =
    objects.length === 0 ? "none is bound" : `one of ${objects.map((one) => JSON.stringify(one)).join(", ")}`;
  const text = `getMiniflareDurableObjectIds() takes the name of a Durable Object's binding (${known})`;
  throw new TypeError(`${text}, got ${describe(name)}`);
}

/** An environment whose worker, if one has to be, has been started; `used` is called whenever a test uses its instance. */
async function createEnvironment(plan: Plan, used?: () => void): Promise<Environment> {
  if (!plan.startsNow) return openEnvironment(plan, undefined, used);
  const instance = new TestInstance(plan);
  try {
    await instance.start();
    return openEnvironment(plan, instance, used);
  } catch (error) {
    await instance.mf.dispose();
    throw error;
  }
}

/** An environment that makes its instance when a test first needs it, unless it is `started`. */
function openEnvironment(
  plan: Plan,
  started: TestInstance | undefined = undefined,
  used: () => void = () => {},
): Environment {
  const later = new Later(() => started ?? new TestInstance(plan));
  const instance = () => {
    used();
    return later.get() ?? ended(plan);
  };
  if (started !== undefined) instance();
  const loadReading = () => require("./env-streams.ts");
  additions.begin(loadReading);
  const fetch = (...args: Parameters<Instance[typeof FETCH]>) => instance().mf[FETCH](...args);
  const idsOf = (name: string) => idsOfBound(instance().mf, plan.objects, name);
  const leave = enter({ instance, workersModule });
  return {
    globals: merged(
      ownRealm(),
      webGlobals(fetch, () => cachesOf(instance().mf[INSIDE])),
      roomGlobals(plan.flags),
      helpers(instance, idsOf),
      plan.options.modules === true ? {} : bindingGlobals(boundNames(plan, started), instance),
      { ...plan.options.globals },
    ),
    remember: () => later.remember(),
    pending() {
      if (isSilent(plan.options)) return undefined;
      const report = later.made?.mf.pending();
      return report === undefined || report.events.length === 0 ? undefined : String(report);
    },
    async dispose() {
      leave();
      additions.end(loadReading);
      stopListening();
      later.end();
      await later.made?.mf.dispose();
    },
  };
}

const workersModule = () =>
  (require("../../rpc/node/test-module.ts") as typeof import("../../rpc/node/test-module.ts")).testModule;

/** What is first asked for after the end is answered as by all that was made before. */
function ended(plan: Plan): TestInstance {
  const instance = new TestInstance(plan);
  instance.mf.dispose();
  return instance;
}

/** Each name that a worker is asked for is a call to it. */
const boundNames = (plan: Plan, started: TestInstance | undefined): string[] =>
  started === undefined || !plan.hasWorker ? plan.globalBindings : Object.keys(started.bindings);

/** The bindings that a service worker has as globals. */
function bindingGlobals(names: string[], instance: () => TestInstance): object {
  const scope = {};
  for (const name of names) {
    const get = () => instance().bindings[name];
    Object.defineProperty(scope, name, { get, configurable: true, enumerable: true });
  }
  return scope;
}

/** What rooms add to the global scope, each made when it is looked at. */
function roomGlobals(flags: string[]): object {
  const scope = {};
  for (const { testGlobals = {} } of rooms) {
    for (const [name, make] of Object.entries(testGlobals)) {
      Object.defineProperty(scope, name, { get: () => make(flags), configurable: true });
    }
  }
  return scope;
}

/** The properties of all objects as they are: those with a getter are made by it, when somebody looks at the global. */
function merged(...objects: object[]): object {
  return Object.defineProperties({}, Object.assign({}, ...objects.map(Object.getOwnPropertyDescriptors)));
}

export { createEnvironment, openEnvironment };
export type { Environment };
