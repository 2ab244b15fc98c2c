// A limit for the whole process, for specs in which a failing product would block Node's thread and every timer on it.

import { Worker } from "node:worker_threads";

const WATCH = `
  const { workerData } = require("node:worker_threads");
  setTimeout(() => {
    require("node:fs").writeSync(2, "killed: Node's thread was still busy after " + workerData + " ms\\n");
    process.kill(process.pid, "SIGKILL");
  }, workerData);
`;

/** Kills this process after `milliseconds`, blocked or not. It does not keep the process alive. */
export function deadline(milliseconds) {
  new Worker(WATCH, { eval: true, workerData: milliseconds }).unref();
}
