// Web APIs that a realm loads when they are first used: nobody can tell, except by the time it takes.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { text } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

const NAMES = [
  "ByteLengthQueuingStrategy",
  "CompressionStream",
  "CountQueuingStrategy",
  "DecompressionStream",
  "FixedLengthStream",
  "FormData",
  "IdentityTransformStream",
  "ReadableStream",
  "ReadableStreamBYOBReader",
  "TransformStream",
  "URLPattern",
  "WritableStream",
];

/** Answers with what the body of a handler returns, as JSON. */
const worker = (body) => `export default { async fetch(request, env) {
  const names = ${JSON.stringify(NAMES)};
  const read = async (stream) => {
    let text = "";
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    return text;
  };
  const result = await (async () => { ${body} })();
  return Response.json(result);
} }`;

const run = async (t, body, options) => JSON.parse(await text(create(t, { script: worker(body), ...options })));

describe("the global of a lazy class", () => {
  test("is plain data to who looks at its descriptor first", async (t) => {
    const found = await run(
      t,
      `return names.map((name) => {
        const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
        return [value.name, typeof value, value === globalThis[name], writable, enumerable, configurable].join();
      });`,
    );
    assert.deepEqual(
      found,
      NAMES.map((name) => `${name},function,true,true,false,true`),
    );
  });

  test("can be replaced, and deleted, before anyone has looked at it", async (t) => {
    const found = await run(
      t,
      `globalThis.ReadableStream = "mine";
      delete globalThis.WritableStream;
      URLPattern = 1;
      Object.defineProperty(globalThis, "FormData", { value: 2 });
      return [globalThis.ReadableStream, "WritableStream" in globalThis, URLPattern, FormData,
        await new Response("body").body.constructor.name];`,
    );
    assert.deepEqual(found, ["mine", false, 1, 2, "ReadableStream"]);
  });

  test("is there for a class that extends it, and for instanceof, as the first use", async (t) => {
    const found = await run(
      t,
      `class Mine extends TransformStream {}
      return [new Mine() instanceof TransformStream, {} instanceof ReadableStream,
        new Response("body").body instanceof ReadableStream, Object.prototype.toString.call(new FormData())];`,
    );
    assert.deepEqual(found, [true, false, true, "[object FormData]"]);
  });

  test("is the same however it is reached first", async (t) => {
    const found = await run(
      t,
      `const { readable } = new CompressionStream("gzip");
      const pipe = new IdentityTransformStream();
      return [readable instanceof ReadableStream, pipe instanceof TransformStream,
        crypto.DigestStream.prototype instanceof WritableStream, crypto.DigestStream === crypto.DigestStream,
        Object.keys(Object.getPrototypeOf(crypto)).includes("DigestStream")];`,
    );
    assert.deepEqual(found, [true, true, true, true, true]);
  });

  test("does not look at a global of the worker's called module", async (t) => {
    const mf = create(t, {
      script: `globalThis.module = { exports: "mine" };
        addEventListener("fetch", (event) => event.respondWith(answer()));
        async function answer() {
          await KV.put("key", "value");
          await caches.open("name");
          return new Response(module.exports + " " + (await KV.get("key")));
        }`,
      modules: false,
      kvNamespaces: ["KV"],
    });
    assert.equal(await text(mf), "mine value");
  });
});

describe("what is loaded lazily works as the first thing that", () => {
  test("arrives from Node: a stream, a form", async (t) => {
    const script = worker(
      "return [await read(env.stream), env.form.get('name'), (await new Response(env.form).formData()).get('name')];",
    );
    const form = new FormData();
    form.append("name", "value");
    const mf = create(t, { script, bindings: { stream: new Response("from Node").body, form } });
    assert.deepEqual(JSON.parse(await text(mf)), ["from Node", "value", "value"]);
  });

  test("a request brings, as a body that is a stream or a form", async (t) => {
    const mf = create(t, {
      script: worker(
        "return request.headers.get('content-type') ? [...await request.formData()] : [await read(request.body)];",
      ),
    });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("chunk"));
        controller.close();
      },
    });
    const streamed = await mf.dispatchFetch("http://localhost/", { method: "POST", body, duplex: "half" });
    assert.deepEqual(await streamed.json(), ["chunk"]);
    const sent = await mf.dispatchFetch("http://localhost/", { method: "POST", body: new URLSearchParams("a=b") });
    assert.deepEqual(await sent.json(), [["a", "b"]]);
  });

  test("Node asks of the global scope", async (t) => {
    const mf = create(t, { script: worker("return 1;") });
    const scope = await mf.getGlobalScope();
    assert.equal(typeof scope.URLPattern, "function");
    assert.equal(new scope.ReadableStream() instanceof scope.ReadableStream, true);
    assert.equal(Object.getOwnPropertyDescriptor(scope, "FormData").enumerable, false);
  });

  test("Node does with an object, outside of any request", async (t) => {
    const mf = create(t, {
      script: `export class Counter { constructor(state) { this.state = state; } async fetch() { return new Response("object"); } }
        export default { fetch() { return new Response("worker"); } }`,
      durableObjects: { COUNTER: "Counter" },
    });
    const namespace = await mf.getDurableObjectNamespace("COUNTER");
    const storage = await mf.getDurableObjectStorage(namespace.idFromName("a"));
    await storage.put("key", 1);
    assert.equal(await storage.get("key"), 1);
  });

  test("a worker does where its stack is at its end, and goes on working after", async (t) => {
    const found = await run(
      t,
      `let failures = 0;
      const dive = () => {
        try {
          new ReadableStream();
        } catch {
          failures++;
        }
        dive();
      };
      try {
        dive();
      } catch {}
      return [new ReadableStream() instanceof ReadableStream, await new Response("body").body.getReader().read().then(({ done }) => done)];`,
    );
    assert.deepEqual(found, [true, false]);
  });

  test("a worker of another memory limit does, for which V8 has other flags", async (t) => {
    const body =
      "return await read(new Response('abc').body.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip')));";
    assert.equal(await run(t, body, { heapLimitMb: 512 }), "abc");
    assert.equal(await run(t, body), "abc");
  });
});

test("instances made one after the other load what those before them used", async (t) => {
  const body = `const form = new FormData();
    form.append("name", "value");
    return [await read(new Response("abc").body), form.get("name"), new URLPattern({ pathname: "/:id" }).test("http://localhost/1")];`;
  for (let i = 0; i < 8; i++) assert.deepEqual(await run(t, body), ["abc", "value", true]);
});
