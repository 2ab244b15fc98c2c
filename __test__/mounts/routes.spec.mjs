// Tags: oracle, every-node
// Routes: which of an instance's workers a URL is for.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs, LogLevel } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const script = `export default {
  fetch: (request, env) => new Response(env.NAME),
  scheduled: (controller, env) => env.NAME,
};`;
const named = (NAME, routes) => ({ modules: true, script, bindings: { NAME }, routes });

/** An instance whose mounts have these routes, with `main` for what is left. */
const routed = (t, routes, options = {}) => {
  const mounts = Object.fromEntries(Object.entries(routes).map(([name, list]) => [name, named(name, list)]));
  return create(t, { ...named("main"), mounts, ...options });
};

/** Asks for each URL and compares who answered. */
async function answers(mf, expected) {
  for (const [url, name] of Object.entries(expected)) assert.equal(await text(mf, url), name, url);
}

describe("a route", () => {
  test("of a host and a path matches just that, whatever the scheme and the port", async (t) => {
    await answers(routed(t, { a: ["example.com/a"] }), {
      "http://example.com/a": "a",
      "https://example.com/a": "a",
      "http://example.com:8080/a": "a",
      "http://example.com/a/": "main",
      "http://example.com/a?query": "main",
      "http://example.com/A": "main",
      "http://example.com/": "main",
      "http://www.example.com/a": "main",
    });
  });

  test("without a path means the root", async (t) => {
    await answers(routed(t, { a: ["example.com"] }), { "http://example.com/": "a", "http://example.com/b": "main" });
  });

  test("with a scheme matches that alone", async (t) => {
    await answers(routed(t, { a: ["https://example.com/*"] }), {
      "https://example.com/b": "a",
      "http://example.com/b": "main",
    });
  });

  test("that ends with a star matches everything that begins so, the query included", async (t) => {
    await answers(routed(t, { a: ["example.com/a*"] }), {
      "http://example.com/a": "a",
      "http://example.com/abc/d?e": "a",
      "http://example.com/b": "main",
    });
  });

  test("that begins with a star matches every host that ends so", async (t) => {
    await answers(routed(t, { a: ["*.example.com/"], b: ["*other.com/"] }), {
      "http://www.example.com/": "a",
      "http://example.com/": "main",
      "http://other.com/": "b",
      "http://another.com/": "b",
    });
  });

  test("may have a host of any letters", async (t) => {
    await answers(routed(t, { a: ["*gläd.se/"] }), { "http://www.gläd.se/": "a", "http://glad.se/": "main" });
  });

  test("of stars matches everything", async (t) => {
    await answers(routed(t, { a: ["*/*"] }), { "http://example.com/a/b?c": "a", "https://localhost/": "a" });
  });

  test("of the main worker, which has a name then, wins over a less specific one", async (t) => {
    const mf = routed(t, { a: ["example.com/*"] }, { name: "main", routes: ["example.com/main/*"] });
    await answers(mf, { "http://example.com/main/x": "main", "http://example.com/x": "a" });
  });
});

describe("of several routes that match, the more specific one wins:", () => {
  const beats = (name, better, worse, url) =>
    test(name, async (t) => {
      assert.equal(await text(routed(t, { worse: [worse], better: [better] }), url), "better");
      assert.equal(await text(routed(t, { better: [better], worse: [worse] }), url), "better");
    });

  beats("one with a scheme", "https://*.com/*", "example.com/a", "https://example.com/a");
  beats("one with a whole host", "example.com/*", "*.com/a", "http://example.com/a");
  beats("one with a whole path", "example.com/a", "example.com/a*", "http://example.com/a");
  beats("one that does not end with a slash", "example.com/a*", "example.com/*", "http://example.com/a/b");
  beats("one with more segments", "example.com/a/b*", "example.com/a*", "http://example.com/a/bc");
  beats("one with a longer path", "example.com/abc*", "example.com/ab*", "http://example.com/abcd");
  beats("one with a longer host", "*.a.example.com/*", "*.example.com/*", "http://x.a.example.com/");
});

describe("routes", () => {
  test("choose the worker of a scheduled event by its URL", async (t) => {
    const mf = routed(t, { a: ["example.com/a"] });
    assert.deepEqual(await mf.dispatchScheduled(0, "", "http://example.com/a"), ["a"]);
    assert.deepEqual(await mf.dispatchScheduled(0, "", new URL("http://example.com/b")), ["main"]);
    assert.deepEqual(await mf.dispatchScheduled(0, ""), ["main"]);
  });

  test("are logged, most specific first", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    await text(routed(t, { a: ["*/*", "example.com/a"], b: ["https://example.com/*"] }, { log }));
    const lines = log.having("[mf:dbg] ");
    const from = lines.indexOf("Mount Routes:");
    assert.deepEqual(lines.slice(from, from + 4), [
      "Mount Routes:",
      "1. https://example.com/* => b",
      "2. example.com/a => a",
      "3. */* => a",
    ]);
  });

  test("change with setOptions", async (t) => {
    const mf = routed(t, { a: ["example.com/a"] });
    assert.equal(await text(mf, "http://example.com/b"), "main");
    await mf.setOptions({ mounts: { a: named("a", ["example.com/b"]) } });
    await answers(mf, { "http://example.com/b": "a", "http://example.com/a": "main" });
  });

  test("do not matter to a mount that is asked directly", async (t) => {
    const mf = routed(t, { a: ["example.com/a"] });
    assert.equal(await text(await mf.getMount("a"), URL_ROOT), "a");
  });
});

describe("a route that is refused", () => {
  const failure = (t, route) =>
    rejection(createInvalid(t, { ...named("main"), mounts: { a: named("a", [route]) } }).dispatchFetch(URL_ROOT));

  test("has a query string", async (t) => {
    const error = await failure(t, "example.com/?a=b");
    assert.equal(error.name, "RouterError [ERR_QUERY_STRING]");
    assert.equal(error.message, 'Route "example.com/?a=b" for "a" contains a query string. This is not allowed.');
  });

  test("has a star in the middle", async (t) => {
    for (const route of ["example.com/*.jpg", "exa*mple.com/", "*.exa*mple.com/"]) {
      const error = await failure(t, route);
      assert.equal(error.code, "ERR_INFIX_WILDCARD");
      assert.equal(error.message, `Route "${route}" for "a" contains an infix wildcard. This is not allowed.`);
    }
  });

  test("is no URL", differs("it fails with Node's error, which names no route"), async (t) => {
    const error = await failure(t, "http://:80/");
    assert.deepEqual([error.code, error.message.includes('"http://:80/" for "a"')], ["ERR_INVALID_ROUTE", true]);
  });
});
