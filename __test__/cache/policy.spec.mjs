// Tags: oracle, every-node
// Which responses a cache stores, for how long, and what it refuses.

import { describe } from "node:test";
import { inBothRealms } from "../support/both.mjs";
import { differs } from "../support/miniflare.mjs";

const both = inBothRealms("caches", "caches", (mf) => mf.getCaches());
const KEPT = `const cache = caches.default;
let number = 0;
const kept = async (headers, status = 200, requestHeaders = {}) => {
  const request = new Request("http://localhost/" + number++, { headers: requestHeaders });
  await cache.put(request, new Response("body", { status, headers }));
  return (await cache.match(request)) !== undefined;
};`;

describe("a cache stores a response", () => {
  both(
    "that says for how long it is fresh",
    `${KEPT} const later = new Date(Date.now() + 3_600_000).toUTCString();
    return [await kept({ "Cache-Control": "max-age=60" }), await kept({ "Cache-Control": "s-maxage=60" }),
      await kept({ "Cache-Control": "public, max-age=60" }), await kept({ Expires: later }),
      await kept({ "Cache-Control": "max-age=0, s-maxage=60" })];`,
    [true, true, true, true, true],
  );

  both(
    "and not one that is stale, or does not say",
    `${KEPT} const before = new Date(Date.now() - 1000).toUTCString();
    return [await kept({}), await kept({ "Cache-Control": "max-age=0" }), await kept({ Expires: before }),
      await kept({ Expires: "soon" }), await kept({ "Cache-Control": "max-age=60", Age: "60" }),
      await kept({ "Cache-Control": "max-age=60, s-maxage=0" })];`,
    Array(6).fill(false),
  );

  both(
    "and not one that asks not to be stored",
    `${KEPT} const controls = ["private", "no-store", "no-cache", "private, max-age=60", "no-store, max-age=60",
      "no-cache, max-age=60"];
    const answers = [];
    for (const control of controls) answers.push(await kept({ "Cache-Control": control }));
    return answers;`,
    Array(6).fill(false),
  );

  both(
    "and not one with cookies",
    `${KEPT} return kept({ "Cache-Control": "max-age=60", "Set-Cookie": "a=b" });`,
    false,
  );

  both(
    "of most states",
    `${KEPT} const states = [200, 203, 301, 302, 307, 308, 404, 405, 410, 414, 429, 501, 503];
    const answers = [];
    for (const status of states) answers.push(await kept({ "Cache-Control": "max-age=60" }, status));
    return answers;`,
    Array(13).fill(true),
  );

  both(
    "whatever the request says about caches",
    `${KEPT} const answers = [];
    for (const control of ["no-store", "no-cache", "max-age=0"]) {
      answers.push(await kept({ "Cache-Control": "max-age=60" }, 200, { "Cache-Control": control }));
    }
    return answers;`,
    [true, true, true],
  );

  both(
    "to a request with authorization only if it is public",
    `${KEPT} const authorization = { Authorization: "key" };
    return [await kept({ "Cache-Control": "max-age=60" }, 200, authorization),
      await kept({ "Cache-Control": "public, max-age=60" }, 200, authorization)];`,
    [false, true],
  );

  const LEFT_TO_CACHES = [
    201, 202, 205, 226, 304, 305, 400, 401, 402, 403, 406, 409, 418, 422, 451, 500, 502, 504, 599,
  ];

  both(
    "of any status but 206, if it says for how long",
    `${KEPT} const answers = [];
    for (const status of ${JSON.stringify(LEFT_TO_CACHES)}) {
      const body = status === 205 || status === 304 ? null : "body";
      const request = new Request("http://localhost/status/" + status);
      await cache.put(request, new Response(body, { status, headers: { "Cache-Control": "max-age=60" } }));
      const found = await cache.match(request);
      answers.push([found?.status, await found?.text()]);
    }
    return answers;`,
    LEFT_TO_CACHES.map((status) => [status, status === 205 || status === 304 ? "" : "body"]),
    differs("it leaves out those that HTTP leaves to caches"),
  );

  both(
    "of such a status not without that",
    `${KEPT} const stale = { "Cache-Control": "max-age=0" };
    return [await kept({}, 201), await kept(stale, 201), await kept({ "Cache-Control": "no-store" }, 500)];`,
    [false, false, false],
  );

  both(
    "without reading the body of one that it does not store",
    `const responses = ["no-store", "max-age=0"].map((control) =>
      new Response(new ReadableStream(), { headers: { "Cache-Control": control } }));
    for (const response of responses) await caches.default.put("http://localhost/", response);
    return responses.map((response) => response.bodyUsed);`,
    [false, false],
    differs("it reads what is stale"),
  );

  both(
    "and forgets it when a stale one is put in its place",
    `${KEPT} const put = (control) =>
      cache.put("http://localhost/a", new Response("body", { headers: { "Cache-Control": control } }));
    await put("max-age=60");
    await put("max-age=0");
    return (await cache.match("http://localhost/a")) === undefined;`,
    true,
  );
});

describe("put() refuses", () => {
  both(
    "a value that is not an absolute URL",
    `return (await caught(() => caches.default.put("/a", new Response(""))))[0];`,
    "TypeError",
  );

  both(
    "a value that is not an absolute URL, and says so",
    `return Promise.all(["put", "match", "delete"].map((method) =>
      caught(() => caches.default[method]("/a", new Response("")))));`,
    Array(3).fill(["TypeError", "Invalid URL. Cache API keys must be fully-qualified, valid URLs."]),
    differs("it has the words of the URL parser"),
  );

  both(
    "responses to other requests than GET",
    `return Promise.all(["POST", "HEAD", "DELETE"].map((method) =>
      caught(() => caches.default.put(new Request("http://localhost/", { method }), new Response("")))));`,
    Array(3).fill(["TypeError", "Cannot cache response to non-GET request."]),
  );

  both(
    "parts of a response",
    `return caught(() => caches.default.put("http://localhost/", new Response("", { status: 206 })));`,
    ["TypeError", "Cannot cache response to a range request (206 Partial Content)."],
  );

  both(
    "responses that vary with everything",
    `return Promise.all(["*", "Accept, *"].map((Vary) =>
      caught(() => caches.default.put("http://localhost/", new Response("", { headers: { Vary } })))));`,
    Array(2).fill(["TypeError", "Cannot cache response with 'Vary: *' header."]),
  );

  both(
    "a value that is not a response",
    `return caught(() => caches.default.put("http://localhost/", "text"));`,
    ["TypeError", "Failed to execute 'put' on 'Cache': parameter 2 is not of type 'Response'."],
    differs("it fails inside"),
  );
});
