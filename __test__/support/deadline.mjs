// Limits for the whole process, for specs in which a failing product would block Node's thread and every timer on it, or
// take the machine's memory.

import { Worker } from "node:worker_threads";
import { patient } from "./patience.mjs";

const WATCH = `
  const { workerData } = require("node:worker_threads");
  const kill = (why) => {
    require("node:fs").writeSync(2, "killed: " + why + "\\n");
    process.kill(process.pid, "SIGKILL");
  };
  setTimeout(kill, workerData.milliseconds, "the process was still busy after " + workerData.milliseconds + " ms");
  setInterval(() => {
    const megabytes = process.memoryUsage.rss() / 2 ** 20;
    if (megabytes > workerData.megabytes) kill("the process had grown to " + megabytes.toFixed(0) + " MB");
  }, 50);
`;

/** Kills this process when it takes longer than on a quiet machine, or has grown beyond its limit. It does not keep the process alive. */
export function deadline(milliseconds, megabytes = 3072) {
  new Worker(WATCH, { eval: true, workerData: { milliseconds: patient(milliseconds), megabytes } }).unref();
}
