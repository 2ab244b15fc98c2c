// The option of tails: which workers of the instance get what is recorded of a worker's events.

import { anyRecord, isString, list, optional, shape, string } from "../../node/options/check.ts";
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

export const section = "Tails";
export { options };
