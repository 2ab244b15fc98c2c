// Tags: oracle, every-node
// What a stub does with a request on its way to the object, and with an object that is not there yet.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

describe("a stub of an object that is not constructed", () => {
  test("constructs an object again when its constructor threw", differs("what is left of it stays"), async (t) => {
    const mf = create(t, {
      durableObjects: { SHY: "Shy" },
      script: `
    let tries = 0;
    export class Shy {
      constructor() { if (++tries < 3) throw new RangeError("try " + tries); }
      fetch() { return new Response("constructed"); }
    }
    export default { fetch: (request, { SHY }) => SHY.get(SHY.idFromName("one")).fetch(request) }`,
    });
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "try 1");
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "try 2");
    assert.equal(await text(mf), "constructed");
  });

  test(
    "delivers what a constructor asks of its own object once it is constructed",
    differs("it has no handler"),
    async (t) => {
      const mf = create(t, {
        durableObjects: { SELF: "Self" },
        script: `
    export class Self {
      constructor(state, { SELF }) { this.first = SELF.get(state.id).fetch("http://localhost/own"); }
      async fetch(request) {
        const { pathname } = new URL(request.url);
        return new Response(pathname === "/own" ? "own" : pathname + " after " + await (await this.first).text());
      }
    }
    export default { fetch: (request, { SELF }) => SELF.get(SELF.idFromName("one")).fetch(request) }`,
      });
      assert.equal(await text(mf), "/ after own");
    },
  );
});

describe("a stub's fetch", () => {
  test("takes relative URLs, until the compatibility date forbids it", async (t) => {
    const script = `
    export class Echo { fetch(request) { return new Response(request.url + " " + request.method); } }
    export default { fetch: (request, { ECHO }) => ECHO.get(ECHO.idFromName("a")).fetch("path?q", { method: "PUT" }) }`;
    const durableObjects = { ECHO: "Echo" };
    const mf = create(t, { durableObjects, script });
    assert.equal(await text(mf), "https://fake-host/path?q PUT");
    const namespace = await mf.getDurableObjectNamespace("ECHO");
    const outside = await namespace.get(namespace.newUniqueId()).fetch("/other");
    assert.equal(await outside.text(), "https://fake-host/other GET");
    const strict = create(t, { durableObjects, script, compatibilityDate: "2021-11-10" });
    const error = await rejection(strict.dispatchFetch(URL_ROOT));
    assert.deepEqual([error.name, /^Invalid URL/.test(error.message)], ["TypeError", true]);
  });

  test("warns of other protocols, until the compatibility date forbids them", async (t) => {
    const script = `
    export class Echo { fetch(request) { return new Response(request.url); } }
    export default { fetch: (request, { ECHO }) => ECHO.get(ECHO.idFromName("a")).fetch("ws://localhost/") }`;
    const durableObjects = { ECHO: "Echo" };
    const log = new RecordingLog();
    assert.equal(await text(create(t, { durableObjects, script, log })), "ws://localhost/");
    assert.equal(log.having("[mf:wrn] ").length, 1);
    assert.match(
      log.having("[mf:wrn] ")[0],
      /must begin with either 'http:' or 'https:', not 'ws:'.*should use 'http:'/,
    );
    const strict = create(t, { durableObjects, script, compatibilityDate: "2021-11-10" });
    assert.equal((await rejection(strict.dispatchFetch(URL_ROOT))).message, "Fetch API cannot load: ws://localhost/");
  });

  test("leaves headers on their way as they are", async (t) => {
    const mf = create(t, {
      durableObjects: { BOX: "Box" },
      script: `
    const change = (message) => { try { message.headers.set("a", "b"); return "changed"; } catch ({ name }) { return name; } };
    export class Box { fetch(request) { return new Response(change(request)); } }
    export default {
      async fetch(_, { BOX }) {
        const request = new Request("http://localhost/", { headers: { a: "a" } });
        const response = await BOX.get(BOX.newUniqueId()).fetch(request);
        return new Response([await response.text(), change(response)].join());
      },
    }`,
    });
    assert.equal(await text(mf), "TypeError,TypeError");
  });
});
