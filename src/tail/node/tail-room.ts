// What tails add to an instance in Node.

import { describe } from "../../node/errors.ts";
import type { TailItem } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";

const methods = {
  /** Calls the `tail` handler with items; resolves with what it passed to `waitUntil()`. */
  async dispatchTail<Waits extends unknown[] = unknown[]>(inside: Inside, items: TailItem[]): Promise<Waits> {
    if (!Array.isArray(items)) throw new TypeError(`dispatchTail() takes an array of items, got ${describe(items)}`);
    const { control } = await inside.worker.lane();
    const { run } = inside.group;
    const dispatch = () => control.tail(items) as Promise<Waits>;
    if (run === undefined) return dispatch();
    return run.event(
      { kind: "tail", worker: inside.worker.mountName ?? null, given: run.data(items, "items") },
      dispatch,
    );
  },
};

export { methods };
