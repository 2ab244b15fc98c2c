// Tags: oracle, every-node
// The global scope of a worker: every name it has, what those names are, and what is not there.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { evaluate, json } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const words = (text) => text.trim().split(/\s+/);

const MODERN = { compatibilityDate: "2023-05-18" };

const WEB = words(`
  console setTimeout setInterval clearTimeout clearInterval queueMicrotask scheduler atob btoa crypto CryptoKey
  TextDecoder TextEncoder fetch Headers Request Response FormData Blob File URL URLSearchParams URLPattern
  ReadableStream WritableStream TransformStream ReadableStreamBYOBReader ReadableStreamDefaultReader
  WritableStreamDefaultWriter ByteLengthQueuingStrategy CountQueuingStrategy IdentityTransformStream
  FixedLengthStream CompressionStream DecompressionStream TextEncoderStream TextDecoderStream Event EventTarget
  AbortController AbortSignal FetchEvent ScheduledEvent DOMException WorkerGlobalScope structuredClone
  addEventListener removeEventListener dispatchEvent
`);

const GATED = words(`
  navigator Navigator ReadableByteStreamController ReadableStreamBYOBRequest ReadableStreamDefaultController
  WritableStreamDefaultController TransformStreamDefaultController
`);

const LANGUAGE = words(`
  Object Function Array Number Boolean String Symbol BigInt Date Promise RegExp Error AggregateError EvalError
  RangeError ReferenceError SyntaxError TypeError URIError JSON Math Intl ArrayBuffer Atomics BigInt64Array
  BigUint64Array DataView Float32Array Float64Array Int8Array Int16Array Int32Array Map Set SharedArrayBuffer
  Uint8Array Uint8ClampedArray Uint16Array Uint32Array WeakMap WeakSet WeakRef FinalizationRegistry Proxy Reflect
  globalThis eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI encodeURIComponent
  escape unescape Infinity NaN undefined WebAssembly
`);

const ABSENT = words(`
  Deno process Buffer require module exports __filename __dirname setImmediate clearImmediate __bootstrap bootstrap
  primordials internalBinding window document XMLHttpRequest localStorage sessionStorage importScripts SharedWorker
  Worker MessageChannel BroadcastChannel EventSource gc ServiceWorkerGlobalScope reportError
`);

const missing = (t, names, options) =>
  evaluate(t, `return ${JSON.stringify(names)}.filter((name) => !(name in globalThis));`, options);

describe("the global scope", () => {
  test("has every name of the web standards", async (t) => {
    assert.deepEqual(await missing(t, WEB), []);
    assert.deepEqual(await missing(t, [...WEB, ...GATED], MODERN), []);
  });

  test("has what hid behind a flag, whatever the date", differs("flags hide them"), async (t) => {
    assert.deepEqual(await missing(t, GATED), []);
  });

  test("has every name of the language", async (t) => {
    assert.deepEqual(await missing(t, LANGUAGE), []);
  });

  test("has ErrorEvent, as sockets need it", differs("it has none"), async (t) => {
    assert.deepEqual(await missing(t, ["ErrorEvent"]), []);
  });

  test("has nothing of a host", async (t) => {
    const seen = await evaluate(
      t,
      `return ${JSON.stringify(ABSENT)}.filter((name) => globalThis[name] !== undefined);`,
    );
    assert.deepEqual(seen, []);
  });

  test("says what it is", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `return [MINIFLARE, navigator.userAgent, globalThis === self,
      self.self === globalThis];`,
        MODERN,
      ),
      [true, "Cloudflare-Workers", true, true],
    );
  });

  test("is an instance of its class", differs("its prototype chain is the context's"), async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      return [globalThis instanceof WorkerGlobalScope, globalThis instanceof EventTarget];`,
      ),
      [true, true],
    );
  });

  test("names its classes and functions", async (t) => {
    const names = WEB.filter((name) => /^[A-Z]/.test(name));
    const seen = await evaluate(
      t,
      `return ${JSON.stringify(names)}.filter((name) =>
      typeof globalThis[name] !== "function" || globalThis[name].name !== name);`,
      MODERN,
    );
    assert.deepEqual(seen, []);
  });

  test("can be extended, and its names replaced", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      globalThis.added = 1;
      globalThis.btoa = () => "replaced";
      return [added, btoa("x"), "added" in globalThis, delete globalThis.added, "added" in globalThis];`,
      ),
      [1, "replaced", true, true, false],
    );
  });

  test("is the same in both formats", async (t) => {
    const names = JSON.stringify([...WEB, ...LANGUAGE, ...ABSENT]);
    const list = `${names}.filter((name) => globalThis[name] !== undefined)`;
    const service = `addEventListener("fetch", (event) => event.respondWith(Response.json(${list})));`;
    assert.deepEqual(await json(create(t, { script: service })), await evaluate(t, `return ${list};`));
  });
});

describe("the global scope as the target of events", differs("dispatchEvent fails on the scope"), () => {
  test("is the target, and while listeners run the current one", async (t) => {
    const source = `
      const seen = [];
      const event = new Event("probe");
      addEventListener("probe", ({ target, currentTarget }) => seen.push(target === self, currentTarget === self));
      dispatchEvent(event);
      return [...seen, event.target === self, event.currentTarget];`;
    assert.deepEqual(await evaluate(t, source), [true, true, true, null]);
  });

  test("has the current target taken back when a listener throws", async (t) => {
    const source = `
      const event = new Event("probe");
      addEventListener("probe", () => {
        throw new RangeError("of a listener");
      });
      try {
        dispatchEvent(event);
      } catch (error) {
        return [error.message, event.currentTarget];
      }`;
    assert.deepEqual(await evaluate(t, source), ["of a listener", null]);
  });
});

describe("code from strings", () => {
  const ways = {
    eval: `eval("1 + 1")`,
    "indirect eval": `(0, eval)("1 + 1")`,
    Function: `new Function("return 1")()`,
    GeneratorFunction: `new (Object.getPrototypeOf(function* () {}).constructor)("yield 1")`,
    AsyncFunction: `new (Object.getPrototypeOf(async () => {}).constructor)("return 1")`,
    "a constructor's constructor": `[].constructor.constructor("return globalThis")()`,
  };
  for (const [name, expression] of Object.entries(ways)) {
    test(`is refused: ${name}`, async (t) => {
      const seen = await evaluate(
        t,
        `try { return [${expression}]; } catch ({ name, message }) { return [name, message]; }`,
      );
      assert.deepEqual(seen, ["EvalError", "Code generation from strings disallowed for this context"]);
    });
  }
});

describe("the language", () => {
  test("has its data for other languages", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `return [
      new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(1234.5).replace(/\\s/g, " "),
      new Intl.DateTimeFormat("de", { dateStyle: "long", timeZone: "UTC" }).format(new Date(0)),
      ["z", "ä", "a"].sort(new Intl.Collator("de").compare).join(""),
      "İ".toLocaleLowerCase("tr"), "a\\u0308".normalize("NFC"),
      new Intl.PluralRules("ar").select(3), new Date(0).toLocaleString("en-GB", { timeZone: "Asia/Tokyo" }),
      /\\p{Script=Greek}/u.test("ω")];`,
      ),
      ["1.234,50 €", "1. Januar 1970", "aäz", "i", "ä", "few", "01/01/1970, 09:00:00", true],
    );
  });

  test("collects garbage and lets go of it", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const ref = new WeakRef({ a: 1 });
      const registry = new FinalizationRegistry(() => {});
      registry.register({}, "held");
      let total = 0;
      for (let n = 0; n < 2000; n++) total += new Uint8Array(100_000).length;
      return [typeof ref.deref, total];`,
      ),
      ["function", 200_000_000],
    );
  });

  test("shares no memory it should not, but has SharedArrayBuffer and Atomics", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const view = new Int32Array(new SharedArrayBuffer(8));
      Atomics.add(view, 0, 5);
      return [Atomics.load(view, 0), view.buffer instanceof SharedArrayBuffer];`,
      ),
      [5, true],
    );
  });
});
