// Tags: oracle
// Everything a worker can reach, walked breadth first: no op, no bootstrap object, no way to make code.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** Runs in the worker: walks properties, accessors and prototypes from `roots` and reports what must not be there. */
const WALK = `
const FORBIDDEN = /^(op_[a-z0-9_]+|Deno|__bootstrap|primordials|internals|ops|opNames|require|internalBinding)$/;
const SKIPPED = new Set(["caller", "callee", "arguments"]);

function walk(roots) {
  const found = [];
  const constructors = new Set();
  const seen = new Set();
  const queue = [];
  const visit = (value, path) => {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) return;
    seen.add(value);
    queue.push([value, path]);
  };
  const settled = (value) => (value instanceof Promise && value.catch(() => {}), value);
  const read = (value, key, path) => {
    let descriptor;
    try { descriptor = Object.getOwnPropertyDescriptor(value, key); } catch { return; }
    if (!descriptor) return;
    visit(descriptor.value, path);
    visit(descriptor.get, path + "<get>");
    visit(descriptor.set, path + "<set>");
    if (descriptor.get) try { visit(settled(value[key]), path); } catch (error) { visit(error, path + "<thrown>"); }
  };
  for (const [name, root] of Object.entries(roots)) visit(root, name);
  for (let index = 0; index < queue.length && index < 200_000; index++) {
    const [value, path] = queue[index];
    let keys = [];
    try { keys = Reflect.ownKeys(value); } catch {}
    for (const key of keys) {
      const name = String(key);
      if (SKIPPED.has(name)) continue;
      if (typeof key === "string" && FORBIDDEN.test(key)) found.push(path + "." + name);
      read(value, key, path + "." + name);
    }
    if (typeof value === "function" && FORBIDDEN.test(value.name)) found.push(path + " is " + value.name);
    try { visit(Object.getPrototypeOf(value), path + ".__proto__"); } catch {}
    try { if (typeof value.constructor === "function") constructors.add([value.constructor, path]); } catch {}
  }
  return { found, constructors, count: queue.length };
}

function makesCode(constructors) {
  const made = [];
  for (const [constructor, path] of constructors) {
    for (const make of [() => constructor("return 1"), () => new constructor("return 1")]) {
      try {
        const result = make();
        if (result instanceof Promise) result.catch(() => {});
        if (typeof result === "function" && result() === 1) made.push(path);
      } catch {}
    }
  }
  return made;
}`;

const walking = (roots) => `${WALK}
export class Box { constructor(state) { this.state = state; }
  fetch(request) {
    const { found, constructors, count } = walk({ state: this.state, request, stub: this });
    return Response.json([found, makesCode(constructors), count]);
  }
}
export default { async fetch(request, env, ctx) {
  if (request.url.endsWith("/box")) return env.BOX.get(env.BOX.newUniqueId()).fetch(request);
  const { found, constructors, count } = walk(${roots});
  return Response.json([found, makesCode(constructors), count]);
} }`;

describe("a walk over everything reachable", differs("it is no sandbox"), () => {
  const roots = {
    "the global scope": "{ globalThis }",
    "what a handler gets": "{ request, env, ctx }",
    syntax: `{ f() {}, async *g() {}, async h() {}, re: /x/, error: new Error(), template: ((s) => s)\`x\`,
      iterator: [][Symbol.iterator](), map: new Map().entries(), promise: Promise.resolve(),
      matches: "x".matchAll(/x/g),
      meta: import.meta, generator: (function* () {})(), arguments: (function () { return arguments; })() }`,
    "objects that the runtime makes": `{ response: new Response("x"), stream: new Response("x").body,
      form: new FormData(), crypto, signal: AbortSignal.abort(), transform: new TransformStream(),
      reader: new Response("x").body.getReader(), url: new URL("http://x/?a=b").searchParams,
      key: await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]), blob: new Blob(["x"]),
      headers: new Headers({ a: "b" }).entries(), digest: new crypto.DigestStream("MD5"),
      event: new Event("x"), timer: setTimeout(() => {}, 0),
      pattern: new URLPattern({ pathname: "/:a" }).exec("http://x/b"),
      failed: await fetch("nowhere:").catch((error) => error), refused: await import("node:fs").catch((error) => error),
      cloned: structuredClone(new Map([[1, new Error("x")]])), text: await new Response("x").text().then((v) => [v]) }`,
    bindings: "{ env, called: env.call(), caught: (() => { try { env.fail(); } catch (e) { return e; } })() }",
  };

  for (const [name, source] of Object.entries(roots)) {
    test(`finds no op and no way to make code: ${name}`, async (t) => {
      const bindings = {
        call: () => [1],
        fail: () => {
          throw new Error("x");
        },
        DATA: { a: 1 },
      };
      const options = { bindings, durableObjects: { BOX: "Box" }, compatibilityDate: "2023-05-18" };
      const [found, code, count] = await json(create(t, { ...options, script: walking(source) }));
      assert.deepEqual(found, []);
      assert.deepEqual(code, []);
      assert.ok(count > 20, `only ${count} objects were walked`);
    });
  }

  test("finds nothing in a Durable Object either", async (t) => {
    const mf = create(t, { durableObjects: { BOX: "Box" }, script: walking("{}") });
    const [found, code] = await json(mf, "http://localhost/box");
    assert.deepEqual([found, code], [[], []]);
  });

  test("would find what is there", async (t) => {
    const script = walking(`(globalThis.planted = { deep: { op_read_file() {} } }, { globalThis })`);
    const [found] = await json(create(t, { durableObjects: { BOX: "Box" }, script }));
    assert.ok(found.includes("globalThis.planted.deep.op_read_file"), found.join());
  });
});
