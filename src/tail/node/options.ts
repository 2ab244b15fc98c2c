// The option of tails: which workers of the instance get what is recorded of a worker's events.

import { anyRecord, isString, list, optional, shape, string } from "../../node/options/check.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { OptionRows } from "../../node/options/table.ts";

const consumer = shape(
  { service: optional(string), name: optional(string), entrypoint: optional(string), props: optional(anyRecord) },
  'the name of a worker, or an object like { service: "tail", entrypoint: "Tail" }',
  isString,
);

const options = {
  tails: {
    check: list(consumer, "an array of names of workers"),
    needsWorker: true,
    wrangler: ({ tail_consumers }) => tail_consumers?.map(({ service }) => service),
  },
} satisfies OptionRows;

/** A lane that a limit ends tells nothing any more of the events that it had. */
function hooks(given: MiniflareOptions): RoomHooks | undefined {
  if (given.tails === undefined || given.tails.length === 0) return undefined;
  const { eventsEnd } = require("./open-events.ts") as typeof import("./open-events.ts");
  return { end: (code) => eventsEnd(given, code) };
}

export const section = "Tails";
export { hooks, options };
