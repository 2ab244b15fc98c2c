// Tags: oracle, every-node
// Caches that a suite makes itself, over a storage.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { folder } from "../support/files.mjs";
import { create, differs } from "../support/miniflare.mjs";
import {
  Cache,
  CacheError,
  CacheStorage,
  FileStorage,
  Log,
  LogLevel,
  MemoryStorage,
  NoOpLog,
  Request,
  Response,
  testClock,
} from "../support/names.mjs";
import { test } from "../support/test.mjs";

const URL = "http://localhost/";
const NOW = 1_000_000;
const fresh = (text, headers) => new Response(text, { headers: { "Cache-Control": "max-age=3600", ...headers } });

const storages = {
  MemoryStorage: () => new MemoryStorage(),
  FileStorage: (t) => new FileStorage(folder(t)),
};

for (const [name, make] of Object.entries(storages)) {
  describe(`a Cache over a ${name}`, () => {
    test("stores, matches and deletes", async (t) => {
      const cache = new Cache(make(t));
      await cache.put(URL, fresh("value", { "X-Key": "1" }));
      const hit = await cache.match(new Request(URL));
      assert.deepEqual(
        [hit.status, await hit.text(), hit.headers.get("X-Key"), hit.headers.get("CF-Cache-Status")],
        [200, "value", "1", "HIT"],
      );
      assert.deepEqual([await cache.delete(URL), await cache.delete(URL)], [true, false]);
      assert.equal(await cache.match(URL), undefined);
    });

    test("answers conditions and ranges", async (t) => {
      const cache = new Cache(make(t));
      await cache.put(URL, fresh("0123456789", { ETag: '"tag"' }));
      const match = (headers) => cache.match(new Request(URL, { headers }));
      assert.equal((await match({ "If-None-Match": '"tag"' })).status, 304);
      const part = await match({ Range: "bytes=2-4" });
      assert.deepEqual([part.status, await part.text()], [206, "234"]);
    });

    test("keeps a response as an entry of the storage", async (t) => {
      const storage = make(t);
      await new Cache(storage).put(URL, fresh("body"));
      const { value, metadata } = await storage.get(URL);
      assert.deepEqual([new TextDecoder().decode(value), metadata.status], ["body", 200]);
    });

    test("reads what was stored as an entry", async (t) => {
      const storage = make(t);
      const metadata = { status: 201, headers: [["x-key", "1"]] };
      await storage.put(URL, { value: new TextEncoder().encode("stored"), metadata });
      const hit = await new Cache(storage).match(URL);
      assert.deepEqual([hit.status, await hit.text(), hit.headers.get("x-key")], [201, "stored", "1"]);
      await storage.put(URL, { value: new Uint8Array() });
      await assert.rejects(
        new Cache(storage).match(URL),
        (error) =>
          error instanceof CacheError &&
          error.code === "ERR_DESERIALIZATION" &&
          error.message ===
            "Unable to deserialize stored cached data due to missing metadata.\nThe cached data storage format changed in Miniflare 2. You cannot load cached data created with Miniflare 1 and must delete it.",
      );
    });
  });
}

describe("a Cache", () => {
  test("tells by its clock when a response is stale, and by the storage's what is", async () => {
    const time = testClock(NOW);
    const storage = new MemoryStorage(undefined, time.clock);
    const cache = new Cache(storage, { clock: time.clock });
    await cache.put(URL, fresh("value", { "Cache-Control": "max-age=60" }));
    const { expiration, metadata } = await storage.get(URL);
    assert.equal(expiration, NOW / 1000 + 60);
    assert.equal(metadata.status, 200);
    assert.deepEqual(
      metadata.headers.find(([name]) => name === "cache-control"),
      ["cache-control", "max-age=60"],
    );
    time.time += 59_000;
    assert.equal(await (await cache.match(URL)).text(), "value");
    time.time += 1_000;
    assert.equal(await cache.match(URL), undefined);
  });

  test("refuses what Workers refuse, in the same words", async () => {
    const cache = new Cache(new MemoryStorage());
    const refusals = [
      [() => cache.put(new Request(URL, { method: "POST" }), fresh("")), "Cannot cache response to non-GET request."],
      [
        () => cache.put(URL, new Response("", { status: 206 })),
        "Cannot cache response to a range request (206 Partial Content).",
      ],
      [() => cache.put(URL, fresh("", { Vary: "*" })), "Cannot cache response with 'Vary: *' header."],
    ];
    for (const [act, message] of refusals) await assert.rejects(act, { name: "TypeError", message });
  });

  test("refuses every call outside of a request, with the option for it", async () => {
    const cache = new Cache(new MemoryStorage(), { blockGlobalAsyncIO: true });
    const message = /^Some functionality, such as asynchronous I\/O/;
    for (const act of [() => cache.put(URL, fresh("")), () => cache.match(URL), () => cache.delete(URL)]) {
      await assert.rejects(act, { message });
    }
  });

  test("is of the class that an instance's caches are of", async (t) => {
    const caches = await create(t, { script: "export default {}" }).getCaches();
    assert.ok(caches.default instanceof Cache);
    assert.ok(caches instanceof CacheStorage);
  });

  test("takes storages of this package alone", differs("any object will do"), () => {
    const message = "new Cache() takes a MemoryStorage, a FileStorage or a RedisStorage of miniflare-rs, got undefined";
    assert.throws(() => new Cache(), { name: "TypeError", message });
  });
});

describe("a CacheStorage", () => {
  const factory = () => {
    const opened = new Map();
    return {
      opened,
      storage(name, persist) {
        opened.set(name, persist);
        return new MemoryStorage();
      },
    };
  };

  test("has caches by their names, each over a storage of its own", async () => {
    const storages = factory();
    const caches = new CacheStorage({ cachePersist: "folder" }, new NoOpLog(), storages, {});
    await caches.default.put(URL, fresh("default"));
    const other = await caches.open("other");
    await other.put(URL, fresh("other"));
    assert.equal(await (await caches.default.match(URL)).text(), "default");
    assert.equal(await (await other.match(URL)).text(), "other");
    assert.deepEqual(
      [...storages.opened],
      [
        ["default", "folder"],
        ["other", "folder"],
      ],
    );
    await assert.rejects(caches.open("default"), { code: "ERR_RESERVED" });
  });

  test("stores nothing when caches are off, and warns once, with the option for it", async () => {
    const storages = factory();
    const off = new CacheStorage({ cache: false }, new NoOpLog(), storages, {});
    await off.default.put(URL, fresh("value"));
    assert.deepEqual(
      [await off.default.match(URL), await off.default.delete(URL), storages.opened.size],
      [undefined, false, 0],
    );
    const lines = [];
    const log = new (class extends Log {
      log(line) {
        lines.push(line);
      }
    })(LogLevel.WARN);
    const warned = new CacheStorage({ cacheWarnUsage: true }, log, storages, {});
    await warned.open("a");
    await warned.open("b");
    assert.equal(lines.length, 1);
    assert.match(lines[0], /Cache operations will have no impact if you deploy to a workers\.dev subdomain!/);
  });

  test("takes a factory", differs("fails when it is used"), () => {
    assert.throws(() => new CacheStorage(), {
      name: "TypeError",
      message: /^new CacheStorage\(\) takes options, a Log/,
    });
  });
});
