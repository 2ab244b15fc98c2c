// Tags: oracle, every-node
// Caches: what is put is matched, by its URL, in its cache, as long as it is fresh.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { inBothRealms } from "../support/both.mjs";
import { deepEqualOutside, evaluate, text } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, Response } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const both = inBothRealms("caches", "caches", (mf) => mf.getCaches());
const FRESH = `const fresh = (body, init = {}) =>
  new Response(body, { ...init, headers: { "Cache-Control": "max-age=3600", ...init.headers } });
const cache = caches.default;
const URL_A = "http://localhost/a";
const textOf = async (response) => (response === undefined ? null : (await response).text());
const match = async (...args) => textOf(await cache.match(...args));`;

describe("a cache", () => {
  both(
    "matches what was put",
    `${FRESH} await cache.put(URL_A, fresh("body", { status: 404, headers: { "X-Key": "value" } }));
    const response = await cache.match(URL_A);
    return [response instanceof Response, response.status, response.headers.get("X-Key"),
      response.headers.get("Cache-Control"), response.headers.get("CF-Cache-Status"), await response.text()];`,
    [true, 404, "value", "max-age=3600", "HIT", "body"],
  );

  both(
    "takes requests, URLs and text",
    `${FRESH} const inputs = [new Request("http://localhost/1"), new URL("http://localhost/2"), "http://localhost/3"];
    for (const input of inputs) await cache.put(input, fresh("at " + new Request(input).url));
    return [await match("http://localhost/1"), await match(new Request("http://localhost/2")),
      await match(new URL("http://localhost/3"))];`,
    ["at http://localhost/1", "at http://localhost/2", "at http://localhost/3"],
  );

  both(
    "takes bodies of every kind",
    `${FRESH} const bodies = [new Uint8Array([0xff, 0]), new Uint8Array([1, 2]).buffer, "text", null, "",
      new Response("streamed").body, new Blob(["blob"])];
    const found = [];
    for (const body of bodies) {
      await cache.put(URL_A, fresh(body));
      found.push([...new Uint8Array(await (await cache.match(URL_A)).arrayBuffer())]);
    }
    return found.map((bytes) => (bytes[0] > 0x60 && bytes[0] < 0x80 ? String.fromCharCode(...bytes) : bytes));`,
    [[0xff, 0], [1, 2], "text", [], [], "streamed", "blob"],
  );

  both(
    "gives each match a body of its own",
    `${FRESH} await cache.put(URL_A, fresh("body"));
    const first = new Uint8Array(await (await cache.match(URL_A)).arrayBuffer());
    first[0] = 0;
    return match(URL_A);`,
    "body",
  );

  both(
    "uses up the response that is put",
    `${FRESH} const response = fresh("body");
    await cache.put(URL_A, response);
    return [response.bodyUsed, (await caught(() => cache.put(URL_A, response)))[0]];`,
    [true, "TypeError"],
  );

  both(
    "matches nothing that was not put",
    `${FRESH} await cache.put(URL_A, fresh("body"));
    return [String(await cache.match("http://localhost/b")), String(await cache.match(URL_A + "?query"))];`,
    ["undefined", "undefined"],
  );

  both(
    "puts over what was there",
    `${FRESH} await cache.put(URL_A, fresh("1")); await cache.put(URL_A, fresh("2")); return match(URL_A);`,
    "2",
  );

  both(
    "deletes, and says whether there was anything",
    `${FRESH} await cache.put(URL_A, fresh("body"));
    return [await cache.delete(URL_A), await cache.delete(URL_A), await match(URL_A)];`,
    [true, false, null],
  );

  both(
    "matches and deletes for GET requests only, unless the method is ignored",
    `${FRESH} await cache.put(URL_A, fresh("body"));
    const post = new Request(URL_A, { method: "POST", body: "request" });
    const head = new Request(URL_A, { method: "HEAD" });
    return [await match(post), await match(head), await match(post, { ignoreMethod: true }), await cache.delete(post),
      post.bodyUsed, await cache.delete(post, { ignoreMethod: true }), await match(URL_A)];`,
    [null, null, "body", false, false, true, null],
  );

  both(
    "is asked by cf.cacheKey, if a request has one",
    `${FRESH} const init = { cf: { cacheKey: "key" } };
    const request = (url) => new Request(url, init);
    await cache.put(request(URL_A), fresh("key"));
    return [await match(request("http://localhost/b")), await match(URL_A)];`,
    ["key", null],
  );

  both(
    "keeps cookies when the response says that they are private",
    `${FRESH} await cache.put(URL_A, fresh("a", { headers: { "Set-Cookie": "a=b" } }));
    const first = await match(URL_A);
    const headers = { "Set-Cookie": "a=b", "Cache-Control": "private=set-cookie, max-age=60" };
    await cache.put(URL_A, fresh("b", { headers }));
    return [first, await match(URL_A)];`,
    [null, "b"],
  );

  both(
    "leaves the files of a site alone",
    `${FRESH} const url = "http://localhost/$__MINIFLARE_SITES__$/a.txt";
    await cache.put(url, fresh("body"));
    return match(url);`,
    null,
  );

  both(
    "has these methods",
    `const { default: cache } = caches;
    return [Object.getOwnPropertyNames(Object.getPrototypeOf(cache)).sort(), cache.constructor.name, Object.keys(cache),
      caches.constructor.name, Object.getOwnPropertyNames(Object.getPrototypeOf(caches)).sort()];`,
    [["constructor", "delete", "match", "put"], "Cache", [], "CacheStorage", ["constructor", "default", "open"]],
  );
});

describe("a response that was matched", () => {
  test("has immutable headers in the worker", async (t) => {
    const answer = await evaluate(
      t,
      `const init = { headers: { "Cache-Control": "max-age=60" } };
      await caches.default.put("http://localhost/", new Response("body", init));
      const response = await caches.default.match("http://localhost/");
      try { response.headers.set("a", "b"); } catch (error) { return [error.name, error.message]; }`,
    );
    deepEqualOutside(answer, ["TypeError", "immutable"]);
  });

  test("can be what the worker answers with", async (t) => {
    const script = `export default { async fetch(request) {
      const cached = await caches.default.match(request);
      if (cached) return cached;
      const response = new Response("made", { headers: { "Cache-Control": "max-age=60" } });
      await caches.default.put(request, response.clone());
      return response;
    } };`;
    const mf = create(t, { script });
    const status = async () => (await mf.dispatchFetch("http://localhost/")).headers.get("CF-Cache-Status");
    assert.deepEqual([await status(), await status(), await text(mf)], [null, "HIT", "made"]);
  });
});

describe("caches", () => {
  both(
    "are apart from each other",
    `${FRESH} const [one, two] = [await caches.open("one"), await caches.open("two")];
    await one.put(URL_A, fresh("one"));
    await caches.default.put(URL_A, fresh("default"));
    return [await textOf(await one.match(URL_A)), await textOf(await two.match(URL_A)), await match(URL_A),
      await textOf(await (await caches.open("one")).match(URL_A))];`,
    ["one", null, "default", "one"],
  );

  both(
    "have names, of which one is taken",
    `return [await caught(() => caches.open("default")), await caught(() => caches.open("n".repeat(1025))),
      await caught(() => caches.open("n".repeat(1024))), await caught(() => caches.open(""))];`,
    [
      ["CacheError [ERR_RESERVED]", '"default" is a reserved cache name'],
      ["TypeError", "Cache name is too long."],
      "nothing thrown",
      "nothing thrown",
    ],
  );

  test("are the same from Node and in the worker", async (t) => {
    const script = `export default { fetch: async (request) => (await caches.open("name")).match(request) };`;
    const mf = create(t, { script });
    const cache = await (await mf.getCaches()).open("name");
    await cache.put("http://localhost/", new Response("put", { headers: { "Cache-Control": "max-age=60" } }));
    assert.equal(await text(mf, "http://localhost/"), "put");
  });

  test("keep what they hold when the worker is loaded again, and not for other instances", async (t) => {
    const script = `export default { fetch: async (request) => (await caches.default.match(request)) ?? new Response("") };`;
    const mf = create(t, { script });
    const { default: cache } = await mf.getCaches();
    await cache.put("http://localhost/", new Response("kept", { headers: { "Cache-Control": "max-age=60" } }));
    await mf.reload();
    assert.equal(await text(mf, "http://localhost/"), "kept");
    assert.equal(await (await cache.match("http://localhost/")).text(), "kept");
    assert.equal(await text(create(t, { script }), "http://localhost/"), "");
  });

  test("are a global that a worker may replace", async (t) => {
    const script = `globalThis.caches = { replaced: true };
    export default { fetch: () => new Response(caches.replaced) };`;
    assert.equal(await text(create(t, { script })), "true");
  });

  test("are there in service workers", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith((async () => {
      await caches.default.put(event.request, new Response("put", { headers: { "Cache-Control": "max-age=60" } }));
      return caches.default.match(event.request);
    })()));`;
    assert.equal(await text(create(t, { script })), "put");
  });
});

describe("the option cache", () => {
  const off = inBothRealms("caches", "caches", (mf) => mf.getCaches(), { cache: false });
  off(
    "false makes caches that keep nothing and check nothing",
    `${FRESH} const named = await caches.open("name");
    return [String(await cache.put(URL_A, fresh("body"))), String(await cache.match(URL_A)), await cache.delete(URL_A),
      String(await named.match(URL_A)), String(await cache.put("no URL", new Response(null, { status: 206 })))];`,
    ["undefined", "undefined", false, "undefined", "undefined"],
  );

  off(
    "false still knows which name is taken",
    `return (await caught(() => caches.open("default")))[0];`,
    "CacheError [ERR_RESERVED]",
  );

  test("can be switched later", async (t) => {
    const script = `export default { fetch: async () => {
      await caches.default.put("http://localhost/", new Response("", { headers: { "Cache-Control": "max-age=60" } }));
      return new Response(await caches.default.match("http://localhost/") === undefined);
    } };`;
    const mf = create(t, { script, cache: false });
    assert.equal(await text(mf), "true");
    await mf.setOptions({ cache: true });
    assert.equal(await text(mf), "false");
  });
});

describe("the option cacheWarnUsage", () => {
  const WARNING = "Cache operations will have no impact if you deploy to a workers.dev subdomain!";
  const script = `export default { fetch: async () => {
    await caches.open("name"); await caches.open("other"); caches.default;
    return new Response("");
  } };`;

  test("warns once when a cache is used", async (t) => {
    const log = new RecordingLog();
    const mf = create(t, { script, cacheWarnUsage: true, log });
    assert.deepEqual(log.having("[mf:wrn] "), []);
    await text(mf);
    await text(mf);
    assert.deepEqual(log.having("[mf:wrn] "), [WARNING]);
  });

  test("is off unless it is set", async (t) => {
    const log = new RecordingLog();
    await text(create(t, { script, log }));
    assert.deepEqual(log.having("[mf:wrn] "), []);
  });
});
