// Tags: oracle, every-node
// The fetch event of service workers: listeners, respondWith, and what follows when nobody answers.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const RESPOND_HINT =
  "Make sure you're calling `event.respondWith()` with a `Response` or `Promise<Response>` in your handler.";
const LISTEN_HINT = 'Make sure you\'re calling addEventListener("fetch", ...).';

const listening = (t, body, options = {}) =>
  create(t, { ...options, script: `addEventListener("fetch", (event) => { ${body} });` });

describe("a service worker", () => {
  test("answers through respondWith with a response or a promise", async (t) => {
    assert.equal(await text(listening(t, `event.respondWith(new Response("now"))`)), "now");
    const later = `event.respondWith(new Promise((resolve) => setTimeout(resolve, 1, new Response("later"))))`;
    assert.equal(await text(listening(t, later)), "later");
  });

  test("gets a FetchEvent", async (t) => {
    const mf = create(t, {
      script: `addEventListener("fetch", function (event) {
      event.respondWith(Response.json([event.type, event instanceof FetchEvent, event instanceof Event,
        event.request instanceof Request, event.request.url, this === globalThis]));
    })`,
    });
    assert.deepEqual(await json(mf), ["fetch", true, true, true, URL_ROOT, true]);
  });

  test("runs as a sloppy script whose top-level this is the global scope", async (t) => {
    const mf = create(t, {
      script: `
    undeclared = this === globalThis && self === globalThis;
    var declared = "var";
    function named() { return this === globalThis; }
    addEventListener("fetch", (event) => event.respondWith(
      Response.json([undeclared, globalThis.declared, named()])));`,
    });
    assert.deepEqual(await json(mf), [true, "var", true]);
  });

  test("asks its listeners in turn until one responds", async (t) => {
    const mf = create(t, {
      script: `
    const asked = [];
    addEventListener("fetch", () => { asked.push("silent"); });
    addEventListener("fetch", { handleEvent(event) { asked.push("object"); event.respondWith(answer()); } });
    addEventListener("fetch", () => { asked.push("never"); throw new Error("must not be asked"); });
    async function answer() { return new Response(asked.join()); }`,
    });
    assert.equal(await text(mf), "silent,object");
  });

  test("stops at the first listener that throws", async (t) => {
    const mf = create(t, {
      script: `
    addEventListener("fetch", () => { throw new RangeError("first"); });
    addEventListener("fetch", (event) => event.respondWith(new Response("second")));`,
    });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, "RangeError");
    assert.equal(error.message, "first");
  });

  test("rejects with the error of the promised response", async (t) => {
    const mf = listening(t, `event.respondWith(Promise.reject(new TypeError("promised")))`);
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, "TypeError");
    assert.equal(error.message, "promised");
  });

  test("calls a once listener a single time", async (t) => {
    const mf = create(t, {
      script: `
    addEventListener("fetch", (event) => event.respondWith(new Response("once")), { once: true });
    addEventListener("fetch", (event) => event.respondWith(new Response("always")));`,
    });
    assert.deepEqual([await text(mf), await text(mf), await text(mf)], ["once", "always", "always"]);
  });

  test("can remove and add listeners, also with functions torn from the scope", async (t) => {
    const mf = create(t, {
      script: `
    const { addEventListener: add, removeEventListener: remove } = globalThis;
    const first = (event) => event.respondWith(new Response("first"));
    add("fetch", first);
    add("fetch", (event) => event.respondWith(new Response("second")));
    remove("fetch", first);`,
    });
    assert.equal(await text(mf), "second");
  });

  test("can dispatch events of its own to itself", differs("dispatchEvent fails on the scope"), async (t) => {
    const mf = create(t, {
      script: `
    let seen;
    addEventListener("custom", (event) => { seen = event.type; });
    dispatchEvent(new Event("custom"));
    addEventListener("fetch", (event) => event.respondWith(new Response(seen)));`,
    });
    assert.equal(await text(mf), "custom");
  });

  test("collects waitUntil values, nested ones last", async (t) => {
    const mf = listening(
      t,
      `
      event.waitUntil(Promise.resolve(1));
      event.waitUntil(2);
      event.waitUntil((async () => { await null; event.waitUntil(Promise.resolve("nested")); return 3; })());
      event.respondWith(new Response());`,
    );
    assert.deepEqual(await (await mf.dispatchFetch(URL_ROOT)).waitUntil(), [1, 2, 3, "nested"]);
  });
});

describe("respondWith", () => {
  const TWICE = "FetchEvent.respondWith() has already been called; it can only be called once.";
  const LATE = "Too late to call FetchEvent.respondWith(). It must be called synchronously in the event handler.";

  test("called twice is an InvalidStateError", async (t) => {
    const mf = listening(t, `event.respondWith(new Response("a")); event.respondWith(new Response("b"));`);
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, "InvalidStateError");
    assert.equal(error.message, TWICE);
    assert.equal(error.code, 11);
  });

  test("called after the dispatch is an InvalidStateError", async (t) => {
    const mf = create(t, {
      script: `
    let late;
    addEventListener("fetch", (event) => {
      if (event.request.url.endsWith("/late")) late = event;
      else event.respondWith(report());
    });
    async function report() {
      try { late.respondWith(new Response()); }
      catch ({ name, message, code }) { return Response.json({ name, message, code }); }
    }`,
    });
    assert.equal((await rejection(mf.dispatchFetch("http://localhost/late"))).code, "ERR_NO_RESPONSE");
    assert.deepEqual(await json(mf), { name: "InvalidStateError", message: LATE, code: 11 });
  });

  for (const method of ["respondWith", "waitUntil", "passThroughOnException"]) {
    test(`and its like refuse a foreign receiver: ${method}`, async (t) => {
      const mf = listening(t, `const { ${method} } = event; ${method}(new Response());`);
      const error = await rejection(mf.dispatchFetch(URL_ROOT));
      assert.equal(error.name, "TypeError");
      assert.equal(error.message, "Illegal invocation");
    });
  }
});

describe("a service worker that does not answer", () => {
  const refused = async (mf, code, message) => {
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, `FetchError [${code}]`);
    assert.equal(error.code, code);
    assert.equal(error.message, message);
  };

  test("for want of a listener fails with ERR_NO_HANDLER", (t) =>
    refused(
      create(t, { script: "globalThis.quiet = true;" }),
      "ERR_NO_HANDLER",
      `No fetch handler defined and no upstream to proxy to specified.\n${LISTEN_HINT}`,
    ));

  test("but responds with undefined fails with ERR_NO_RESPONSE", (t) =>
    refused(
      listening(t, "event.respondWith(undefined)"),
      "ERR_NO_RESPONSE",
      `No fetch handler responded and no upstream to proxy to specified.\n${RESPOND_HINT}`,
    ));

  test("though it listens fails with ERR_NO_RESPONSE", (t) =>
    refused(
      listening(t, ""),
      "ERR_NO_RESPONSE",
      `No fetch handler responded and no upstream to proxy to specified.\n${RESPOND_HINT}`,
    ));

  for (const value of ['"text"', "null", "Promise.resolve({})"]) {
    test(`but responds with ${value} fails with ERR_RESPONSE_TYPE`, (t) =>
      refused(
        listening(t, `event.respondWith(${value})`),
        "ERR_RESPONSE_TYPE",
        `Fetch handler didn't respond with a Response object.\n${RESPOND_HINT}`,
      ));
  }

  test("but passes through on an exception fails with ERR_NO_UPSTREAM and logs the exception", async (t) => {
    const log = new RecordingLog();
    const mf = listening(t, `event.passThroughOnException(); throw new Error("boom");`, { log });
    await refused(
      mf,
      "ERR_NO_UPSTREAM",
      "No upstream to pass-through to specified.\nMake sure you've set the `upstream` option.",
    );
    assert.match(log.having("[mf:wrn] ")[0], /^Error: boom\n\s+at .*<script>:1/);
  });
});
