// Tags: oracle, every-node
// The life of an instance: start, new options, reload, disposal, and a start that fails.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { deepEqualOutside, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder, write } from "../support/files.mjs";
import { runScript } from "../support/child.mjs";
import { test } from "../support/test.mjs";

const SHOW_ENV = `export default { fetch: (request, env) => Response.json(env) }`;
const answering = (word) => `export default { fetch: () => new Response("${word}") }`;
const COUNT = `let count = 0; export default { fetch: () => new Response(String(++count)) }`;

describe("setOptions", () => {
  test("replaces what it names and keeps the rest", async (t) => {
    const mf = create(t, { script: SHOW_ENV, bindings: { A: 1, B: 2 } });
    assert.deepEqual(await json(mf), { A: 1, B: 2 });
    await mf.setOptions({ bindings: { C: 3 } });
    assert.deepEqual(await json(mf), { C: 3 });
    await mf.setOptions({ script: `export default { fetch: (r, env) => Response.json(["new", env]) }` });
    assert.deepEqual(await json(mf), ["new", { C: 3 }]);
  });

  test("unsets what it names as undefined", async (t) => {
    const mf = create(t, { script: SHOW_ENV, bindings: { A: 1 } });
    await mf.setOptions({ bindings: undefined });
    assert.deepEqual(await json(mf), {});
  });

  test("can change the format of the worker", async (t) => {
    const mf = create(t, { script: answering("module") });
    assert.equal(await text(mf), "module");
    const script = `addEventListener("fetch", (event) => event.respondWith(new Response("service worker")))`;
    await mf.setOptions({ modules: false, script });
    assert.equal(await text(mf), "service worker");
  });

  test("starts the script afresh", async (t) => {
    const mf = create(t, { script: COUNT });
    assert.deepEqual([await text(mf), await text(mf)], ["1", "2"]);
    await mf.setOptions({ bindings: { changed: true } });
    assert.equal(await text(mf), "1");
  });

  test("that fails leaves the instance repairable", async (t) => {
    const mf = create(t, { script: answering("first") });
    assert.equal(await text(mf), "first");
    assert.equal((await rejection(mf.setOptions({ script: "export default {" }))).name, "SyntaxError");
    await mf.setOptions({ script: answering("second") });
    assert.equal(await text(mf), "second");
  });

  test("may be called many times at once", async (t) => {
    const mf = create(t, { script: SHOW_ENV });
    await Promise.all([1, 2, 3, 4, 5].map((N) => mf.setOptions({ bindings: { N } })));
    assert.deepEqual(await json(mf), { N: 5 });
  });
});

describe("reload", () => {
  test("reads the script from disk again", async (t) => {
    const root = folder(t, { "worker.mjs": answering("before") });
    const mf = create(t, { modules: true, scriptPath: path.join(root, "worker.mjs") });
    assert.equal(await text(mf), "before");
    write(root, { "worker.mjs": answering("after") });
    assert.equal(await text(mf), "before");
    await mf.reload();
    assert.equal(await text(mf), "after");
  });

  test("reads imported modules from disk again", async (t) => {
    const root = folder(t, {
      "worker.mjs": `import { word } from "./word.mjs"; export default { fetch: () => new Response(word) }`,
      "word.mjs": `export const word = "before";`,
    });
    const mf = create(t, { modules: true, scriptPath: path.join(root, "worker.mjs") });
    assert.equal(await text(mf), "before");
    write(root, { "word.mjs": `export const word = "after";` });
    await mf.reload();
    assert.equal(await text(mf), "after");
  });

  test("gives a new global scope", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch: () => new Response(String(globalThis.count = (globalThis.count ?? 0) + 1))
    }`,
    });
    assert.deepEqual([await text(mf), await text(mf)], ["1", "2"]);
    await mf.reload();
    assert.equal(await text(mf), "1");
  });

  test("lets requests that are under way finish", async (t) => {
    const mf = create(t, {
      script: `export default {
      async fetch() { await new Promise((resolve) => setTimeout(resolve, 20)); return new Response("finished"); }
    }`,
    });
    await mf.getBindings();
    const pending = text(mf);
    await mf.reload();
    assert.equal(await pending, "finished");
  });
});

describe("the reload event", () => {
  test("is initial once, and comes before the reload's promise", async (t) => {
    const mf = create(t, { script: SHOW_ENV });
    const seen = [];
    mf.addEventListener("reload", (event) => seen.push([event.type, event.initial, event instanceof Event]));
    await mf.getBindings();
    assert.deepEqual(seen, [["reload", true, true]]);
    await mf.setOptions({ bindings: { A: 1 } });
    assert.equal(seen.length, 2);
    await mf.reload();
    assert.deepEqual(seen.slice(1), [
      ["reload", false, true],
      ["reload", false, true],
    ]);
  });

  test("is not sent to a listener that was removed", async (t) => {
    const mf = create(t, { script: SHOW_ENV });
    let count = 0;
    const listener = () => void count++;
    mf.addEventListener("reload", listener);
    await mf.getBindings();
    mf.removeEventListener("reload", listener);
    await mf.reload();
    assert.equal(count, 1);
  });

  test("finds the new worker in place", async (t) => {
    const mf = create(t, { script: answering("first") });
    const answers = [];
    mf.addEventListener("reload", () => answers.push(text(mf)));
    await mf.getBindings();
    await mf.setOptions({ script: answering("second") });
    assert.deepEqual(await Promise.all(answers), ["first", "second"]);
  });
});

describe("dispose", () => {
  test("may be called twice, and at once after construction", async (t) => {
    const mf = create(t, { script: SHOW_ENV });
    await mf.dispose();
    await mf.dispose();
    await Promise.all([mf.dispose(), mf.dispose()]);
  });

  const calls = {
    dispatchFetch: (mf) => mf.dispatchFetch(URL_ROOT),
    dispatchScheduled: (mf) => mf.dispatchScheduled(),
    getBindings: (mf) => mf.getBindings(),
    getGlobalScope: (mf) => mf.getGlobalScope(),
    getModuleExports: (mf) => mf.getModuleExports(),
    reload: (mf) => mf.reload(),
    setOptions: (mf) => mf.setOptions({ bindings: {} }),
  };
  for (const [name, call] of Object.entries(calls)) {
    test(`makes ${name} reject, saying so`, differs("a disposed instance goes on"), async (t) => {
      const mf = create(t, { script: SHOW_ENV });
      await mf.dispose();
      const error = await rejection(call(mf));
      assert.ok(error instanceof Error);
      assert.match(error.message, /disposed/);
    });
  }

  test("rejects requests that wait for something", differs("a disposed instance goes on"), async (t) => {
    const mf = create(t, { script: `export default { fetch: () => new Promise(() => {}) }` });
    await mf.getBindings();
    const pending = [1, 2, 3].map(() => rejection(mf.dispatchFetch(URL_ROOT)));
    await mf.dispose();
    for (const error of await Promise.all(pending)) assert.match(error.message, /disposed/);
  });

  test("leaves a response that was read before, and other instances, alone", async (t) => {
    const [gone, stays] = [create(t, { script: answering("gone") }), create(t, { script: answering("stays") })];
    const response = await gone.dispatchFetch(URL_ROOT);
    await gone.dispose();
    assert.equal(await response.text(), "gone");
    assert.equal(await text(stays), "stays");
  });
});

describe("a start that fails", () => {
  const calls = ["dispatchFetch", "dispatchScheduled", "getBindings", "getGlobalScope", "getModuleExports", "reload"];
  for (const name of calls) {
    test(`does not throw from new but rejects ${name}`, async (t) => {
      const mf = createInvalid(t, { script: `throw new RangeError("at start")` });
      const error = await rejection(name === "dispatchFetch" ? mf.dispatchFetch(URL_ROOT) : mf[name]());
      assert.equal(error.name, "RangeError");
      assert.equal(error.message, "at start");
    });
  }

  test("can be repaired by setOptions", differs("it stays broken"), async (t) => {
    const mf = createInvalid(t, { script: "let ;" });
    await rejection(mf.getBindings());
    await mf.setOptions({ modules: true, script: answering("repaired") });
    assert.equal(await text(mf), "repaired");
  });

  test("is an unhandled rejection without a caller", async () => {
    const { code, stderr } = await runScript("new Miniflare({});");
    assert.equal(code, 1);
    assert.match(stderr, /ERR_NO_SCRIPT/);
  });

  test("does no harm to instances beside it", async (t) => {
    const good = create(t, { script: answering("good") });
    await rejection(createInvalid(t, { script: "let ;" }).getBindings());
    assert.equal(await text(good), "good");
  });
});

describe("instances side by side", () => {
  test("share nothing", async (t) => {
    const script = `export default {
      fetch(request, env) {
        Object.prototype.leak = env.NAME;
        Array.prototype.push = () => env.NAME;
        return Response.json([globalThis.mark ?? null, globalThis.mark = env.NAME]);
      }
    }`;
    const [a, b] = ["a", "b"].map((NAME) => create(t, { script, bindings: { NAME } }));
    assert.deepEqual(await json(a), [null, "a"]);
    assert.deepEqual(await json(b), [null, "b"]);
    assert.deepEqual(await json(a), ["a", "a"]);
    assert.equal({}.leak, undefined);
    deepEqualOutside(Object.keys(await a.getBindings()), ["NAME"]);
  });
});
