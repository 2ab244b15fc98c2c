// Tags: oracle, every-node
// fetch in a worker, against a server on this machine: answers, redirects, failures, abortion.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { create, differs } from "../support/miniflare.mjs";
import { evaluate, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { closedPort, serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const MODERN = { compatibilityDate: "2023-05-18" };

describe("fetch", () => {
  const echo = (request, response) => {
    const chunks = [];
    request
      .on("data", (chunk) => chunks.push(chunk))
      .on("end", () => {
        const { method, url, headers } = request;
        response.setHeader("x-served", "yes").setHeader("set-cookie", ["a=1", "b=2"]);
        response.end(JSON.stringify({ method, url, key: headers["x-key"], body: Buffer.concat(chunks).toString() }));
      });
  };

  test("asks a server and reads its answer", async (t) => {
    const origin = await serve(t, echo);
    assert.deepEqual(
      await evaluate(
        t,
        `
      const response = await fetch("${origin}/path?q=1", { method: "POST", body: "sent", headers: { "X-Key": "1" } });
      return [response.status, response.ok, response.url, response.headers.get("x-served"),
        response.headers.getAll("set-cookie"), await response.json()];`,
      ),
      [
        200,
        true,
        `${origin}/path?q=1`,
        "yes",
        ["a=1", "b=2"],
        { method: "POST", url: "/path?q=1", key: "1", body: "sent" },
      ],
    );
  });

  test("passes a response through, with its status, headers and body", async (t) => {
    const origin = await serve(t, (_, response) => response.writeHead(418, { "x-key": "1" }).end("teapot"));
    const mf = create(t, { script: `export default { fetch: () => fetch("${origin}/") }` });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.equal(response.status, 418);
    assert.equal(response.headers.get("x-key"), "1");
    assert.equal(await response.text(), "teapot");
  });

  test("forwards the incoming request", async (t) => {
    const origin = await serve(t, echo);
    const mf = create(t, {
      script: `export default {
      fetch: (request) => fetch(new Request("${origin}/forwarded", request))
    }`,
    });
    const seen = JSON.parse(await text(mf, URL_ROOT, { method: "PUT", body: "body", headers: { "x-key": "v" } }));
    assert.deepEqual(seen, { method: "PUT", url: "/forwarded", key: "v", body: "body" });
  });

  test("sends a body as it is made", async (t) => {
    const origin = await serve(t, echo);
    const body = await evaluate(
      t,
      `
      const parts = ["one, ", "two, ", "three"];
      const body = new ReadableStream({
        async pull(controller) {
          await scheduler.wait(1);
          parts.length ? controller.enqueue(new TextEncoder().encode(parts.shift())) : controller.close();
        },
      });
      return (await (await fetch("${origin}/", { method: "POST", body })).json()).body;`,
      MODERN,
    );
    assert.equal(body, "one, two, three");
  });

  test("announces the length of a body that has a fixed one", async (t) => {
    const origin = await serve(t, ({ headers }, response) => response.end(headers["content-length"]));
    const length = await evaluate(
      t,
      `
      const { readable, writable } = new FixedLengthStream(5);
      const writer = writable.getWriter();
      void writer.write(new TextEncoder().encode("fixed"));
      void writer.close();
      return (await fetch("${origin}/", { method: "POST", body: readable })).text();`,
    );
    assert.equal(length, "5");
  });

  test("fails when its body does, with the reason", async (t) => {
    const origin = await serve(t, echo);
    const seen = await evaluate(
      t,
      `
      const body = new ReadableStream({ pull() { throw new Error("the source broke"); } });
      return fetch("${origin}/", { method: "POST", body }).catch(({ name, message, cause }) => [name, message, cause.message]);`,
      MODERN,
    );
    assert.deepEqual(seen, ["TypeError", "fetch failed", "the source broke"]);
  });

  test("follows redirects unless told not to", async (t) => {
    const origin = await serve(t, (request, response) => {
      if (request.url === "/there") response.end("arrived");
      else response.writeHead(302, { location: "/there" }).end();
    });
    assert.deepEqual(
      await evaluate(
        t,
        `
      const followed = await fetch("${origin}/");
      const manual = await fetch("${origin}/", { redirect: "manual" });
      const location = manual.headers.get("location");
      return [followed.redirected, followed.url, await followed.text(), manual.status, location];`,
      ),
      [true, `${origin}/there`, "arrived", 302, "/there"],
    );
  });

  test("runs many at once", async (t) => {
    const origin = await serve(t, (request, response) => setTimeout(() => response.end(request.url), 5));
    assert.equal(
      await evaluate(
        t,
        `
      const paths = Array.from({ length: 40 }, (_, n) => "/" + n);
      const answers = await Promise.all(paths.map(async (path) => (await fetch("${origin}" + path)).text()));
      return answers.join() === paths.join();`,
      ),
      true,
    );
  });

  test("has immutable headers in its response", async (t) => {
    const origin = await serve(t, (_, response) => response.end());
    const mf = create(t, {
      script: `export default { async fetch() {
      const response = await fetch("${origin}/");
      response.headers.set("a", "b");
      return response;
    } }`,
    });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.deepEqual([error.name, error.message], ["TypeError", "immutable"]);
  });

  test("fails with a TypeError and a cause without a listener at the port", async (t) => {
    const seen = await evaluate(
      t,
      `
      const failure = (url) => fetch(url).catch((error) => [error.name, error.message, error.cause instanceof Error]);
      return [await failure("http://127.0.0.1:1/"), await failure("http://127.0.0.1:${await closedPort()}/")];`,
    );
    assert.deepEqual(seen, [
      ["TypeError", "fetch failed", true],
      ["TypeError", "fetch failed", true],
    ]);
  });

  test("with integrity metadata gives the bytes that are meant, or fails", async (t) => {
    const origin = await serve(t, (req, res) => {
      if (req.url === "/moved") res.writeHead(302, { location: "/" });
      res.end(req.url === "/" ? "bytes" : undefined);
    });
    const digest = (name) => createHash(name).update("bytes").digest("base64");
    const [good, strong, bad] = [
      `sha256-${digest("sha256")}`,
      `sha512-${digest("sha512")}`,
      `sha384-${digest("sha256")}`,
    ];
    const url = `sha256-${createHash("sha256").update("bytes").digest("base64url")}`;
    const met = [good, strong, url, `${bad} ${strong}`, `sha256-AAAA ${good}`, "md5-AAAA", "nonsense", ""];
    const unmet = [bad, `${good} ${bad}`, `${good} sha512-AAAA`];
    const seen = await evaluate(
      t,
      `const read = (input, init) => fetch(input, init).then((response) => response.text(),
        ({ name, message, cause }) => [name, message, cause.message].join(": "));
      const all = (list) => Promise.all(list.map((integrity) => read("${origin}/", { integrity })));
      return [await all(${JSON.stringify(met)}), await all(${JSON.stringify(unmet)}), await Promise.all([
        read(new Request("${origin}/", { integrity: "${bad}" })), read("${origin}/moved", { integrity: "${bad}" }),
        read("${origin}/moved", { integrity: "${good}" })])];`,
    );
    const failed = "TypeError: fetch failed: integrity mismatch";
    assert.deepEqual(seen, [met.map(() => "bytes"), unmet.map(() => failed), [failed, failed, "bytes"]]);
  });

  test("is ended by an abort signal", async (t) => {
    const origin = await serve(t, () => {});
    assert.equal(
      await evaluate(
        t,
        `
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 10);
      return fetch("${origin}/", { signal: controller.signal }).catch(({ name }) => name);`,
      ),
      "AbortError",
    );
  });

  test("cancels the body that it was sending when it is ended", differs("the body goes on"), async (t) => {
    const origin = await serve(t, () => {});
    assert.deepEqual(
      await evaluate(
        t,
        `
      const controller = new AbortController();
      let cancelled;
      const done = new Promise((resolve) => { cancelled = resolve; });
      const body = new ReadableStream({
        pull(stream) { stream.enqueue(new Uint8Array(1)); return scheduler.wait(1); },
        cancel: () => cancelled("cancelled"),
      });
      setTimeout(() => controller.abort(), 10);
      const failed = fetch("${origin}/", { method: "POST", body, signal: controller.signal }).catch(({ name }) => name);
      return [await failed, await done];`,
        MODERN,
      ),
      ["AbortError", "cancelled"],
    );
  });

  test("refuses URLs it cannot fetch", async (t) => {
    const seen = await evaluate(
      t,
      `return fetch("ftp://localhost/").catch(({ name, message }) => [name, message]);`,
      MODERN,
    );
    assert.deepEqual(seen, ["TypeError", "Fetch API cannot load: ftp://localhost/"]);
  });
});
