// What Node's side may ask of a worker beyond requests; it holds this object through the membrane.

import { core } from "ext:core/mod.js";
import { op_fail, op_module_files, op_run_script } from "ext:core/ops";
import { collectUsage } from "ext:miniflare/realm/usage.ts";
import { simulate } from "ext:miniflare/realm/simulation.ts";
import { currentContext, enter, eventContext } from "ext:miniflare/realm/context.ts";
import { abort } from "ext:miniflare/worker/dispatch.ts";
import { deliverTo as deliverAt, deliverEvent, EVENTS } from "ext:miniflare/worker/event-kinds.ts";
import { ofRooms } from "ext:miniflare/worker/rooms.ts";
import { traced } from "ext:miniflare/realm/trace.ts";
import { inEvent } from "ext:miniflare/realm/waits.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";
import type { Handlers } from "ext:miniflare/realm/worker.ts";
import type { Control } from "ext:miniflare/worker/contract.ts";
import type { EventKind } from "ext:miniflare/worker/event-kind.ts";

export const control = {
  ...Object.fromEntries(EVENTS.filter(({ from }) => from !== undefined).map((kind) => [kind.name, dispatcherOf(kind)])),
  abort,
  globalScope: () => globalThis,
  bindings: () => worker.env,
  moduleExports: () => worker.exports,
  /** The files that the script has imported. */
  moduleFiles: () => op_module_files(),
  /** Runs a script in the global scope, and returns its value. */
  evaluate: (path: string, text: string) => op_run_script(path, text),
  /** `[state, result]` of a promise: 0 pending, 1 kept, 2 broken. */
  promiseDetails: (promise: Promise<unknown>) => core.getPromiseDetails(promise),
  ...ofRooms("control"),
  simulate,
  collectUsage,
  /** Fails as a defect of ours would, to prove that it is contained. */
  panic: (message: string) => op_fail(message),
} satisfies Own;

/** What Node's contract has of the assembly: rooms answer for the rest. */
type Own = Pick<
  Control,
  | "abort"
  | "bindings"
  | "collectUsage"
  | "evaluate"
  | "globalScope"
  | "moduleExports"
  | "moduleFiles"
  | "promiseDetails"
  | "simulate"
> & { panic(message: string): void };

/** A kind that Node dispatches. */
type Dispatched = { from(...args: unknown[]): unknown };

/** Delivers an event to an entrypoint, with its props. */
function deliverTo(kind: EventKind, given: unknown, target: ReturnType<NonNullable<EventKind["entrypointOf"]>>) {
  const state = { waits: [], props: target?.props };
  const name = target?.entrypoint;
  if (name === undefined) return deliverEvent(kind, given, state);
  const entrypoint = Object.hasOwn(worker.exports, name) ? worker.exports[name] : undefined;
  if (entrypoint === undefined) throw new TypeError(`The worker exports no entrypoint "${name}".`);
  return deliverAt(entrypoint as Handlers, kind, given, state);
}

/** A method that dispatches events of a kind, each in a context of its own, and resolves with what comes of one. */
function dispatcherOf(kind: EventKind) {
  const deliver = async (given: unknown) => {
    const event = () => kind.traced?.(given) ?? {};
    const target = kind.entrypointOf?.(given);
    const by = () => ({ entrypoint: target?.entrypoint });
    return traced(currentContext() as RequestContext, event, by, "waited", () => deliverTo(kind, given, target));
  };
  const { conclude = deliver } = kind;
  return (...args: unknown[]) => {
    const context = eventContext();
    const work = async () => {
      try {
        return await conclude((kind as Dispatched).from(...args), deliver);
      } finally {
        context.owned?.endAfter(context.waits ?? []);
      }
    };
    return inEvent(
      context,
      kind.name,
      () => "",
      () => enter(context, work),
    );
  };
}
