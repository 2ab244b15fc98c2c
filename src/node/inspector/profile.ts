// Profiles of a worker: where it spends its time, what has allocated memory, and what is on its heap, in the formats that debuggers open.

import fs from "node:fs";
import path from "node:path";
import { binding } from "../binding/binding.ts";
import { InstanceError } from "../errors.ts";
import type { CpuProfile, HeapProfile, HeapProfileOptions, ProfileOptions } from "../../../index.d.ts";
import type { Lane } from "../instance/lane.ts";

/** What is sampled, each so many units, and how often. */
interface Sampling {
  /** As errors call it. */
  unit: string;
  interval: number;
  most: number;
  /** Those that are being profiled. */
  profiled: WeakSet<Lane>;
  /** False if Node is being profiled. */
  start(lane: number, interval: number): boolean;
  stop(lane: number): string | null;
}

/** As debuggers sample. */
const CPU: Sampling = {
  unit: "microseconds",
  interval: 1_000,
  most: 1_000_000,
  profiled: new WeakSet(),
  start: (lane, interval) => binding.profileStart(lane, interval),
  stop: (lane) => binding.profileStop(lane),
};
const HEAP: Sampling = {
  unit: "bytes",
  interval: 32_768,
  most: 2 ** 30,
  profiled: new WeakSet(),
  start: (lane, interval) => (binding.heapProfileStart(lane, interval), true),
  stop: (lane) => binding.heapProfileStop(lane),
};

/** Samples what a lane runs while `work` does. */
export const profile = (lane: Lane, work: () => unknown, options: ProfileOptions = {}) =>
  sampled("profile", CPU, lane, work, options) as Promise<CpuProfile>;

/** Samples what a lane allocates while `work` runs. */
export const heapProfile = (lane: Lane, work: () => unknown, options: HeapProfileOptions = {}) =>
  sampled("heapProfile", HEAP, lane, work, options) as Promise<HeapProfile>;

async function sampled(
  method: string,
  { unit, interval, most, profiled, start, stop }: Sampling,
  lane: Lane,
  work: () => unknown,
  { samplingInterval = interval }: { samplingInterval?: number },
): Promise<object> {
  if (typeof work !== "function")
    throw new TypeError(`Invalid argument of ${method}(): expected a function, got ${work}`);
  if (!Number.isInteger(samplingInterval) || samplingInterval < 1 || samplingInterval > most) {
    const expected = `expected a whole number of ${unit} from 1 to ${most}`;
    throw new RangeError(`Invalid samplingInterval: ${expected}, got ${samplingInterval}`);
  }
  if (profiled.has(lane)) {
    throw new InstanceError(
      "ERR_PROFILING",
      "The worker is being profiled already. Await the profile before the next one.",
    );
  }
  if (!start(lane.id, samplingInterval)) {
    const text =
      "Node is being profiled, by the signal that a profile of the worker needs. Run Node without --cpu-prof.";
    throw new InstanceError("ERR_PROFILING", text);
  }
  profiled.add(lane);
  let json: string | null | undefined;
  try {
    await work();
  } finally {
    profiled.delete(lane);
    json = stop(lane.id);
  }
  if (lane.ended !== undefined) throw lane.ended();
  return JSON.parse(json as string) as object;
}

/** Writes what is on the heap of a lane to a file, and returns its path. */
export function heapSnapshot(lane: Lane, file: string): string {
  if (typeof file !== "string" || file === "") {
    throw new TypeError(`Invalid argument of heapSnapshot(): expected the path of a file, got ${JSON.stringify(file)}`);
  }
  const absolute = path.resolve(file);
  // Node's errors name the file, and what is wrong with it.
  fs.closeSync(fs.openSync(absolute, "w"));
  binding.heapSnapshot(lane.id, absolute);
  return absolute;
}
