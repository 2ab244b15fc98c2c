// Tags: oracle, every-node
// What a worker answers with, and what the caller sees of it: status, headers, cookies, and the ways to read a body.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs, Response } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const answer = (t, expression) => create(t, { script: `export default { fetch: (request) => ${expression} }` });
const respond = (t, expression) => answer(t, expression).dispatchFetch(URL_ROOT);

describe("response status", () => {
  for (const status of [200, 201, 301, 400, 404, 418, 500, 599]) {
    test(`${status} reaches the caller`, async (t) => {
      const response = await respond(t, `new Response("body", { status: ${status}, statusText: "Said" })`);
      assert.equal(response.status, status);
      assert.equal(response.statusText, "Said");
      assert.equal(response.ok, status < 300);
      assert.equal(await response.text(), "body");
    });
  }

  for (const status of [204, 205, 304]) {
    test(`${status} has no body`, async (t) => {
      const response = await respond(t, `new Response(null, { status: ${status} })`);
      assert.equal(response.status, status);
      assert.equal(response.body, null);
      assert.equal(await response.text(), "");
    });
  }

  test("defaults to 200 with an empty status text", async (t) => {
    const response = await respond(t, "new Response()");
    assert.equal(response.status, 200);
    assert.equal(response.statusText, "");
    assert.equal(response.redirected, false);
    assert.equal(response.body, null);
  });

  for (const status of [100, 101, 600, 0]) {
    test(`${status} is a RangeError`, async (t) => {
      const error = await rejection(respond(t, `new Response(null, { status: ${status} })`));
      assert.equal(error.name, "RangeError");
    });
  }

  test("a body with a status that has none is a TypeError", async (t) => {
    assert.equal((await rejection(respond(t, `new Response("body", { status: 204 })`))).name, "TypeError");
  });

  test("Response.redirect is not followed", async (t) => {
    const response = await respond(t, `Response.redirect("http://localhost/there", 307)`);
    assert.equal(response.status, 307);
    assert.equal(response.headers.get("location"), "http://localhost/there");
  });

  test("Response.json sets body and type", async (t) => {
    const response = await respond(t, `Response.json({ list: [1, null, "ü"] }, { status: 201 })`);
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), { list: [1, null, "ü"] });
  });
});

describe("response headers", () => {
  test("arrive with lower-case names, sorted", async (t) => {
    const response = await respond(t, `new Response(null, { headers: { "X-Zed": "1", "A-Bee": "2" } })`);
    assert.deepEqual(
      [...response.headers],
      [
        ["a-bee", "2"],
        ["x-zed", "1"],
      ],
    );
  });

  test("join repeated values with a comma", async (t) => {
    const response = await respond(t, `new Response(null, { headers: [["vary", "a"], ["Vary", "b"]] })`);
    assert.equal(response.headers.get("vary"), "a, b");
  });

  test("keep every cookie apart", async (t) => {
    const cookies = ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2; Path=/", "c=3"];
    const pairs = JSON.stringify(cookies.map((cookie) => ["set-cookie", cookie]));
    const response = await respond(t, `new Response(null, { headers: ${pairs} })`);
    assert.deepEqual(response.headers.getSetCookie(), cookies);
    assert.deepEqual(response.headers.getAll("Set-Cookie"), cookies);
    assert.equal(response.headers.get("set-cookie"), cookies.join(", "));
  });

  test("keep cookies that were appended", async (t) => {
    const response = await respond(
      t,
      `(() => {
      const response = new Response("body");
      response.headers.append("Set-Cookie", "a=1");
      response.headers.append("Set-Cookie", "b=2");
      return response;
    })()`,
    );
    assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  });

  test("keep bytes above ASCII", async (t) => {
    const response = await respond(t, `new Response(null, { headers: { "x-latin": "\\xe9\\xff" } })`);
    assert.equal(response.headers.get("x-latin"), "\xe9\xff");
  });

  test("can be changed by the caller", async (t) => {
    const response = await respond(t, `new Response("body", { headers: { "x-key": "1" } })`);
    response.headers.set("x-key", "2");
    response.headers.delete("content-type");
    assert.deepEqual([...response.headers], [["x-key", "2"]]);
  });

  test("hold thousands of entries", async (t) => {
    const response = await respond(
      t,
      `new Response(null, {
      headers: Array.from({ length: 2000 }, (_, index) => ["x-" + index, "value " + index])
    })`,
    );
    assert.equal([...response.headers].length, 2000);
    assert.equal(response.headers.get("x-1999"), "value 1999");
  });
});

describe("reading a response", () => {
  const ways = {
    text: (value) => assert.equal(value, `{"a":"ü"}`),
    json: (value) => assert.deepEqual(value, { a: "ü" }),
    arrayBuffer: (value) => assert.equal(Buffer.from(value).toString(), `{"a":"ü"}`),
    blob: async (value) => assert.equal(await value.text(), `{"a":"ü"}`),
  };

  for (const [way, check] of Object.entries(ways)) {
    test(`works through ${way}()`, async (t) => {
      await check(await (await respond(t, `Response.json({ a: "ü" })`))[way]());
    });

    test(`works only once, then ${way}() is refused`, async (t) => {
      const response = await respond(t, `Response.json({ a: "ü" })`);
      assert.equal(response.bodyUsed, false);
      await response.text();
      assert.equal(response.bodyUsed, true);
      assert.equal((await rejection(response[way]())).name, "TypeError");
    });
  }

  test("works through formData()", async (t) => {
    const response = await respond(
      t,
      `(() => {
      const form = new FormData();
      form.append("key", "value");
      return new Response(form);
    })()`,
    );
    assert.equal((await response.formData()).get("key"), "value");
  });

  test("works through the body's reader", async (t) => {
    const response = await respond(t, `new Response("streamed")`);
    const chunks = [];
    for await (const chunk of response.body) chunks.push(Buffer.from(chunk));
    assert.equal(Buffer.concat(chunks).toString(), "streamed");
  });

  test("works on a clone and on the original", async (t) => {
    const response = await respond(t, `new Response("twice", { status: 202, headers: { "x-key": "1" } })`);
    const clone = response.clone();
    assert.equal(clone.status, 202);
    assert.equal(clone.headers.get("x-key"), "1");
    assert.equal(await clone.text(), "twice");
    assert.equal(await response.text(), "twice");
  });

  test("a JSON syntax error is reported", async (t) => {
    assert.equal((await rejection((await respond(t, `new Response("{")`)).json())).name, "SyntaxError");
  });
});

describe("the response object", () => {
  test("is a Response of the package", async (t) => {
    assert.ok((await respond(t, "new Response()")) instanceof Response);
  });

  test("is a Response of Node", differs("its Response is its own class"), async (t) => {
    assert.ok((await respond(t, "new Response()")) instanceof globalThis.Response);
  });

  test("can be handed to another worker as a body", async (t) => {
    const first = await respond(t, `new Response("passed on")`);
    const second = create(t, { script: `export default { fetch: (request) => new Response(request.body) }` });
    assert.equal(await text(second, URL_ROOT, { method: "POST", body: first.body, duplex: "half" }), "passed on");
  });

  test("has empty waitUntil results without waitUntil", async (t) => {
    assert.deepEqual(await (await respond(t, "new Response()")).waitUntil(), []);
  });
});
