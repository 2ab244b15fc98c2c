// Tags: oracle, every-node
// The input gate of an object: which events see each other half way, and which do not.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

/** A worker that runs `body` with `ask(path, name?)`, which fetches text from the object whose methods are `methods`. */
const withMethods = (t, methods, body, options = {}) =>
  create(t, {
    durableObjects: { BOX: "Box" },
    script: `
    export class Box {
      ${methods}
      async fetch(request) {
        return new Response(String(await this[new URL(request.url).pathname.slice(1)]()));
      }
    }
    export default {
      async fetch(request, env) {
        const ask = async (path, name = "name") =>
          (await env.BOX.get(env.BOX.idFromName(name)).fetch("http://localhost/" + path)).text();
        return Response.json(await (async () => { ${body} })());
      },
    };`,
    ...options,
  });

const COUNT = `
  constructor({ storage }) { this.storage = storage; }
  async count() {
    const value = (await this.storage.get("n")) ?? 0;
    await this.storage.put("n", value + 1);
    return value;
  }`;

describe("an object's gate", () => {
  test("lets no event in between a read and the write that follows it", async (t) => {
    const mf = withMethods(t, COUNT, `return Promise.all([ask("count"), ask("count"), ask("count")]);`);
    assert.deepEqual(await json(mf), ["0", "1", "2"]);
    assert.deepEqual(await json(mf), ["3", "4", "5"]);
  });

  test("holds however many events come at once, and in their order", async (t) => {
    const mf = withMethods(t, COUNT, `return Promise.all(Array.from({ length: 500 }, () => ask("count")));`);
    assert.deepEqual(
      await json(mf),
      Array.from({ length: 500 }, (_, index) => String(index)),
    );
  });

  test("delivers in the context of each request, however long it waited", async (t) => {
    const methods = `
      constructor({ storage }) { this.storage = storage; }
      async wait() {
        await this.storage.get("n");
        await new Promise((resolve) => setTimeout(resolve, 1));
        return "waited";
      }`;
    const mf = withMethods(t, methods, `return Promise.all([ask("wait"), ask("wait"), ask("wait")]);`);
    assert.deepEqual(await json(mf), ["waited", "waited", "waited"]);
  });

  test("is that of one object only", async (t) => {
    const methods = `
      constructor(state) { this.state = state; }
      wait() {
        return this.state.blockConcurrencyWhile(async () => {
          await new Promise((resolve) => { globalThis.open = resolve; });
          return "waited";
        });
      }
      now() { return "now"; }`;
    const body = `
      const seen = [];
      const waits = ask("wait", "a").then((text) => seen.push(text));
      while (globalThis.open === undefined) await scheduler.wait(1);
      await ask("now", "b").then((text) => seen.push(text));
      globalThis.open();
      await waits;
      return seen;`;
    assert.deepEqual(await json(withMethods(t, methods, body)), ["now", "waited"]);
  });

  test("is open while code waits for something other than storage", async (t) => {
    const methods = `
      seen = 0;
      asked = 0;
      async lose() {
        const value = this.seen;
        this.asked++;
        while (this.asked < 3) await scheduler.wait(1);
        this.seen = value + 1;
        return value;
      }`;
    const mf = withMethods(t, methods, `return Promise.all([ask("lose"), ask("lose"), ask("lose")]);`);
    assert.deepEqual(await json(mf), ["0", "0", "0"]);
  });

  test(
    "stays open for storage that is used with allowConcurrency",
    differs("events come a macrotask apart"),
    async (t) => {
      const methods = `
      constructor({ storage }) { this.storage = storage; }
      async count() {
        const value = (await this.storage.get("n", { allowConcurrency: true })) ?? 0;
        await this.storage.put("n", value + 1, { allowConcurrency: true });
        return value;
      }`;
      const mf = withMethods(t, methods, `return Promise.all([ask("count"), ask("count")]);`);
      assert.deepEqual(await json(mf), ["0", "0"]);
    },
  );
});

describe("what an object waits for", () => {
  const methods = `
    constructor(state, env) { this.state = state; this.seen = []; }
    block() {
      setTimeout(() => this.seen.push("timer"), 5);
      return this.state.blockConcurrencyWhile(async () => {
        await scheduler.wait(40);
        this.seen.push("unblocked");
        return "blocked";
      });
    }
    async own() {
      return this.state.blockConcurrencyWhile(() => new Promise((resolve) => setTimeout(() => resolve("own timer"), 5)));
    }
    async all() {
      while (this.seen.length < 2) await scheduler.wait(5);
      return this.seen;
    }`;

  test("reaches it when its gate opens", async (t) => {
    const mf = withMethods(t, methods, `await ask("block"); return ask("all");`);
    assert.equal(await json(mf), "unblocked,timer");
  });

  test("reaches the closure that waits for it with the gate closed", async (t) => {
    assert.equal(await json(withMethods(t, methods, `return ask("own");`)), "own timer");
  });

  test("counts for the request, also within a closure", async (t) => {
    const within = `
      constructor(state, env) { Object.assign(this, { state, env }); }
      leaf() { return "leaf"; }
      ask() {
        return this.state.blockConcurrencyWhile(async () => {
          const stub = this.env.BOX.get(this.env.BOX.idFromName("leaf"));
          for (let count = 0; count < 1000; count++) await stub.fetch("http://localhost/leaf");
          return stub.fetch("http://localhost/leaf").then(() => "too many", (error) => error.message.split(".")[0]);
        });
      }`;
    const mf = withMethods(t, within, `return ask("ask");`);
    assert.equal(await json(mf), "Too many API requests by single worker invocation");
  });
});

describe("blockConcurrencyWhile", () => {
  test("holds the first event until the constructor's work is done", async (t) => {
    const methods = `
      constructor(state) {
        state.blockConcurrencyWhile(async () => { await scheduler.wait(5); this.made = "ready"; });
      }
      get() { return this.made; }`;
    const mf = withMethods(t, methods, `return Promise.all([ask("get"), ask("get")]);`);
    assert.deepEqual(await json(mf), ["ready", "ready"]);
  });

  test("holds the timers that the constructor set", differs("they belong to the request"), async (t) => {
    const methods = `
      seen = [];
      constructor(state) {
        setTimeout(() => this.seen.push("timer"));
        state.blockConcurrencyWhile(async () => { await scheduler.wait(20); this.seen.push("closure"); });
      }
      async look() {
        while (this.seen.length < 2) await scheduler.wait(1);
        return this.seen;
      }`;
    assert.deepEqual(await json(withMethods(t, methods, `return ask("look");`)), "closure,timer");
  });

  test("may use storage, and fetch other objects", async (t) => {
    const methods = `
      constructor(state, env) { Object.assign(this, { state, env }); }
      other() { return "other"; }
      ask() {
        return this.state.blockConcurrencyWhile(async () => {
          await this.state.storage.put("key", "stored");
          const stub = this.env.BOX.get(this.env.BOX.idFromName("elsewhere"));
          return [await this.state.storage.get("key"), await (await stub.fetch("http://localhost/other")).text()];
        });
      }`;
    assert.equal(await json(withMethods(t, methods, `return ask("ask");`)), "stored,other");
  });

  test("rejects with its error, and the object lives on", async (t) => {
    const methods = `
      constructor(state) { this.state = state; }
      fail() { return this.state.blockConcurrencyWhile(async () => { throw new RangeError("blocked"); }); }
      live() { return "alive"; }`;
    const mf = withMethods(
      t,
      methods,
      `return [await ask("fail").catch((e) => e.name + e.message), await ask("live")];`,
    );
    assert.deepEqual(await json(mf), ["RangeErrorblocked", "alive"]);
  });

  test("holds events from outside too", async (t) => {
    const methods = `
      constructor(state) {
        state.blockConcurrencyWhile(async () => { for (let i = 0; i < 100; i++) await null; this.made = "ready"; });
      }
      get() { return this.made; }`;
    const mf = withMethods(t, methods, "return null;");
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const stub = namespace.get(namespace.idFromName("name"));
    const answers = await Promise.all([stub.fetch(`${URL_ROOT}get`), stub.fetch(`${URL_ROOT}get`)]);
    assert.deepEqual(await Promise.all(answers.map((answer) => answer.text())), ["ready", "ready"]);
  });

  test("that never ends does not hold up disposal", differs("the fetch hangs for ever"), async (t) => {
    const methods = `
      constructor(state) { state.blockConcurrencyWhile(() => new Promise(() => {})); }
      get() { return "never"; }`;
    const mf = withMethods(t, methods, "return null;");
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const waits = rejection(namespace.get(namespace.newUniqueId()).fetch(`${URL_ROOT}get`));
    assert.equal(await text(mf), "null");
    await mf.dispose();
    assert.match((await waits).message, /disposed/);
  });
});
