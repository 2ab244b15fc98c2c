// The time that an object allows the handlers of its sockets' events, by the instance's clock.

import { startWait, stopWait } from "ext:miniflare/realm/simulation.ts";
import type { Wait } from "ext:miniflare/realm/simulation.ts";

/** What a handler comes to, or an error once it has taken longer than `milliseconds`; null is no limit. */
export function within(milliseconds: number | null, handler: string, outcome: unknown): unknown {
  if (milliseconds === null || typeof (outcome as PromiseLike<unknown> | undefined)?.then !== "function")
    return outcome;
  let wait: Wait;
  const tooLong = new Promise<never>((_, reject) => {
    const text = `${handler}() of a Durable Object took longer than its event timeout of ${milliseconds} ms`;
    wait = startWait(() => reject(new Error(text)), milliseconds);
  });
  return Promise.race([outcome, tooLong]).finally(() => stopWait(wait));
}
