// The events of a worker whose handlers run in the test, by the rules of the worker's own, over Node's events.

import { setMaxListeners } from "node:events";
import { currentIn } from "./current.ts";
import { createScope } from "../../web/scope.ts";
import type { EventState } from "../../web/scope.ts";

/** Where Node's events have their target, which it alone sets: to a target of its own, which the global object is not. */
const TARGET = Object.getOwnPropertySymbols(new Event("")).find(({ description }) => description === "kTarget");

function retarget(event: Event) {
  if (TARGET !== undefined) Object.assign(event, { [TARGET]: globalThis });
}

/** Dispatches by a target of Node's own, which knows when an event is stopped. */
function deliver(event: Event, calls: (() => void)[]) {
  const target = new EventTarget();
  setMaxListeners(0, target);
  const failures: unknown[] = [];
  for (const call of calls) {
    target.addEventListener(event.type, () => {
      retarget(event);
      try {
        call();
      } catch (error) {
        failures.push(error);
        event.stopImmediatePropagation();
      }
    });
  }
  target.dispatchEvent(event);
  retarget(event);
  if (failures.length > 0) throw failures[0];
}

/** What the `ExecutionContext` has gathered that was created last. */
let latest: EventState | undefined;
const latestContext = () => latest;

/** The classes of events, `stateOf` and `settleWaits`, and `WorkerGlobalScope` over the test's global object. */
const scope = createScope({ Event, EventTarget, DOMException, deliver, noteContext: (state) => (latest = state) });
const { WorkerGlobalScope } = scope;
const ordinary = Function.prototype[Symbol.hasInstance];

// The prototype of a test's global object is the test runner's.
Object.defineProperty(WorkerGlobalScope, Symbol.hasInstance, {
  value(value: unknown) {
    return ordinary.call(this, value) || (this === WorkerGlobalScope && value === globalThis);
  },
});

/** Types of events that Node's process has to be asked for. */
const OF_PROCESS = new Set(["unhandledrejection", "rejectionhandled"]);
let endWatch: (() => void) | undefined;

/** What a worker calls on its global scope. */
function listening() {
  const { prototype } = WorkerGlobalScope;
  const dispatchEvent = prototype.dispatchEvent.bind(globalThis);
  const { addEventListener } = {
    addEventListener(...args: Parameters<EventTarget["addEventListener"]>) {
      prototype.addEventListener.apply(globalThis, args);
      if (!OF_PROCESS.has(String(args[0]))) return;
      const { watchRejections } = require("./env-rejections.ts") as typeof import("./env-rejections.ts");
      endWatch ??= watchRejections(dispatchEvent);
    },
  };
  Object.defineProperty(addEventListener, "length", { value: prototype.addEventListener.length });
  return {
    addEventListener: addEventListener.bind(globalThis),
    dispatchEvent,
    removeEventListener: prototype.removeEventListener.bind(globalThis),
  };
}

/** Asks Node's process for no more events. */
function stopListening() {
  endWatch?.();
  endWatch = undefined;
}

/**
 * What an event waits for, an array of promises, by the symbol that suites of Miniflare 2 read it with. The same in every copy
 * of this package.
 */
const kWaitUntil: unique symbol = Symbol.for("miniflare-rs.waitUntil");
for (const { prototype } of [scope.ExecutionContext, scope.FetchEvent, scope.ScheduledEvent]) {
  const get = function (this: unknown) {
    return scope.stateOf(this).waits;
  };
  Object.defineProperty(prototype, kWaitUntil, { get, configurable: true });
}

// As `exports` of `cloudflare:workers`, which is there in an environment.
Object.defineProperty(scope.ExecutionContext.prototype, "exports", {
  get: () => currentIn()?.workersModule().exports,
  configurable: true,
  enumerable: true,
});

export const { ExecutionContext, FetchEvent, ScheduledController, ScheduledEvent, settleWaits, stateOf } = scope;
export { kWaitUntil, latestContext, listening, stopListening, WorkerGlobalScope };
