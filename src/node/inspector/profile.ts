// Profiles of a worker: where it spends its time, and what is on its heap, in the formats that debuggers open.

import fs from "node:fs";
import path from "node:path";
import { binding } from "../binding/binding.ts";
import { InstanceError } from "../errors.ts";
import type { CpuProfile, ProfileOptions } from "../../../index.d.ts";
import type { Lane } from "../instance/lane.ts";

/** Microseconds, as debuggers sample. */
const INTERVAL = 1_000;
const MOST_INTERVAL = 1_000_000;

/** Those that are being profiled. */
const profiled = new WeakSet<Lane>();

/** Samples what a lane runs while `work` does. */
export async function profile(lane: Lane, work: () => unknown, options: ProfileOptions = {}): Promise<CpuProfile> {
  const { samplingInterval = INTERVAL } = options;
  if (typeof work !== "function")
    throw new TypeError(`Invalid argument of profile(): expected a function, got ${work}`);
  if (!Number.isInteger(samplingInterval) || samplingInterval < 1 || samplingInterval > MOST_INTERVAL) {
    const expected = `expected a whole number of microseconds from 1 to ${MOST_INTERVAL}`;
    throw new RangeError(`Invalid samplingInterval: ${expected}, got ${samplingInterval}`);
  }
  if (profiled.has(lane)) {
    throw new InstanceError(
      "ERR_PROFILING",
      "The worker is being profiled already. Await the profile before the next one.",
    );
  }
  if (!binding.profileStart(lane.id, samplingInterval)) {
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
    json = binding.profileStop(lane.id);
  }
  if (lane.ended !== undefined) throw lane.ended();
  return JSON.parse(json as string) as CpuProfile;
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
