// Tags: oracle, every-node
// The storage classes that suites make KV namespaces and caches over: MemoryStorage and FileStorage.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { folder } from "../support/files.mjs";
import { differs } from "../support/miniflare.mjs";
import { FileStorage, MemoryStorage, testClock } from "../support/names.mjs";
import { test } from "../support/test.mjs";

const bytes = (text) => new TextEncoder().encode(text);
const textOf = (entry) => entry && new TextDecoder().decode(entry.value);
const NOW = 1_000_000;

const storages = {
  MemoryStorage: (_t, clock) => new MemoryStorage(undefined, clock),
  FileStorage: (t, clock) => new FileStorage(folder(t), true, clock),
};

for (const [name, make] of Object.entries(storages)) {
  describe(`a ${name}`, () => {
    const filled = async (t, keys, clock) => {
      const storage = make(t, clock);
      for (const key of keys) await storage.put(key, { value: bytes(key) });
      return storage;
    };
    const names = async (storage, options) => (await storage.list(options)).keys.map((key) => key.name);

    test("gives what was put, with its expiration and metadata", async (t) => {
      const storage = make(t, () => NOW);
      await storage.put("key", { value: bytes("value"), expiration: 2000, metadata: { a: [1] } });
      await storage.put("plain", { value: bytes("") });
      const entry = await storage.get("key");
      assert.ok(entry.value instanceof Uint8Array);
      assert.deepEqual([textOf(entry), entry.expiration, entry.metadata], ["value", 2000, { a: [1] }]);
      const head = await storage.head("key");
      assert.deepEqual([head.expiration, head.metadata, "value" in head], [2000, { a: [1] }, false]);
      const plain = await storage.get("plain");
      assert.deepEqual([plain.value.length, plain.expiration, plain.metadata], [0, undefined, undefined]);
      assert.deepEqual([await storage.has("key"), await storage.has("other")], [true, false]);
      assert.deepEqual([await storage.get("other"), await storage.head("other")], [undefined, undefined]);
    });

    test("keeps copies", async (t) => {
      const storage = make(t);
      const value = bytes("a");
      const metadata = { list: [1] };
      await storage.put("key", { value, metadata });
      value[0] = 0;
      metadata.list.push(2);
      const entry = await storage.get("key");
      assert.deepEqual([textOf(entry), entry.metadata], ["a", { list: [1] }]);
      entry.value[0] = 0;
      assert.equal(textOf(await storage.get("key")), "a");
    });

    test("stores any key", differs("keys of files are paths"), async (t) => {
      const keys = ["a", "a/b", "../up", "é", "\u{1f44b}", "?*:<>|", "con", " ", "__proto__"];
      const storage = await filled(t, keys);
      for (const key of keys) assert.equal(textOf(await storage.get(key)), key);
    });

    test("gives ranges of a value", async (t) => {
      const storage = await filled(t, ["0123456789"]);
      const ranged = async (range) => {
        const found = await storage.getRange("0123456789", range);
        return [textOf(found), found.range];
      };
      assert.deepEqual(await ranged({}), ["0123456789", { offset: 0, length: 10 }]);
      assert.deepEqual(await ranged({ offset: 3 }), ["3456789", { offset: 3, length: 7 }]);
      assert.deepEqual(await ranged({ offset: 3, length: 2 }), ["34", { offset: 3, length: 2 }]);
      assert.deepEqual(await ranged({ length: 2 }), ["01", { offset: 0, length: 2 }]);
      assert.deepEqual(await ranged({ suffix: 3 }), ["789", { offset: 7, length: 3 }]);
      assert.deepEqual(await ranged({ suffix: 30 }), ["0123456789", { offset: 0, length: 10 }]);
      assert.deepEqual(await ranged({ offset: 8, length: 30 }), ["89", { offset: 8, length: 2 }]);
      assert.equal(await storage.getRange("other", {}), undefined);
      for (const [range, message] of [
        [{ suffix: 0 }, "Suffix must be > 0"],
        [{ offset: -1 }, "Offset must be >= 0"],
        [{ offset: 11 }, "Offset must be < size"],
        [{ length: 0 }, "Length must be > 0"],
      ]) {
        await assert.rejects(async () => storage.getRange("0123456789", range), { message });
      }
    });

    test("deletes, and says what there was", async (t) => {
      const storage = await filled(t, ["a", "b", "c"]);
      assert.deepEqual([await storage.delete("a"), await storage.delete("a")], [true, false]);
      assert.equal(await storage.hasMany(["a", "b", "c"]), 2);
      assert.equal(await storage.deleteMany(["a", "b", "c"]), 2);
      assert.deepEqual(await names(storage), []);
    });

    test("puts and gets many", async (t) => {
      const storage = make(t);
      await storage.putMany([
        ["a", { value: bytes("1"), metadata: 1 }],
        ["b", { value: bytes("2") }],
      ]);
      const [a, none, b] = await storage.getMany(["a", "none", "b"]);
      assert.deepEqual([textOf(a), a.metadata, none, textOf(b)], ["1", 1, undefined, "2"]);
    });

    test("hides what has expired by its clock, to the second", async (t) => {
      const time = testClock(NOW);
      const storage = make(t, time.clock);
      await storage.put("key", { value: bytes("a"), expiration: NOW / 1000 + 1 });
      await storage.put("stays", { value: bytes("b") });
      time.time = NOW + 999;
      assert.deepEqual([textOf(await storage.get("key")), await names(storage)], ["a", ["key", "stays"]]);
      time.time = NOW + 1000;
      assert.deepEqual(await names(storage), ["stays"]);
      assert.deepEqual([await storage.get("key"), await storage.head("key")], [undefined, undefined]);
      assert.deepEqual([await storage.has("key"), await storage.delete("key")], [false, false]);
    });

    test("lists keys in the order of their UTF-8 bytes, with what is known of them", async (t) => {
      const storage = await filled(t, ["b", "a", "\u{1f44b}", "\u{fb00}", "c"]);
      await storage.put("b", { value: bytes("2"), expiration: 9_999_999_999, metadata: "m" });
      assert.deepEqual(await names(storage), ["a", "b", "c", "\u{fb00}", "\u{1f44b}"]);
      const { keys, cursor } = await storage.list({ start: "b", end: "c" });
      const [{ name, expiration, metadata }] = keys;
      assert.deepEqual([keys.length, name, expiration, metadata, cursor], [1, "b", 9_999_999_999, "m", ""]);
      assert.equal("value" in keys[0], false);
    });

    test("lists what its options say", async (t) => {
      const storage = await filled(t, ["a1", "a2", "a3", "b1", "b2"]);
      assert.deepEqual(await names(storage, { prefix: "a" }), ["a1", "a2", "a3"]);
      assert.deepEqual(await names(storage, { excludePrefix: "a" }), ["b1", "b2"]);
      assert.deepEqual(await names(storage, { prefix: "a", excludePrefix: "a2" }), ["a1", "a3"]);
      assert.deepEqual(await names(storage, { start: "a2", end: "b2" }), ["a2", "a3", "b1"]);
      assert.deepEqual(await names(storage, { end: "" }), []);
      assert.deepEqual(await names(storage, { reverse: true, prefix: "a" }), ["a3", "a2", "a1"]);
      assert.deepEqual(await names(storage, { limit: 2 }), ["a1", "a2"]);
      assert.deepEqual(await names(storage, { limit: 2, reverse: true }), ["b2", "b1"]);
    });

    for (const reverse of [false, true]) {
      test(`lists page by page${reverse ? ", against the order" : ""}`, async (t) => {
        const keys = Array.from({ length: 7 }, (_, index) => `key${index}`);
        const storage = await filled(t, keys);
        const pages = [];
        let cursor = "";
        do {
          const page = await storage.list({ limit: 3, cursor, reverse });
          pages.push(page.keys.map((key) => key.name));
          cursor = page.cursor;
        } while (cursor !== "");
        assert.deepEqual(
          pages.map((page) => page.length),
          [3, 3, 1],
        );
        assert.deepEqual(pages.flat(), reverse ? keys.reverse() : keys);
      });
    }

    test("lists keys behind a delimiter as one", async (t) => {
      const storage = await filled(t, ["a", "b/1", "b/2", "c", "d/e/1", "d/f/1"]);
      const first = await storage.list({ delimiter: "/" });
      assert.deepEqual(
        first.keys.map((key) => key.name),
        ["a", "c"],
      );
      assert.deepEqual([first.delimitedPrefixes, first.cursor], [["b/", "d/"], ""]);
      const within = await storage.list({ delimiter: "/", prefix: "d/" });
      assert.deepEqual([within.keys, within.delimitedPrefixes], [[], ["d/e/", "d/f/"]]);
      const one = await storage.list({ delimiter: "/", limit: 2 });
      assert.deepEqual([one.keys.map((key) => key.name), one.delimitedPrefixes], [["a"], ["b/"]]);
      const rest = await storage.list({ delimiter: "/", limit: 2, cursor: one.cursor });
      assert.deepEqual([rest.keys.map((key) => key.name), rest.delimitedPrefixes], [["c"], ["d/"]]);
      assert.equal("delimitedPrefixes" in (await storage.list()), false);
    });
  });
}

describe("a MemoryStorage over a map", () => {
  const entry = (text, rest) => ({ value: bytes(text), expiration: undefined, metadata: undefined, ...rest });

  test("has the entries of the map, and shows in it what is stored", async () => {
    const map = new Map([["a", entry("1", { metadata: { m: 1 } })]]);
    const storage = new MemoryStorage(map);
    assert.deepEqual((await storage.get("a")).metadata, { m: 1 });
    await storage.put("b", entry("2"));
    assert.equal(textOf(map.get("b")), "2");
    await storage.delete("a");
    assert.deepEqual([...map.keys()], ["b"]);
  });

  test("follows what others do to the map", async () => {
    const map = new Map();
    const storage = new MemoryStorage(map);
    map.set("a", entry("1"));
    map.set("b", entry("2"));
    assert.deepEqual([textOf(await storage.get("a")), await storage.hasMany(["a", "b"])], ["1", 2]);
    map.set("a", entry("3"));
    map.delete("b");
    assert.deepEqual([textOf(await storage.get("a")), await storage.has("b")], ["3", false]);
    map.clear();
    assert.deepEqual((await storage.list()).keys, []);
  });

  test("shares it with another storage", async () => {
    const map = new Map();
    const [one, other] = [new MemoryStorage(map), new MemoryStorage(map)];
    await one.put("a", entry("1"));
    assert.equal(textOf(await other.get("a")), "1");
    await other.put("a", entry("2"));
    assert.equal(textOf(await one.get("a")), "2");
  });

  test("takes out of it what has expired when it is met", async () => {
    const time = testClock(NOW);
    const map = new Map([["a", entry("1", { expiration: NOW / 1000 + 1 })]]);
    const storage = new MemoryStorage(map, time.clock);
    assert.equal(await storage.has("a"), true);
    time.time += 1000;
    assert.equal(await storage.has("a"), false);
    assert.equal(map.size, 0);
  });
});
