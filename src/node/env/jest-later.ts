// The environment of a test file in Jest, seen from Jest's own realm. What the test gets is of the test's realm, where this
// package is evaluated once more. That takes longer than all other set-up, so it is done when the test first looks at one of
// the globals, unless a worker has to be started.

import path from "node:path";
import type { Context } from "node:vm";
import { PLACES, placesIn } from "../http/fetch-classes.ts";
import { rooms } from "../rooms.ts";
import { additions } from "./additions.ts";
import { currentIn, enter } from "./current.ts";
import { CLASSES, HELPERS, VALUES } from "./global-names.ts";
import { Later } from "./later.ts";
import { loadInto } from "./load.ts";
import { noteStart } from "./plan.ts";
import { acceptNodesInstances } from "./test-realm.ts";
import type { Current } from "./current.ts";
import type { Environment } from "./environment.ts";
import type { Plan } from "./plan.ts";

/** An environment in the realm of `context`, whose global object is `scope`. */
async function environmentIn(context: Context, scope: typeof globalThis, plan: Plan): Promise<Environment> {
  acceptNodesInstances(scope);
  const places = placesIn(scope);
  const load = () => {
    Object.defineProperty(scope, PLACES, { value: places, configurable: true });
    const file = path.join(__dirname, "environment.js");
    const loaded = loadInto<typeof import("./environment.ts")>(context, file);
    Reflect.deleteProperty(scope, PLACES);
    return loaded;
  };
  if (!plan.startsNow) return environmentLater(() => load().openEnvironment(plan), plan, scope);
  const environment = await load().createEnvironment(plan);
  noteStart(plan);
  return environment;
}

function environmentLater(open: () => Environment, plan: Plan, scope: object): Environment {
  const later = new Later(open);
  const get = () => later.get();
  additions.begin(get);
  const leave = enter(openedBy(get, scope), scope);
  return {
    globals: globalsLater(() => get()?.globals ?? {}, plan),
    remember: () => later.remember(),
    pending: () => later.made?.pending(),
    async dispose() {
      later.end();
      leave();
      await later.made?.dispose();
      additions.end(get);
    },
  };
}

/** For modules that a test imports: opens the environment, which takes this one's place. */
function openedBy(open: () => unknown, scope: object): Current {
  const opened = () => {
    open();
    return currentIn(scope) as Current;
  };
  return { instance: () => opened().instance(), workersModule: () => opened().workersModule() };
}

/** The globals that `made()` has, each asked for when it is looked at. */
function globalsLater(made: () => object, { options, globalBindings }: Plan): object {
  const globals = {};
  const define = (names: readonly string[], enumerable: boolean) => {
    for (const name of names) {
      const get = () => Reflect.get(made(), name);
      Object.defineProperty(globals, name, { get, enumerable, configurable: true });
    }
  };
  define(CLASSES, false);
  define(
    rooms.flatMap(({ testGlobals = {} }) => Object.keys(testGlobals)),
    false,
  );
  define(["structuredClone", ...VALUES, ...HELPERS, ...globalBindings], true);
  for (const [name, value] of Object.entries(options.globals ?? {})) {
    Object.defineProperty(globals, name, { value, enumerable: true, configurable: true });
  }
  return globals;
}

export { environmentIn };
