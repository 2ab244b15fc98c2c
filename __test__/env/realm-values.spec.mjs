// Tags: oracle
// In Jest, what a test gets belongs to the realm of its test file: `instanceof` and `toStrictEqual` hold.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

/** With a worker and without one. */
const DATA = `
  const data = { a: [1, { b: new Map([[1, new Set([2])]]) }], at: new Date(0), of: /x/g };

  test("bindings", () => expect(getMiniflareBindings().DATA).toStrictEqual({ a: [1, { b: 2 }] }));

  test("values, metadata and lists of KV", async () => {
    const { KV } = getMiniflareBindings();
    await KV.put("key", '{"a":[1]}', { metadata: { m: [2] } });
    expect(await KV.get("key", "json")).toStrictEqual({ a: [1] });
    expect(await KV.getWithMetadata("key", "json")).toStrictEqual({ value: { a: [1] }, metadata: { m: [2] } });
    expect((await KV.list()).keys.map(({ metadata }) => metadata)).toStrictEqual([{ m: [2] }]);
  });

  test("objects of R2", async () => {
    const { R2 } = getMiniflareBindings();
    await R2.put("key", "value", { customMetadata: { x: "y" } });
    expect((await R2.get("key")).customMetadata).toStrictEqual({ x: "y" });
    expect((await R2.list()).objects.map(({ key }) => key)).toStrictEqual(["key"]);
  });

  test("rows of D1", async () => {
    const { DB } = getMiniflareBindings();
    await DB.exec("CREATE TABLE t (a)");
    await DB.prepare("INSERT INTO t VALUES (?)").bind(1).run();
    expect((await DB.prepare("SELECT * FROM t").all()).results).toStrictEqual([{ a: 1 }]);
  });

  test("what bodies are read as", async () => {
    const init = { method: "POST", body: '{"a":[1]}' };
    expect(await new Response(init.body).json()).toStrictEqual({ a: [1] });
    expect(await new Request("http://localhost/", init).json()).toStrictEqual({ a: [1] });
    expect(await Response.json({ a: [1] }).json()).toStrictEqual({ a: [1] });
    expect(await new Response("abc").arrayBuffer()).toStrictEqual(new TextEncoder().encode("abc").buffer);
  });

  test("clones", () => {
    expect(structuredClone(data)).toStrictEqual(data);
    expect(structuredClone(new RangeError("text"))).toBeInstanceOf(RangeError);
  });

  test("bytes are objects", () => expect(new Uint8Array()).toBeInstanceOf(Object));`;

const OBJECTS = `
  const idOf = () => getMiniflareBindings().BOX.idFromName("a");
  const stub = () => getMiniflareBindings().BOX.get(idOf());

  test("what storage gives", async () => {
    const storage = await getMiniflareDurableObjectStorage(idOf());
    await storage.put("key", data);
    expect(await storage.get("key")).toStrictEqual(data);
    expect(await storage.get(["key"])).toStrictEqual(new Map([["key", data]]));
    expect(await storage.list()).toStrictEqual(new Map([["key", data]]));
    expect(await storage.list()).toBeInstanceOf(Map);
  });

  test("what transactions give", async () => {
    const storage = await getMiniflareDurableObjectStorage(idOf());
    const result = await storage.transaction(async (txn) => {
      await txn.put("key", data);
      expect(await txn.list()).toStrictEqual(new Map([["key", data]]));
      return [data];
    });
    expect(result).toStrictEqual([data]);
  });

  test("what an object answers, gives and throws", async () => {
    expect(await (await stub().fetch("http://localhost/")).json()).toStrictEqual({ a: [1] });
    const object = await getMiniflareDurableObjectInstance(idOf());
    expect(await object.data()).toStrictEqual({ a: [new Map([[1, 2]]), new Date(0)] });
    const error = await stub().fetch("http://localhost/throw").catch((error) => error);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: "thrown", remote: true });
  });

  test("what looks like an id is one", async () => {
    const like = { toString: () => idOf().toString() };
    await (await getMiniflareDurableObjectStorage(like)).put("key", 1);
    expect(await (await getMiniflareDurableObjectStorage(idOf())).get("key")).toBe(1);
    expect((await getMiniflareDurableObjectState(like)).storage).toBeDefined();
    expect(await getMiniflareDurableObjectInstance(like)).toBeDefined();
    expect(await flushMiniflareDurableObjectAlarms([like])).toBe(0);
  });`;

const SCRIPT = `
  export class Box {
    data() {
      return { a: [new Map([[1, 2]]), new Date(0)] };
    }
    async fetch(request) {
      if (request.url.endsWith("/throw")) throw new TypeError("thrown");
      return Response.json({ a: [1] });
    }
  }
  export default {};`;

const OPTIONS = {
  modules: true,
  kvNamespaces: ["KV"],
  r2Buckets: ["R2"],
  d1Databases: ["DB"],
  bindings: { DATA: { a: [1, { b: 2 }] } },
};

describe("values in a test of Jest", differs("they belong to Node's realm there"), () => {
  async function passes(t, source, options, count) {
    const { code, result, messages, stderr } = await jest(suiteOf(t, { source, options }), "--runInBand");
    assert.equal(code, 0, messages + stderr);
    assert.equal(result.numPassedTests, count, messages);
  }

  test("are of the test's realm without a worker", (t) => passes(t, DATA, OPTIONS, 7));

  const objects = { ...OPTIONS, durableObjects: { BOX: "Box" }, script: SCRIPT };
  test("are of the test's realm with objects", (t) => passes(t, DATA + OBJECTS, objects, 11));

  test("are of the test's realm with a worker that is started for each file", (t) =>
    passes(t, DATA + OBJECTS, { ...objects, queueBindings: [{ name: "QUEUE", queueName: "queue" }] }, 11));
});
