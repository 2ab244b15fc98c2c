// Storages that belong to no instance: FileStorage between processes, RedisStorage, and what is made over them.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { describe } from "node:test";
import { pathToFileURL } from "node:url";
import { Cache } from "miniflare-rs/cache";
import { Response } from "miniflare-rs/core";
import { DurableObjectStorage } from "miniflare-rs/durable-objects";
import { KVNamespace } from "miniflare-rs/kv";
import { FileStorage } from "miniflare-rs/storage-file";
import { MemoryStorage } from "miniflare-rs/storage-memory";
import { RedisStorage } from "miniflare-rs/storage-redis";
import { root, runScript } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { test } from "../support/test.mjs";

const bytes = (text) => new TextEncoder().encode(text);
const textOf = (entry) => entry && new TextDecoder().decode(entry.value);
const doorOf = (name) => JSON.stringify(pathToFileURL(path.join(root, `doors/${name}.mjs`)).href);

async function inProcess(source) {
  const imports = `import assert from "node:assert/strict";
    import { KVNamespace } from ${doorOf("kv")};
    import { DurableObjectStorage } from ${doorOf("durable-objects")};
    import { FileStorage } from ${doorOf("storage-file")};
    import { MemoryStorage } from ${doorOf("storage-memory")};`;
  const { code, stderr, timedOut } = await runScript(imports + source, { load: false });
  assert.deepEqual([code, timedOut], [0, false], stderr);
}

describe("a FileStorage", () => {
  test("keeps what a process that ends on the spot has stored", async (t) => {
    const at = path.join(folder(t), "deep/er");
    await inProcess(`
      const storage = new FileStorage(${JSON.stringify(at)});
      await new KVNamespace(storage).put("key", "value", { metadata: { a: 1 } });
      await new DurableObjectStorage(storage).put("object", new Map([["b", 2]]));
      process.kill(process.pid, "SIGKILL");
    `).catch((error) => assert.match(error.message, /Expected values to be/));
    const storage = new FileStorage(at);
    assert.deepEqual(await new KVNamespace(storage).getWithMetadata("key"), { value: "value", metadata: { a: 1 } });
    assert.deepEqual(await new DurableObjectStorage(storage).get("object"), new Map([["b", 2]]));
  });

  test("makes its folder when something is stored", async (t) => {
    const at = path.join(folder(t), "new");
    const storage = new FileStorage(at);
    assert.equal(await storage.get("key"), undefined);
    await storage.put("key", { value: bytes("value") });
    assert.ok(readdirSync(at).length > 0);
  });

  test("is apart from what an instance stores in the same folder", async (t) => {
    const at = folder(t);
    const mf = create(t, { script: "export default {}", kvPersist: at });
    const kv = await mf.getKVNamespace("KV");
    await kv.put("key", "instance");
    const storage = new FileStorage(at);
    await storage.put("key", { value: bytes("storage") });
    assert.deepEqual([await kv.get("key"), textOf(await storage.get("key"))], ["instance", "storage"]);
  });

  test("that another process has open says so", async (t) => {
    const at = folder(t);
    const storage = new FileStorage(at);
    await storage.put("key", { value: bytes("value") });
    await inProcess(`
      const kv = new KVNamespace(new FileStorage(${JSON.stringify(at)}));
      await assert.rejects(kv.get("key"), { code: "ERR_STORAGE_LOCKED" });
    `);
    assert.equal(await storage.has("key"), true);
  });

  test("takes a path", () => {
    for (const [given, shown] of [
      [undefined, "undefined"],
      ["", '"" (string)'],
      [5, "5 (number)"],
    ]) {
      const message = `new FileStorage() takes the path of a folder, got ${shown}`;
      assert.throws(() => new FileStorage(given), { name: "TypeError", message });
    }
    const message = "A clock of FileStorage is a function, got 5 (number)";
    assert.throws(() => new FileStorage("folder", true, 5), { name: "TypeError", message });
  });
});

describe("a RedisStorage", () => {
  test("stores on the server, for every client of it", async (t) => {
    const { url } = await redis(t);
    const [storage, other] = [new RedisStorage(url, "a"), new RedisStorage(url, "b")];
    await storage.put("key", { value: bytes("value"), metadata: { m: 1 } });
    await storage.put("other", { value: bytes("") });
    const entry = await new RedisStorage(new URL(url), "a").get("key");
    assert.deepEqual([textOf(entry), entry.metadata], ["value", { m: 1 }]);
    const { keys, cursor } = await storage.list({ limit: 1 });
    assert.deepEqual([keys[0].name, cursor === ""], ["key", false]);
    assert.deepEqual([await other.has("key"), await storage.deleteMany(["key", "none"])], [false, 1]);
  });

  test("takes the address of a client of ioredis", async (t) => {
    const { url } = await redis(t);
    const { hostname, port } = new URL(url);
    const client = { options: { host: hostname, port: Number(port), username: null, password: null, db: 0 } };
    await new KVNamespace(new RedisStorage(client, "KV")).put("key", "value");
    assert.equal(await new KVNamespace(new RedisStorage(url, "KV")).get("key"), "value");
  });

  test("is the KV namespace of instances that store there", async (t) => {
    const { url } = await redis(t);
    const mf = create(t, { script: "export default {}", kvPersist: url });
    const kv = await mf.getKVNamespace("KV");
    await kv.put("from the instance", "1");
    const own = new KVNamespace(new RedisStorage(url, "KV"));
    assert.equal(await own.get("from the instance"), "1");
    await own.put("from the test", "2");
    assert.equal(await kv.get("from the test"), "2");
  });

  test("is what a cache and an object's storage can be over", async (t) => {
    const { url } = await redis(t);
    const cache = new Cache(new RedisStorage(url, "cache"));
    await cache.put("http://localhost/", new Response("cached", { headers: { "Cache-Control": "max-age=60" } }));
    assert.equal(await (await cache.match("http://localhost/")).text(), "cached");
    const storage = new DurableObjectStorage(new RedisStorage(url, "object"));
    await Promise.all([storage.put("a", 1), storage.put({ b: 2 })]);
    assert.deepEqual(
      [...(await storage.list())],
      [
        ["a", 1],
        ["b", 2],
      ],
    );
    await storage.transaction(async (txn) => txn.put("a", (await txn.get("a")) + 1));
    assert.equal(await storage.get("a"), 2);
    await assert.rejects(async () => storage.put("key", undefined), { name: "TypeError" });
    assert.equal(textOf(await new RedisStorage(url, "cache").get("http://localhost/")), "cached");
  });

  test("says what cannot be reached", async () => {
    const kv = new KVNamespace(new RedisStorage("redis://127.0.0.1:1", "KV"));
    await assert.rejects(kv.get("key"), { code: "ERR_STORAGE_UNREACHABLE" });
    const storage = new DurableObjectStorage(new RedisStorage("redis://127.0.0.1:1", "object"));
    await assert.rejects(storage.get("key"), { code: "ERR_STORAGE_UNREACHABLE" });
  });

  test("takes a URL or a client, and a namespace", () => {
    const what = "a URL like redis://localhost:6379, or a client of ioredis";
    for (const [given, shown] of [
      [undefined, "undefined"],
      ["localhost", '"localhost" (string)'],
      [{ options: {} }, "{ options: {} } (object)"],
    ]) {
      const message = `new RedisStorage() takes ${what}, got ${shown}`;
      assert.throws(() => new RedisStorage(given, "KV"), { name: "TypeError", message });
    }
    const message = "new RedisStorage() takes a namespace, a string, got undefined";
    assert.throws(() => new RedisStorage("redis://localhost"), { name: "TypeError", message });
  });
});

describe("a MemoryStorage", () => {
  test("is freed with its contents after the last reference", () =>
    inProcess(`
      import v8 from "node:v8";
      import { setTimeout as wait } from "node:timers/promises";
      v8.setFlagsFromString("--expose-gc");
      const gc = (await import("node:vm")).runInNewContext("gc");
      const value = new Uint8Array(1 << 20);
      const fill = async () => {
        const storage = new MemoryStorage();
        await storage.put("key", { value });
        await new KVNamespace(storage).put("other", value);
        await new DurableObjectStorage(storage).put("third", 1);
      };
      for (let round = 0; round < 3; round++) { await fill(); }
      gc(); await new Promise(setImmediate);
      const before = process.memoryUsage.rss();
      for (let round = 0; round < 300; round++) {
        await fill();
        if (round % 20 === 0) { gc(); await new Promise(setImmediate); await new Promise(setImmediate); }
      }
      const grown = process.memoryUsage.rss() - before;
      assert.ok(grown < 200 << 20, grown + " bytes more");
    `));

  test("ends with the process, and does not hold it up", () => inProcess(`new KVNamespace(new MemoryStorage());`));

  test("refuses entries without bytes, keys that are not text, and other maps", async () => {
    const storage = new MemoryStorage();
    for (const [key, entry, message] of [
      [
        "key",
        { value: "text" },
        /^put\(\) of a storage takes \{ value, expiration, metadata \} with a Uint8Array as the value, got "text" \(string\)$/,
      ],
      ["key", undefined, /got undefined$/],
      [
        "key",
        { value: bytes(""), expiration: "60" },
        /^An entry's expiration is a number of seconds since the epoch, got "60" \(string\)$/,
      ],
      [5, { value: bytes("") }, /^put\(\) of a storage takes a key, a string, got 5 \(number\)$/],
    ]) {
      await assert.rejects(storage.put(key, entry), { name: "TypeError", message });
    }
    const message = "new MemoryStorage() takes a Map of entries, or undefined, got {} (object)";
    assert.throws(() => new MemoryStorage({}), { name: "TypeError", message });
  });
});
