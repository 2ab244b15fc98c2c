// Tags: oracle, every-node
// Durable Objects from outside the worker: seeding and reading storage, ids that cross, what is not bound.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { objectScript, withObject } from "../support/durable-objects.mjs";
import { deepEqualOutside, json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

describe("getDurableObjectStorage", () => {
  const storageOf = async (mf, name = "name") => {
    const namespace = await mf.getDurableObjectNamespace("BOX");
    return mf.getDurableObjectStorage(namespace.idFromName(name));
  };

  test("seeds an object before it is constructed", async (t) => {
    const mf = withObject(t, `return [await storage.get("n"), (await storage.get("when")).getTime()];`);
    await (await storageOf(mf)).put({ n: 41, when: new Date(5) });
    assert.deepEqual(await json(mf), [41, 5]);
  });

  test("reads what the object wrote", async (t) => {
    const mf = withObject(
      t,
      `await storage.put({ list: [1, 2], map: new Map([[1, "one"]]), bytes: new Uint8Array([7]) });`,
    );
    await json(mf);
    const storage = await storageOf(mf);
    deepEqualOutside(await storage.get("list"), [1, 2]);
    deepEqualOutside([...(await storage.list()).keys()], ["bytes", "list", "map"]);
    deepEqualOutside([...(await storage.get("map"))], [[1, "one"]]);
    deepEqualOutside(await storage.get("bytes"), new Uint8Array([7]));
    assert.equal(await storage.get("missing"), undefined);
    assert.equal((await storage.get(["list", "missing"])).size, 1);
  });

  test("deletes, runs transactions and refuses what is too large", async (t) => {
    const storage = await storageOf(withObject(t, ""));
    await storage.put({ a: 1, b: 2 });
    assert.equal(await storage.delete("a"), true);
    const doubled = await storage.transaction(async (txn) => {
      const value = 2 * (await txn.get("b"));
      await txn.put("b", value);
      return value;
    });
    assert.deepEqual([doubled, await storage.get("b")], [4, 4]);
    assert.throws(() => storage.put("k".repeat(2049), 1), { message: "Keys cannot be larger than 2048 bytes." });
    await storage.deleteAll();
    assert.equal((await storage.list()).size, 0);
  });

  test("is one storage per object", async (t) => {
    const mf = withObject(t, "");
    await (await storageOf(mf, "a")).put("key", 1);
    assert.equal(await (await storageOf(mf, "b")).get("key"), undefined);
  });

  test("takes an id and nothing else", differs("it fails inside"), async (t) => {
    const mf = withObject(t, "");
    const error = await rejection(mf.getDurableObjectStorage("name"));
    assert.equal(error.message, `getDurableObjectStorage() takes a Durable Object's id, got "name" (string)`);
  });
});

describe("an id", () => {
  test("of one side is an id on the other", async (t) => {
    const mf = withObject(t, `await storage.put("key", "kept"); return state.id.toString();`);
    const hex = await json(mf);
    const outside = await mf.getDurableObjectNamespace("BOX");
    const { BOX: inside } = await mf.getBindings();
    assert.equal(outside.get(inside.idFromName("name")).name, "name");
    const response = await inside.get(outside.idFromString(hex)).fetch(URL_ROOT);
    assert.equal(await response.json(), hex);
    assert.equal(outside.idFromString(hex).equals(inside.idFromName("name")), true);
  });
});

describe("a namespace", () => {
  test("of a binding that does not exist has ids but no objects", differs("it fails by an assertion"), async (t) => {
    const mf = withObject(t, "");
    const namespace = await mf.getDurableObjectNamespace("ABSENT");
    const stub = namespace.get(namespace.idFromName("name"));
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await rejection(stub.fetch(URL_ROOT));
      assert.equal(error.name, "DurableObjectError [ERR_CLASS_NOT_FOUND]");
      assert.match(error.message, /"ABSENT".*"durableObjects" \(bound: BOX\)/);
    }
  });

  test("bound to another script fails until that is mounted", async (t) => {
    const durableObjects = { BOX: { className: "Box", scriptName: "other" } };
    const error = await rejection(
      createInvalid(t, { durableObjects, script: objectScript("") }).dispatchFetch(URL_ROOT),
    );
    assert.equal(error.name, "DurableObjectError [ERR_SCRIPT_NOT_FOUND]");
    assert.equal(
      error.message,
      'Script "other" for Durable Object "BOX" not found.\nMake sure "other" is mounted so Miniflare knows where to find it.',
    );
  });

  test("bound to its own script by name finds its classes there", async (t) => {
    const durableObjects = { BOX: { className: "Box", scriptName: "own" } };
    const script = objectScript("return 1;");
    assert.equal(await json(create(t, { name: "own", durableObjects, script })), 1);
    const absent = { BOX: { className: "Absent", scriptName: "own" } };
    const failing = createInvalid(t, { name: "own", durableObjects: absent, script });
    assert.equal(
      (await rejection(failing.dispatchFetch(URL_ROOT))).message,
      'Class "Absent" in script "own" for Durable Object "BOX" not found',
    );
  });

  test("in a service worker has no class", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith(new Response("")))`;
    const mf = createInvalid(t, { durableObjects: { BOX: "Box" }, script });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.message, 'Class "Box" for Durable Object "BOX" not found');
  });
});
