// Aborting a fetch, in each of its phases.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { evaluate } from "../support/dispatch.mjs";
import { serve, serveCounted, serveSocket } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const MODERN = { compatibilityDate: "2023-05-18" };

/** What is left of a fetch that is aborted by `abort(controller)`; `act` is an expression of the fetch's promise. */
const aborted = (t, origin, { init = "", abort, act = "sent" }) =>
  evaluate(
    t,
    `
    const controller = new AbortController();
    const { signal } = controller;
    const sent = fetch("${origin}", { signal ${init} });
    sent.catch(() => {});
    ${abort};
    return (${act}).then(() => "nothing", ({ name, message }) => [name, message]);`,
    MODERN,
  );

const ABORTED = ["AbortError", "This operation was aborted"];

describe("aborting a fetch", () => {
  test("before it begins sends nothing", async (t) => {
    const { origin, connections } = await serveCounted(t, (_, response) => response.end());
    const seen = await evaluate(
      t,
      `
      let cancelled;
      const body = new ReadableStream({ cancel: (reason) => void (cancelled = reason) });
      const signal = AbortSignal.abort("no reason");
      const reason = await fetch("${origin}", { method: "POST", body, signal }).catch((reason) => reason);
      return [reason, cancelled];`,
      MODERN,
    );
    assert.deepEqual([seen, connections()], [["no reason", "no reason"], 0]);
  });

  test("while it connects ends it at once", async (t) => {
    // TLS to a server that says nothing: the connection is never made.
    const origin = await serveSocket(t, (socket) => socket.resume());
    const abort = "setTimeout(() => controller.abort(), 20)";
    assert.deepEqual(await aborted(t, origin.replace("http", "https"), { abort }), ABORTED);
  });

  test("while it waits for the answer closes the connection", async (t) => {
    let closed;
    const gone = new Promise((resolve) => (closed = resolve));
    let arrived;
    const asked = new Promise((resolve) => (arrived = resolve));
    const origin = await serve(t, (request, response) => {
      if (request.url === "/arrived") return void asked.then(() => response.end());
      arrived();
      response.on("close", closed);
    });
    const abort = `await fetch("${origin}/arrived"); controller.abort()`;
    assert.deepEqual(await aborted(t, origin, { abort }), ABORTED);
    await gone;
  });

  test("while it sends cancels the body, with the reason", async (t) => {
    const origin = await serve(t, (request) => request.resume());
    const seen = await evaluate(
      t,
      `
      const controller = new AbortController();
      let cancelled;
      const ended = new Promise((resolve) => { cancelled = resolve; });
      let pulls = 0;
      const body = new ReadableStream({
        async pull(stream) {
          stream.enqueue(new Uint8Array(1000));
          if (++pulls === 5) controller.abort("enough");
        },
        cancel: (reason) => cancelled(reason),
      });
      const sent = fetch("${origin}", { method: "POST", body, signal: controller.signal });
      return [await sent.catch((reason) => reason), await ended];`,
      MODERN,
    );
    assert.deepEqual(seen, ["enough", "enough"]);
  });

  test("while the body is read fails who reads, and closes the connection", async (t) => {
    let closed;
    const gone = new Promise((resolve) => (closed = resolve));
    const origin = await serve(t, (_, response) => {
      response.on("close", closed);
      response.write("half");
    });
    const seen = await evaluate(
      t,
      `
      const controller = new AbortController();
      const response = await fetch("${origin}", { signal: controller.signal });
      const reader = response.body.getReader();
      const first = new TextDecoder().decode((await reader.read()).value);
      const second = reader.read();
      controller.abort();
      return [first, ...(await second.catch(({ name, message }) => [name, message]))];`,
    );
    assert.deepEqual(seen, ["half", ...ABORTED]);
    await gone;
  });

  test("fails a body that is not being read yet", async (t) => {
    const origin = await serve(t, (_, response) => response.end("whole"));
    const abort = "const response = await sent; controller.abort()";
    assert.deepEqual(await aborted(t, origin, { abort, act: "response.text()" }), ABORTED);
  });

  test("after the body was read changes nothing", async (t) => {
    const origin = await serve(t, (_, response) => response.end("whole"));
    const seen = await evaluate(
      t,
      `
      const controller = new AbortController();
      const text = await (await fetch("${origin}", { signal: controller.signal })).text();
      controller.abort();
      return text;`,
    );
    assert.equal(seen, "whole");
  });

  test("by a time limit names it", async (t) => {
    const origin = await serve(t, () => {});
    const seen = await evaluate(
      t,
      `return fetch("${origin}", { signal: AbortSignal.timeout(20) }).catch(({ name }) => name);`,
    );
    assert.equal(seen, "TimeoutError");
  });

  test("by the signal of a request ends the fetch of it", async (t) => {
    const origin = await serve(t, () => {});
    const seen = await evaluate(
      t,
      `
      const controller = new AbortController();
      const request = new Request("${origin}", { signal: controller.signal });
      setTimeout(() => controller.abort("by request"), 20);
      return fetch(request).catch((reason) => reason);`,
    );
    assert.equal(seen, "by request");
  });

  test("between two hops of a redirect ends it too", async (t) => {
    const origin = await serve(t, (request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/silent" }).end();
    });
    const abort = "setTimeout(() => controller.abort(), 50)";
    assert.deepEqual(await aborted(t, origin, { abort }), ABORTED);
  });
});
