// Tags: oracle, every-node
// Handlers are part of the request whose code asked for the transformation: they may use what a request may use, whoever reads
// the result.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { text } from "../support/dispatch.mjs";
import { create, createFetchMock, differs, Response } from "../support/miniflare.mjs";
import { HTMLRewriter, withEnableEsiTags } from "../support/names.mjs";
import { test } from "../support/test.mjs";

const HTML = "<p>1</p><p>2</p>";

describe("handlers", () => {
  test("may fetch", async (t) => {
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    const pool = fetchMock.get("https://example.com");
    for (const path of ["/1", "/2"]) pool.intercept({ path }).reply(200, `<b>${path}</b>`);
    const mf = create(t, {
      fetchMock,
      script: `let count = 0;
      export default { fetch: () => new HTMLRewriter().on("p", { async element(p) {
        const response = await fetch("https://example.com/" + ++count);
        p.setInnerContent(await response.text(), { html: true });
      } }).transform(new Response("${HTML}")) }`,
    });
    assert.equal(await text(mf), "<p><b>/1</b></p><p><b>/2</b></p>");
  });

  test("may use namespaces and timers", async (t) => {
    const mf = create(t, {
      kvNamespaces: ["KV"],
      script: `export default { fetch: (request, env) => new HTMLRewriter().on("p", {
        async text(chunk) {
          if (chunk.text === "") return;
          await new Promise((resolve) => setTimeout(resolve, 1));
          await env.KV.put("key", (await env.KV.get("key") ?? "") + chunk.text);
          chunk.replace(await env.KV.get("key"));
        },
      }).transform(new Response("${HTML}")) }`,
    });
    assert.equal(await text(mf), "<p>1</p><p>12</p>");
    assert.equal(await (await mf.getKVNamespace("KV")).get("key"), "12");
  });

  test(
    "count their subrequests with those of the request",
    differs("an error of a handler may end the process"),
    async (t) => {
      const mf = create(t, {
        script: `export default { async fetch(request, env) {
        const ask = () => caches.default.match("http://localhost/a");
        for (let count = 0; count < 49; count++) await ask();
        return new HTMLRewriter().on("p", { element: ask }).transform(new Response("${HTML}"));
      } }`,
      });
      const response = await mf.dispatchFetch("http://localhost/");
      await assert.rejects(response.text(), /Too many subrequests/);
    },
  );

  test("may use the storage of their object", async (t) => {
    const mf = create(t, {
      durableObjects: { BOX: "Box" },
      script: `export class Box {
        constructor(state) { this.storage = state.storage; }
        fetch() {
          return new HTMLRewriter().on("p", { element: async (p) => {
            const count = ((await this.storage.get("count")) ?? 0) + 1;
            await this.storage.put("count", count);
            p.append("/" + count);
          } }).transform(new Response("${HTML}"));
        }
      }
      export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request) };`,
    });
    assert.equal(await text(mf), "<p>1/1</p><p>2/2</p>");
    assert.equal(await text(mf), "<p>1/3</p><p>2/4</p>");
  });

  test("of a service worker find the class in the global scope", async (t) => {
    const mf = create(t, {
      script: `const rewriter = new HTMLRewriter().on("p", { element: (p) => void p.remove() });
      addEventListener("fetch", (event) => event.respondWith(rewriter.transform(new Response("${HTML}0"))));`,
    });
    assert.equal(await text(mf), "0");
  });
});

describe("html_rewriter_treats_esi_include_as_void_tag", () => {
  const ESI = `<span><esi:include src="a" /> text<span>`;
  const EXPECTED = { on: "<span>replacement text<span>", off: "<span>replacement" };
  const SOURCE = `new HTMLRewriter().on("esi\\\\:include", { element: (one) => void one.replace("replacement") })
    .transform(new Response('${ESI}'))`;

  for (const [compatibilityFlags, expected] of [
    [["html_rewriter_treats_esi_include_as_void_tag"], EXPECTED.on],
    [[], EXPECTED.off],
  ]) {
    test(`decides whether the element has content: ${compatibilityFlags.length === 1}`, async (t) => {
      const script = `export default { fetch: () => ${SOURCE} }`;
      assert.equal(await text(create(t, { compatibilityFlags, script })), expected);
    });
  }

  test("is a function in Node", async () => {
    const made = () => new HTMLRewriter().on("esi\\:include", { element: (one) => void one.replace("replacement") });
    const rewritten = (rewriter) => rewriter.transform(new Response(ESI)).text();
    const rewriter = made();
    assert.equal(withEnableEsiTags(rewriter), rewriter);
    assert.equal(await rewritten(rewriter), EXPECTED.on);
    assert.equal(await rewritten(made()), EXPECTED.off);
  });
});

describe("a response of a worker", () => {
  test("can be rewritten in Node, and one of Node in the worker", async (t) => {
    const mf = create(t, {
      bindings: { make: () => new Response("<p>3</p>") },
      script: `export default { async fetch(request, env) {
        const { pathname } = new URL(request.url);
        if (pathname === "/") return new Response("<p>1</p>", { headers: { "X-Key": "value" } });
        return new HTMLRewriter().on("p", { element: (p) => void p.append("!") }).transform(await env.make());
      } }`,
    });
    const rewriter = new HTMLRewriter().on("p", { element: (p) => void p.append("?") });
    const first = rewriter.transform(await mf.dispatchFetch("http://localhost/"));
    assert.deepEqual([await first.text(), first.headers.get("X-Key")], ["<p>1?</p>", "value"]);
    assert.equal(await text(mf, "http://localhost/2"), "<p>3!</p>");
  });

  test("of Node can be rewritten", differs("it makes a response that has no text"), async () => {
    const rewriter = new HTMLRewriter().on("p", { element: (p) => void p.append("?") });
    const response = rewriter.transform(new globalThis.Response("<p>4</p>", { status: 201 }));
    assert.deepEqual([response instanceof Response, response.status, await response.text()], [true, 201, "<p>4?</p>"]);
  });
});
