// What tails add to an instance in Node.

import { describe, MiniflareCoreError } from "../../node/errors.ts";
import type { TailConsumer, TailItem } from "../../../index.d.ts";
import type { Group } from "../../node/instance/group.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";

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

const nameOf = (consumer: TailConsumer): string | undefined =>
  typeof consumer === "string" ? consumer : (consumer.service ?? consumer.name);

/** Each tail is a worker of the instance. Those that a file names may be workers that the instance does not have. */
function check(group: Group): void {
  for (const { options, given, log } of group.workers) {
    for (const consumer of options.tails ?? []) {
      const name = nameOf(consumer);
      if (group.named(name) !== undefined) continue;
      const remedy = `Make sure "${name}" is mounted, or the name of the main worker.`;
      if (given.tails === undefined)
        log.warn(`Worker "${name}" of "tail_consumers" not found: it gets no events. ${remedy}`);
      else {
        const text = `Worker "${name}" of the option "tails" not found.\n${remedy}`;
        throw new MiniflareCoreError("ERR_SERVICE_NOT_MOUNTED", text);
      }
    }
  }
}

/** Has a script with tails record its events. */
function bind(group: Group, script: Worker): void {
  const { tails = [] } = script.options;
  if (tails.length === 0) return;
  const { openEvents } = require("./open-events.ts") as typeof import("./open-events.ts");
  const consumers = tails.flatMap((tail) => {
    const worker = group.named(nameOf(tail));
    if (worker === undefined) return [];
    return [{ worker, ...(typeof tail === "string" ? {} : { entrypoint: tail.entrypoint, props: tail.props }) }];
  });
  script.running?.recordEvents(openEvents(script, consumers));
}

export { bind, check, methods };
