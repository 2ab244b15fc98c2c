// Isolates that were made ahead on another thread: they are what those made on the spot are.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { Miniflare } from "../../index.mjs";
import { text } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { runScript } from "../support/child.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);
/** More than are ever kept ready, so that some are made ahead and some on the spot. */
const MANY = 8;

const DEEP = `export default { fetch() {
  let depth = 0;
  const dive = () => { depth++; dive(); };
  try { dive(); } catch (error) { return new Response(error.name + " " + (depth > 1000)); }
} }`;

const IN_THREAD = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { Miniflare } = require(workerData.door);
  (async () => {
    for (let i = 0; i < workerData.many; i++) {
      const mf = new Miniflare({ modules: true, script: workerData.script });
      parentPort.postMessage(await (await mf.dispatchFetch("http://localhost/")).text());
      await mf.dispose();
    }
  })();`;

describe("instances made one after the other", () => {
  test("end an endless recursion with an error, each of them", async (t) => {
    for (let i = 0; i < MANY; i++) assert.equal(await text(create(t, { script: DEEP })), "RangeError true");
  });

  test("end it in worker threads too", async () => {
    const door = new URL("../../index.js", import.meta.url).pathname;
    const threads = [1, 2].map(async () => {
      const worker = new Worker(IN_THREAD, { eval: true, workerData: { door, script: DEEP, many: MANY } });
      const said = [];
      worker.on("message", (message) => said.push(message));
      await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
      return said;
    });
    for (const said of await Promise.all(threads)) assert.deepEqual(said, Array(MANY).fill("RangeError true"));
  });

  test("keep the memory limits they are given", async (t) => {
    const script = `export default { fetch(request) {
      const kept = [];
      for (let i = 0; i < 64; i++) kept.push(new Uint8Array(1 << 20).fill(1));
      return new Response(String(kept.length));
    } }`;
    for (const heapLimitMb of [32, 128, 256, 32]) {
      const mf = create(t, { script, heapLimitMb });
      if (heapLimitMb > 64) assert.equal(await text(mf), "64");
      else await assert.rejects(mf.dispatchFetch("http://localhost/"), { code: "ERR_HEAP_LIMIT" });
    }
  });

  test("are collected as others are", async (t) => {
    const script = `export default { async fetch() {
      for (let i = 0; i < 200; i++) { new Array(10_000).fill({ i }); if (i % 50 === 0) await scheduler.wait(0); }
      return new Response("collected");
    } }`;
    for (let i = 0; i < MANY; i++) assert.equal(await text(create(t, { script })), "collected");
  });

  test("may be many at once", async (t) => {
    const script = `export default { fetch: () => new Response("hello") }`;
    const all = Array.from({ length: MANY }, () => create(t, { script }));
    const texts = await Promise.all(all.map((mf) => text(mf)));
    assert.deepEqual(texts, Array(MANY).fill("hello"));
    assert.ok(all.every((mf) => mf instanceof Miniflare));
  });
});

describe("a process that ends while one is being made", () => {
  for (const ending of ["process.exit(3)", "process.reallyExit(3)"]) {
    test(`by ${ending} neither crashes nor hangs`, async () => {
      for (let after = 0; after < 10; after++) {
        const wait = after === 0 ? "" : `await new Promise((done) => setTimeout(done, ${after}));`;
        const result = await runScript(`${wait} ${ending};`, { timeout: 30_000 });
        assert.deepEqual([result.code, result.signal, result.timedOut], [3, null, false], result.stderr);
      }
    });
  }

  test("by itself, having made no instance", async () => {
    const result = await runScript("", { timeout: 30_000 });
    assert.deepEqual([result.code, result.signal, result.timedOut], [0, null, false], result.stderr);
  });
});
