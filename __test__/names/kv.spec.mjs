// Tags: oracle, every-node
// KV namespaces that a suite makes itself, over a storage.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { folder } from "../support/files.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { FileStorage, KVNamespace, MemoryStorage, testClock } from "../support/names.mjs";
import { test } from "../support/test.mjs";

const NOW = 1_000_000;
const decode = (entry) => entry && new TextDecoder().decode(entry.value);

const storages = {
  MemoryStorage: () => new MemoryStorage(),
  FileStorage: (t) => new FileStorage(folder(t)),
};

for (const [name, make] of Object.entries(storages)) {
  describe(`a KVNamespace over a ${name}`, () => {
    test("gives values in every form, with their metadata", async (t) => {
      const kv = new KVNamespace(make(t));
      await kv.put("text", "value", { metadata: { a: 1 } });
      await kv.put("json", '{"b":2}');
      await kv.put("bytes", new Uint8Array([1, 2, 3]).buffer);
      assert.equal(await kv.get("text"), "value");
      assert.deepEqual(await kv.get("json", "json"), { b: 2 });
      assert.deepEqual(new Uint8Array(await kv.get("bytes", { type: "arrayBuffer" })), new Uint8Array([1, 2, 3]));
      const stream = await kv.get("text", "stream");
      assert.equal(await new Response(stream).text(), "value");
      assert.deepEqual(await kv.getWithMetadata("text"), { value: "value", metadata: { a: 1 } });
      assert.deepEqual(
        [await kv.get("none"), await kv.getWithMetadata("none")],
        [null, { value: null, metadata: null }],
      );
    });

    test("lists and deletes", async (t) => {
      const kv = new KVNamespace(make(t));
      for (const key of ["b", "a", "c"]) await kv.put(key, key);
      const first = await kv.list({ limit: 2 });
      assert.deepEqual([first.keys.map((key) => key.name), first.list_complete], [["a", "b"], false]);
      const rest = await kv.list({ cursor: first.cursor });
      assert.deepEqual([rest.keys.map((key) => key.name), rest.list_complete], [["c"], true]);
      await kv.delete("a");
      assert.equal(await kv.get("a"), null);
    });

    test("has the entries that the storage has, and the other way round", async (t) => {
      const storage = make(t);
      const kv = new KVNamespace(storage);
      await kv.put("from the namespace", "1", { metadata: [1], expiration: 2_000_000_000 });
      const entry = await storage.get("from the namespace");
      assert.deepEqual([decode(entry), entry.metadata, entry.expiration], ["1", [1], 2_000_000_000]);
      await storage.put("from the storage", { value: new TextEncoder().encode("2"), metadata: { m: 2 } });
      assert.deepEqual(await kv.getWithMetadata("from the storage"), { value: "2", metadata: { m: 2 } });
      assert.equal((await kv.list()).keys.length, 2);
    });

    test("refuses what Workers refuse, in the same words", async (t) => {
      const kv = new KVNamespace(make(t));
      const key = "k".repeat(513);
      const refusals = [
        [() => kv.get(key), /^KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512\.$/],
        [() => kv.put("key", new Uint8Array(26_214_401)), /^KV PUT failed: 413 Value length of 26214401 exceeds limit/],
        [
          () => kv.put("key", "", { metadata: "m".repeat(1023) }),
          /^KV PUT failed: 413 Metadata length of 1025 exceeds/,
        ],
        [
          () => kv.put("key", "", { expirationTtl: 59 }),
          /^KV PUT failed: 400 Invalid expiration_ttl of 59\. Expiration/,
        ],
        [() => kv.list({ limit: 1001 }), /^KV GET failed: 400 Invalid key_count_limit of 1001\./],
        [() => kv.get(""), /^Key name cannot be empty\.$/],
        [() => kv.get("key", "blob"), /^Unknown response type\./],
      ];
      for (const [act, message] of refusals) await assert.rejects(act, { message });
    });
  });
}

describe("a KVNamespace", () => {
  test("tells by its clock when what is put expires, and by the storage's what has", async () => {
    const [own, storages] = [testClock(NOW), testClock(NOW)];
    const kv = new KVNamespace(new MemoryStorage(undefined, storages.clock), { clock: own.clock });
    await kv.put("key", "value", { expirationTtl: 60 });
    assert.equal((await kv.list()).keys[0].expiration, NOW / 1000 + 60);
    own.time += 3_600_000;
    assert.equal(await kv.get("key"), "value");
    storages.time += 59_999;
    assert.equal(await kv.get("key"), "value");
    storages.time += 1;
    assert.equal(await kv.get("key"), null);
  });

  test("shares its storage with another", async () => {
    const storage = new MemoryStorage();
    await new KVNamespace(storage).put("key", "value");
    assert.equal(await new KVNamespace(storage).get("key"), "value");
    assert.equal(await new KVNamespace(new MemoryStorage()).get("key"), null);
  });

  test("stores in the map that the storage is over", async () => {
    const map = new Map();
    const kv = new KVNamespace(new MemoryStorage(map));
    await kv.put("key", "value", { metadata: 1 });
    assert.deepEqual([...map.keys(), decode(map.get("key")), map.get("key").metadata], ["key", "value", 1]);
    map.set("other", { value: new TextEncoder().encode("2") });
    assert.deepEqual([await kv.get("other"), (await kv.list()).keys.length], ["2", 2]);
    map.delete("key");
    assert.equal(await kv.get("key"), null);
  });

  test("keeps what is stored in a folder for the next storage there", async (t) => {
    const root = folder(t);
    await new KVNamespace(new FileStorage(root)).put("key", "value");
    assert.equal(await new KVNamespace(new FileStorage(root)).get("key"), "value");
  });

  test("refuses every call outside of a request, with the option for it", async () => {
    const kv = new KVNamespace(new MemoryStorage(), { blockGlobalAsyncIO: true });
    const message = /^Some functionality, such as asynchronous I\/O \(fetch, Cache API, KV\), timeouts/;
    for (const act of [() => kv.get("a"), () => kv.put("a", ""), () => kv.delete("a"), () => kv.list()]) {
      await assert.rejects(act, { message });
    }
  });

  test("is of the class that an instance's namespaces are of", async (t) => {
    const mf = create(t, { script: "export default {}", kvNamespaces: ["KV"] });
    const kv = await mf.getKVNamespace("KV");
    assert.ok(kv instanceof KVNamespace);
    assert.ok(new KVNamespace(new MemoryStorage()) instanceof KVNamespace);
    assert.equal(kv.constructor, KVNamespace);
    const get = t.mock.method(KVNamespace.prototype, "get", async () => "mocked");
    assert.equal(await kv.get("key"), "mocked");
    assert.equal(get.mock.callCount(), 1);
  });

  test("can be extended", async () => {
    class Counting extends KVNamespace {
      puts = 0;

      async put(...args) {
        this.puts++;
        await super.put(...args);
      }
    }
    const kv = new Counting(new MemoryStorage());
    await kv.put("key", "value");
    assert.deepEqual([kv.puts, await kv.get("key"), kv instanceof KVNamespace], [1, "value", true]);
  });

  test("takes storages of this package alone", differs("any object will do"), () => {
    for (const [storage, shown] of [
      [undefined, "undefined"],
      [new Map(), "Map(0) {} (object)"],
      ["folder", '"folder" (string)'],
    ]) {
      assert.throws(() => new KVNamespace(storage), {
        name: "TypeError",
        message: `new KVNamespace() takes a MemoryStorage, a FileStorage or a RedisStorage of miniflare-rs, got ${shown}`,
      });
    }
  });
});
