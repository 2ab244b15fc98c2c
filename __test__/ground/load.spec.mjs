// Tags: oracle
// Loading the package: in the main thread, in worker threads, twice in one environment, and leaving in any order.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { differs } from "../support/miniflare.mjs";
import { root, runScript } from "../support/child.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const thread = pathToFileURL(path.join(root, "__test__/support/thread.mjs")).href;

/** Scripts that start threads: `inThread(data)` resolves to the answers after the thread has ended. */
const THREADS = `
import { once } from "node:events";
import { Worker } from "node:worker_threads";
const execArgv = process.execArgv.filter((flag) => flag === "--experimental-vm-modules");
const start = (workerData = {}) => new Worker(new URL(${JSON.stringify(thread)}), { workerData, execArgv });
async function inThread(data) {
  const worker = start(data);
  const [[answers], [code]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  if (code !== 0) throw new Error("the thread ended with " + code);
  return answers;
}
const hello = { modules: true, script: "export default { fetch: () => new Response('main') }" };
async function inMain() {
  const mf = new Miniflare(hello);
  const answer = await (await mf.dispatchFetch("http://localhost/")).text();
  await mf.dispose();
  return answer;
}
`;

/** A script that must come to its own end and print `expected`. */
async function prints(source, expected, options = {}) {
  const { code, signal, stdout, stderr, timedOut } = await runScript(source, { timeout: 90_000, ...options });
  assert.equal(timedOut, false, `the process did not end\n${stdout}${stderr}`);
  assert.deepEqual({ code, signal, stdout: stdout.trim() }, { code: 0, signal: null, stdout: expected }, stderr);
}

describe("the package loads", () => {
  test("in the main thread", () => prints(`${THREADS} console.log(await inMain());`, "main"));

  test("first in a worker thread that ends, then in another, then in the main thread", () =>
    prints(
      `${THREADS}
      console.log((await inThread()).join());
      console.log((await inThread({ instances: 2 })).join());
      globalThis.Miniflare = (await import(door)).Miniflare;
      console.log(await inMain());`,
      "answer /0\nanswer /0,answer /0\nmain",
      { load: false },
    ));

  test("in a worker thread alone, the main thread never having loaded it", async () => {
    const source = `${THREADS}
      for (let round = 0; round < 3; round++) console.log((await inThread()).join());`;
    await prints(source, "answer /0\nanswer /0\nanswer /0", { load: false });
  });

  test("in many worker threads at once", () =>
    prints(
      `${THREADS}
      const all = await Promise.all(Array.from({ length: 8 }, () => inThread({ instances: 3, requests: 5 })));
      console.log(all.length, all.flat().length, new Set(all.flat()).size, await inMain());`,
      "8 120 5 main",
    ));

  test("twice in one environment", differs("this is about the addon"), () =>
    prints(
      `
      import { createRequire } from "node:module";
      const require = createRequire(${JSON.stringify(path.join(root, "index.js"))});
      const fresh = () => {
        for (const key of Object.keys(require.cache)) delete require.cache[key];
        return require("./index.js");
      };
      const copies = [fresh(), fresh(), fresh()];
      const made = copies.map((copy, n) => new copy.Miniflare({ modules: true,
        script: "export default { fetch: () => new Response('copy " + n + "') }" }));
      console.log(new Set(copies.map((copy) => copy.Miniflare)).size);
      for (const mf of made) console.log(await (await mf.dispatchFetch("http://localhost/")).text());
      await made[1].dispose();
      console.log(await (await made[0].dispatchFetch("http://localhost/")).text());
      await Promise.all(made.map((mf) => mf.dispose()));`,
      "3\ncopy 0\ncopy 1\ncopy 2\ncopy 0",
    ),
  );

  test("beside an instance of the main thread that works on", () =>
    prints(
      `${THREADS}
      const mf = new Miniflare(hello);
      const ask = async () => (await mf.dispatchFetch("http://localhost/")).text();
      console.log(await ask());
      await Promise.all([inThread({ instances: 2 }), inThread({ instances: 2 })]);
      console.log(await ask());
      await mf.dispose();`,
      "main\nmain",
    ));
});

describe("a worker thread ends", differs("Node crashes when it ends its threads"), () => {
  test("by terminate() while requests are pending", () =>
    prints(
      `${THREADS}
      for (let round = 0; round < 5; round++) {
        const worker = start({ instances: 3, requests: 2, leave: true });
        await once(worker, "message");
        await worker.terminate();
      }
      console.log(await inMain());`,
      "main",
    ));

  test("by process.exit() while requests are pending", () =>
    prints(
      `${THREADS}
      for (let round = 0; round < 5; round++) {
        const worker = start({ instances: 2, leave: true });
        const ended = once(worker, "exit");
        await once(worker, "message");
        worker.postMessage("exit");
        await ended;
      }
      console.log(await inMain());`,
      "main",
    ));

  test("by terminate() at any moment of its start", () =>
    prints(
      `${THREADS}
      for (let delay = 0; delay < 200; delay += 10) {
        const worker = start({ instances: 2, requests: 3 });
        worker.on("error", (error) => console.log(error));
        await new Promise((resolve) => setTimeout(resolve, delay));
        await worker.terminate();
      }
      console.log(await inMain());`,
      "main",
    ));

  test("while others go on", () =>
    prints(
      `${THREADS}
      const doomed = Array.from({ length: 3 }, () => start({ instances: 2, leave: true }));
      await Promise.all(doomed.map((worker) => once(worker, "message")));
      const busy = Array.from({ length: 3 }, () => inThread({ instances: 2, requests: 50 }));
      await Promise.all(doomed.map((worker) => worker.terminate()));
      console.log((await Promise.all(busy)).flat().length, await inMain());`,
      "300 main",
    ));

  test("after the main thread was asked to exit", async () => {
    const { code, signal, timedOut, stderr } = await runScript(`${THREADS}
      const workers = Array.from({ length: 3 }, () => start({ instances: 2, leave: true }));
      await Promise.all(workers.map((worker) => once(worker, "message")));
      const mf = new Miniflare(hello);
      await mf.getBindings();
      process.exit(7);`);
    assert.deepEqual({ code, signal, timedOut }, { code: 7, signal: null, timedOut: false }, stderr);
  });
});
