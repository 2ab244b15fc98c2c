// A worker whose realm can be broken, one property of a built-in at a time, and that then answers in many ways.

/** `find(path)` gives `[object, key]` of a built-in's property, in the worker. Some built-ins have no global name. */
const FIND = `
const HIDDEN = {
  "%AsyncFunction%": (async () => {}).constructor, "%GeneratorFunction%": (function* () {}).constructor,
  "%AsyncGeneratorFunction%": (async function* () {}).constructor, "%TypedArray%": Object.getPrototypeOf(Uint8Array),
  "%ArrayIterator%": { prototype: Object.getPrototypeOf([][Symbol.iterator]()) },
  "%MapIterator%": { prototype: Object.getPrototypeOf(new Map()[Symbol.iterator]()) },
  "%SetIterator%": { prototype: Object.getPrototypeOf(new Set()[Symbol.iterator]()) },
  "%StringIterator%": { prototype: Object.getPrototypeOf(""[Symbol.iterator]()) },
  "%RegExpStringIterator%": { prototype: Object.getPrototypeOf("".matchAll(/a/g)) },
  "%Iterator%": { prototype: Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) },
  "%AsyncIterator%": { prototype: Object.getPrototypeOf(Object.getPrototypeOf((async function* () {}).prototype)) },
  "%Generator%": { prototype: Object.getPrototypeOf((function* () {}).prototype) },
  "%AsyncGenerator%": { prototype: Object.getPrototypeOf((async function* () {}).prototype) },
};
const keyOf = (text) => text.startsWith("@@") ? Symbol[text.slice(2)] : text;
const textOf = (key) => typeof key === "symbol" ? "@@" + key.description.slice(7) : key;
function find([root, ...keys]) {
  let [object, key] = [root in HIDDEN ? HIDDEN : globalThis, root];
  for (const next of keys) [object, key] = [object[key], keyOf(next)];
  return [object, key];
}`;

/** Lists the properties of the built-ins of these names that can be changed, and of their prototypes. */
export const listing = (names) => `${FIND}
export default {
  fetch() {
    const paths = [];
    const isName = (key) => typeof key === "string" || key.description.startsWith("Symbol.");
    for (const root of ${names === undefined ? "Object.keys(HIDDEN)" : JSON.stringify(names)}) {
      if (!(root in HIDDEN)) paths.push([root]);
      const value = HIDDEN[root] ?? globalThis[root];
      if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
      for (const [object, path] of [[value, [root]], [value.prototype ?? {}, [root, "prototype"]]]) {
        for (const key of Reflect.ownKeys(object)) {
          const { configurable, writable } = Object.getOwnPropertyDescriptor(object, key);
          if ((configurable || writable) && isName(key)) paths.push([...path, textOf(key)]);
        }
      }
    }
    return Response.json(paths);
  }
};`;

/** What the worker may be asked to answer with: by the runtime's own means, with as few built-ins as can be. */
const ACTS = `
const ACTS = {
  __proto__: null,
  text: async () => new Response("text"),
  body: async (request) => new Response(await request.text()),
  headers: async (request) => {
    const headers = { "x-echo": request.headers.get("x-echo"), "x-query": new URL(request.url).search };
    return new Response(null, { status: 201, headers });
  },
  json: async (request) => Response.json(await request.json()),
  kv: async (request, env) => {
    await env.KV.put("key", "value", { metadata: { a: 1 } });
    const { value } = await env.KV.getWithMetadata("key");
    return new Response(value + (await env.KV.list()).keys.length);
  },
  object: async (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request),
  stream: async (request) => new Response(request.body.pipeThrough(new TransformStream())),
  own: async () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([116])); c.close(); } })),
  cache: async () => {
    const headers = { "Cache-Control": "max-age=60" };
    await caches.default.put("http://localhost/", new Response("cached", { headers }));
    return caches.default.match("http://localhost/");
  },
  node: async (request, env) => Response.json(await env.ask({ list: [1, { a: "b" }] }, new Date(0), request.headers)),
  timer: async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return new Response("timer");
  },
  error: async () => { throw new TypeError("thrown", { cause: new Error("cause") }); },
  console: async () => { console.log("text", { a: 1 }, [2]); return new Response(); },
  wait: async (request, env, ctx) => { ctx.waitUntil(Promise.resolve(1)); return new Response("wait"); },
};`;

/** The names of what it answers with. */
export const acts = [...ACTS.matchAll(/^ {2}(\w+): async/gm)].map(([, name]) => name);

/**
 * The worker: a request of the method PUT gives the property at `path` a descriptor, and the path of any other names what to
 * answer with.
 */
export const breaking = (path, descriptor) => `${FIND}${ACTS}
const { defineProperty } = Reflect;
export class Box {
  constructor(state) { this.storage = state.storage; }
  async fetch(request) {
    const text = await request.text();
    await this.storage.put("key", text);
    const { size } = await this.storage.list();
    return new Response((await this.storage.get("key")) + size, { headers: { "x-object": "1" } });
  }
}
function actOf({ url }) {
  let name = "";
  for (let index = "http://localhost/".length; url[index] !== "?"; index++) name += url[index];
  return ACTS[name];
}
export default {
  async fetch(request, env, ctx) {
    if (request.method !== "PUT") return actOf(request)(request, env, ctx);
    const [object, key] = find(${JSON.stringify(path)});
    defineProperty(object, key, ${descriptor});
    return new Response();
  }
};`;
