// A worker thread with an instance, which does what it is told: `{ put }` puts entries, `{ count }` increments so often,
// `{ dispose }` disposes of the instance, `{ exit }` ends the thread from within the worker's turn. It answers each with what came of it.
// workerData: the options of the instance.

import { parentPort, workerData } from "node:worker_threads";
import { get } from "./persist.mjs";
import { Miniflare } from "./miniflare.mjs";

const mf = new Miniflare({ ...workerData, bindings: { end: () => process.exit(0) } });

const ask = (path) => mf.dispatchFetch(`http://localhost${path}`).then((response) => response.json());

async function count(times) {
  for (let index = 0; index < times; index++) await ask("/count");
  return times;
}

const ACTS = {
  ask,
  count,
  get: () => get(mf),
  dispose: () => mf.dispose(),
  exit: () => ask("/end"),
};

parentPort.on("message", async ({ act, value }) => {
  try {
    parentPort.postMessage({ value: await ACTS[act](value) });
  } catch (error) {
    parentPort.postMessage({ code: error.code, message: error.message });
  }
});
