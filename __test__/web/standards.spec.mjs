// Tags: oracle, every-node
// The list of web standards, bullet by bullet and name by name, each doing something real, in both formats of workers;
// and the samples about instanceof, word for word.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs, isOracle, Miniflare } from "../support/miniflare.mjs";
import { deepEqualOutside, evaluate, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const HELPERS = `
const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) => [...new Uint8Array(buffer)].map((one) => one.toString(16).padStart(2, "0")).join("");
const collect = async (stream) => { const all = []; for await (const one of stream) all.push(one); return all; };
const streamOf = (...chunks) => new ReadableStream({ start(c) { chunks.forEach((one) => c.enqueue(one)); c.close(); } });
const byteStream = (...lists) => new ReadableStream({ type: "bytes", pull(c) {
  const next = lists.shift();
  if (next) c.enqueue(new Uint8Array(next)); else { c.close(); c.byobRequest?.respond(0); }
} });`;

const FORMATS = {
  "a module worker": (body) =>
    `export default { async fetch(request, env, ctx) { return Response.json(await (async () => { ${body} })()); } }`,
  "a service worker": (body) =>
    `addEventListener("fetch", (event) => event.respondWith((async () => { const { request } = event; return Response.json(await (async () => { ${body} })()); })()));`,
};

/** The name, what it does, and what that gives. */
const BULLETS = {
  Console: [["console.*", `console.debug(); return Object.keys(console).includes("log");`, true]],
  Timers: [
    ["setTimeout", `return new Promise((resolve) => setTimeout(resolve, 1, "later"));`, "later"],
    [
      "setInterval, clearInterval",
      `let n = 0; return new Promise((resolve) => { const id = setInterval(() => { if (++n === 3) { clearInterval(id); resolve(n); } }, 1); });`,
      3,
    ],
    [
      "clearTimeout",
      `let ran = false; clearTimeout(setTimeout(() => { ran = true; }, 1)); await new Promise((resolve) => setTimeout(resolve, 5)); return ran;`,
      false,
    ],
    ["queueMicrotask", `return new Promise((resolve) => queueMicrotask(() => resolve("soon")));`, "soon"],
    [
      "AbortSignal.timeout",
      `const signal = AbortSignal.timeout(1); await new Promise((resolve) => signal.addEventListener("abort", resolve)); return signal.aborted;`,
      true,
    ],
    ["scheduler.wait", `return (await scheduler.wait(1)) === undefined;`, true],
  ],
  Base64: [
    ["atob", `return atob("aGVsbG8=");`, "hello"],
    ["btoa", `return btoa("hello");`, "aGVsbG8="],
  ],
  "Web Crypto": [
    ["crypto.getRandomValues", `return crypto.getRandomValues(new Uint8Array(32)).some((one) => one !== 0);`, true],
    ["crypto.randomUUID", `return crypto.randomUUID() !== crypto.randomUUID() && crypto.randomUUID().length;`, 36],
    [
      "crypto.subtle.*",
      `const key = await crypto.subtle.importKey("raw", bytes("key"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]); return hex(await crypto.subtle.sign("HMAC", key, bytes("data"))).slice(0, 16);`,
      "5031fe3d989c6d15",
    ],
    [
      "MD5 digests",
      `return hex(await crypto.subtle.digest("MD5", bytes("test")));`,
      "098f6bcd4621d373cade4e832627b4f6",
    ],
    [
      "NODE-ED25519 signatures",
      `const algorithm = { name: "NODE-ED25519", namedCurve: "NODE-ED25519" }; const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]); const signature = await crypto.subtle.sign(algorithm, keys.privateKey, bytes("data")); return [signature.byteLength, await crypto.subtle.verify(algorithm, keys.publicKey, signature, bytes("data"))];`,
      [64, true],
    ],
    [
      "crypto.DigestStream",
      `const stream = new crypto.DigestStream("SHA-1"); await new Response("test").body.pipeTo(stream); return hex(await stream.digest);`,
      "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
    ],
  ],
  Encoding: [
    ["TextEncoder", `return [...new TextEncoder().encode("é")];`, [195, 169]],
    ["TextDecoder", `return new TextDecoder("utf-16le").decode(new Uint8Array([104, 0, 105, 0]));`, "hi"],
  ],
  Fetch: [
    ["fetch", `return fetch("nonsense://x").then(() => "fetched", (error) => error.name);`, "TypeError"],
    [
      "Headers",
      `const headers = new Headers({ B: "2" }); headers.append("a", "1"); return [...headers];`,
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    [
      "Headers, its getAll method",
      `const headers = new Headers(); headers.append("set-cookie", "a=1"); headers.append("Set-Cookie", "b=2"); return headers.getAll("set-cookie");`,
      ["a=1", "b=2"],
    ],
    [
      "Request",
      `const made = new Request("http://a/b", { method: "PUT", body: "text", cf: { key: 1 } }); return [made.method, made.url, await made.text(), made.cf];`,
      ["PUT", "http://a/b", "text", { key: 1 }],
    ],
    [
      "Response",
      `const made = new Response("text", { status: 201, headers: { a: "1" } }); return [made.status, made.ok, made.headers.get("a"), await made.text()];`,
      [201, true, "1", "text"],
    ],
    [
      "FormData",
      `const form = new FormData(); form.append("a", "1"); form.append("f", new File(["content"], "f.txt")); const back = await new Response(form).formData(); return [back.get("a"), back.get("f").name, await back.get("f").text()];`,
      ["1", "f.txt", "content"],
    ],
    [
      "Blob",
      `const blob = new Blob(["ab", "cd"], { type: "text/x" }); return [blob.size, blob.type, await blob.slice(1, 3).text()];`,
      [4, "text/x", "bc"],
    ],
    [
      "File",
      `const file = new File(["ab"], "name.txt", { lastModified: 5 }); return [file.name, file.lastModified, file instanceof Blob, await file.text()];`,
      ["name.txt", 5, true, "ab"],
    ],
    [
      "URL",
      `const url = new URL("../c?d=e#f", "http://a/b/x/"); return [url.href, url.searchParams.get("d")];`,
      ["http://a/b/c?d=e#f", "e"],
    ],
    [
      "URLPattern",
      `return new URLPattern({ pathname: "/users/:id" }).exec("http://a/users/7").pathname.groups.id;`,
      "7",
    ],
    [
      "URLSearchParams",
      `const params = new URLSearchParams("b=1&a=2"); params.sort(); params.append("c", "x y"); return String(params);`,
      "a=2&b=1&c=x+y",
    ],
  ],
  Streams: [
    ["ByteLengthQueuingStrategy", `return new ByteLengthQueuingStrategy({ highWaterMark: 9 }).size(bytes("abc"));`, 3],
    [
      "CountQueuingStrategy",
      `const strategy = new CountQueuingStrategy({ highWaterMark: 2 }); return [strategy.highWaterMark, strategy.size("anything")];`,
      [2, 1],
    ],
    [
      "ReadableByteStreamController",
      `let is; new ReadableStream({ type: "bytes", start(c) { is = c instanceof ReadableByteStreamController; } }); return is;`,
      true,
    ],
    [
      "ReadableStream",
      `const [one, two] = streamOf("a", "b").tee(); return [await collect(one), await collect(two)];`,
      [
        ["a", "b"],
        ["a", "b"],
      ],
    ],
    [
      "ReadableStreamBYOBReader",
      `const reader = byteStream([1, 2, 3]).getReader({ mode: "byob" }); const { value } = await reader.read(new Uint8Array(2)); return [reader instanceof ReadableStreamBYOBReader, [...value]];`,
      [true, [1, 2]],
    ],
    [
      "ReadableStreamBYOBReader, its readAtLeast method",
      `const reader = byteStream([1], [2], [3]).getReader({ mode: "byob" }); const { value, done } = await reader.readAtLeast(3, new Uint8Array(4)); return [[...value], done];`,
      [[1, 2, 3], false],
    ],
    [
      "ReadableStreamBYOBRequest",
      `let is; const stream = new ReadableStream({ type: "bytes", pull(c) { is = c.byobRequest instanceof ReadableStreamBYOBRequest; c.byobRequest.view[0] = 7; c.byobRequest.respond(1); } }); const { value } = await stream.getReader({ mode: "byob" }).read(new Uint8Array(2)); return [is, [...value]];`,
      [true, [7]],
    ],
    [
      "ReadableStreamDefaultController",
      `let is; new ReadableStream({ start(c) { is = c instanceof ReadableStreamDefaultController; } }); return is;`,
      true,
    ],
    [
      "ReadableStreamDefaultReader",
      `const reader = streamOf("a").getReader(); return [reader instanceof ReadableStreamDefaultReader, await reader.read()];`,
      [true, { value: "a", done: false }],
    ],
    [
      "TransformStream",
      `const double = new TransformStream({ transform: (one, c) => c.enqueue(one * 2) }); return collect(streamOf(1, 2).pipeThrough(double));`,
      [2, 4],
    ],
    [
      "TransformStreamDefaultController",
      `let is; new TransformStream({ start(c) { is = c instanceof TransformStreamDefaultController; } }); return is;`,
      true,
    ],
    [
      "WritableStream",
      `const seen = []; await streamOf("a", "b").pipeTo(new WritableStream({ write: (one) => void seen.push(one), close: () => void seen.push("end") })); return seen;`,
      ["a", "b", "end"],
    ],
    [
      "WritableStreamDefaultController",
      `let is; new WritableStream({ start(c) { is = c instanceof WritableStreamDefaultController; } }); return is;`,
      true,
    ],
    [
      "WritableStreamDefaultWriter",
      `const writer = new WritableStream().getWriter(); await writer.write(1); await writer.close(); return writer instanceof WritableStreamDefaultWriter;`,
      true,
    ],
    [
      "IdentityTransformStream",
      `const { readable, writable } = new IdentityTransformStream(); const writer = writable.getWriter(); const written = writer.write(bytes("same")).then(() => writer.close()); const answer = await new Response(readable).text(); await written; return answer;`,
      "same",
    ],
    ["FixedLengthStream", `return new Response(new FixedLengthStream(3).readable).headers.get("content-length");`, "3"],
    [
      "CompressionStream, DecompressionStream",
      `const small = await new Response(new Response("a".repeat(1000)).body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer(); const back = new Response(small).body.pipeThrough(new DecompressionStream("gzip")); return [small.byteLength < 100, (await new Response(back).text()).length];`,
      [true, 1000],
    ],
    [
      "TextEncoderStream",
      `return (await collect(streamOf("é").pipeThrough(new TextEncoderStream()))).map((one) => [...one]);`,
      [[195, 169]],
    ],
    [
      "TextDecoderStream",
      `return (await collect(streamOf(new Uint8Array([195]), new Uint8Array([169])).pipeThrough(new TextDecoderStream()))).join("");`,
      "é",
    ],
  ],
  Events: [
    [
      "Event",
      `const event = new Event("x", { cancelable: true }); event.preventDefault(); return [event.type, event.defaultPrevented];`,
      ["x", true],
    ],
    [
      "EventTarget",
      `const target = new EventTarget(); let seen; target.addEventListener("x", (event) => { seen = event.type; }); target.dispatchEvent(new Event("x")); return seen;`,
      "x",
    ],
    [
      "AbortController",
      `const controller = new AbortController(); controller.abort("why"); return controller.signal.reason;`,
      "why",
    ],
    [
      "AbortSignal",
      `return [AbortSignal.abort().aborted, new AbortController().signal instanceof AbortSignal];`,
      [true, true],
    ],
  ],
  Misc: [
    [
      "structuredClone",
      `const map = new Map([[1, { a: new Date(0) }]]); const copy = structuredClone(map); return [copy !== map, copy.get(1).a.getTime()];`,
      [true, 0],
    ],
    ["navigator", `return navigator.userAgent;`, "Cloudflare-Workers"],
  ],
};

for (const [format, scriptOf] of Object.entries(FORMATS)) {
  for (const [bullet, names] of Object.entries(BULLETS)) {
    describe(`${bullet}, in ${format}:`, () => {
      for (const [name, body, expected] of names) {
        const options = name === "NODE-ED25519 signatures" ? differs("its sign and verify know only the new name") : {};
        test(name, options, async (t) => {
          const modules = format === "a module worker";
          const mf = create(t, { modules, script: HELPERS + scriptOf(body), compatibilityDate: "2023-05-18" });
          const response = await mf.dispatchFetch(URL_ROOT);
          assert.deepEqual(await response.json(), expected);
        });
      }
    });
  }
}

test("Names: functions have those that users read, not those of a bundle", async (t) => {
  const renamed = await evaluate(
    t,
    `const renamed = [], seen = new Set();
    const look = (path, value) => {
      if (Object(value) !== value || seen.has(value)) return;
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) {
        const { value: held, get, set } = Object.getOwnPropertyDescriptor(value, key);
        for (const one of [held, get, set]) {
          if (typeof one === "function" && /\\w\\$\\d+$/.test(one.name)) renamed.push(path + "." + String(key));
          look(path + "." + String(key), one);
        }
      }
    };
    look("globalThis", globalThis);
    return { renamed, looked: seen.size > 500 };`,
  );
  assert.deepEqual(renamed, { renamed: [], looked: true });
});

describe("Event types:", () => {
  const events = async (t, script, options = {}) => {
    const seen = [];
    const mf = create(t, { script, globals: { seen: (...values) => void seen.push(...values) }, ...options });
    return { mf, seen };
  };

  test("fetch", async (t) => {
    const { mf } = await events(
      t,
      `addEventListener("fetch", (event) => event.respondWith(new Response(event.type)));`,
    );
    assert.equal(await text(mf), "fetch");
  });

  test("scheduled", async (t) => {
    const { mf, seen } = await events(t, `addEventListener("scheduled", (event) => seen(event.type, event.cron));`);
    await mf.dispatchScheduled(0, "* * * * *");
    assert.deepEqual(seen, ["scheduled", "* * * * *"]);
  });

  const REJECTS = `
    addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      seen(event.type, event.reason.message);
      event.promise.catch(() => {});
    });
    addEventListener("rejectionhandled", (event) => seen(event.type, event.promise instanceof Promise));`;
  const done = async (seen) => {
    while (seen.length < 4) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(seen, ["unhandledrejection", "nobody caught it", "rejectionhandled", true]);
  };

  test(
    "unhandledrejection and rejectionhandled, in a service worker",
    differs("Node's process must be told"),
    async (t) => {
      const answer = `Promise.reject(new Error("nobody caught it")); event.respondWith(new Response("answered"));`;
      const { mf, seen } = await events(t, `${REJECTS} addEventListener("fetch", (event) => { ${answer} });`);
      assert.equal(await text(mf), "answered");
      await done(seen);
    },
  );

  test(
    "unhandledrejection and rejectionhandled, in a module worker",
    differs("Node's process must be told"),
    async (t) => {
      const handler = `fetch() { Promise.reject(new Error("nobody caught it")); return new Response("answered"); }`;
      const { mf, seen } = await events(t, `${REJECTS} export default { ${handler} };`);
      assert.equal(await text(mf), "answered");
      await done(seen);
    },
  );
});

// The documentation's own code.
const sample = () =>
  new Miniflare({
    bindings: {
      OBJECT: { a: 1 },
      ARRAY: new Uint8Array([1, 2, 3]),
    },
    modules: true,
    script: `
export default {
async fetch(request, env, ctx) {
console.log({ a: 1 } instanceof Object); // ✅ true
console.log(new Uint8Array([1, 2, 3]) instanceof Object); // ✅ true
console.log({ a: 1 }.constructor === Object); // ✅ true
console.log(Object.getPrototypeOf({ a: 1 }) === Object.prototype); // ✅ true
console.log(env.OBJECT instanceof Object); // ✅ true
console.log(env.ARRAY instanceof Object); // ✅ true
console.log(env.OBJECT.constructor === Object); // ❌ false
console.log(Object.getPrototypeOf(env.OBJECT) === Object.prototype); // ❌ false
throw new Error("oops!");
}
}
`,
  });

describe("the sample about instanceof", () => {
  const run = async (t) => {
    const lines = [];
    t.mock.method(console, "log", (value) => void lines.push(value));
    const mf = sample();
    t.after(() => mf.dispose());
    const error = await rejection(mf.dispatchFetch("http://localhost"));
    return { lines, error };
  };

  test("has true where it says so, inside", async (t) => {
    const { lines } = await run(t);
    assert.deepEqual(lines.slice(0, 6), [true, true, true, true, true, true]);
    // What it marks as failing holds as well here.
    assert.deepEqual(lines.slice(6), isOracle ? [false, false] : [true, true]);
  });

  test("gives an error that tests can recognise, outside", async (t) => {
    const { error } = await run(t);
    assert.equal(error instanceof Error, !isOracle);
    assert.equal(error.message, "oops!");
  });
});

describe("primitive classes passed in as globals", () => {
  const classes = {
    Object,
    Function,
    Array,
    Promise,
    RegExp,
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  };
  const values = {
    Object: "new Object()",
    Function: "(() => {})",
    Array: "new Array()",
    Promise: "new Promise(() => {})",
    RegExp: 'new RegExp("x")',
  };

  for (const [name, Class] of Object.entries(classes)) {
    test(
      `${name}: what the worker makes is one outside, in each instance and after a reload`,
      differs("it works once per process"),
      async (t) => {
        const value = values[name] ?? `new ${name}("oops!")`;
        const script = `export default { fetch() { report(${value}, ${value} instanceof ${name}); return new Response(); } }`;
        const seen = [];
        const report = (made, inside) => void seen.push(made instanceof Class, inside);
        const options = { script, globals: { [name]: Class, report } };
        const [first, second] = [create(t, options), create(t, options)];
        await first.dispatchFetch(URL_ROOT);
        await second.dispatchFetch(URL_ROOT);
        await first.reload();
        await first.dispatchFetch(URL_ROOT);
        assert.deepEqual(seen, [true, true, true, true, true, true]);
        assert.equal(Object.hasOwn(Class, Symbol.hasInstance), false);
      },
    );
  }

  test("the sample: an error thrown in the worker is an Error in the test", async (t) => {
    const mf = create(t, {
      globals: { Error },
      modules: true,
      script: `
export default {
async fetch(request, env, ctx) {
throw new Error("oops!");
}
}
`,
    });
    const error = await rejection(mf.dispatchFetch("http://localhost"));
    assert.ok(error instanceof Error);
    assert.equal(error.message, "oops!");
  });
});

describe("what a worker throws arrives as it was:", () => {
  const thrown = (t, source, format) => {
    const modules = format === "module";
    const script = modules
      ? `export default { async fetch() { ${source} } }`
      : `addEventListener("fetch", (event) => event.respondWith((async () => { ${source} })()));`;
    return rejection(create(t, { modules, script }).dispatchFetch(URL_ROOT));
  };

  for (const format of ["module", "service worker"]) {
    test(`an error with a cause and properties (${format})`, async (t) => {
      const error = await thrown(
        t,
        `throw Object.assign(new RangeError("outer", { cause: new TypeError("inner") }), { status: 404 });`,
        format,
      );
      assert.deepEqual([error.name, error.message, error.status], ["RangeError", "outer", 404]);
      assert.deepEqual([error.cause.name, error.cause.message], ["TypeError", "inner"]);
      if (!isOracle) assert.ok(error instanceof RangeError && error.cause instanceof TypeError);
    });

    test(`a subclass of Error (${format})`, async (t) => {
      const source = `class NotFound extends Error { name = "NotFound"; code = 7; } throw new NotFound("gone");`;
      const error = await thrown(t, source, format);
      assert.deepEqual([error.name, error.message, error.code], ["NotFound", "gone", 7]);
    });

    test(`an AggregateError (${format})`, async (t) => {
      const error = await thrown(
        t,
        `await Promise.any([Promise.reject(new URIError("one")), Promise.reject("two")]);`,
        format,
      );
      assert.equal(error.name, "AggregateError");
      assert.deepEqual([error.errors[0].name, error.errors[0].message, error.errors[1]], ["URIError", "one", "two"]);
    });

    test(`a DOMException (${format})`, async (t) => {
      const error = await thrown(t, `AbortSignal.abort().throwIfAborted();`, format);
      assert.deepEqual([error.name, error.code], ["AbortError", 20]);
      if (!isOracle) assert.ok(error instanceof DOMException);
    });

    test(`a plain object, a string, null (${format})`, async (t) => {
      deepEqualOutside(await thrown(t, `throw { status: 500, list: [1] };`, format), { status: 500, list: [1] });
      assert.equal(await thrown(t, `throw "text";`, format), "text");
      assert.equal(await thrown(t, `throw null;`, format), null);
    });
  }

  test("undefined", differs("it takes undefined for no error"), async (t) => {
    assert.equal(await thrown(t, `throw undefined;`, "module"), undefined);
    assert.equal(await thrown(t, `throw undefined;`, "service worker"), undefined);
  });
});
