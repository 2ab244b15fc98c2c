// A worker whose outbound fetch reaches a server on this machine. The server has a thread of its own, so that it costs
// every implementation the same.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const SERVER = `
const { parentPort } = require("node:worker_threads");
const server = require("node:http").createServer((_, response) => response.end("Served response!"));
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`;

const script = (port) => `export default {
  async fetch() {
    const response = await fetch("http://127.0.0.1:${port}/thing");
    return new Response("response:" + (await response.text()));
  },
};`;

export default {
  name: "s15-fetch",
  unit: "µs",
  doc: "`dispatchFetch` to a worker whose outbound fetch goes to a server on loopback",
  target: { share: 1 },
  async run({ Miniflare }) {
    const server = new Worker(SERVER, { eval: true });
    try {
      const [port] = await once(server, "message");
      return await withInstance(Miniflare, { script: script(port) }, (mf) =>
        microsPerCall(() => ask(mf, "response:Served response!"), { warmUp: 200, calls: 1500 }),
      );
    } finally {
      await server.terminate();
    }
  },
};
