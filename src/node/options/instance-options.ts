// Options of an instance that belong to no plugin in Miniflare 2, or do not exist there.

import { boolean, check, hasMethods, isNumber, numeric, oneOf, optional, port, shape, string } from "./check.ts";
import type { InspectorFlag } from "../cli/flag-values.ts";
import type { ProfileFlags } from "../cli/profiles.ts";
import type { OptionRows } from "./table.ts";

const LOG_METHODS = ["log", "logWithLevel", "error", "warn", "info", "debug", "verbose"];
const log = check("a Log", (value) => hasMethods(value, LOG_METHODS));
const seeded = shape(
  { seed: numeric("a whole number", Number.isSafeInteger), record: optional(string) },
  "an object like { seed: 1 }",
);
const replayed = shape({ replay: string, pause: optional(boolean) }, "an object like { replay: file }");
const isReplayed = (value: unknown) => typeof value === "object" && value !== null && "replay" in value;
const simulation = Object.assign(
  (value: unknown, path: string) => (isReplayed(value) ? replayed : seeded)(value, path),
  { parts: seeded.parts },
);
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

/** Flags of the command: what they say of the inspector's options. */
type CommandLine = Record<"inspect" | "inspectBrk", InspectorFlag> & Required<ProfileFlags>;

const options = {
  log: { check: log },
  sourceMap: { check: boolean },
  scriptRequired: { check: boolean },
  // CPU time is what Workers' paid plan allows a request, memory what an isolate has:
  // https://developers.cloudflare.com/workers/platform/limits/
  cpuLimitMs: {
    check: cpuLimit,
    default: 30_000,
    label: "CPU Limit",
    flag: "--cpu-limit",
    help: "CPU time of a request, in milliseconds",
    wrangler: "miniflare.cpu_limit_ms",
  },
  heapLimitMb: {
    check: heapLimit,
    default: 128,
    label: "Heap Limit",
    flag: "--heap-limit",
    help: "Memory of the worker, in MiB",
    wrangler: "miniflare.heap_limit_mb",
  },
  subrequestLimit: {
    check: subrequestLimit,
    flag: "--subrequest-limit",
    help: "Most subrequests of a request",
    wrangler: "miniflare.subrequest_limit",
  },
  internalSubrequestLimit: {
    check: subrequestLimit,
    flag: "--internal-limit",
    help: "Most internal subrequests of a request",
    wrangler: "miniflare.internal_subrequest_limit",
  },
  simulate: {
    check: simulation,
    flag: "--simulate",
    takes: "number:SEED",
    help: "Simulate orders of events with this seed",
  },
  inspectorPort: { check: port, wrangler: "miniflare.inspector_port" },
  inspectorHost: { check: string, wrangler: "miniflare.inspector_host" },
  inspectorBreak: { check: boolean },
  inspect: {
    flag: "--inspect",
    takes: "boolean/string:HOST:PORT",
    help: "Let debuggers connect",
  },
  inspectBrk: {
    flag: "--inspect-brk",
    takes: "boolean/string:HOST:PORT",
    help: "Wait for a debugger",
  },
  cpuProf: { flag: "--cpu-prof", takes: "boolean", help: "Write a CPU profile at the end" },
  cpuProfDir: { flag: "--cpu-prof-dir", takes: "string", help: "Folder of the CPU profile" },
  cpuProfName: { flag: "--cpu-prof-name", takes: "string", help: "Name of the CPU profile" },
  heapProf: { flag: "--heap-prof", takes: "boolean", help: "Write a heap profile at the end" },
  heapProfDir: { flag: "--heap-prof-dir", takes: "string", help: "Folder of the heap profile" },
  heapProfName: { flag: "--heap-prof-name", takes: "string", help: "Name of the heap profile" },
  durability: {
    check: oneOf("os", "sync"),
    flag: "--durability",
    help: 'When persisted data is safe, "os" or "sync"',
    wrangler: "miniflare.durability",
  },
} satisfies OptionRows<CommandLine>;

export const section = "Runtime";
export { options };
