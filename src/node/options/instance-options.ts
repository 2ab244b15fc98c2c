// Options of an instance that belong to no plugin in Miniflare 2, or do not exist there.

import { boolean, check, hasMethods, isNumber, numeric, oneOf, shape } from "./check.ts";
import type { OptionRows } from "./table.ts";

const LOG_METHODS = ["log", "logWithLevel", "error", "warn", "info", "debug", "verbose"];
const log = check("a Log", (value) => hasMethods(value, LOG_METHODS));
const simulation = shape({ seed: numeric("a whole number", Number.isSafeInteger) }, "an object like { seed: 1 }");
const cpuLimit = numeric(
  "a positive, finite number",
  (value) => isNumber(value) && Number.isFinite(value) && value > 0,
);
const heapLimit = numeric(
  "a finite number, 16 at least",
  (value) => isNumber(value) && Number.isFinite(value) && value >= 16,
);
const subrequestLimit = numeric(
  "a whole number (0 allows none, a negative one any)",
  (value) => Number.isInteger(value) || value === Number.POSITIVE_INFINITY,
);

const options = {
  log: { check: log },
  sourceMap: { check: boolean },
  scriptRequired: { check: boolean },
  // CPU time is what Workers' paid plan allows a request, memory what an isolate has:
  // https://developers.cloudflare.com/workers/platform/limits/
  cpuLimitMs: { check: cpuLimit, default: 30_000 },
  heapLimitMb: { check: heapLimit, default: 128 },
  subrequestLimit: { check: subrequestLimit },
  internalSubrequestLimit: { check: subrequestLimit },
  simulate: { check: simulation },
  durability: { check: oneOf("os", "sync") },
} satisfies OptionRows;

export { options };
