// Tags: oracle, every-node
// What a server sees of a worker's fetch, and what the worker sees of the server's answer: headers, and the parts around.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { evaluate } from "../support/dispatch.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** The headers that a server receives for `fetch(origin, init)`, but for those that a connection needs. */
async function sent(t, init, names = undefined) {
  const origin = await serve(t, (request, response) => {
    request.resume().on("end", () => response.end(JSON.stringify(request.headers)));
  });
  const headers = await evaluate(t, `return (await fetch("${origin}/", ${init})).json();`);
  const { connection: _, host, ...rest } = headers;
  assert.equal(`http://${host}`, origin);
  return names === undefined ? rest : Object.fromEntries(names.map((name) => [name, rest[name]]));
}

describe("the headers of a fetch", () => {
  test("are those that the platform adds, when the worker gives none", async (t) => {
    assert.deepEqual(await sent(t, "{}"), { "mf-loop": "1", "accept-encoding": "gzip, deflate" });
  });

  test("are the worker's own, where it gives them", async (t) => {
    const own = {
      accept: "text/html",
      "accept-language": "fr",
      "user-agent": "me",
      "sec-fetch-mode": "cors",
      "x-key": "v",
    };
    const names = Object.keys(own);
    assert.deepEqual(await sent(t, JSON.stringify({ headers: { ...own, "accept-encoding": "gzip" } }), names), own);
  });

  test("are not those of the connection, of the host, or of the visitor", async (t) => {
    const headers = { Host: "elsewhere.test", "CF-Connecting-IP": "1.2.3.4", "MF-Loop": "9", "X-Key": "v" };
    const seen = await sent(t, JSON.stringify({ headers }));
    assert.deepEqual(seen, { "mf-loop": "1", "accept-encoding": "gzip, deflate", "x-key": "v" });
  });

  test("ask for a range as it is", async (t) => {
    const seen = await sent(t, `{ headers: { Range: "bytes=0-1" } }`, ["range", "accept-encoding"]);
    assert.deepEqual(seen, { range: "bytes=0-1", "accept-encoding": "identity" });
  });

  for (const method of ["POST", "PUT", "PATCH"]) {
    test(`say that a ${method} has no body`, async (t) => {
      const length = async (init) => (await sent(t, `{ method: "${method}", ${init} }`))["content-length"];
      for (const init of [`body: null`, `body: ""`, `body: new Uint8Array()`, `body: new Blob([])`]) {
        assert.equal(await length(init), "0", init);
      }
      assert.equal(await length(`headers: { "Content-Length": "7" }`), "0");
    });
  }

  test("do not say so of other methods", async (t) => {
    for (const method of ["GET", "DELETE", "OPTIONS"]) {
      for (const init of [`headers: { "Content-Length": "0" }`, method !== "GET" && `body: ""`].filter(Boolean)) {
        const seen = await sent(t, `{ method: "${method}", ${init} }`);
        assert.deepEqual([seen["content-length"], seen["transfer-encoding"]], [undefined, undefined], init);
      }
    }
  });

  test("say how long a body is and of what type", async (t) => {
    const names = ["content-length", "content-type", "transfer-encoding"];
    const seen = async (body) => Object.values(await sent(t, `{ method: "POST", body: ${body} }`, names));
    assert.deepEqual(await seen(`"é"`), ["2", "text/plain;charset=UTF-8", undefined]);
    assert.deepEqual(await seen("new Uint8Array(3)"), ["3", undefined, undefined]);
    assert.deepEqual(await seen(`new URLSearchParams({ a: "1" })`), [
      "3",
      "application/x-www-form-urlencoded;charset=UTF-8",
      undefined,
    ]);
    assert.deepEqual(await seen(`new Blob(["four"], { type: "text/x" })`), ["4", "text/x", undefined]);
  });

  test("may name a length that is not the body's, which is sent as it is", differs("fails the fetch"), async (t) => {
    assert.equal(
      (await sent(t, `{ method: "POST", body: "four", headers: { "Content-Length": "9" } }`))["content-length"],
      "4",
    );
  });

  test("may name the length of a stream, which is sent as it is", differs("keeps to the length"), async (t) => {
    const origin = await serve(t, (request, response) => {
      request.resume().on("end", () => response.end(request.headers["content-length"] ?? "none"));
    });
    const seen = await evaluate(
      t,
      `
      const post = (length) => {
        const init = { method: "POST", body: new Blob(["four"]).stream(), headers: { "Content-Length": length } };
        return fetch("${origin}/", init).then((response) => response.text());
      };
      return [await post("4"), await post("3"), await post("5")];`,
      { compatibilityDate: "2023-05-18" },
    );
    assert.deepEqual(seen, ["none", "none", "none"]);
  });

  test("say who asks, when the URL does", differs("refuses the URL"), async (t) => {
    const origin = await serve(t, (request, response) => response.end(request.headers.authorization));
    const seen = await evaluate(
      t,
      `
      const ask = async (init) => {
        const response = await fetch("${origin.replace("//", "//us%20er:secret@")}/path", init);
        return [response.url, await response.text()];
      };
      return [await ask(), await ask({ headers: { Authorization: "own" } })];`,
    );
    assert.deepEqual(seen, [
      [`${origin}/path`, `Basic ${btoa("us er:secret")}`],
      [`${origin}/path`, "own"],
    ]);
  });

  test("of the request that arrives go on with it", async (t) => {
    const origin = await serve(t, (request, response) => response.end(request.headers["x-key"]));
    const seen = await evaluate(
      t,
      `
      const arrived = new Request("http://localhost/", { headers: { "X-Key": "v", Host: "localhost" } });
      return (await fetch("${origin}/", arrived)).text();`,
    );
    assert.equal(seen, "v");
  });
});

describe("the response of a fetch", () => {
  test("has the words of the server for its status", async (t) => {
    const origin = await serve(t, (_, response) => response.writeHead(299, "Very Fine").end());
    const seen = await evaluate(
      t,
      `const { status, statusText, ok } = await fetch("${origin}"); return [status, statusText, ok];`,
    );
    assert.deepEqual(seen, [299, "Very Fine", true]);
  });

  test("keeps headers of the same name, and cookies apart", async (t) => {
    const origin = await serve(t, (_, response) =>
      response
        .setHeader("x-many", ["a", "b"])
        .setHeader("set-cookie", ["a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "b=2"])
        .end(),
    );
    const seen = await evaluate(
      t,
      `
      const { headers } = await fetch("${origin}");
      return [headers.get("x-many"), headers.getSetCookie(), headers.getAll("Set-Cookie")];`,
    );
    const cookies = ["a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "b=2"];
    assert.deepEqual(seen, ["a, b", cookies, cookies]);
  });

  test("keeps bytes in headers that are not ASCII", async (t) => {
    const origin = await serve(t, (_, response) => response.setHeader("x-latin", "caf\u00e9").end());
    assert.equal(await evaluate(t, `return (await fetch("${origin}")).headers.get("x-latin");`), "caf\u00e9");
  });

  for (const status of [204, 205, 304]) {
    test(`has no body when its status is ${status}`, async (t) => {
      const origin = await serve(t, (_, response) => response.writeHead(status).end());
      const seen = await evaluate(t, `const { body, status } = await fetch("${origin}"); return [body, status];`);
      assert.deepEqual(seen, [null, status]);
    });
  }

  test("has no body when only the head was asked for", async (t) => {
    const origin = await serve(t, (_, response) => response.writeHead(200, { "content-length": 10 }).end());
    const seen = await evaluate(
      t,
      `
      const response = await fetch("${origin}", { method: "HEAD" });
      return [response.status, response.headers.get("content-length"), await response.text()];`,
    );
    assert.deepEqual(seen, [200, "10", ""]);
  });

  test("can be cloned, and both read", async (t) => {
    const origin = await serve(t, (_, response) => response.end("x".repeat(200_000)));
    const seen = await evaluate(
      t,
      `
      const response = await fetch("${origin}");
      const copy = response.clone();
      return [(await response.text()).length, (await copy.text()).length, copy.url === response.url];`,
    );
    assert.deepEqual(seen, [200_000, 200_000, true]);
  });

  test("can be constructed again with other headers", async (t) => {
    const origin = await serve(t, (_, response) => response.setHeader("x-key", "1").end("text"));
    const seen = await evaluate(
      t,
      `
      const response = await fetch("${origin}");
      const changed = new Response(response.body, response);
      changed.headers.set("x-key", "2");
      return [changed.headers.get("x-key"), response.headers.get("x-key"), await changed.text()];`,
    );
    assert.deepEqual(seen, ["2", "1", "text"]);
  });

  test("leaves the fragment out of its URL, and the server never sees it", async (t) => {
    const origin = await serve(t, (request, response) => response.end(request.url));
    const seen = await evaluate(t, `const r = await fetch("${origin}/a?b#c"); return [r.url, await r.text()];`);
    assert.deepEqual(seen, [`${origin}/a?b`, "/a?b"]);
  });
});
