// Tags: oracle, every-node
// The upstream: requests are for it, and what the worker does not answer, it does.

import { describe } from "node:test";
import assert from "node:assert/strict";
import zlib from "node:zlib";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const echo = (request, response) => {
  const chunks = [];
  request
    .on("data", (chunk) => chunks.push(chunk))
    .on("end", () => {
      response.statusCode = 201;
      response.end(
        `${request.method} ${request.url} ${Buffer.concat(chunks)} ${request.headers["x-key"] ?? ""}`.trim(),
      );
    });
};
const SILENT = "export default { fetch() {} }";

describe("with an upstream, a request", () => {
  test("is for it, wherever it was addressed", async (t) => {
    const script = "export default { fetch: (request) => new Response(request.url) }";
    const url = async (upstream, asked) => text(create(t, { script, upstream }), asked);
    assert.equal(await url("https://example.com", "http://localhost/a/b?c=d#e"), "https://example.com/a/b?c=d");
    assert.equal(await url("https://example.com/base/", "http://localhost/a"), "https://example.com/base/a");
    assert.equal(
      await url("https://example.com/base/", "https://example.com/base/a#e"),
      "https://example.com/base/a#e",
    );
    assert.equal(await url("https://example.com/base/", URL_ROOT), "https://example.com/base/");
  });

  test("never leaves it by its path", differs("resolves the path as a URL"), async (t) => {
    const script = "export default { fetch: (request) => new Response(request.url) }";
    const mf = create(t, { script, upstream: "https://example.com/base/" });
    assert.equal(await text(mf, "http://localhost//elsewhere.test/a"), "https://example.com/base//elsewhere.test/a");
    assert.equal(
      await text(mf, "http://localhost/http://elsewhere.test/"),
      "https://example.com/base/http://elsewhere.test/",
    );
  });

  test("keeps the rest of what it is", async (t) => {
    const script = `export default {
      fetch: async (request) => new Response([request.method, request.headers.get("x-key"), await request.text()].join()) }`;
    const mf = create(t, { script, upstream: "https://example.com" });
    const init = { method: "POST", headers: { "X-Key": "v" }, body: "sent" };
    assert.equal(await text(mf, URL_ROOT, init), "POST,v,sent");
  });
});

describe("with an upstream, a request that the worker does not answer", () => {
  const unanswered = {
    "of a module": SILENT,
    "of a module without a handler": "export default {}",
    "of a module whose handler resolves to nothing": "export default { async fetch() { await 0; } }",
    "of a service worker": `addEventListener("fetch", () => {});`,
    "of a service worker without a listener": "",
    "that passes through after an error":
      "export default { fetch(_, __, ctx) { ctx.passThroughOnException(); throw new Error(); } }",
    "that passes through after a rejection":
      "export default { async fetch(_, __, ctx) { ctx.passThroughOnException(); await 0; throw new Error(); } }",
  };
  for (const [name, script] of Object.entries(unanswered)) {
    test(`${name} is answered by the upstream`, async (t) => {
      const upstream = await serve(t, echo);
      const mf = create(t, { script, upstream, scriptRequired: false });
      const response = await mf.dispatchFetch("http://localhost/a?b", {
        method: "POST",
        body: "sent",
        headers: { "X-Key": "v" },
      });
      assert.deepEqual([response.status, await response.text()], [201, "POST /a?b sent v"]);
    });
  }

  test("arrives whole, though the worker has read it", async (t) => {
    const upstream = await serve(t, echo);
    const script = "export default { async fetch(request) { await request.text(); } }";
    const body = new Blob(["streamed"]).stream();
    assert.equal(
      await text(create(t, { script, upstream }), URL_ROOT, { method: "PUT", body, duplex: "half" }),
      "PUT / streamed",
    );
  });

  test("is answered with all that the upstream answers, wherever it redirects to", async (t) => {
    const upstream = await serve(t, (request, response) => {
      const answers = {
        "/from": () => response.writeHead(302, { location: "/to" }).end(),
        "/to": () => response.writeHead(418, "Tea", { "set-cookie": ["a=1", "b=2"] }).end(request.url),
        "/zipped": () => response.writeHead(200, { "content-encoding": "gzip" }).end(zlib.gzipSync("zipped")),
        "/empty": () => response.writeHead(204).end(),
        "/broken": () => response.destroy(),
      };
      answers[request.url]();
    });
    const mf = create(t, { script: SILENT, upstream });
    const ask = (path) => mf.dispatchFetch(`http://localhost${path}`);
    const redirected = await ask("/from");
    assert.deepEqual(
      [redirected.status, redirected.statusText, redirected.headers.getSetCookie(), await redirected.text()],
      [418, "Tea", ["a=1", "b=2"], "/to"],
    );
    const zipped = await ask("/zipped");
    assert.deepEqual([zipped.headers.get("content-encoding"), await zipped.text()], ["gzip", "zipped"]);
    assert.deepEqual([(await ask("/empty")).status, (await ask("/empty")).body], [204, null]);
    assert.equal((await rejection(ask("/broken"))).cause.code, "UND_ERR_SOCKET");
  });

  test("tells of the error that it passes by", async (t) => {
    const upstream = await serve(t, echo);
    const script = `export default { fetch(_, __, ctx) { ctx.passThroughOnException(); throw new Error("broken"); } }`;
    const log = new RecordingLog();
    assert.equal(await text(create(t, { script, upstream, log })), "GET /");
    assert.ok(log.having("[mf:wrn] ").some((line) => line.startsWith("Error: broken\n    at ")));
  });

  test("fails as any fetch when the upstream does", async (t) => {
    const mf = create(t, { script: SILENT, upstream: "http://127.0.0.1:1" });
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "fetch failed");
  });

  test("still has to be answered with a response", async (t) => {
    const mf = create(t, { script: "export default { fetch: () => 1 }", upstream: "http://127.0.0.1:1" });
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).code, "ERR_RESPONSE_TYPE");
  });
});

describe("without an upstream", () => {
  test("a request without an answer is refused, with the name of what is missing", async (t) => {
    const code = async (script) => (await rejection(create(t, { script }).dispatchFetch(URL_ROOT))).code;
    assert.equal(await code("export default {}"), "ERR_NO_HANDLER");
    assert.equal(
      await code("export default { fetch(_, __, ctx) { ctx.passThroughOnException(); } }"),
      "ERR_NO_UPSTREAM",
    );
  });

  test("one that is not a URL is refused", async (t) => {
    const error = await rejection(createInvalid(t, { script: "", upstream: "example.com" }).dispatchFetch(URL_ROOT));
    assert.equal(error.message, `Invalid upstream URL: "example.com". Make sure you've included the protocol.`);
  });
});

describe("a service that does not answer", () => {
  test("lets the request go on to its server", async (t) => {
    const origin = await serve(t, echo);
    const mf = create(t, {
      script: `export default { fetch: (request, env) => env.SERVICE.fetch("${origin}/a", { method: "POST", body: "b" }) }`,
      serviceBindings: { SERVICE: "service" },
      mounts: { service: { modules: true, script: SILENT } },
    });
    assert.equal(await text(mf), "POST /a b");
  });
});
