// The methods for tests that call handlers by hand, under the names that suites of Workers import from `cloudflare:test`.

import timers from "node:timers";
const { clearTimeout, setTimeout } = timers;
import { describe } from "../../node/errors.ts";
import type * as contract from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";

/** How long `waitOnExecutionContext` waits, as that of Workers. */
const LONGEST_WAIT_MS = 30_000;
const STOPPED = `waitOnExecutionContext() has stopped waiting after ${LONGEST_WAIT_MS / 1000} s: a promise that was passed to waitUntil() has not settled`;

const events = () => require("../../node/env/env-events.ts") as typeof import("../../node/env/env-events.ts");

const methods = {
  /** A context to call a handler with. */
  createExecutionContext(_: Inside): contract.ExecutionContext {
    const { ExecutionContext } = events();
    return new ExecutionContext();
  },

  /** Resolves when all that was passed to `waitUntil` has settled, what is added meanwhile included. */
  async waitOnExecutionContext({ log }: Inside, context: contract.ExecutionContext): Promise<void> {
    await settled(waitsOf("waitOnExecutionContext", context), () => log.warn(STOPPED));
  },

  /** A controller to call the handler of scheduled events with. */
  createScheduledController(
    _: Inside,
    { scheduledTime = Date.now(), cron = "" }: { scheduledTime?: Date | number; cron?: string } = {},
  ): contract.ScheduledController {
    const { ScheduledController } = events();
    const controller = new ScheduledController(Number(scheduledTime), String(cron));
    return Object.assign(controller, { noRetry() {} });
  },
};

/** The promises that were passed to `waitUntil` of a context. */
function waitsOf(method: string, context: unknown): readonly unknown[] {
  try {
    return events().stateOf(context).waits;
  } catch {
    throw new TypeError(`${method}() takes an ExecutionContext of createExecutionContext(), got ${describe(context)}`);
  }
}

/** Rejects with what one promise was rejected with, or with an `AggregateError` of several. */
async function settled(waits: readonly unknown[], stop: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, LONGEST_WAIT_MS, undefined);
  });
  try {
    let results: PromiseSettledResult<unknown>[] | undefined;
    do {
      results = await Promise.race([Promise.allSettled(waits), tooLong]);
      if (results === undefined) return stop();
    } while (results.length < waits.length);
    throwReasons(results.flatMap((result) => (result.status === "rejected" ? [result.reason] : [])));
  } finally {
    clearTimeout(timer);
  }
}

function throwReasons(reasons: unknown[]): void {
  if (reasons.length === 1) throw reasons[0];
  if (reasons.length > 1) throw new AggregateError(reasons, `${reasons.length} promises were rejected`);
}

export { methods, settled, waitsOf };
