// Tags: oracle, every-node
// A `Content-Length` of the worker's own that is not its body's: the platform measures bodies, and ignores it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createFetchMock, differs } from "../support/miniflare.mjs";
import { evaluate, json, URL_ROOT } from "../support/dispatch.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** Bodies of four bytes, and whether their length is known before they are read. */
const BODIES = {
  "a text": [`"four"`, true],
  "a text beyond ASCII": [`"éé"`, true],
  bytes: ["new Uint8Array([102, 111, 117, 114])", true],
  "a blob": [`new Blob(["four"])`, true],
  "a stream": [`new Blob(["four"]).stream()`, false],
  "a stream of the worker's own": [
    `new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("four")); c.close(); } })`,
    false,
  ],
};
const WRONG = ["3", "5", "0", "900"];
const differ = differs("the header stays, or fails the fetch");

/** How long what arrived says it is, and how long it is. */
const SHOW = `const show = async (message) => [message.headers.get("content-length"), (await message.arrayBuffer()).byteLength];`;

describe("a Content-Length that is not the body's is ignored", differ, () => {
  for (const [name, [body]] of Object.entries(BODIES)) {
    test(`by Node, of ${name}`, async (t) => {
      const script = `export default {
        fetch: (request) => new Response(${body}, { headers: { "Content-Length": request.headers.get("x-length") } })
      }`;
      const mf = create(t, { script });
      for (const length of WRONG) {
        const response = await mf.dispatchFetch(URL_ROOT, { headers: { "x-length": length } });
        assert.deepEqual(
          [response.headers.get("content-length"), (await response.arrayBuffer()).byteLength],
          [null, 4],
        );
      }
    });

    test(`by servers, of ${name}`, async (t) => {
      const origin = await serve(t, async (request, response) => {
        let length = 0;
        for await (const chunk of request) length += chunk.length;
        response.end(JSON.stringify([request.headers["content-length"] ?? null, length]));
      });
      const seen = await evaluate(
        t,
        `const seen = [];
        for (const length of env.WRONG) {
          const init = { method: "POST", body: ${body}, headers: { "Content-Length": length } };
          seen.push(await (await fetch(env.ORIGIN, init)).json());
        }
        return seen;`,
        { bindings: { ORIGIN: `${origin}/`, WRONG } },
      );
      const [, isKnown] = BODIES[name];
      assert.deepEqual(
        seen,
        WRONG.map(() => [isKnown ? "4" : null, 4]),
      );
    });

    test(`by objects and services and in a cache, of ${name}`, async (t) => {
      const script = `
        ${SHOW}
        const headers = (length) => ({ "Content-Length": length });
        export class Box {
          async fetch(request) {
            if (request.method === "GET") return new Response(${body}, { headers: headers("3") });
            return Response.json(await show(request));
          }
        }
        export default {
          async fetch(request, env) {
            const stub = env.BOX.get(env.BOX.idFromName("a"));
            const cacheable = { ...headers("3"), "Cache-Control": "max-age=60" };
            await caches.default.put("http://localhost/", new Response(${body}, { headers: cacheable }));
            const post = () => ({ method: "POST", body: ${body}, headers: headers("5") });
            return Response.json([
              await (await stub.fetch("http://localhost/", post())).json(),
              await show(await stub.fetch("http://localhost/")),
              await (await env.SERVICE.fetch("http://localhost/", post())).json(),
              await show(await env.SERVICE.fetch("http://localhost/")),
              await show(await caches.default.match("http://localhost/")),
            ]);
          }
        }`;
      const service = `
        ${SHOW}
        export default {
          async fetch(request) {
            if (request.method === "GET") return new Response(${body}, { headers: { "Content-Length": "3" } });
            return Response.json(await show(request));
          }
        }`;
      const mf = create(t, {
        script,
        durableObjects: { BOX: "Box" },
        serviceBindings: { SERVICE: "service" },
        mounts: { service: { name: "service", modules: true, script: service } },
      });
      assert.deepEqual(
        await json(mf),
        Array.from({ length: 5 }, () => [null, 4]),
      );
    });
  }

  test("by a mock, which gets the right one", async (t) => {
    const fetchMock = createFetchMock();
    const lengths = [];
    const note = ({ headers }) => {
      lengths.push(headers["content-length"] ?? headers["Content-Length"]);
      return "text";
    };
    fetchMock.get("http://host.test").intercept({ path: "/", method: "POST" }).reply(200, note).times(2);
    const body = `for (const length of ["3", "4"]) {
        await fetch("http://host.test/", { method: "POST", body: "four", headers: { "Content-Length": length } });
      }`;
    await evaluate(t, body, { fetchMock });
    assert.deepEqual(lengths, ["4", "4"]);
  });
});

describe("a Content-Length stays", () => {
  test("that is the body's", async (t) => {
    for (const [body, isKnown] of Object.values(BODIES)) {
      const script = `export default { fetch: () => new Response(${body}, { headers: { "Content-Length": "4" } }) }`;
      const options = { script, compatibilityFlags: ["streams_enable_constructors"] };
      const response = await create(t, options).dispatchFetch(URL_ROOT);
      if (isKnown) assert.equal(response.headers.get("content-length"), "4");
      assert.equal((await response.arrayBuffer()).byteLength, 4);
    }
  });

  test("of a response without a body, as one to HEAD is", async (t) => {
    const script = `export default { fetch: () => new Response(null, { headers: { "Content-Length": "400" } }) }`;
    const response = await create(t, { script }).dispatchFetch(URL_ROOT, { method: "HEAD" });
    assert.equal(response.headers.get("content-length"), "400");
  });

  test("that a server announces, however the worker passes its answer on", async (t) => {
    const LARGE = 300_000;
    const origin = await serve(t, (request, response) => {
      response.writeHead(200, { "content-length": LARGE }).end(Buffer.alloc(LARGE));
    });
    for (const pass of ["answer", "new Response(answer.body, answer)"]) {
      const script = `export default { async fetch() { const answer = await fetch("${origin}/"); return ${pass}; } }`;
      const response = await create(t, { script }).dispatchFetch(URL_ROOT);
      assert.equal(response.headers.get("content-length"), String(LARGE), pass);
      assert.equal((await response.arrayBuffer()).byteLength, LARGE);
    }
  });
});
