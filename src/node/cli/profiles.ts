// `--cpu-prof` and `--heap-prof`: profiles of the worker from the start of the server to the end of the command, in files that are
// named as Node names its own. The flags beside them are Node's as well.

import fs from "node:fs";
import path from "node:path";
import type { Miniflare } from "../instance/miniflare.ts";

/** Flags of the command that say what is profiled, and where the files are written. */
export interface ProfileFlags {
  cpuProf?: boolean;
  cpuProfDir?: string;
  cpuProfName?: string;
  heapProf?: boolean;
  heapProfDir?: string;
  heapProfName?: string;
}

/** A profile that is asked for. */
interface Asked {
  /** As the log calls it. */
  what: string;
  file: string;
  take(mf: Miniflare, work: () => Promise<void>): Promise<object>;
}

const BESIDE = ["Dir", "Name"] as const;
const two = (number: number) => String(number).padStart(2, "0");

/** "CPU.20261201.093000.4711.0.001.cpuprofile". */
function fileName(kind: string, extension: string, now: Date): string {
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `${kind}.${day}.${time}.${process.pid}.0.001.${extension}`;
}

/** Why the flags cannot be understood together; undefined if they can. */
export function wrongFlags(flags: ProfileFlags): string | undefined {
  for (const [option, flag] of [["cpuProf", "--cpu-prof"] as const, ["heapProf", "--heap-prof"] as const]) {
    if (flags[option]) continue;
    const other = BESIDE.find((part) => flags[`${option}${part}`] !== undefined);
    if (other !== undefined) return `${flag}-${other.toLowerCase()} must be used with ${flag}`;
  }
  return undefined;
}

function askedFor(flags: ProfileFlags): Asked[] {
  const now = new Date();
  const { cpuProfDir = "", cpuProfName } = flags;
  const { heapProfDir = "", heapProfName } = flags;
  const cpu: Asked = {
    what: "CPU",
    file: path.resolve(cpuProfDir, cpuProfName || fileName("CPU", "cpuprofile", now)),
    take: (mf, work) => mf.profile(work),
  };
  const heap: Asked = {
    what: "heap",
    file: path.resolve(heapProfDir, heapProfName || fileName("Heap", "heapprofile", now)),
    take: (mf, work) => mf.heapProfile(work),
  };
  return [...(flags.cpuProf ? [cpu] : []), ...(flags.heapProf ? [heap] : [])];
}

/** Starts to profile the worker as the flags say. The function that is returned ends that, and writes the files. */
export function startProfiles(mf: Miniflare, flags: ProfileFlags): () => Promise<void> {
  let end = () => {};
  const until = new Promise<void>((resolve) => {
    end = resolve;
  });
  const written = askedFor(flags).map(async ({ what, file, take }) => {
    try {
      const content = await take(mf, () => until);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, JSON.stringify(content));
      mf.log.info(`Wrote the ${what} profile ${file}`);
    } catch (error) {
      mf.log.error(error as Error);
    }
  });
  return async () => {
    end();
    await Promise.all(written);
  };
}
