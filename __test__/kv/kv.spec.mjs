// Tags: oracle, every-node
// KV namespaces: values of each type, what goes with them, and who shares what.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { inBothRealms } from "../support/both.mjs";
import { deepEqualOutside, evaluate, json, text } from "../support/dispatch.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const kvNamespaces = ["KV"];
const compatibilityFlags = ["streams_enable_constructors"];
const both = inBothRealms("kv", "env.KV", (mf) => mf.getKVNamespace("KV"), { kvNamespaces, compatibilityFlags });
const BYTES = `const bytes = (buffer) => [...new Uint8Array(buffer)];
const streamOf = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk);
    controller.close();
  },
});`;

describe("a KV namespace", () => {
  both(
    "gives back text",
    `for (const text of ["value", "", "grüße 👋", "a\\0b"]) await kv.put("k" + text.length, text);
    return [await kv.get("k5"), await kv.get("k0"), await kv.get("k8", "text"), await kv.get("k3", { type: "text" })];`,
    ["value", "", "grüße 👋", "a\0b"],
  );

  both(
    "gives back JSON",
    `await kv.put("json", JSON.stringify({ a: [1, "two"] }));
    return [await kv.get("json", "json"), await kv.get("json", { type: "json" })];`,
    [{ a: [1, "two"] }, { a: [1, "two"] }],
  );

  both(
    "names a value that is not JSON",
    `await kv.put("text", "no JSON"); return (await caught(() => kv.get("text", "json")))[0];`,
    "SyntaxError",
  );

  both(
    "gives back buffers",
    `${BYTES} await kv.put("text", "é");
    const buffer = await kv.get("text", "arrayBuffer");
    return [Object.prototype.toString.call(buffer), bytes(buffer)];`,
    ["[object ArrayBuffer]", [0xc3, 0xa9]],
  );

  both(
    "gives back byte streams",
    `${BYTES} await kv.put("text", "streamed");
    const stream = await kv.get("text", "stream");
    const { done, value } = await stream.getReader({ mode: "byob" }).read(new Uint8Array(3));
    const rest = await new Response(await kv.get("text", { type: "stream" })).text();
    return [done, bytes(value), rest];`,
    [false, [115, 116, 114], "streamed"],
  );

  both(
    "takes buffers, views of them, and streams",
    `${BYTES} const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
    await kv.put("buffer", buffer);
    await kv.put("view", new Uint8Array(buffer, 1, 2));
    await kv.put("words", new Uint16Array([0x0201]));
    await kv.put("data", new DataView(buffer, 3));
    await kv.put("stream", streamOf(new Uint8Array([5]), new Uint8Array([6, 7])));
    await kv.put("nothing", streamOf());
    const keys = ["buffer", "view", "words", "data", "stream", "nothing"];
    return Promise.all(keys.map(async (key) => bytes(await kv.get(key, "arrayBuffer"))));`,
    [[1, 2, 3, 4], [2, 3], [1, 2], [4], [5, 6, 7], []],
  );

  both(
    "keeps a value as it was when it was put",
    `const view = new Uint8Array([1]);
    const put = kv.put("key", view);
    view[0] = 2;
    await put;
    const first = new Uint8Array(await kv.get("key", "arrayBuffer"));
    const before = first[0];
    first[0] = 3;
    return [before, new Uint8Array(await kv.get("key", "arrayBuffer"))[0]];`,
    [1, 1],
    differs("it reads the bytes a little later"),
  );

  both(
    "gives null for what is not there",
    `return [await kv.get("none"), await kv.get("none", "json"), await kv.get("none", "arrayBuffer"),
      await kv.get("none", "stream"), await kv.getWithMetadata("none")];`,
    [null, null, null, null, { value: null, metadata: null }],
  );

  both(
    "keeps metadata",
    `await kv.put("a", "1", { metadata: { n: [1, null] } });
    await kv.put("b", "2");
    await kv.put("c", "3", { metadata: 0 });
    return [await kv.getWithMetadata("a"), await kv.getWithMetadata("b", "json"),
      await kv.getWithMetadata("c", { type: "text" })];`,
    [
      { value: "1", metadata: { n: [1, null] } },
      { value: 2, metadata: null },
      { value: "3", metadata: 0 },
    ],
  );

  both(
    "puts over what was there, metadata and all",
    `await kv.put("a", "1", { metadata: "m", expirationTtl: 100 });
    await kv.put("a", "2");
    const { keys } = await kv.list();
    return [await kv.getWithMetadata("a"), keys];`,
    [{ value: "2", metadata: null }, [{ name: "a" }]],
  );

  both(
    "deletes, whether it is there or not",
    `await kv.put("a", "1");
    const answers = [await kv.delete("a"), await kv.delete("a")];
    return [answers.map(String), await kv.get("a"), (await kv.list()).keys];`,
    [["undefined", "undefined"], null, []],
  );

  both("answers puts with undefined", `return [String(await kv.put("a", "1")), await kv.get("a")];`, [
    "undefined",
    "1",
  ]);

  both("has these methods", `return [Object.getOwnPropertyNames(Object.getPrototypeOf(kv)).sort(), Object.keys(kv)];`, [
    ["constructor", "delete", "get", "getWithMetadata", "list", "put"],
    [],
  ]);

  both(
    "takes any text for a key",
    `const keys = ["/", "a/../b", "CON", "é", "\\u0000", " ", "...", "👋", "a:b"];
    for (const key of keys) await kv.put(key, "of " + key);
    return Promise.all(keys.map(async (key) => (await kv.get(key)) === "of " + key));`,
    Array(9).fill(true),
  );
});

describe("KV namespaces", () => {
  test("are bound in service workers too", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith((async () => {
      await KV.put("key", "value");
      return new Response(await KV.get("key"));
    })()));`;
    assert.equal(await text(create(t, { script, kvNamespaces })), "value");
  });

  test("are apart from each other", async (t) => {
    const answer = await evaluate(
      t,
      `await env.A.put("key", "a"); await env.B.put("key", "b");
      return [await env.A.get("key"), await env.B.get("key")];`,
      { kvNamespaces: ["A", "B"] },
    );
    deepEqualOutside(answer, ["a", "b"]);
  });

  test("are the same from Node and in the worker", async (t) => {
    const script = `export default { async fetch(request, { KV }) {
      const n = Number(await KV.get("n"));
      await KV.put("n", String(n + 1), { metadata: { by: "worker" } });
      return new Response(n);
    } }`;
    const mf = create(t, { script, kvNamespaces });
    const kv = await mf.getKVNamespace("KV");
    await kv.put("n", "41");
    assert.equal(await text(mf), "41");
    deepEqualOutside(await kv.getWithMetadata("n"), { value: "42", metadata: { by: "worker" } });
  });

  test("can be reached from Node without being bound", async (t) => {
    const mf = create(t, { script: `export default { fetch: (request, env) => new Response(String(env.OTHER)) }` });
    const kv = await mf.getKVNamespace("OTHER");
    await kv.put("key", "value");
    assert.equal(await (await mf.getKVNamespace("OTHER")).get("key"), "value");
    assert.equal(await text(mf), "undefined");
  });

  test("keep what they hold when the worker is loaded again, and not for other instances", async (t) => {
    const options = { script: `export default { async fetch(r, e) { return new Response(await e.KV.get("key")); } }` };
    const mf = create(t, { ...options, kvNamespaces });
    const kv = await mf.getKVNamespace("KV");
    await kv.put("key", "kept");
    await mf.reload();
    assert.equal(await text(mf), "kept");
    await mf.setOptions({ bindings: { more: true } });
    assert.equal(await text(mf), "kept");
    assert.equal(await kv.get("key"), "kept");
    assert.equal(await text(create(t, { ...options, kvNamespaces })), "");
  });

  test("order what is not awaited", differs("it reads a little later"), async (t) => {
    const answer = await evaluate(
      t,
      `env.KV.put("a", "1"); env.KV.put("a", "2"); const value = env.KV.get("a"); env.KV.delete("a");
      return [await value, await env.KV.get("a")];`,
      { kvNamespaces },
    );
    deepEqualOutside(answer, ["2", null]);
  });

  test("are found in what getBindings() gives", async (t) => {
    const script = `export default { fetch: async (request, { KV }) => Response.json(await KV.get("a", "json")) }`;
    const mf = create(t, { script, kvNamespaces, globalAsyncIO: true });
    const { KV } = await mf.getBindings();
    await KV.put("a", JSON.stringify([1]));
    assert.deepEqual(await json(mf), [1]);
    assert.equal(await KV.get("a"), "[1]");
  });
});
