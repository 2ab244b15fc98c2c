// What a worker thread runs in the specs about loading: it makes instances and reports each answer.
// workerData: { instances, requests, leave } - `leave` keeps the instances undisposed when the thread ends.

import { parentPort, workerData } from "node:worker_threads";
import { Miniflare } from "./miniflare.mjs";

const { instances = 1, requests = 1, leave = false } = workerData ?? {};

const script = `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/never") return new Promise(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1));
    return new Response("answer " + pathname);
  }
}`;

const made = Array.from({ length: instances }, () => new Miniflare({ modules: true, script }));
const ask = async (mf, number) => (await mf.dispatchFetch(`http://localhost/${number}`)).text();
const answers = await Promise.all(
  made.flatMap((mf) => Array.from({ length: requests }, (_, number) => ask(mf, number))),
);
if (leave) for (const mf of made) mf.dispatchFetch("http://localhost/never").catch(() => {});
else await Promise.all(made.map((mf) => mf.dispose()));
parentPort.postMessage(answers);
if (leave) parentPort.on("message", () => process.exit(0));
