// `usage` of a response: what its event has used.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createFetchMock, Response } from "../support/miniflare.mjs";
import { deferred, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

/** A server whose first page redirects to its second. */
function mockThatRedirects() {
  const mock = createFetchMock();
  mock.disableNetConnect();
  const origin = mock.get("http://redirecting.test");
  origin.intercept({ path: "/" }).reply(302, "", { headers: { location: "/second" } });
  origin.intercept({ path: "/second" }).reply(200, "second");
  return mock;
}

const NOTHING = { kv: {}, r2: {}, d1: {}, durableObjects: {}, queues: {} };

/** A module worker whose handler has `body`, and what comes beside it. */
const handler = (body, rest = "") => `export default { async fetch(request, env, ctx) { ${body} } };\n${rest}`;

async function usageOf(mf, url = URL_ROOT, init = undefined) {
  const response = await mf.dispatchFetch(url, init);
  await response.text();
  return response.usage;
}

/** The figures that do not depend on the machine. */
function counts({ cpuMs, gateMs, ...rest }) {
  assert.ok(cpuMs > 0, `CPU time is ${cpuMs} ms`);
  assert.ok(gateMs >= 0, `time at gates is ${gateMs} ms`);
  return rest;
}

describe("usage has of an event", () => {
  test("nothing but CPU time, if it has used nothing else", async (t) => {
    const mf = create(t, { script: handler("return new Response('a');") });
    assert.deepEqual(counts(await usageOf(mf)), { subrequests: 0, internalSubrequests: 0, ...NOTHING });
  });

  test("the same in a service worker", async (t) => {
    const mf = create(t, { script: "addEventListener('fetch', (event) => event.respondWith(new Response('a')));" });
    assert.deepEqual(counts(await usageOf(mf)), { subrequests: 0, internalSubrequests: 0, ...NOTHING });
  });

  test("calls of fetch and of caches, and redirects", async (t) => {
    const body = `
      await fetch("http://redirecting.test/");
      await caches.default.match("http://a.test/");
      return new Response();`;
    const mf = create(t, { script: handler(body), fetchMock: mockThatRedirects() });
    const { subrequests, internalSubrequests } = await usageOf(mf);
    assert.deepEqual([subrequests, internalSubrequests], [3, 0]);
  });

  test("operations on KV namespaces, by binding", async (t) => {
    const body = `
      await env.ONE.put("a", "1"); await env.ONE.put("b", "1");
      await env.ONE.get("a"); await env.ONE.getWithMetadata("a"); await env.ONE.get("none");
      await env.TWO.list(); await env.TWO.delete("a");
      return new Response();`;
    const mf = create(t, { script: handler(body), kvNamespaces: ["ONE", "TWO", "UNUSED"] });
    const { kv, internalSubrequests } = await usageOf(mf);
    assert.deepEqual(kv, {
      ONE: { reads: 3, writes: 2, deletes: 0, lists: 0 },
      TWO: { reads: 0, writes: 0, deletes: 1, lists: 1 },
    });
    assert.equal(internalSubrequests, 7);
  });

  test("operations that are refused before they are made, not at all", async (t) => {
    const mf = create(t, {
      script: handler(`await env.ONE.get("").catch(() => {}); return new Response();`),
      kvNamespaces: ["ONE"],
    });
    assert.deepEqual((await usageOf(mf)).kv, {});
  });

  test("operations on R2 buckets, by class", async (t) => {
    const body = `
      await env.BUCKET.put("a", "1"); await env.BUCKET.list();
      const upload = await env.BUCKET.createMultipartUpload("b");
      const part = await upload.uploadPart(1, "part");
      await upload.complete([part]);
      await env.BUCKET.head("a"); await (await env.BUCKET.get("a")).text();
      await env.BUCKET.delete("a");
      return new Response();`;
    const mf = create(t, { script: handler(body), r2Buckets: ["BUCKET"] });
    assert.deepEqual((await usageOf(mf)).r2, { BUCKET: { classA: 5, classB: 2, deletes: 1 } });
  });

  test("statements on D1 databases, and rows that they read and write", async (t) => {
    const body = `
      await env.DB.exec("CREATE TABLE entries (id INTEGER PRIMARY KEY, text TEXT)");
      const insert = env.DB.prepare("INSERT INTO entries (text) VALUES (?)");
      const results = await env.DB.batch([insert.bind("a"), insert.bind("b")]);
      results.push(await env.DB.prepare("SELECT * FROM entries").all());
      const sum = (name) => results.reduce((all, { meta }) => all + meta[name], 0);
      return Response.json({ rowsRead: sum("rows_read"), rowsWritten: sum("rows_written") });`;
    for (const options of [{}, { d1Persist: folder(t) }]) {
      const mf = create(t, { script: handler(body), d1Databases: ["DB"], ...options });
      const response = await mf.dispatchFetch(URL_ROOT);
      const said = await response.json();
      assert.ok(said.rowsRead >= 2 && said.rowsWritten === 2, JSON.stringify(said));
      const { queries, rowsRead, rowsWritten } = response.usage.d1.DB;
      assert.deepEqual([queries, rowsWritten], [4, 2]);
      assert.ok(rowsRead >= said.rowsRead, `${rowsRead} rows are read`);
    }
  });

  test("messages to queues, by binding", async (t) => {
    const body = `
      await env.QUEUE.send("a"); await env.QUEUE.sendBatch([{ body: "b" }, { body: "c" }]);
      return new Response();`;
    const mf = create(t, { script: handler(body), queueBindings: [{ name: "QUEUE", queueName: "queue" }] });
    assert.deepEqual((await usageOf(mf)).queues, { QUEUE: { messages: 3 } });
  });
});

const OBJECT = `export class Box {
  constructor(state) { this.storage = state.storage; this.state = state; }
  async fetch(request) {
    await this.storage.put("a", 1);
    await this.storage.put({ b: 1, c: 1 });
    await this.storage.get(["a", "b"]);
    await this.storage.list();
    await this.storage.delete("c");
    await this.storage.transaction(async (transaction) => transaction.put("d", await transaction.get("a")));
    return new Response();
  }
}`;
const STORAGE = { reads: 3, writes: 4, deletes: 1, lists: 1, rowsRead: 0, rowsWritten: 0 };

describe("usage has of Durable Objects", () => {
  const asks = handler(`return env.BOX.get(env.BOX.idFromName("a")).fetch(request);`, OBJECT);

  test("operations on their storage, with those of the event that asked them", async (t) => {
    const mf = create(t, { script: asks, durableObjects: { BOX: "Box" } });
    const usage = counts(await usageOf(mf));
    assert.deepEqual(usage.durableObjects, { BOX: STORAGE });
    assert.equal(usage.internalSubrequests, 1);
  });

  test("the same for requests of Node", async (t) => {
    const mf = create(t, { script: asks, durableObjects: { BOX: "Box" } });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const response = await namespace.get(namespace.idFromName("b")).fetch(URL_ROOT);
    assert.deepEqual(response.usage.durableObjects, { BOX: STORAGE });
  });

  test("rows that SQL reads and writes, also of a cursor that is read on", async (t) => {
    const object = `export class Box {
      constructor(state) { this.storage = state.storage; }
      fetch() {
        const { sql, kv } = this.storage;
        const run = (text) => { const cursor = sql.exec(text); cursor.toArray(); return cursor; };
        const cursors = [
          run("CREATE TABLE entries (id INTEGER PRIMARY KEY, text TEXT)"),
          run("INSERT INTO entries (text) VALUES ('a'), ('b'), ('c')"),
          run("SELECT * FROM entries"),
        ];
        kv.put("a", 1); kv.get("a"); kv.delete("a"); [...kv.list()];
        const sum = (name) => cursors.reduce((all, cursor) => all + cursor[name], 0);
        return Response.json({ rowsRead: sum("rowsRead"), rowsWritten: sum("rowsWritten") });
      }
    }`;
    const script = handler(`return env.BOX.get(env.BOX.idFromName("a")).fetch(request);`, object);
    const mf = create(t, { script, durableObjects: { BOX: { className: "Box", useSQLite: true } } });
    const response = await mf.dispatchFetch(URL_ROOT);
    const said = await response.json();
    assert.ok(said.rowsRead >= 3 && said.rowsWritten >= 3, JSON.stringify(said));
    assert.deepEqual(response.usage.durableObjects.BOX, { reads: 1, writes: 1, deletes: 1, lists: 1, ...said });
  });

  test("time at gates, also of calls by RPC", async (t) => {
    const object = `import { DurableObject } from "cloudflare:workers";
    export class Box extends DurableObject {
      async block() { await this.ctx.blockConcurrencyWhile(() => this.env.wait()); }
      async fetch() { return new Response(); }
    }`;
    const script = handler(
      `
      const stub = env.BOX.get(env.BOX.idFromName("a"));
      const blocked = stub.block();
      const response = await stub.fetch(request);
      await blocked;
      return response;`,
      object,
    );
    const bindings = { wait: () => new Promise((resolve) => setTimeout(resolve, 30)) };
    const mf = create(t, { script, durableObjects: { BOX: "Box" }, bindings });
    const { gateMs } = await usageOf(mf);
    assert.ok(gateMs >= 25, `it waited ${gateMs} ms`);
  });
});

describe("CPU time", () => {
  const SPIN = "for (let index = 0; index < times; index++) sum = (sum * 31 + index) | 0;";
  const spins = handler(`
    const times = Number(new URL(request.url).searchParams.get("times"));
    let sum = 0; ${SPIN}
    return new Response(sum);`);
  const cpu = async (mf, times) => (await usageOf(mf, `${URL_ROOT}?times=${times}`)).cpuMs;

  test("is that of the event's code, and no more than the process has used", async (t) => {
    const mf = create(t, { script: spins });
    await cpu(mf, 1);
    const idle = await cpu(mf, 1);
    const start = process.cpuUsage();
    const busy = await cpu(mf, 20_000_000);
    const { user, system } = process.cpuUsage(start);
    assert.ok(busy > 3 && busy > idle, `${busy} ms, and ${idle} ms of an idle event`);
    assert.ok(busy <= (user + system) / 1000 + 10, `${busy} ms of ${(user + system) / 1000}`);
  });

  test("does not pass while the thread waits", async (t) => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const bindings = { sleep: () => void Atomics.wait(shared, 0, 0, 300) };
    const mf = create(t, { script: handler("env.sleep(); return new Response();"), bindings });
    const { cpuMs } = await usageOf(mf);
    assert.ok(cpuMs < 200, `${cpuMs} ms`);
  });

  test("is charged to the event that runs, not to one that waits", async (t) => {
    const { promise, resolve } = deferred();
    const body = `
      if (new URL(request.url).pathname === "/waits") { await env.promise(); return new Response(); }
      let sum = 0; const times = 20_000_000; ${SPIN}
      return new Response(sum);`;
    const mf = create(t, { script: handler(body), bindings: { promise: () => promise } });
    await mf.getBindings();
    const waiting = usageOf(mf, `${URL_ROOT}waits`);
    const busy = await usageOf(mf);
    resolve();
    const idle = await waiting;
    assert.ok(idle.cpuMs < busy.cpuMs / 2, `${idle.cpuMs} ms of the one that waits, ${busy.cpuMs} ms`);
  });

  test("of turns after the first is counted", async (t) => {
    const body = `await env.later(); let sum = 0; const times = 20_000_000; ${SPIN} return new Response(sum);`;
    const mf = create(t, { script: handler(body), bindings: { later: async () => {} } });
    const { cpuMs } = await usageOf(mf);
    assert.ok(cpuMs > 3, `${cpuMs} ms`);
  });
});

describe("while an event goes on, usage has the figures so far", () => {
  test("of a body that is streamed", async (t) => {
    const body = `
      let left = 3;
      const pull = async (controller) => {
        await env.ONE.get("a");
        if (left-- === 0) controller.close();
        else controller.enqueue(new Uint8Array(10));
      };
      return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));`;
    const mf = create(t, { script: handler(body), kvNamespaces: ["ONE"] });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.deepEqual(response.usage.kv, {});
    assert.equal((await response.arrayBuffer()).byteLength, 30);
    assert.equal(response.usage.kv.ONE.reads, 4);
  });

  test("of promises of waitUntil()", async (t) => {
    const { promise, resolve } = deferred();
    const body = `ctx.waitUntil(env.promise().then(() => env.ONE.put("a", "1"))); return new Response();`;
    const mf = create(t, { script: handler(body), kvNamespaces: ["ONE"], bindings: { promise: () => promise } });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.deepEqual(response.usage.kv, {});
    resolve();
    await response.waitUntil();
    assert.equal(response.usage.kv.ONE.writes, 1);
  });

  test("and keeps them after the end of the instance", async (t) => {
    const body = `ctx.waitUntil(env.ONE.put("a", "1")); return new Response();`;
    const mf = create(t, { script: handler(body), kvNamespaces: ["ONE"] });
    const response = await mf.dispatchFetch(URL_ROOT);
    await response.waitUntil();
    const before = response.usage;
    await mf.dispose();
    assert.deepEqual(response.usage, before);
  });
});

describe("usage", () => {
  test("is the same for a clone", async (t) => {
    const mf = create(t, {
      script: handler(`await env.ONE.get("a"); return new Response("a");`),
      kvNamespaces: ["ONE"],
    });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.deepEqual(response.clone().usage, response.usage);
  });

  test("is zero for a response that no dispatch answered with", () => {
    const zero = { cpuMs: 0, gateMs: 0, subrequests: 0, internalSubrequests: 0, ...NOTHING };
    assert.deepEqual(new Response().usage, zero);
  });

  test("of one event does not have what another has used", async (t) => {
    const mf = create(t, { script: handler(`await env.ONE.get("a"); return new Response();`), kvNamespaces: ["ONE"] });
    const all = await Promise.all(Array.from({ length: 20 }, () => usageOf(mf)));
    for (const { kv } of all) assert.equal(kv.ONE.reads, 1);
  });

  test("of a service is its own, and counts no operation for the worker that asks", async (t) => {
    const mounts = {
      other: {
        modules: true,
        script: handler(`await env.ONE.get("a"); return new Response();`),
        kvNamespaces: ["ONE"],
      },
    };
    const mf = create(t, {
      script: handler("return env.OTHER.fetch(request);"),
      mounts,
      serviceBindings: { OTHER: "other" },
    });
    assert.deepEqual((await usageOf(mf)).kv, {});
    assert.equal((await usageOf(await mf.getMount("other"))).kv.ONE.reads, 1);
  });
});
