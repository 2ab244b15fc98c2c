// Responses in a cache grow old by the clock of their instance.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, Response } from "../support/miniflare.mjs";
import { text } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const START = Date.UTC(2030, 0, 1);
const URL_A = "http://localhost/a";
const script = `export default {
  fetch: async (request) => (await caches.default.match(request)) ?? new Response("none"),
};`;

async function steered(t) {
  const mf = create(t, { script });
  await mf.clock.set(START);
  return { mf, cache: (await mf.getCaches()).default };
}

const response = (headers) => new Response("cached", { headers });

describe("a response in a cache", () => {
  for (const [name, headers, seconds] of [
    ["its max-age", { "Cache-Control": "max-age=10" }, 10],
    ["its s-maxage", { "Cache-Control": "max-age=10, s-maxage=20" }, 20],
    ["its Expires", { Expires: new Date(START + 30_000).toUTCString() }, 30],
    ["what its Age leaves of that", { "Cache-Control": "max-age=10", Age: "7" }, 3],
    ["a tenth of its age, if it says no more", { "Last-Modified": new Date(START - 50_000).toUTCString() }, 5],
  ]) {
    test(`is gone after ${name}`, async (t) => {
      const { mf, cache } = await steered(t);
      await cache.put(URL_A, response(headers));
      await mf.clock.advance(seconds * 1000 - 1);
      assert.equal(await text(mf, URL_A), "cached");
      await mf.clock.advance(1);
      assert.equal(await text(mf, URL_A), "none");
      assert.equal(await cache.delete(URL_A), false);
    });
  }

  test("is not served stale", async (t) => {
    const { mf, cache } = await steered(t);
    const control = "max-age=10, stale-while-revalidate=60, stale-if-error=60";
    await cache.put(URL_A, response({ "Cache-Control": control }));
    await mf.clock.advance(10_000);
    assert.equal(await cache.match(URL_A), undefined);
  });

  test("is fresh again when it is put again", async (t) => {
    const { mf, cache } = await steered(t);
    for (let round = 0; round < 3; round++) {
      await cache.put(URL_A, response({ "Cache-Control": "max-age=10" }));
      await mf.clock.advance(9000);
    }
    assert.equal(await (await cache.match(URL_A)).text(), "cached");
  });
});
