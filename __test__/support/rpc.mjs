// Two workers that call each other, for the specs about RPC: on this package, and on Miniflare 4, whose workerd is the oracle for
// what is newer than Miniflare 2.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe } from "node:test";
import { installPeer } from "../../benchmark/lib/implementations.mjs";
import { Miniflare } from "./miniflare.mjs";
import { test } from "./test.mjs";

const DATE = "2026-04-25";

/** The worker that is called. */
const OTHER = `
  import { WorkerEntrypoint, DurableObject, RpcTarget } from "cloudflare:workers";
  class Counter extends RpcTarget {
    own = "own"; #private = 1; #count = 0;
    add(by = 1) { return (this.#count += by); }
    get count() { return this.#count; }
    fetch(text) { return "fetched " + text; }
    child() { return new Counter(); }
  }
  class Plain { method() { return 1; } }
  class Doubling extends RpcTarget { #n; constructor(n) { super(); this.#n = n; } dup() { return new Doubling(this.#n * 2); } which() { return this.#n; } }
  let kept;
  export class Far extends DurableObject {
    bump() { return (this.n = (this.n ?? 0) + 1); }
    hold(f) { this.held = f.dup(); }
    callHeld(x) { return this.held(x); }
    reset() { return this.ctx.blockConcurrencyWhile(async () => { throw new RangeError("far is reset"); }); }
    fetch() { return new Response("far"); }
    alarm() {}
    name() { return this.ctx.id.name; }
  }
  export class Named extends WorkerEntrypoint {
    props() { return this.ctx.props; }
    fetch() { return Response.json(this.ctx.props); }
  }
  export const handlers = {
    one(x) { return [x]; },
    three(x, env, ctx) { return [x, typeof env, typeof ctx.waitUntil]; },
    four(a, b, c, d) {},
    value: 5,
  };
  export default class Base extends WorkerEntrypoint {
    field = "field";
    constructor(ctx, env) { super(ctx, env); this.made = (this.made ?? 0) + 1; }
    get getter() { return "got"; }
    get promised() { return Promise.resolve("kept"); }
    echo(x) { return x; }
    args(...args) { return args; }
    typeOf(x) { return [typeof x, Object.prototype.toString.call(x), x?.constructor?.name]; }
    async later(x) { await null; return x; }
    counter() { return new Counter(); }
    both() { const c = new Counter(); return { a: c, b: c }; }
    nested() { return { a: { b: (x) => x * 10, n: 1 }, list: [1], map: new Map() }; }
    fn() { return Object.assign((x) => "fn " + x, { prop: 5 }); }
    call(f, ...args) { return f(...args); }
    callMember(o, name) { return o[name](); }
    keep(x) { x.changed = true; return "kept"; }
    plain() { return new Plain(); }
    bare() { return Object.create(null); }
    fail(name) {
      const Class = { TypeError, RangeError, SyntaxError, Error }[name] ?? Error;
      const error = new Class("text");
      if (Class.name !== name) error.name = name;
      throw Object.assign(error, { code: 7 });
    }
    throwValue(x) { throw x; }
    alarm() {}
    dup() {}
    state() { return this.n = (this.n ?? 0) + 1; }
    doubling() { return new Doubling(1); }
    long(length) { return "x".repeat(length); }
    keepStub(f) { kept = f.dup(); }
    useKept(x) { return kept(x); }
    text(stream) { return new Response(stream).text(); }
    stream() { return new Response("streamed").body; }
    request(request) { return [request.method, request.url, request.headers.get("a")]; }
    async write(stream, text) { const writer = stream.getWriter(); await writer.write(new TextEncoder().encode(text)); await writer.close(); }
    bodyOf(message) { return message.text(); }
    failWith(error) { throw error; }
    throwDOM() { throw new DOMException("of the DOM", "NotFoundError"); }
    nothingAtAll() {}
    response() { return new Response("body", { status: 201, headers: { a: "b" } }); }
  }`;

/** The worker that calls: the function of a snippet gets what it may use. */
const caller = (snippets) => `
  import * as workers from "cloudflare:workers";
  import { DurableObject, RpcStub, RpcTarget, WorkerEntrypoint, env as imported, waitUntil, withEnv } from "cloudflare:workers";
  class Target extends RpcTarget { hi() { return "hi"; } }
  class Plain { method() { return 1; } }
  export class Near extends DurableObject {
    constructor(ctx, env) { super(ctx, env); }
    field = 1;
    add(a, b) { return a + b; }
    async put(k, v) { await this.ctx.storage.put(k, v); return this.ctx.storage.get(k); }
    members() { return [this.ctx !== undefined, this.env !== undefined, Object.keys(this)]; }
    fail() { throw new RangeError("near"); }
    counter() { return new Target(); }
    callBack(f) { return f(1); }
    context() { return [this.ctx.props, Object.keys(this.ctx.exports).sort(), typeof this.ctx.exports.Near.idFromName]; }
    loop() { return this.ctx.exports.Loop({ props: { near: 1 } }).props(); }
    reset() { return this.ctx.blockConcurrencyWhile(async () => { throw new RangeError("near is reset"); }); }
    fetch() { return new Response("near"); }
    pendingReset() { return new Promise(() => {}); }
  }
  export class Broken extends DurableObject { constructor(ctx, env) { super(ctx, env); throw new RangeError("never made"); } add() { return 1; } }
  export class Old { constructor(state) {} add() { return 1; } fetch() { return new Response("old"); } }
  export class Loop extends WorkerEntrypoint { props() { return this.ctx.props; } fetch() { return new Response("loop"); } }
  const snippets = { ${Object.entries(snippets)
    .map(
      ([name, text]) =>
        `${JSON.stringify(name)}: async ({ OTHER, NAMED, HANDLERS, FAR, NEAR, OLD, env, ctx, workers, fresh }) => (${text})`,
    )
    .join(",\n")} };
  const top = (() => { try { return typeof imported.VALUE; } catch (error) { return String(error); } })();
  function shown(value, depth = 0) {
    if (typeof value === "bigint") return value + "n";
    if (typeof value === "undefined") return "<undefined>";
    if (typeof value === "function") return "<function>";
    if (typeof value !== "object" || value === null || depth > 6) return value;
    if (value instanceof Error || value instanceof DOMException)
      return { error: value.name, message: value.message, remote: value.remote, keys: value instanceof DOMException ? [] : Object.keys(value).filter((key) => !key.startsWith("durable")).sort() };
    if (value instanceof Map) return { map: [...value].map((entry) => shown(entry, depth + 1)) };
    if (value instanceof Set) return { set: [...value].map((one) => shown(one, depth + 1)) };
    if (value instanceof Date || value instanceof RegExp) return String(value);
    if (ArrayBuffer.isView(value)) return { view: value.constructor.name, bytes: [...value].map(String) };
    if (value instanceof ArrayBuffer) return { buffer: [...new Uint8Array(value)] };
    if (Array.isArray(value)) return value.map((one) => shown(one, depth + 1));
    if (Object.getPrototypeOf(value) !== Object.prototype) return "<" + value.constructor?.name + ">";
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one, depth + 1)]));
  }
  export default {
    async fetch(request, env, ctx) {
      const { OTHER, NAMED, HANDLERS, FAR, NEAR, OLD } = env;
      const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
      const given = { OTHER, NAMED, HANDLERS, env, ctx, workers, top };
      given.FAR = FAR.get(FAR.idFromName("far"));
      given.NEAR = NEAR.get(NEAR.idFromName("near"));
      given.OLD = OLD.get(OLD.idFromName("old"));
      // A stub of an object of its own: what one snippet resets, no other one uses.
      given.fresh = (binding, id = name) => env[binding].get(env[binding].idFromName(id));
      try {
        return Response.json({ value: shown(await snippets[name](given)) });
      } catch (error) {
        return Response.json({ thrown: shown(error) });
      }
    },
  };`;

const services = {
  OTHER: "other",
  NAMED: { name: "other", entrypoint: "Named", props: { a: [1] } },
  HANDLERS: { name: "other", entrypoint: "handlers" },
};

/** The same workers on both: `[ours, theirs]`, each a function that runs a snippet by its name. */
export function openPair(t, snippets) {
  const main = {
    name: "main",
    modules: true,
    script: caller(snippets),
    compatibilityDate: DATE,
    bindings: { VALUE: 1 },
  };
  const other = { modules: true, script: OTHER, compatibilityDate: DATE };
  const objects = { NEAR: "Near", OLD: "Old", BROKEN: "Broken", FAR: { className: "Far", scriptName: "other" } };
  const named = Object.entries(services).map(([name, one]) => [
    name,
    typeof one === "string" ? one : { service: one.name, entrypoint: one.entrypoint, props: one.props },
  ]);
  const ours = new Miniflare({
    ...main,
    serviceBindings: Object.fromEntries(named),
    durableObjects: objects,
    mounts: { other: { ...other, durableObjects: { FAR: "Far" } } },
  });
  const { Miniflare: Theirs } = createRequire(import.meta.url)(installPeer("m4").module);
  const theirs = new Theirs({
    workers: [
      { ...main, serviceBindings: services, durableObjects: objects },
      { ...other, name: "other", durableObjects: { FAR: "Far" } },
    ],
  });
  t.after(() => Promise.all([ours.dispose(), theirs.dispose()]));
  return [ours, theirs].map((mf) => async (name) => {
    const response = await mf.dispatchFetch(`http://localhost/${encodeURIComponent(name)}`);
    return response.json();
  });
}

/** Defines a test for each snippet, which compares the two; `differences` says by name where ours is another, and why. */
export function compareAll(title, snippets, differences) {
  describe(title, () => {
    const ends = [];
    let pair;
    before(() => {
      pair = openPair({ after: (end) => ends.push(end) }, snippets);
    });
    after(() => Promise.all(ends.map((end) => end())));

    for (const name of Object.keys(snippets)) {
      test(name, async () => {
        const [own, other] = await Promise.all(pair.map((side) => side(name)));
        if (differences[name] === undefined) assert.deepEqual(own, other);
        else assert.notDeepEqual(own, other, `no more a difference: ${differences[name]}`);
      });
    }

    test("each difference is one of a snippet", () => {
      assert.deepEqual(
        Object.keys(differences).filter((name) => !Object.hasOwn(snippets, name)),
        [],
      );
    });
  });
}
