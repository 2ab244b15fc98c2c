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
    return control.tail(items) as Promise<Waits>;
  },
};

const nameOf = (consumer: TailConsumer): string | undefined =>
  typeof consumer === "string" ? consumer : (consumer.service ?? consumer.name);

/** Each tail is a worker of the instance. */
function check(group: Group): void {
  for (const { options } of group.workers) {
    for (const consumer of options.tails ?? []) {
      const name = nameOf(consumer);
      if (group.named(name) !== undefined) continue;
      throw new MiniflareCoreError(
        "ERR_SERVICE_NOT_MOUNTED",
        `Worker "${name}" of the option "tails" not found.\nMake sure "${name}" is mounted, or the name of the main worker.`,
      );
    }
  }
}

/** Has a script with tails record its events. */
function bind(group: Group, script: Worker): void {
  const { tails = [] } = script.options;
  if (tails.length === 0) return;
  const { openEvents } = require("./open-events.ts") as typeof import("./open-events.ts");
  const consumers = tails.map((tail) => ({
    worker: group.named(nameOf(tail)) as Worker,
    ...(typeof tail === "string" ? {} : { entrypoint: tail.entrypoint, props: tail.props }),
  }));
  script.running?.recordEvents(openEvents(script, consumers));
}

export { bind, check, methods };
