// Tags: oracle, every-node
// What suites import from `@miniflare/core` and `@miniflare/shared`.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { create, differs, isOracle } from "../support/miniflare.mjs";
import {
  CorePlugin,
  coreContext,
  FetchEvent,
  FormData,
  fetch,
  Headers,
  KVPlugin,
  kWaitUntil,
  Log,
  LogLevel,
  MiniflareCore,
  NoOpLog,
  Request,
  Response,
  ScheduledEvent,
} from "../support/names.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const SCRIPT = `export default { async fetch(request, env) {
  return new Response([request.method, typeof env.KV, await env.KV?.get("key")].join());
} }`;

function core(t, plugins, options, log = new NoOpLog()) {
  const mf = new MiniflareCore(plugins, coreContext(log), options);
  t.after(() => mf.dispose());
  return mf;
}

class LinesLog extends Log {
  lines = [];

  log(line) {
    this.lines.push(line);
  }
}

describe("a MiniflareCore", () => {
  test("has the plugins that it is given", async (t) => {
    const mf = core(t, { CorePlugin, KVPlugin }, { modules: true, script: SCRIPT, kvNamespaces: ["KV"] });
    const response = await mf.dispatchFetch("http://localhost/", { method: "PUT" });
    assert.equal(await response.text(), "PUT,object,");
    const plugins = await mf.getPlugins();
    assert.deepEqual([plugins.CorePlugin.modules, plugins.KVPlugin.kvNamespaces], [true, ["KV"]]);
  });

  test("has nothing of others", async (t) => {
    const mf = core(t, { CorePlugin }, { modules: true, script: SCRIPT, kvNamespaces: ["KV"] });
    const text = async () => (await mf.dispatchFetch("http://localhost/")).text();
    assert.equal(await text(), "GET,undefined,");
    await mf.setOptions({ kvNamespaces: ["KV"] });
    assert.equal(await text(), "GET,undefined,");
  });

  test("needs no script", async (t) => {
    assert.equal(typeof (await core(t, { CorePlugin }, {}).getPlugins()), "object");
  });

  test("says what it does not do", differs("it does"), async (t) => {
    class OwnPlugin {}
    assert.throws(() => core(t, { CorePlugin, OwnPlugin }, {}), {
      name: "TypeError",
      message: /^new MiniflareCore\(\) has no plugin "OwnPlugin": it takes CorePlugin, HTTPPlugin/,
    });
    assert.throws(() => new MiniflareCore(), {
      message: "new MiniflareCore() takes an object of plugins, got undefined",
    });
    assert.throws(() => new CorePlugin(), { name: "TypeError", message: /^CorePlugin is only a name/ });
    const log = new LinesLog(LogLevel.WARN);
    core(t, { CorePlugin }, {}, log);
    assert.deepEqual(
      log.lines.map((line) => /storageFactory/.test(line)),
      [true],
    );
  });
});

describe("the events of a service worker", () => {
  const request = () => new Request("http://localhost/");

  test("have what they are made with, and what they wait for", async () => {
    const fetched = new FetchEvent("fetch", { request: request() });
    fetched.waitUntil(Promise.resolve(1));
    fetched.waitUntil(Promise.resolve(2));
    fetched.passThroughOnException();
    assert.deepEqual([fetched.type, fetched.request.url], ["fetch", "http://localhost/"]);
    assert.deepEqual(await Promise.all(fetched[kWaitUntil]), [1, 2]);
    const scheduled = new ScheduledEvent("scheduled", { scheduledTime: 5, cron: "* * * * *" });
    scheduled.waitUntil(Promise.resolve(3));
    assert.deepEqual([scheduled.type, scheduled.scheduledTime, scheduled.cron], ["scheduled", 5, "* * * * *"]);
    assert.deepEqual(await Promise.all(scheduled[kWaitUntil]), [3]);
    assert.ok(fetched instanceof Event && scheduled instanceof Event);
  });

  test("are answered once", () => {
    const event = new FetchEvent("fetch", { request: request() });
    event.respondWith(new Response());
    assert.throws(() => event.respondWith(new Response()), {
      name: "InvalidStateError",
      message: "FetchEvent.respondWith() has already been called; it can only be called once.",
    });
    const { waitUntil } = event;
    assert.throws(() => waitUntil(Promise.resolve()), { name: "TypeError", message: "Illegal invocation" });
  });
});

describe("fetch", () => {
  test("takes and gives the classes of the package", async (t) => {
    const origin = await serve(t, (request, response) => {
      response.writeHead(201, { "set-cookie": ["a=1", "b=2"], "x-method": request.method });
      request.pipe(response);
    });
    const request = new Request(`${origin}/path`, { method: "POST", body: "text" });
    const response = await fetch(request);
    assert.ok(response instanceof Response);
    assert.deepEqual(
      [response.status, response.headers.get("x-method"), response.url],
      [201, "POST", `${origin}/path`],
    );
    assert.deepEqual(response.headers.getAll("set-cookie"), ["a=1", "b=2"]);
    assert.equal(await response.text(), "text");
    const plain = await fetch(origin, { method: "PUT", body: "plain", headers: new Headers({ a: "1" }) });
    assert.equal(await plain.text(), "plain");
  });

  test("follows redirects, and says so", async (t) => {
    const origin = await serve(t, (request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/target" });
      response.end(request.url);
    });
    const response = await fetch(origin);
    assert.deepEqual([response.redirected, response.url, await response.text()], [true, `${origin}/target`, "/target"]);
  });

  test("can be made global", async (t) => {
    const origin = await serve(t, (_request, response) => response.end("served"));
    const before = globalThis.fetch;
    t.after(() => {
      globalThis.fetch = before;
    });
    globalThis.fetch = fetch;
    assert.equal(await (await globalThis.fetch(origin)).text(), "served");
  });
});

describe("the classes of forms and headers", { skip: isOracle && "it exports no FormData" }, () => {
  test("are those that requests and responses give", async () => {
    const form = new FormData();
    form.append("a", "1");
    const response = new Response(form);
    assert.ok(response.headers instanceof Headers);
    assert.ok((await response.formData()) instanceof FormData);
    const request = new Request("http://localhost/", { method: "POST", body: form });
    assert.ok(request.headers instanceof Headers);
    assert.ok((await request.formData()) instanceof FormData);
    assert.ok(form instanceof globalThis.FormData && new Headers() instanceof globalThis.Headers);
  });
});

test("a log is that of the package", async (t) => {
  const log = new LinesLog(LogLevel.DEBUG);
  create(t, { script: "export default {}", log });
  log.info("line");
  assert.ok(log.lines.some((line) => line.includes("[mf:inf] line")));
});
