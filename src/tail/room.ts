// Items of a tail as events of the worker.

import { worker } from "ext:miniflare/realm/worker.ts";
import { settleWaits } from "ext:miniflare/web/events.ts";

/** The row of tails: Node dispatches items, which the handler gets as they are. */
const TAIL = {
  name: "tail",
  from: (items: unknown[]) => items,
  make: (items: unknown[]) => items,
  makeEvent(): never {
    throw new Error("Tails need a module worker, which exports a default object with a `tail` function property.");
  },
  unhandled(): never {
    if (worker.handlers === undefined) TAIL.makeEvent();
    throw new Error("Handler does not export a tail() function.");
  },
  settle(result: unknown, { waits }: { waits: unknown[] }) {
    if (result !== undefined) waits.push(result);
    return settleWaits(waits);
  },
};

export const room = { name: "tail", events: [TAIL] };
