// `--cpu-prof`: a profile of the worker from its start to the end of the command, in a file that is named as Node names its own.

import fs from "node:fs";
import path from "node:path";
import type { Miniflare } from "../instance/miniflare.ts";

const two = (number: number) => String(number).padStart(2, "0");

/** "CPU.20261201.093000.4711.0.001.cpuprofile", in the current folder. */
function fileName(now: Date): string {
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return path.resolve(`CPU.${day}.${time}.${process.pid}.0.001.cpuprofile`);
}

/** Starts to profile the worker. The function that is returned ends that, and writes the file. */
export function startProfile(mf: Miniflare): () => Promise<void> {
  const file = fileName(new Date());
  let end = () => {};
  const until = new Promise<void>((resolve) => {
    end = resolve;
  });
  const profile = mf.profile(() => until);
  const written = profile.then(
    (content) => {
      fs.writeFileSync(file, JSON.stringify(content));
      mf.log.info(`Wrote the CPU profile ${file}`);
    },
    (error: Error) => mf.log.error(error),
  );
  return () => {
    end();
    return written;
  };
}
