// Tags: every-node
// Requests, and calls of storage from Node, that are awaited one after the other leave Node's loop its turns: timers, I/O and
// immediates go on meanwhile.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import { create } from "../support/miniflare.mjs";
import { folder } from "../support/files.mjs";
import { FileStorage } from "../../doors/storage-file.mjs";
import { MemoryStorage } from "../../doors/storage-memory.mjs";
import { DurableObjectStorage } from "../../doors/durable-objects.mjs";
import { KVNamespace } from "../../doors/kv.mjs";
import { test } from "../support/test.mjs";

/** A loop that is starved would never end, nor would the test's own time limit come. */
const PATIENCE = 10_000;

const SCRIPT = `
export class Box { fetch() { return new Response("object"); } }
export default { fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/throw") throw new Error("thrown");
  return pathname === "/object" ? env.BOX.get(env.BOX.idFromName("a")).fetch(request) : new Response("body");
} };`;

const EVENTS = {
  "a timer": (done) => setTimeout(done, 50),
  "an immediate": (done) => setImmediate(done),
  "a file that is read": (done) => fs.readFile(new URL(import.meta.url), done),
};

const ASKED = {
  requests: (mf) => mf.dispatchFetch("http://localhost/"),
  "requests that fail": (mf) => mf.dispatchFetch("http://localhost/throw").catch(() => {}),
  "requests to objects": (mf) => mf.dispatchFetch("http://localhost/object"),
};

for (const [what, ask] of Object.entries(ASKED)) {
  describe(`while ${what} are awaited in a loop`, () => {
    for (const [event, begin] of Object.entries(EVENTS)) {
      test(`${event} comes`, async (t) => {
        const mf = create(t, { script: SCRIPT, durableObjects: { BOX: "Box" } });
        await ask(mf);
        let hasCome = false;
        begin(() => (hasCome = true));
        const start = performance.now();
        while (!hasCome && performance.now() - start < PATIENCE) await ask(mf);
        assert.ok(hasCome);
      });
    }
  });
}

test("a stub that is asked in a loop leaves the loop its turns", async (t) => {
  const mf = create(t, { script: SCRIPT, durableObjects: { BOX: "Box" } });
  const namespace = await mf.getDurableObjectNamespace("BOX");
  const stub = namespace.get(namespace.idFromName("a"));
  let hasCome = false;
  setTimeout(() => (hasCome = true), 50);
  const start = performance.now();
  while (!hasCome && performance.now() - start < PATIENCE) await stub.fetch("http://localhost/");
  assert.ok(hasCome);
});

/** What is asked of storage, each with what is called in the loop. */
const STORAGE = {
  "a namespace's get": async (mf) => {
    const kv = await mf.getKVNamespace("KV");
    return () => kv.get("key");
  },
  "a namespace's put": async (mf) => {
    const kv = await mf.getKVNamespace("KV");
    return () => kv.put("key", "value");
  },
  "a namespace's list": async (mf) => {
    const kv = await mf.getKVNamespace("KV");
    return () => kv.list();
  },
  "a namespace's get of a key that is refused": async (mf) => {
    const kv = await mf.getKVNamespace("KV");
    return () => kv.get("").catch(() => {});
  },
  "a cache's match": async (mf) => {
    const { default: cache } = await mf.getCaches();
    return () => cache.match("http://localhost/");
  },
  "a cache's delete": async (mf) => {
    const { default: cache } = await mf.getCaches();
    return () => cache.delete("http://localhost/");
  },
  "an object's storage": async (mf) => {
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const storage = await mf.getDurableObjectStorage(namespace.idFromName("a"));
    return () => storage.get("key");
  },
  "a storage in memory": () => {
    const storage = new MemoryStorage();
    return () => storage.get("key");
  },
  "a storage in a folder": (_, t) => {
    const storage = new FileStorage(folder(t));
    return () => storage.put("key", { value: new Uint8Array(1) });
  },
  "a get of an object's storage that a test constructs": () => {
    const storage = new DurableObjectStorage(new MemoryStorage());
    return () => storage.get("key");
  },
  "a put of an object's storage that a test constructs": () => {
    const storage = new DurableObjectStorage(new MemoryStorage());
    return () => storage.put("key", "value");
  },
  "a namespace over a storage": () => {
    const kv = new KVNamespace(new MemoryStorage());
    return () => kv.get("key");
  },
};

describe("while storage is asked from Node in a loop", () => {
  for (const [what, prepare] of Object.entries(STORAGE)) {
    for (const [event, begin] of Object.entries(EVENTS)) {
      test(`${event} comes, with ${what}`, async (t) => {
        const options = { script: SCRIPT, durableObjects: { BOX: "Box" }, kvNamespaces: ["KV"], kvPersist: folder(t) };
        const call = await prepare(create(t, options), t);
        let hasCome = false;
        begin(() => (hasCome = true));
        const start = performance.now();
        while (!hasCome && performance.now() - start < PATIENCE) await call();
        assert.ok(hasCome);
      });
    }
  }

  test("methods are still what they were", async (t) => {
    const kv = await create(t, { script: SCRIPT, kvNamespaces: ["KV"] }).getKVNamespace("KV");
    const { get, put } = kv;
    assert.deepEqual([get.name, get.length, put.name, put.length], ["get", 2, "put", 3]);
    assert.throws(() => new get(), TypeError);
    assert.deepEqual(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(kv), "get"), {
      value: get,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  });
});

test("a rejection that waits for the loop is handled by the code that awaits it", async (t) => {
  const mf = create(t, { script: SCRIPT, durableObjects: { BOX: "Box" } });
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  const start = performance.now();
  let errors = 0;
  while (performance.now() - start < 100) await mf.dispatchFetch("http://localhost/throw").catch(() => errors++);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(errors > 0);
  assert.deepEqual(unhandled, []);
});
