// KV namespaces in a folder and on a Redis server, which answers later, do what they do in memory.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { runScript } from "../support/child.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** Puts, reads, lists and deletes; runs in the worker and in Node. */
const USE = `async (kv) => {
  await kv.put("text", "grüße", { metadata: { m: 1 } });
  await kv.put("bytes", new Uint8Array([1, 255]));
  await kv.put("stream", new Response("streamed").body, { expiration: 2_000_000_000 });
  await kv.put("gone", "");
  await kv.delete("gone");
  const first = await kv.list({ limit: 2 });
  const second = await kv.list({ cursor: first.cursor });
  return {
    text: await kv.get("text"),
    withMetadata: await kv.getWithMetadata("text"),
    bytes: [...new Uint8Array(await kv.get("bytes", "arrayBuffer"))],
    streamed: await new Response(await kv.get("stream", "stream")).text(),
    missing: [await kv.get("gone"), await kv.getWithMetadata("gone", "json")],
    keys: [first.keys.map(({ name }) => name), second.keys, second.list_complete],
    refused: await kv.put("key", "value", { expirationTtl: 1 }).catch(({ message }) => message),
  };
}`;
const USED = {
  text: "grüße",
  withMetadata: { value: "grüße", metadata: { m: 1 } },
  bytes: [1, 255],
  streamed: "streamed",
  missing: [null, { value: null, metadata: null }],
  keys: [["bytes", "stream"], [{ name: "text", metadata: { m: 1 } }], true],
  refused: "KV PUT failed: 400 Invalid expiration_ttl of 1. Expiration TTL must be at least 60.",
};

const script = `export default { async fetch(request, { KV }) { return Response.json(await (${USE})(KV)); } };`;
const options = { script, modules: true, kvNamespaces: ["KV"] };

const PLACES = {
  "a folder": async (t) => ({ kvPersist: folder(t) }),
  "a folder that every write is synced to": async (t) => ({ kvPersist: folder(t), durability: "sync" }),
  "a Redis server": async (t) => ({ kvPersist: (await redis(t)).url }),
};

for (const [name, place] of Object.entries(PLACES)) {
  describe(`KV in ${name}`, () => {
    test("can do all that it can do in memory, in the worker", async (t) => {
      assert.deepEqual(await json(create(t, { ...options, ...(await place(t)) })), USED);
    });

    test("can do all that it can do in memory, from Node", async (t) => {
      const kv = await create(t, { ...options, ...(await place(t)) }).getKVNamespace("KV");
      const used = await new Function(`return ${USE};`)()(kv);
      assert.deepEqual(JSON.parse(JSON.stringify(used)), USED);
    });
  });
}

describe("KV in a folder that every write is synced to", () => {
  test("answers each of many writes, at whatever moment its sync is over", async (t) => {
    const script = `export default { async fetch(request, { KV }) {
      const writes = (round) => Array.from({ length: 50 }, (_, key) => KV.put(String(key), String(round)));
      for (let round = 1; round <= 400; round++) await Promise.all(writes(round));
      return Response.json(await KV.get("49"));
    } };`;
    const where = { kvPersist: folder(t), durability: "sync" };
    const mf = create(t, { ...options, ...where, script, internalSubrequestLimit: -1 });
    assert.equal(await json(mf), "400");
  });
});

describe("KV on a Redis server", () => {
  test("keeps a process alive until it has answered, and no longer", async (t) => {
    const { url } = await redis(t);
    const source = `const mf = new Miniflare(${JSON.stringify({ ...options, kvPersist: url })});
      const kv = await mf.getKVNamespace("KV");
      kv.put("key", "value").then(() => kv.get("key")).then(console.log);`;
    const { code, stdout, timedOut } = await runScript(source, { timeout: 30_000 });
    assert.deepEqual([code, stdout, timedOut], [0, "value\n", false]);
  });

  test("says when there is no server", async (t) => {
    const { url, stop } = await redis(t);
    await stop();
    const mf = create(t, {
      ...options,
      kvPersist: url,
      script: `export default { fetch: (request, { KV }) => KV.get("key").then(
        () => new Response("found"), ({ name, code }) => Response.json([name, code])) };`,
    });
    const unreachable = ["StorageError [ERR_STORAGE_UNREACHABLE]", "ERR_STORAGE_UNREACHABLE"];
    const kv = await mf.getKVNamespace("KV");
    const [{ name, code }, inside] = await Promise.all([rejection(kv.get("key")), json(mf)]);
    assert.deepEqual([[name, code], inside], [unreachable, unreachable]);
  });

  test("ends with its instance, answered or not", async (t) => {
    const server = await redis(t);
    const mf = new Miniflare({ ...options, kvPersist: server.url });
    const kv = await mf.getKVNamespace("KV");
    await kv.put("key", "value");
    server.pause();
    const pending = kv.get("key");
    await mf.dispose();
    server.resume();
    assert.equal(await pending, "value");
    await assert.rejects(kv.get("key"), { code: "ERR_DISPOSED" });
  });
});
