// Tags: oracle, every-node
// Service bindings: a worker that calls functions in Node, mounts, and itself.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs, LogLevel, Request, Response } from "../support/miniflare.mjs";
import { CAUGHT, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

/** A worker that passes its request on to `env.SERVICE`. */
const PASS = "export default { fetch: (request, env) => env.SERVICE.fetch(request) };";
const withService = (t, SERVICE, options = {}) => create(t, { script: PASS, serviceBindings: { SERVICE }, ...options });
const mounted = (script, options = {}) => ({ api: { modules: true, script, ...options } });

describe("a function as a service", () => {
  test("is called in Node with a Request, and answers the worker", async (t) => {
    const seen = [];
    const mf = withService(t, async (request) => {
      seen.push([request instanceof Request, request.method, request.url, request.headers.get("x-key")]);
      return new Response(`got ${await request.text()}`, { status: 201, headers: { "x-answer": "yes" } });
    });
    const init = { method: "POST", body: "body", headers: { "x-key": "value" } };
    const response = await mf.dispatchFetch("http://localhost/path?query", init);
    assert.deepEqual(seen, [[true, "POST", "http://localhost/path?query", "value"]]);
    assert.deepEqual([response.status, response.headers.get("x-answer")], [201, "yes"]);
    assert.equal(await response.text(), "got body");
  });

  test("gets what fetch was called with: a URL and an init", async (t) => {
    const script = `export default {
      fetch: (request, env) => env.SERVICE.fetch("https://example.com/a", { method: "PUT", body: "b" }),
    };`;
    const mf = withService(
      t,
      async (request) => new Response(`${request.method} ${request.url} ${await request.text()}`),
      {
        script,
      },
    );
    assert.equal(await text(mf), "PUT https://example.com/a b");
  });

  test("passes its errors on to the worker", async (t) => {
    const fail = () => {
      throw new RangeError("too far");
    };
    const script = `${CAUGHT} export default {
      fetch: async (request, env) => Response.json(await caught(() => env.SERVICE.fetch(request))),
    };`;
    assert.deepEqual(await json(withService(t, fail, { script })), ["RangeError", "too far"]);
    const error = await rejection(withService(t, async () => fail()).dispatchFetch(URL_ROOT));
    assert.equal(error.message, "too far");
  });

  test("that returns no Response fails with the binding's name", differs("it fails deep inside"), async (t) => {
    const error = await rejection(withService(t, () => undefined).dispatchFetch(URL_ROOT));
    const expected = /^The function that service binding "SERVICE" stands for must return a Response .*got undefined$/;
    assert.match(error.message, expected);
  });

  test("streams bodies both ways", async (t) => {
    const script = `export default {
      async fetch(request, env) {
        const { readable, writable } = new IdentityTransformStream();
        const write = async () => {
          const writer = writable.getWriter();
          for (const part of ["a", "b", "c"]) await writer.write(new TextEncoder().encode(part));
          await writer.close();
        };
        write();
        return env.SERVICE.fetch("http://service/", { method: "POST", body: readable });
      }
    }`;
    const mf = withService(t, (request) => new Response(request.body.pipeThrough(new TransformStream())), { script });
    assert.equal(await text(mf), "abc");
  });

  test("is a global in a service worker", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith(SERVICE.fetch(event.request)));`;
    const mf = create(t, { script, serviceBindings: { SERVICE: () => new Response("from Node") } });
    assert.equal(await text(mf), "from Node");
  });
});

describe("a worker as a service", () => {
  const echo = `export default {
    async fetch(request, env) {
      return new Response(env.NAME + " " + request.method + " " + request.url + " " + await request.text());
    }
  }`;

  test("is named by a string", async (t) => {
    const mf = withService(t, "api", { mounts: mounted(echo, { bindings: { NAME: "api" } }) });
    const init = { method: "POST", body: "text" };
    assert.equal(await text(mf, "http://localhost/a", init), "api POST http://localhost/a text");
  });

  test("is named by an object, with any environment", async (t) => {
    const mounts = mounted(echo, { bindings: { NAME: "api" } });
    const mf = withService(t, { service: "api", environment: "staging" }, { mounts });
    assert.equal(await text(mf), `api GET ${URL_ROOT} `);
  });

  test("is the worker itself, by its own name", async (t) => {
    const script = `export default {
      async fetch(request, env) {
        if (new URL(request.url).pathname === "/inner") return new Response("inner");
        return new Response("outer of " + await (await env.SELF.fetch("http://localhost/inner")).text());
      }
    }`;
    const mf = create(t, { name: "self", script, serviceBindings: { SELF: "self" } });
    assert.equal(await text(mf), "outer of inner");
  });

  test("may call back, at any depth that is allowed", async (t) => {
    const script = `export default {
      async fetch(request, env) {
        const n = Number(new URL(request.url).searchParams.get("n"));
        if (n === 0) return new Response(env.NAME);
        return new Response(env.NAME + await (await env.OTHER.fetch("http://localhost/?n=" + (n - 1))).text());
      }
    }`;
    const mf = create(t, {
      name: "main",
      script,
      bindings: { NAME: "a" },
      serviceBindings: { OTHER: "api" },
      mounts: mounted(script, { bindings: { NAME: "b" }, serviceBindings: { OTHER: "main" } }),
    });
    assert.equal(await text(mf, "http://localhost/?n=9"), "ababababab");
  });

  test("may be called many times at once", async (t) => {
    const script = `export default {
      async fetch(request, env) {
        const urls = Array.from({ length: 20 }, (_, n) => "http://localhost/" + n);
        const answers = await Promise.all(urls.map((url) => env.SERVICE.fetch(url)));
        return Response.json(await Promise.all(answers.map((answer) => answer.text())));
      }
    }`;
    const api = `export default { fetch: (request) => new Response(new URL(request.url).pathname) };`;
    const mf = withService(t, "api", { script, mounts: mounted(api) });
    const expected = Array.from({ length: 20 }, (_, n) => `/${n}`);
    assert.deepEqual(await json(mf), expected);
  });

  test("passes its errors on", async (t) => {
    const script = `export default {
      async fetch(request, env) {
        try {
          return await env.SERVICE.fetch(request);
        } catch (error) {
          return Response.json([error.name, error.message]);
        }
      }
    }`;
    const mf = withService(t, "api", {
      script,
      mounts: mounted(`export default { fetch() { throw new TypeError("in the mount"); } }`),
    });
    assert.deepEqual(await json(mf), ["TypeError", "in the mount"]);
  });

  test("that is bound to by a mount as well is found there", async (t) => {
    const mf = create(t, {
      name: "main",
      script: `export default { fetch: () => new Response("main") }`,
      mounts: mounted(PASS, { serviceBindings: { SERVICE: "main" } }),
    });
    assert.equal(await text(await mf.getMount("api")), "main");
  });

  test("streams a body through, as it is written", async (t) => {
    const api = `export default {
      fetch(request) {
        const { readable, writable } = new IdentityTransformStream();
        (async () => {
          const writer = writable.getWriter();
          for (const part of ["x", "y", "z"]) await writer.write(new TextEncoder().encode(part));
          await writer.close();
        })();
        return new Response(readable, { headers: { "x-stream": "yes" } });
      }
    }`;
    const mf = withService(t, "api", { mounts: mounted(api) });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.equal(response.headers.get("x-stream"), "yes");
    assert.equal(await response.text(), "xyz");
  });
});

describe("a Fetcher", () => {
  const inspect = (t, expression, options = {}) =>
    json(
      withService(t, () => new Response("answer"), {
        script: `${CAUGHT} export default { async fetch(request, env) { return Response.json(await (${expression})) } };`,
        ...options,
      }),
    );

  test("has fetch and nothing else", async (t) => {
    const names = "[Object.keys(env.SERVICE), Object.getOwnPropertyNames(Object.getPrototypeOf(env.SERVICE)).sort()]";
    assert.deepEqual(await inspect(t, names), [[], ["constructor", "fetch"]]);
    assert.equal(await inspect(t, "env.SERVICE.constructor.name"), "Fetcher");
  });

  test("refuses another this", async (t) => {
    const expected = ["TypeError", "Illegal invocation"];
    assert.deepEqual(await inspect(t, "caught(() => env.SERVICE.fetch.call({}, request))"), expected);
  });

  test("answers with immutable headers", async (t) => {
    const body = `env.SERVICE.fetch(request).then((answer) => caught(() => answer.headers.set("a", "b")))`;
    assert.equal((await inspect(t, body))[0], "TypeError");
  });

  test("gives way to a binding of the same name", async (t) => {
    assert.equal(await inspect(t, "env.SERVICE", { bindings: { SERVICE: "text" } }), "text");
  });
});

describe("a service that is not mounted", () => {
  test("rejects with its name and the binding's", async (t) => {
    const error = await rejection(
      createInvalid(t, { script: PASS, serviceBindings: { SERVICE: "missing" } }).dispatchFetch(URL_ROOT),
    );
    assert.equal(error.name, "MiniflareCoreError [ERR_SERVICE_NOT_MOUNTED]");
    assert.equal(error.code, "ERR_SERVICE_NOT_MOUNTED");
    assert.equal(
      error.message,
      'Service "missing" for binding "SERVICE" not found.\n' +
        'Make sure "missing" is mounted so Miniflare knows where to find it.',
    );
  });
});

describe("service bindings", () => {
  test("log that they are experimental", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    await text(withService(t, () => new Response(), { log }));
    assert.deepEqual(log.having("[mf:wrn] "), [
      "Service bindings are experimental. There may be breaking changes in the future.",
    ]);
  });
});
