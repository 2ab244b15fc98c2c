// Tags: oracle, every-node
// Durable Objects that a suite constructs itself: ids, states, storages and namespaces without an instance.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { folder } from "../support/files.mjs";
import { create, differs } from "../support/miniflare.mjs";
import {
  DurableObjectId,
  DurableObjectNamespace,
  DurableObjectState,
  DurableObjectStorage,
  FileStorage,
  MemoryStorage,
  Request,
  Response,
} from "../support/names.mjs";
import { test } from "../support/test.mjs";

const HEX = "a856dbbd5109f5217920084de35ee0a24072ca790341ed4e94ee059335e587e5";

describe("a DurableObjectId", () => {
  test("has the digits and the name that it is given", () => {
    const id = new DurableObjectId("TEST", HEX, "test");
    assert.deepEqual([String(id), id.name, Object.keys(id).includes("name")], [HEX, "test", true]);
    assert.equal(new DurableObjectId("TEST", HEX).name, undefined);
    assert.equal(id.equals(new DurableObjectId("OTHER", HEX)), true);
    assert.equal(id.equals({ toString: () => HEX }), false);
    assert.equal(String(new DurableObjectId("testName", "testHexId")), "testHexId");
  });

  test("is one of an instance", async (t) => {
    const script = `export class Box { constructor(state) { this.id = state.id; }
      fetch() { return new Response(String(this.id)); } } export default {}`;
    const mf = create(t, { script, durableObjects: { TEST: "Box" } });
    const namespace = await mf.getDurableObjectNamespace("TEST");
    assert.ok(namespace.idFromName("test") instanceof DurableObjectId);
    const stub = namespace.get(new DurableObjectId("TEST", HEX));
    assert.equal(await (await stub.fetch("http://localhost/")).text(), HEX);
  });
});

const storages = {
  MemoryStorage: () => new MemoryStorage(),
  FileStorage: (t) => new FileStorage(folder(t)),
};

for (const [name, make] of Object.entries(storages)) {
  describe(`a DurableObjectStorage over a ${name}`, () => {
    test("gives copies of what was put", async (t) => {
      const storage = new DurableObjectStorage(make(t));
      const value = { list: [1], date: new Date(0), map: new Map([["a", 1n]]), bytes: new Uint8Array([1]), self: null };
      value.self = value;
      await storage.put("key", value);
      value.list.push(2);
      const found = await storage.get("key");
      assert.deepEqual(
        [found.list, found.date, found.map, found.bytes],
        [[1], new Date(0), new Map([["a", 1n]]), new Uint8Array([1])],
      );
      assert.equal(found.self, found);
      assert.notEqual(await storage.get("key"), found);
      assert.deepEqual([await storage.get("none"), await storage.put("null", null)], [undefined, undefined]);
      assert.equal(await storage.get("null"), null);
    });

    test("gets, puts and deletes many", async (t) => {
      const storage = new DurableObjectStorage(make(t));
      await storage.put({ c: 3, a: 1, b: 2, none: undefined });
      assert.deepEqual(
        [...(await storage.get(["c", "x", "a"]))],
        [
          ["a", 1],
          ["c", 3],
        ],
      );
      assert.deepEqual([await storage.delete("a"), await storage.delete("a")], [true, false]);
      assert.equal(await storage.delete(["a", "b", "c"]), 2);
      assert.equal((await storage.list()).size, 0);
    });

    test("lists within bounds", async (t) => {
      const storage = new DurableObjectStorage(make(t));
      await storage.put({ a1: 1, a2: 2, a3: 3, b1: 4 });
      const keys = async (options) => [...(await storage.list(options)).keys()];
      assert.deepEqual(await keys(), ["a1", "a2", "a3", "b1"]);
      assert.deepEqual(await keys({ prefix: "a", limit: 2 }), ["a1", "a2"]);
      assert.deepEqual(await keys({ prefix: "a", reverse: true }), ["a3", "a2", "a1"]);
      assert.deepEqual(await keys({ start: "a2", end: "b1" }), ["a2", "a3"]);
      assert.deepEqual(await keys({ startAfter: "a2" }), ["a3", "b1"]);
    });

    test("has transactions that roll back, and run again when others write", async (t) => {
      const storage = new DurableObjectStorage(make(t));
      await storage.put("count", 0);
      const increment = () =>
        storage.transaction(async (txn) => {
          const count = await txn.get("count");
          await txn.put("count", count + 1);
          return count;
        });
      await Promise.all([increment(), increment(), increment()]);
      assert.equal(await storage.get("count"), 3);
      await storage.transaction(async (txn) => {
        await txn.put("count", 100);
        txn.rollback();
      });
      const failing = storage.transaction(async (txn) => {
        await txn.put("count", 100);
        throw new RangeError("failed");
      });
      await assert.rejects(failing, { name: "RangeError", message: "failed" });
      assert.equal(await storage.get("count"), 3);
    });

    test("keeps an alarm, and forgets all", async (t) => {
      const storage = new DurableObjectStorage(make(t));
      assert.equal(await storage.getAlarm(), null);
      await storage.setAlarm(2_000_000_000_000);
      assert.equal(await storage.getAlarm(), 2_000_000_000_000);
      await storage.put("key", 1);
      assert.deepEqual([...(await storage.list()).keys()], ["key"]);
      await storage.deleteAlarm();
      assert.equal(await storage.getAlarm(), null);
      await storage.deleteAll();
      await storage.sync();
      assert.equal((await storage.list()).size, 0);
    });

    test("finds what another over the same storage has stored", async (t) => {
      const below = make(t);
      await new DurableObjectStorage(below).put("key", { a: 1 });
      assert.deepEqual(await new DurableObjectStorage(below).get("key"), { a: 1 });
      const { keys } = await below.list();
      assert.deepEqual(
        keys.map((key) => key.name),
        ["key"],
      );
    });
  });
}

describe("a DurableObjectStorage", () => {
  test("has the limits and the words of Workers", async () => {
    const storage = new DurableObjectStorage(new MemoryStorage());
    const long = "k".repeat(2049);
    const many = Array.from({ length: 129 }, (_, index) => `key${index}`);
    const refusals = [
      [() => storage.get(long), RangeError, "Keys cannot be larger than 2048 bytes."],
      [() => storage.get([long]), RangeError, `Key "${long}" is larger than the limit of 2048 bytes.`],
      [() => storage.get(many), RangeError, "Maximum number of keys is 128."],
      [() => storage.delete(many), RangeError, "Maximum number of keys is 128."],
      [
        () => storage.put(Object.fromEntries(many.map((key) => [key, 1]))),
        RangeError,
        "Maximum number of pairs is 128.",
      ],
      [() => storage.put("key", new Uint8Array(131_105)), RangeError, "Values cannot be larger than 131072 bytes."],
      [
        () => storage.put({ key: new Uint8Array(131_105) }),
        RangeError,
        'Value for key "key" is above the limit of 131072 bytes.',
      ],
      [() => storage.put("key", undefined), TypeError, "put() called with undefined value."],
      [() => storage.list({ limit: 0 }), TypeError, "List limit must be positive."],
      [
        () => storage.get(undefined),
        TypeError,
        "Failed to execute 'get' on 'DurableObjectStorage': parameter 1 is not of type 'variant'. (key is undefined)",
      ],
    ];
    for (const [act, Class, message] of refusals) {
      await assert.rejects(
        async () => act(),
        (error) => error instanceof Class && error.message === message,
        message,
      );
    }
    await storage.put("key", new Uint8Array(131_072));
    await assert.rejects(async () => storage.put("key", () => {}), { message: /could not be cloned\.$/ });
  });

  test("stores in the map that its storage is over", async () => {
    const map = new Map();
    const storage = new DurableObjectStorage(new MemoryStorage(map));
    await storage.put({ a: 1, b: 2 });
    assert.deepEqual([...map.keys()].sort(), ["a", "b"]);
    await storage.transaction((txn) => txn.delete("a"));
    assert.deepEqual([...map.keys()], ["b"]);
    map.clear();
    assert.equal(await storage.get("b"), undefined);
  });

  test("tells of alarms", async () => {
    const told = [];
    const storage = new DurableObjectStorage(new MemoryStorage(), {
      setAlarm: async (time) => void told.push(["set", Number(time)]),
      deleteAlarm: async () => void told.push(["delete"]),
    });
    await storage.setAlarm(2_000_000_000_000);
    await storage.deleteAlarm();
    assert.deepEqual(told, [["set", 2_000_000_000_000], ["delete"]]);
  });

  test("says what cannot be read", differs("its error names no key"), async () => {
    const below = new MemoryStorage();
    await below.put("key", { value: new TextEncoder().encode("text") });
    const storage = new DurableObjectStorage(below);
    await assert.rejects(storage.get("key"), { code: "ERR_DESERIALIZATION", message: /^The value of the key "key"/ });
  });

  test("takes storages of this package alone", differs("any object will do"), () => {
    const classes = "a MemoryStorage, a FileStorage or a RedisStorage of miniflare-rs";
    const message = `new DurableObjectStorage() takes ${classes}, got [Object: null prototype] {} (object)`;
    assert.throws(() => new DurableObjectStorage(Object.create(null)), { name: "TypeError", message });
  });
});

describe("a DurableObjectState", () => {
  class Counter {
    constructor(state) {
      this.storage = state.storage;
      this.ready = state.blockConcurrencyWhile(async () => {
        this.count = (await state.storage.get("count")) ?? 0;
        return "ready";
      });
    }

    async fetch(request) {
      await this.ready;
      this.count++;
      await this.storage.put("count", this.count);
      return new Response(`${new URL(request.url).pathname} ${this.count}`);
    }
  }
  const stateOver = (storage) => new DurableObjectState(new DurableObjectId("TEST", HEX), storage);

  test("is what an object is constructed with", async () => {
    const storage = new DurableObjectStorage(new MemoryStorage());
    const state = stateOver(storage);
    assert.deepEqual(Object.keys(state), ["id", "storage"]);
    assert.deepEqual(
      [String(state.id), state.storage === storage, state.waitUntil(Promise.resolve())],
      [HEX, true, undefined],
    );
    const first = new Counter(state);
    assert.equal(await first.ready, "ready");
    assert.equal(await (await first.fetch(new Request("http://localhost/a"))).text(), "/a 1");
    const second = new Counter(stateOver(storage));
    assert.equal(await (await second.fetch(new Request("http://localhost/b"))).text(), "/b 2");
  });

  test("says that a worker constructs the objects that have sockets and facets", () => {
    const state = stateOver(new DurableObjectStorage(new MemoryStorage()));
    const text =
      /by objects that the worker has constructed. Send the object a request, or call runWithDurableObject\(\)/;
    for (const use of [
      () => state.acceptWebSocket({}),
      () => state.getWebSockets(),
      () => state.getTags({}),
      () => state.setWebSocketAutoResponse(),
      () => state.getWebSocketAutoResponse(),
      () => state.facets.get("a", () => ({})),
    ]) {
      assert.throws(use, { name: "Error", message: text });
    }
  });

  test("hands on what a closure throws", async () => {
    const state = stateOver(new DurableObjectStorage(new MemoryStorage()));
    const failing = state.blockConcurrencyWhile(async () => {
      throw new RangeError("failed");
    });
    await assert.rejects(failing, { name: "RangeError", message: "failed" });
    assert.equal(await state.blockConcurrencyWhile(async () => 1), 1);
  });

  test("takes any object for a storage", async () => {
    const state = stateOver({ get: async () => 5 });
    assert.equal(await state.storage.get("count"), 5);
    assert.equal(await state.blockConcurrencyWhile(() => state.storage.get("count")), 5);
  });
});

describe("a DurableObjectNamespace", () => {
  const throws = () => assert.fail("no object is asked for");

  test("makes ids as the namespace of an instance does", () => {
    const namespace = new DurableObjectNamespace("TEST", throws);
    assert.equal(String(namespace.idFromName("test")), HEX);
    assert.equal(String(namespace.idFromString(HEX)), HEX);
    assert.match(String(namespace.newUniqueId()), /^[\da-f]{64}$/);
    assert.equal(namespace.get(namespace.idFromName("test")).name, "test");
    const other = new DurableObjectNamespace("OTHER", throws);
    const foreign = { name: "TypeError", message: "ID is not for this Durable Object class." };
    assert.throws(() => other.get(namespace.newUniqueId()), foreign);
    assert.throws(() => namespace.get({ toString: () => HEX }), foreign);
    const invalid = "Invalid Durable Object ID. Durable Object IDs must be 64 hex digits.";
    assert.throws(() => namespace.idFromString("a"), { name: "TypeError", message: invalid });
  });

  test("asks the objects that it is given", differs("it asks a state, by a symbol of its own"), async () => {
    const asked = [];
    const namespace = new DurableObjectNamespace("TEST", async (id) => {
      asked.push(String(id), id.name);
      return { fetch: (request) => new Response(`${request.method} ${request.url}`) };
    });
    const stub = namespace.get(namespace.idFromName("test"));
    const response = await stub.fetch("path", { method: "PUT" });
    assert.equal(await response.text(), "PUT https://fake-host/path");
    assert.deepEqual(asked, [HEX, "test"]);
  });

  test("rejects as an instance's does", differs("it asks a state, by a symbol of its own"), async () => {
    const failing = async (object) => {
      const namespace = new DurableObjectNamespace("TEST", () => object);
      return namespace.get(namespace.newUniqueId()).fetch("http://localhost/");
    };
    const type = "Durable Object fetch handler didn't respond with a Response object";
    await assert.rejects(failing({ fetch: () => "text" }), { code: "ERR_RESPONSE_TYPE", message: type });
    const none = "No fetch handler defined in Durable Object";
    await assert.rejects(failing({}), { code: "ERR_NO_HANDLER", message: none });
    await assert.rejects(failing({ fetch: () => Promise.reject(new RangeError("own")) }), { message: "own" });
    assert.throws(() => new DurableObjectNamespace("TEST"), {
      name: "TypeError",
      message: "new DurableObjectNamespace() takes a name and a function of ids, got undefined",
    });
  });
});
