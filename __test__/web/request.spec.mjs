// Tags: oracle, every-node
// Headers, Request, Response, FormData and Blob in a worker.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { CAUGHT, evaluate } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const MODERN = { compatibilityDate: "2023-05-18" };

describe("Headers", () => {
  test("append, set, delete, and list sorted", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const headers = new Headers({ B: "1", a: "2" });
      headers.append("b", "3");
      headers.set("C", "4");
      headers.delete("A");
      return [[...headers], headers.get("B"), headers.has("c"), headers.get("missing")];`,
      ),
      [
        [
          ["b", "1, 3"],
          ["c", "4"],
        ],
        "1, 3",
        true,
        null,
      ],
    );
  });

  test("give cookies one by one through getAll", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `${CAUGHT}
      const headers = new Headers();
      headers.append("Set-Cookie", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
      headers.append("set-cookie", "b=2");
      return [headers.getAll("SET-COOKIE"), headers.getSetCookie(), new Headers().getAll("set-cookie"),
        caught(() => headers.getAll("vary"))];`,
      ),
      [
        ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2"],
        ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2"],
        [],
        ["TypeError", `getAll() can only be used with the header name "Set-Cookie".`],
      ],
    );
  });

  test("refuse invalid names and values", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `${CAUGHT}
      return [caught(() => new Headers({ "a b": "c" }))[0], caught(() => new Headers({ a: "b\\nc" }))[0]];`,
      ),
      ["TypeError", "TypeError"],
    );
  });
});

describe("Request", () => {
  test("is built from strings, URLs and requests", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const init = { method: "post", headers: { "x-key": "1" }, body: "body", cf: { a: 1 } };
      const first = new Request("https://example.com/a", init);
      const second = new Request(first, { headers: { "x-key": "2" }, cf: { b: 2 } });
      const third = new Request(new URL("https://example.com/b"));
      return [second.method, second.url, second.headers.get("x-key"), await second.text(), second.cf, third.method,
        third.url, third.redirect, third.signal instanceof AbortSignal];`,
      ),
      ["POST", "https://example.com/a", "2", "body", { b: 2 }, "GET", "https://example.com/b", "follow", true],
    );
  });

  test("clones with its body and cf", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const request = new Request("https://example.com/", { method: "PUT", body: "twice", cf: { a: 1 } });
      const clone = request.clone();
      return [await request.text(), await clone.text(), clone.method, clone.cf, request.bodyUsed];`,
      ),
      ["twice", "twice", "PUT", { a: 1 }, true],
    );
  });

  test("refuses relative URLs and bodies on GET", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `${CAUGHT}
      return [caught(() => new Request("/relative"))[0], caught(() => new Request("http://x/", { body: "b" }))[0]];`,
      ),
      ["TypeError", "TypeError"],
    );
  });

  test("lets headers be changed that are its own", async (t) => {
    assert.equal(
      await evaluate(
        t,
        `
      const copy = new Request(request);
      copy.headers.set("x-added", "yes");
      return copy.headers.get("x-added");`,
      ),
      "yes",
    );
  });

  test(
    "has the standard's values for what a worker's request has no use for",
    differs("reading them throws"),
    async (t) => {
      assert.deepEqual(
        await evaluate(t, `return [request.mode, request.credentials, request.integrity, request.cache];`),
        ["cors", "same-origin", "", "default"],
      );
    },
  );

  test("and responses list their properties", async (t) => {
    const listed = await evaluate(
      t,
      `
      const names = (object, wanted) => {
        const listed = [];
        for (const name in object) listed.push(name);
        return wanted.filter((name) => !listed.includes(name));
      };
      return [
        names(request, ["body", "bodyUsed", "cf", "headers", "method", "redirect", "signal", "url"]),
        names(new Response(), ["body", "bodyUsed", "headers", "ok", "redirected", "status", "statusText", "url",
          "webSocket"]),
      ];`,
    );
    assert.deepEqual(listed, [[], []]);
  });

  test("and responses can be extended", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      class Mine extends Request { twice() { return this.url + this.url; } }
      class Ours extends Response { constructor(status) { super("ours", { status }); } }
      const [mine, ours] = [new Mine("http://x/", { cf: { a: 1 } }), new Ours(201)];
      return [mine.twice(), mine instanceof Request, mine.cf, ours instanceof Response, ours.status, await ours.text()];`,
      ),
      ["http://x/http://x/", true, { a: 1 }, true, 201, "ours"],
    );
  });

  test(
    "and responses have one class, wherever they are constructed",
    differs("Node's classes show through"),
    async (t) => {
      assert.deepEqual(
        await evaluate(
          t,
          `
      const responses = [new Response(), Response.json({}), Response.redirect("http://x/"), new Response("a").clone()];
      return [request.constructor === Request, request.clone() instanceof Request,
        ...responses.map((response) => response instanceof Response && response.constructor === Response)];`,
        ),
        [true, true, true, true, true, true],
      );
    },
  );
});

describe("Response", () => {
  test("is built, copied and cloned", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const response = new Response("body", { status: 404, statusText: "Gone", headers: { "x-key": "1" } });
      const clone = response.clone();
      const copy = new Response(response.body, response);
      return [clone.status, clone.statusText, await clone.text(), copy.headers.get("x-key"), copy.status,
        await copy.text(),
        response.ok, Response.redirect("http://localhost/x").status, Response.json({}).headers.get("content-type")];`,
      ),
      [404, "Gone", "body", "1", 404, "body", false, 302, "application/json"],
    );
  });

  test("bodies are streams of bytes", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const response = new Response("bytes");
      const { body } = response;
      const reader = body.getReader({ mode: "byob" });
      const { value } = await reader.read(new Uint8Array(10));
      return [body instanceof ReadableStream, response.body === body, value instanceof Uint8Array, value.length];`,
      ),
      [true, true, true, 5],
    );
  });

  test("bodies are read by one without being lost for its clone", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const response = new Response(new Uint8Array([1, 2, 3]));
      const clone = response.clone();
      const { value } = await response.body.getReader().read();
      value.fill(9);
      return [...new Uint8Array(await clone.arrayBuffer())];`,
      ),
      [1, 2, 3],
    );
  });

  test("bodies that are empty end at once", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const plain = await new Response("").body.getReader().read();
      const byob = await new Response("").body.getReader({ mode: "byob" }).read(new Uint8Array(4));
      return [plain.done, byob.done, byob.value.length, new Response("", { status: 204 }).body];`,
      ),
      [true, true, 0, null],
    );
  });

  test("a body of a stream is that stream, and as such one of bytes or not", differs("it is another"), async (t) => {
    const read = (type) => `
      const stream = new ReadableStream({ ${type} start(c) { c.enqueue(new Uint8Array([1])); c.close(); } });
      const { body } = new Response(stream);
      const same = body === stream;
      try {
        return [same, body.getReader({ mode: "byob" }) instanceof ReadableStreamBYOBReader];
      } catch (error) {
        return [same, error.name];
      }`;
    assert.deepEqual(await evaluate(t, read('type: "bytes",')), [true, true]);
    assert.deepEqual(await evaluate(t, read("")), [true, "TypeError"]);
  });

  test("refuses an encoding of its body that it does not know", async (t) => {
    assert.deepEqual(
      await evaluate(t, `${CAUGHT} return caught(() => new Response("body", { encodeBody: "never" }));`),
      ["TypeError", "encodeBody: unexpected value: never"],
    );
  });

  test("refuses a web socket without its status", async (t) => {
    assert.equal(
      (await evaluate(t, `${CAUGHT} return caught(() => new Response(null, { status: 200, webSocket: {} }));`))[0],
      "RangeError",
    );
  });
});

describe("FormData and Blob", () => {
  test("hold fields and files", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const form = new FormData();
      form.append("a", "1");
      form.append("a", new File(["inside"], "name.txt", { type: "text/plain" }));
      form.set("b", "2");
      const parsed = await new Response(form).formData();
      const [first, file] = parsed.getAll("a");
      const blob = new Blob(["abc", new Uint8Array([100])], { type: "text/x" });
      return [first, file instanceof File, file.name, file.type, await file.text(), parsed.has("b"),
        blob.size, blob.type, await blob.slice(1, 3).text(), (await blob.arrayBuffer()).byteLength];`,
        MODERN,
      ),
      ["1", true, "name.txt", "text/plain", "inside", true, 4, "text/x", "bc", 4],
    );
  });

  test("refuse to be parsed without a fitting content type", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const parse = (type) => new Response("x", { headers: { "content-type": type } }).formData();
      const message = (type) => parse(type).catch((error) => error.message);
      return [await new Response(new Uint8Array()).formData().catch((e) => e.message), await message("text/html"),
        await message("multipart/form-data")];`,
      ),
      [
        "Parsing a Body as FormData requires a Content-Type header.",
        "Unsupported content type: text/html",
        "Multipart: Boundary not found",
      ],
    );
  });
});
