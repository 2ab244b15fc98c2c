// The gates of an object beside what is not its storage: what it writes or asks for elsewhere leaves when its own writes
// survive, and what it has asked for reaches it when its input gate is open. Storage is on a Redis server that is held up.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { deferred, text, URL_ROOT } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { serve } from "../support/server.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** An object whose `fetch` runs `body` with `storage`, `state` and `env`. A path other than "/" goes to the worker. */
const withObject = (t, body, options) =>
  create(t, {
    durableObjects: { BOX: "Box" },
    kvNamespaces: ["KV"],
    modules: true,
    script: `
      export class Box {
        constructor(state, env) { Object.assign(this, { state, storage: state.storage, env }); }
        async fetch(request) {
          const { state, storage, env } = this;
          ${body}
          return new Response("done");
        }
      }
      export default {
        async fetch(request, env) {
          const { pathname } = new URL(request.url);
          if (pathname === "/direct") return fetch(env.ORIGIN + "/direct");
          return env.BOX.get(env.BOX.idFromName("a")).fetch(request);
        }
      }`,
    ...options,
  });

/** Lets the object write, then `act`, while its storage is held up; `look(mf)` tells what has become of it meanwhile. */
async function actsWhileHeldUp(t, act, look, { bindings, prepare = () => {} } = {}) {
  const server = await redis(t);
  const acted = deferred();
  const body = `
    if (!request.url.endsWith("/act")) return new Response();
    storage.put("key", "value");
    const acting = ${act};
    env.acted();
    await acting;`;
  const mf = withObject(t, body, {
    durableObjectsPersist: server.url,
    bindings: { acted: acted.resolve, ...bindings },
  });
  await mf.dispatchFetch(URL_ROOT);
  await prepare(mf);
  // The first time takes longest, and the server is not waited for as long as a busy machine may take for it.
  await look(mf);
  server.pause();
  const acting = text(mf, `${URL_ROOT}act`);
  await acted.promise;
  const before = await look(mf);
  server.resume();
  assert.equal(await acting, "done");
  return [before, await look(mf)];
}

describe("what leaves an object waits until its writes survive", () => {
  /** What is told when storage is held up, which is `count` things, and in the end. */
  async function whileHeldUp(t, body, count) {
    const server = await redis(t);
    const told = [];
    const bindings = { tell: (what) => told.push(what) };
    const mf = withObject(t, `if (request.url.endsWith("/go")) { ${body} }`, {
      durableObjectsPersist: server.url,
      bindings,
    });
    await mf.dispatchFetch(URL_ROOT);
    server.pause();
    const going = text(mf, `${URL_ROOT}go`).then((answer) => told.push(answer));
    while (told.length < count) await new Promise(setImmediate);
    // The object has its turns meanwhile.
    for (let round = 0; round < 20; round++) await new Promise(setImmediate);
    const before = [...told];
    server.resume();
    await going;
    return [before, told];
  }

  test("a response", async (t) => {
    const body = `await storage.put("key", "value"); env.tell("put");`;
    assert.deepEqual(await whileHeldUp(t, body, 1), [["put"], ["put", "done"]]);
  });

  test("a response, of writes that were not awaited", async (t) => {
    const body = `storage.put("key", "value"); storage.delete("key"); storage.setAlarm(8e12).catch(() => {});`;
    assert.deepEqual(await whileHeldUp(t, body, 0), [[], ["done"]]);
  });

  test("a response, of a transaction", async (t) => {
    const body = `await storage.transaction(async (txn) => txn.put("key", "value")); env.tell("committed");`;
    assert.deepEqual(await whileHeldUp(t, body, 1), [["committed"], ["committed", "done"]]);
  });

  test("what follows a sync()", async (t) => {
    const body = `storage.put("key", "value", { allowUnconfirmed: true }); await storage.sync(); env.tell("synced");`;
    assert.deepEqual(await whileHeldUp(t, body, 0), [[], ["synced", "done"]]);
  });

  test("but not of writes that may be unconfirmed", async (t) => {
    const body = `
      const options = { allowUnconfirmed: true };
      await storage.put("key", "value", options);
      await storage.put({ other: "value" }, options);
      await storage.delete("key", options);
      await storage.deleteAll(options);`;
    assert.deepEqual(await whileHeldUp(t, body, 1), [["done"], ["done"]]);
  });

  const value = async (mf) => (await mf.getKVNamespace("KV")).get("k");
  const cached = async (mf) => (await (await mf.getCaches()).default.match("http://localhost/k"))?.text();

  test("a put to KV", async (t) => {
    assert.deepEqual(await actsWhileHeldUp(t, `env.KV.put("k", "v")`, value), [null, "v"]);
  });

  test("a put to KV, of the bytes as they were", async (t) => {
    const act = `(() => { const bytes = new TextEncoder().encode("v"); const put = env.KV.put("k", bytes); bytes[0]++; return put; })()`;
    assert.deepEqual(await actsWhileHeldUp(t, act, value), [null, "v"]);
  });

  test("a delete from KV", async (t) => {
    const prepare = async (mf) => (await mf.getKVNamespace("KV")).put("k", "v");
    assert.deepEqual(await actsWhileHeldUp(t, `env.KV.delete("k")`, value, { prepare }), ["v", null]);
  });

  test("a put to a cache", async (t) => {
    const response = `new Response("v", { headers: { "cache-control": "max-age=60" } })`;
    const act = `caches.default.put("http://localhost/k", ${response})`;
    assert.deepEqual(await actsWhileHeldUp(t, act, cached), [undefined, "v"]);
  });

  test("a fetch", async (t) => {
    const asked = [];
    const ORIGIN = await serve(t, (request, response) => {
      asked.push(request.url);
      response.end();
    });
    // What the worker itself fetches later is there first.
    const look = async (mf) => {
      await mf.dispatchFetch(`${URL_ROOT}direct`);
      return [...asked];
    };
    const [before, after] = await actsWhileHeldUp(t, `fetch(env.ORIGIN + "/object")`, look, { bindings: { ORIGIN } });
    assert.deepEqual(before, ["/direct", "/direct"]);
    assert.deepEqual(after, ["/direct", "/direct", "/object", "/direct"]);
  });
});

describe("what reaches an object", () => {
  test("from KV waits while a closure holds its gate", async (t) => {
    const server = await redis(t);
    const [asked, held, released] = [deferred(), deferred(), deferred()];
    const log = [];
    const bindings = {
      asked: asked.resolve,
      held: held.resolve,
      released: () => released.promise,
      log: (l) => log.push(l),
    };
    const body = `
      if (request.url.endsWith("/hold")) {
        await state.blockConcurrencyWhile(async () => { env.held(); await env.released(); env.log("released"); });
        return new Response("held");
      }
      const getting = env.KV.get("k");
      env.asked();
      await getting;
      env.log("reached");`;
    const mf = withObject(t, body, { kvPersist: server.url, bindings });
    const kv = await mf.getKVNamespace("KV");
    await kv.put("k", "v");
    server.pause();
    const getting = text(mf);
    await asked.promise;
    const holding = text(mf, `${URL_ROOT}hold`);
    await held.promise;
    server.resume();
    // Asked later, and answered later.
    await kv.get("k");
    released.resolve();
    assert.deepEqual([await getting, await holding], ["done", "held"]);
    assert.deepEqual(log, ["released", "reached"]);
  });
});
