// Caches in a folder and on a Redis server: what is put is there for the next instance, and stores that answer later are
// asked in the same way.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare, Response } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** Puts, matches and deletes; runs in the worker and in Node. */
const USE = `async (caches, Request, Response) => {
  const headers = { "Cache-Control": "max-age=60", ETag: '"tag"' };
  const cache = await caches.open("name");
  const url = "http://localhost/a";
  const ask = async (headers) => {
    const response = await cache.match(new Request(url, { headers }));
    return [response.status, await response.text()];
  };
  await cache.put(url, new Response("grüße", { status: 404, headers }));
  return {
    whole: await ask({}),
    part: await ask({ Range: "bytes=0-1" }),
    unchanged: await ask({ "If-None-Match": '"tag"' }),
    elsewhere: (await caches.default.match(url)) === undefined,
    deleted: [await cache.delete(url), await cache.delete(url), (await cache.match(url)) === undefined],
  };
}`;
const USED = {
  whole: [404, "grüße"],
  part: [206, "gr"],
  unchanged: [304, ""],
  elsewhere: true,
  deleted: [true, false, true],
};

const script = `export default { fetch: async () =>
  Response.json(await (${USE})(caches, Request, Response)) };`;
const options = { script, modules: true };
const URL_A = "http://localhost/a";

const PLACES = {
  "a folder": async (t) => ({ cachePersist: folder(t) }),
  "a Redis server": async (t) => ({ cachePersist: (await redis(t)).url }),
};

for (const [name, place] of Object.entries(PLACES)) {
  describe(`a cache in ${name}`, () => {
    test("can do all that it can do in memory, in the worker", async (t) => {
      assert.deepEqual(await json(create(t, { ...options, ...(await place(t)) })), USED);
    });

    test("can do all that it can do in memory, from Node", async (t) => {
      const caches = await create(t, { ...options, ...(await place(t)) }).getCaches();
      assert.deepEqual(await new Function(`return ${USE};`)()(caches, Request, Response), USED);
    });

    test("is there for the next instance", async (t) => {
      const where = await place(t);
      const mf = new Miniflare({ ...options, ...where });
      const headers = { "Cache-Control": "max-age=60" };
      await (await mf.getCaches()).default.put(URL_A, new Response("kept", { headers }));
      await mf.dispose();
      const { default: cache } = await create(t, { ...options, ...where }).getCaches();
      assert.equal(await (await cache.match(URL_A)).text(), "kept");
    });
  });
}
