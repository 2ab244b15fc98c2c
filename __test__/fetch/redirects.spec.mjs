// Tags: oracle, every-node
// Redirects: followed, handed over, refused; and what of a request goes on.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { evaluate } from "../support/dispatch.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** A server that redirects `/to?status&location` and tells of any other request what it was. */
const redirecting = (t) =>
  serve(t, (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const chunks = [];
    request
      .on("data", (chunk) => chunks.push(chunk))
      .on("end", () => {
        if (pathname === "/to") {
          const location = searchParams.get("location");
          return response
            .writeHead(Number(searchParams.get("status")), location === null ? {} : { location })
            .end("gone");
        }
        const { method, url, headers } = request;
        response.end(JSON.stringify({ method, url, body: Buffer.concat(chunks).toString(), headers }));
      });
  });

const to = (status, location) => `/to?${new URLSearchParams({ status, location })}`;

const failureOf = (t, url, init = "{}") =>
  evaluate(
    t,
    `return fetch("${url}", ${init}).then(({ status }) => status, (e) => [e.name, e.message, e.cause.message]);`,
  );

describe("a redirect that is followed", () => {
  const methods = [
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [301, "PUT", "PUT"],
    [307, "POST", "POST"],
    [308, "PUT", "PUT"],
    [303, "HEAD", "HEAD"],
    [302, "GET", "GET"],
  ];
  for (const [status, before, after] of methods) {
    test(`makes of a ${before} with status ${status} a ${after}`, async (t) => {
      const origin = await redirecting(t);
      const body = before === "GET" || before === "HEAD" ? "" : `, body: "sent"`;
      const seen = await evaluate(
        t,
        `
        const response = await fetch("${origin}${to(status, "/there")}", { method: "${before}"${body} });
        return [response.url, response.redirected, response.status, await response.text()];`,
      );
      assert.deepEqual(seen.slice(0, 3), [`${origin}/there`, true, 200]);
      if (after === "HEAD") return assert.equal(seen[3], "");
      const { method, body: received, headers } = JSON.parse(seen[3]);
      const hasBody = after !== "GET";
      assert.deepEqual(
        [method, received, headers["content-type"]],
        [after, hasBody ? "sent" : "", hasBody ? "text/plain;charset=UTF-8" : undefined],
      );
    });
  }

  test("keeps what is for one origin from the next", async (t) => {
    const [origin, other] = [await redirecting(t), await redirecting(t)];
    const headers = { Authorization: "secret", Cookie: "a=1", "X-Key": "v" };
    const ask = (target) =>
      evaluate(t, `return (await (await fetch("${target}", ${JSON.stringify({ headers })})).json()).headers;`);
    const same = await ask(`${origin}${to(302, "/there")}`);
    assert.deepEqual([same.authorization, same.cookie, same["x-key"]], ["secret", "a=1", "v"]);
    const cross = await ask(`${origin}${to(302, `${other}/there`)}`);
    assert.deepEqual([cross.authorization, cross.cookie, cross["x-key"]], [undefined, undefined, "v"]);
  });

  test("goes where a relative location points, and keeps the fragment", async (t) => {
    const origin = await redirecting(t);
    const url = await evaluate(t, `return (await (await fetch("${origin}${to(302, "a/../b?c")}#d")).json()).url;`);
    assert.equal(url, "/b?c");
  });

  test("goes where the bytes of a location point", differs("each byte is taken for a character"), async (t) => {
    const bytes = Buffer.from("/there?\u2603%e2");
    const location = Buffer.concat([bytes, Buffer.from([0xff])]).toString("latin1");
    const origin = await serve(t, (request, response) => {
      if (request.url === "/") response.writeHead(302, { location }).end();
      else response.end(request.url);
    });
    assert.equal(await evaluate(t, `return (await fetch("${origin}/")).text();`), "/there?%E2%98%83%e2%FF");
  });

  test("goes on up to twenty times", async (t) => {
    const origin = await serve(t, (request, response) => {
      const left = Number(request.url.slice(1));
      if (left === 0) response.end("arrived");
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    assert.equal(await evaluate(t, `return (await fetch("${origin}/20")).text();`), "arrived");
    const [name, message, cause] = await failureOf(t, `${origin}/21`);
    assert.deepEqual([name, message], ["TypeError", "fetch failed"]);
    assert.match(cause, /^redirect count exceeded/);
  });

  test("is the answer itself when it leads nowhere", async (t) => {
    const origin = await redirecting(t);
    assert.equal(await failureOf(t, `${origin}/to?status=302`), 302);
  });

  test("sends a body again if it is not a stream", async (t) => {
    const origin = await redirecting(t);
    const again = (body) =>
      evaluate(
        t,
        `
        const body = ${body};
        const response = await fetch("${origin}${to(307, "/there")}", { method: "POST", body });
        return (await response.json()).body;`,
      );
    assert.equal(await again(`new Uint8Array([65, 66])`), "AB");
    assert.equal(await again(`new Blob(["blob"])`), "blob");
    assert.match(
      await again(`(() => { const form = new FormData(); form.set("a", "b"); return form; })()`),
      /name="a"/,
    );
  });

  test("cannot send a stream again", async (t) => {
    const origin = await redirecting(t);
    const seen = await failureOf(
      t,
      `${origin}${to(307, "/there")}`,
      `{ method: "POST", duplex: "half", body: new Blob(["x"]).stream() }`,
    );
    assert.deepEqual(seen.slice(0, 2), ["TypeError", "fetch failed"]);
  });

  test("does not leave HTTP", async (t) => {
    const origin = await redirecting(t);
    const [, message, cause] = await failureOf(t, `${origin}${to(302, "ftp://localhost/")}`);
    assert.equal(message, "fetch failed");
    assert.match(cause, /URL scheme must be a HTTP\(S\) scheme/);
    const [, broken] = await failureOf(t, `${origin}${to(302, "http://[broken")}`);
    assert.equal(broken, "fetch failed");
  });
});

describe("a redirect that is not followed", () => {
  test("is handed over by `manual`, with its location and body", async (t) => {
    const origin = await redirecting(t);
    const seen = await evaluate(
      t,
      `
      const response = await fetch("${origin}${to(301, "/there")}", { redirect: "manual" });
      const { status, redirected, url, headers } = response;
      return [status, redirected, headers.get("location"), url.endsWith("location=%2Fthere"), await response.text()];`,
    );
    assert.deepEqual(seen, [301, false, "/there", true, "gone"]);
  });

  test("fails the fetch by `error`", async (t) => {
    const origin = await redirecting(t);
    const [name, message, cause] = await failureOf(t, `${origin}${to(302, "/there")}`, `{ redirect: "error" }`);
    assert.deepEqual([name, message], ["TypeError", "fetch failed"]);
    assert.match(cause, /^unexpected redirect/);
  });

  test("says what it was, and of whom", differs("says nothing more"), async (t) => {
    const origin = await redirecting(t);
    const url = `${origin}${to(307, "/there")}`;
    const [, , refused] = await failureOf(t, url, `{ redirect: "error" }`);
    assert.equal(refused, `unexpected redirect: ${url} answered with status 307, and \`redirect\` is "error"`);
    const [, , again] = await failureOf(t, url, `{ method: "POST", body: new Blob(["x"]).stream() }`);
    assert.match(
      again,
      /^A request with a one-time-use body .* encountered a redirect requiring the body .*307 from http/,
    );
  });
});
