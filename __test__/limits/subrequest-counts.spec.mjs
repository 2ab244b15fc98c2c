// Tags: oracle, every-node
// How many subrequests a request may make, and how deeply requests may be nested.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { deepEqualOutside, evaluate, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const external = (limit) =>
  `Too many subrequests. Workers can make up to ${limit} subrequests per request.\nA subrequest is a call to fetch(), a redirect, or a call to any Cache API method.`;
const internal = (limit) =>
  `Too many API requests by single worker invocation. Workers can make up to ${limit} KV and Durable Object requests per invocation.`;
const RECURSION =
  "Subrequest depth limit exceeded. This request recursed through Workers too many times. This can happen e.g. if you have a Worker or Durable Object that calls other Workers or objects recursively.\nWorkers and objects can recurse up to 16 times.\nIf you're trying to fetch from an origin server, make sure you've set the `upstream` option.";

/** Calls until a call is refused for the limit: how many there were, and what was said. */
const UNTIL_REFUSED = `
const untilRefused = async (call, most = 1100) => {
  for (let count = 0; count < most; count++) {
    try { await call(count); } catch ({ message }) { if (/^Too many/.test(message)) return [count, message]; }
  }
  return "never refused";
};`;

/** A server that redirects /n to /n-1, until /0. */
const redirecting = (t) =>
  serve(t, ({ url }, response) => {
    const left = Number(url.slice(1));
    if (left > 0) response.writeHead(302, { location: `/${left - 1}` });
    response.end("arrived");
  });

describe("subrequests", () => {
  const attempts = (t, options = {}) =>
    evaluate(t, `${UNTIL_REFUSED} return untilRefused(() => fetch("http://127.0.0.1:1/"));`, options);

  test("are 50 calls of fetch for each request, whether they succeed or not", async (t) => {
    deepEqualOutside(await attempts(t), [50, external(50)]);
  });

  test("are 50 with the usage model bundled", async (t) => {
    deepEqualOutside(await attempts(t, { usageModel: "bundled" }), [50, external(50)]);
  });

  test("are 1000 with the usage model unbound", async (t) => {
    deepEqualOutside(await attempts(t, { usageModel: "unbound" }), [1000, external(1000)]);
  });

  test("are refused from then on, each time", async (t) => {
    const body = `${UNTIL_REFUSED}
      await untilRefused(() => fetch("http://127.0.0.1:1/"));
      return Promise.all([1, 2].map(() => fetch("http://127.0.0.1:1/").catch(({ message }) => message)));`;
    deepEqualOutside(await evaluate(t, body), [external(50), external(50)]);
  });

  test("are counted for each request on its own", async (t) => {
    const script = `export default { async fetch(request, env) {
      const calls = Array.from({ length: 50 }, () => fetch("http://127.0.0.1:1/").catch(({ message }) => message));
      const messages = await Promise.all(calls);
      return new Response(String(messages.filter((message) => /^Too many/.test(message)).length));
    } }`;
    const mf = create(t, { script });
    assert.deepEqual(await Promise.all([text(mf), text(mf), text(mf)]), ["0", "0", "0"]);
  });

  test("include each URL that a redirect leads to", async (t) => {
    const url = await redirecting(t);
    // 4 URLs each: 48 after twelve, and the thirteenth is one too many at its end.
    const body = `${UNTIL_REFUSED} return untilRefused(() => fetch(env.url + "/3"));`;
    deepEqualOutside(await evaluate(t, body, { bindings: { url } }), [12, external(50)]);
  });

  test("include no redirect that is not followed", async (t) => {
    const url = await redirecting(t);
    const body = `${UNTIL_REFUSED} return untilRefused(() => fetch(env.url + "/3", { redirect: "manual" }));`;
    deepEqualOutside(await evaluate(t, body, { bindings: { url } }), [50, external(50)]);
  });

  test("are counted in timers and in work after the answer too", async (t) => {
    const script = `${UNTIL_REFUSED}
    export default { fetch(request, env, ctx) {
      ctx.waitUntil(scheduler.wait(1).then(() => untilRefused(() => fetch("http://127.0.0.1:1/"))));
      return new Response();
    } }`;
    const response = await create(t, { script }).dispatchFetch(URL_ROOT);
    deepEqualOutside(await response.waitUntil(), [[50, external(50)]]);
  });

  test("are counted for scheduled events", async (t) => {
    const script = `${UNTIL_REFUSED}
    export default { fetch() {}, scheduled: () => untilRefused(() => fetch("http://127.0.0.1:1/")) }`;
    deepEqualOutside(await create(t, { script }).dispatchScheduled(), [[50, external(50)]]);
  });

  test("are not limited outside of requests", async (t) => {
    const script = `${UNTIL_REFUSED}
    const outcome = await untilRefused(() => fetch("http://127.0.0.1:1/"), 60);
    export default { fetch: () => new Response(JSON.stringify(outcome)) }`;
    assert.equal(await json(create(t, { script, globalAsyncIO: true })), "never refused");
  });
});

const OBJECT = `
export class Box {
  constructor(state, env) { this.env = env; }
  async fetch(request) { return new Response(String(new URL(request.url).pathname)); }
}`;

describe("requests to Durable Objects", () => {
  test("are 1000 for each request, and none of the subrequests", async (t) => {
    const script = `${OBJECT}${UNTIL_REFUSED}
    export default { async fetch(request, env) {
      const stub = env.BOX.get(env.BOX.idFromName("a"));
      const outcome = await untilRefused(() => stub.fetch("http://localhost/"));
      const after = await fetch("http://127.0.0.1:1/").catch(({ message }) => message);
      return new Response(JSON.stringify([...outcome, /^Too many/.test(after)]));
    } }`;
    deepEqualOutside(await json(create(t, { script, durableObjects: { BOX: "Box" } })), [1000, internal(1000), false]);
  });

  test("have subrequests of their own", async (t) => {
    const script = `${UNTIL_REFUSED}
    export class Box {
      async fetch() { return new Response(JSON.stringify(await untilRefused(() => fetch("http://127.0.0.1:1/")))); }
    }
    export default { async fetch(request, env) {
      for (let count = 0; count < 50; count++) await fetch("http://127.0.0.1:1/").catch(() => {});
      return env.BOX.get(env.BOX.idFromName("a")).fetch("http://localhost/");
    } }`;
    deepEqualOutside(await json(create(t, { script, durableObjects: { BOX: "Box" } })), [50, external(50)]);
  });

  test("are not limited from outside", async (t) => {
    const mf = create(t, { script: `${OBJECT} export default {}`, durableObjects: { BOX: "Box" } });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const stub = namespace.get(namespace.idFromName("a"));
    for (let count = 0; count <= 1000; count++) await stub.fetch("http://localhost/");
    assert.equal(await (await stub.fetch("http://localhost/last")).text(), "/last");
  });
});

describe("requests that lead to requests", () => {
  const DEEP = `
  export class Box {
    constructor(state, env) { this.env = env; }
    async fetch(request) {
      const left = Number(new URL(request.url).pathname.slice(1));
      if (left === 0) return new Response("arrived");
      return this.env.BOX.get(this.env.BOX.idFromName(String(left))).fetch("http://localhost/" + (left - 1));
    }
  }
  export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("first")).fetch(request) }`;

  test("by way of objects are nested 16 times at most, the first included", async (t) => {
    const mf = create(t, { script: DEEP, durableObjects: { BOX: "Box" } });
    assert.equal(await text(mf, "http://localhost/14"), "arrived");
    const error = await rejection(mf.dispatchFetch("http://localhost/15"));
    assert.equal(error.message, RECURSION);
  });

  test("from outside to an object begin at one", async (t) => {
    const mf = create(t, { script: DEEP, durableObjects: { BOX: "Box" } });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const stub = namespace.get(namespace.idFromName("first"));
    assert.equal(await (await stub.fetch("http://localhost/15")).text(), "arrived");
    assert.equal((await rejection(stub.fetch("http://localhost/16"))).message, RECURSION);
  });

  test("over HTTP say how many they are", async (t) => {
    const url = await serve(t, ({ headers }, response) => response.end(headers["mf-loop"]));
    const script = `export default {
      async fetch(request, env) {
        return new Response(request.headers.get("MF-Loop") + " " + await (await fetch(env.url)).text());
      }
    }`;
    const mf = create(t, { script, bindings: { url } });
    assert.equal(await text(mf), "null 1");
    assert.equal(await text(mf, URL_ROOT, { headers: { "MF-Loop": "3" } }), "null 4");
  });

  test("over HTTP are nested 16 times at most", async (t) => {
    const mf = create(t, { script: `export default { fetch: () => new Response("arrived") }` });
    assert.equal(await text(mf, URL_ROOT, { headers: { "MF-Loop": "15" } }), "arrived");
    const error = await rejection(mf.dispatchFetch(URL_ROOT, { headers: { "MF-Loop": "16" } }));
    assert.equal(error.message, RECURSION);
  });

  test("over HTTP end where a worker fetches itself", async (t) => {
    let mf;
    const url = await serve(t, async ({ headers }, response) => {
      const loop = headers["mf-loop"];
      const answer = await mf.dispatchFetch(url, { headers: { "MF-Loop": loop } }).then(
        (res) => res.text(),
        ({ message }) => (message === RECURSION ? `refused at ${loop}` : message),
      );
      response.end(answer);
    });
    mf = create(t, { script: "export default { fetch: (request, env) => fetch(env.url) }", bindings: { url } });
    assert.equal(await text(mf), "refused at 16");
  });
});

describe("service bindings", () => {
  const SERVICE = "Subrequest depth limit exceeded.";
  const SELF = `export default {
    fetch(request, env) {
      const left = Number(new URL(request.url).pathname.slice(1));
      return left === 0 ? new Response("arrived") : env.SELF.fetch("http://localhost/" + (left - 1));
    }
  }`;
  const options = { script: SELF, name: "self", serviceBindings: { SELF: "self" } };

  test("are nested 32 times at most", async (t) => {
    const mf = create(t, options);
    assert.equal(await text(mf, "http://localhost/31"), "arrived");
    const { message } = await rejection(mf.dispatchFetch("http://localhost/32"));
    assert.ok(message.startsWith(SERVICE), message);
    assert.ok(message.endsWith("\nService bindings can recurse up to 32 times."), message);
  });

  test("do not count as subrequests, and have some of their own", async (t) => {
    const script = `${UNTIL_REFUSED}
    export default {
      async fetch(request, env) {
        const attempt = () => fetch("http://127.0.0.1:1/");
        if (request.url.endsWith("/inner")) return new Response(JSON.stringify(await untilRefused(attempt)));
        for (let call = 0; call < 60; call++) await (await env.SELF.fetch("http://localhost/inner")).text();
        const inner = await (await env.SELF.fetch("http://localhost/inner")).json();
        return new Response(JSON.stringify([inner, await untilRefused(attempt)]));
      }
    }`;
    const outcome = [50, external(50)];
    deepEqualOutside(await json(create(t, { ...options, script })), [outcome, outcome]);
  });
});
