// Workers of one instance on one thread: limits, ends and reloads of one while others wait for it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, Response } from "../support/miniflare.mjs";
import { deferred, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const PASS = "export default { fetch: (request, env) => env.API.fetch(request) };";
const LOOPS = `
export class Box { constructor() { this.calls = 0; } fetch() { return new Response(String(++this.calls)); } }
export default { fetch(request) { if (request.url.endsWith("/loop")) for (;;); return new Response("fine"); } };`;
const withApi = (t, script, options = {}) =>
  create(t, { script: PASS, serviceBindings: { API: "api" }, mounts: { api: { modules: true, script, ...options } } });

describe("a mount that is stopped by a limit", () => {
  const limited = (t) =>
    create(t, {
      script: `export default {
        async fetch(request, env) {
          if (request.url.endsWith("/box")) return env.BOX.get(env.BOX.idFromName("a")).fetch(request);
          return env.API.fetch(request).catch((error) => new Response(error.code + " in " + NAME));
        }
      };`,
      globals: { NAME: "main" },
      serviceBindings: { API: "api" },
      durableObjects: { BOX: { className: "Box", scriptName: "api" } },
      mounts: { api: { modules: true, script: LOOPS, cpuLimitMs: 50 } },
    });

  test("fails the request that reached it, and the worker that asked goes on", async (t) => {
    const mf = limited(t);
    assert.equal(await text(mf, "http://localhost/loop"), "ERR_CPU_LIMIT in main");
    assert.equal(await text(mf, "http://localhost/"), "fine");
  });

  test("is there again with its classes", async (t) => {
    const mf = limited(t);
    assert.equal(await text(mf, "http://localhost/box"), "1");
    await text(mf, "http://localhost/loop");
    assert.equal(await text(mf, "http://localhost/box"), "1");
    assert.equal(await text(mf, "http://localhost/box"), "2");
  });
});

describe("requests between workers that are under way", () => {
  test("reject when the instance is disposed of", async (t) => {
    const mf = withApi(t, "export default { fetch: () => new Promise(() => {}) };");
    await mf.getMount("api");
    const answer = rejection(mf.dispatchFetch(URL_ROOT));
    await mf.dispose();
    assert.equal((await answer).code, "ERR_DISPOSED");
  });

  test("reject when the mount they wait for is taken away", async (t) => {
    const reached = deferred();
    const script = `export default { fetch(request, env) { env.reached(); return new Promise(() => {}); } };`;
    const mf = withApi(t, script, { bindings: { reached: () => reached.resolve() } });
    const answer = rejection(mf.dispatchFetch(URL_ROOT));
    await reached.promise;
    await mf.setOptions({ mounts: {}, serviceBindings: {} });
    assert.equal((await answer).code, "ERR_DISPOSED");
  });

  test("are answered by the worker they began in when it is loaded again", async (t) => {
    const gate = deferred();
    const reached = deferred();
    const script = `export default {
      async fetch(request, env) { env.reached(); await env.gate; return new Response(env.VERSION); }
    };`;
    const bindings = { gate: gate.promise, reached: () => reached.resolve(), VERSION: "old" };
    const mf = withApi(t, script, { bindings });
    const answer = text(mf);
    await reached.promise;
    const mounts = { api: { modules: true, script, bindings: { ...bindings, VERSION: "new" } } };
    await mf.setOptions({ mounts });
    gate.resolve();
    assert.equal(await answer, "old");
    assert.equal(await text(mf), "new");
  });
});

describe("a worker that is called while it runs", () => {
  test("is never entered a second time within its turn", async (t) => {
    const script = `
      let inside = false;
      export default {
        async fetch(request, env) {
          if (inside) return new Response("nested");
          if (request.url.endsWith("/leaf")) return new Response("leaf");
          inside = true;
          const answers = [env.SELF.fetch("http://localhost/leaf"), env.NODE.fetch("http://localhost/leaf")];
          inside = false;
          return Response.json(await Promise.all(answers.map(async (answer) => (await answer).text())));
        }
      };`;
    const calls = [];
    const mf = create(t, {
      name: "self",
      script,
      serviceBindings: {
        SELF: "self",
        NODE: async (request) => {
          calls.push(request.url);
          return mf.dispatchFetch(request);
        },
      },
    });
    assert.deepEqual(await json(mf), ["leaf", "leaf"]);
    assert.deepEqual(calls, ["http://localhost/leaf"]);
  });
});

describe("options of mounts", () => {
  test("of a wrong type are named with their mount", async (t) => {
    const error = await rejection(createInvalid(t, { mounts: { api: { script: 1 } } }).dispatchFetch(URL_ROOT));
    assert.equal(error.message, 'Invalid option "mounts.api.script": expected a string, got 1 (number)');
  });

  test("may bind functions in Node as services", async (t) => {
    const mf = withApi(t, "export default { fetch: (request, env) => env.NODE.fetch(request) };", {
      serviceBindings: { NODE: (request) => new Response(`node ${new URL(request.url).pathname}`) },
    });
    assert.equal(await text(mf, "http://localhost/x"), "node /x");
  });
});
