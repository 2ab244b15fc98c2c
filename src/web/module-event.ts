// Events that only a module worker has a handler for. Node dispatches what the handler is called with, and gets what it waited
// for.

import { settleWaits } from "ext:miniflare/web/events.ts";
import { worker } from "ext:miniflare/realm/worker.ts";

/** The result of a handler counts as one of the promises that the event waits for. */
export function settleWithWaits(result: unknown, { waits }: { waits: unknown[] }) {
  if (result !== undefined) waits.push(result);
  return settleWaits(waits);
}

/** The row of such events: `name` is that of the handler, `title` what a person calls them. */
export function moduleEvent<Given>(name: string, title: string) {
  const makeEvent = (): never => {
    throw new Error(
      `${title} need a module worker, which exports a default object with ${article(name)} \`${name}\` function property.`,
    );
  };
  return {
    name,
    from: (given: Given) => given,
    make: (given: Given) => given,
    makeEvent,
    unhandled(): never {
      if (worker.handlers === undefined) makeEvent();
      throw new Error(`Handler does not export ${article(name)} ${name}() function.`);
    },
    settle: settleWithWaits,
  };
}

const article = (name: string) => (/^[aeiou]/.test(name) ? "an" : "a");
