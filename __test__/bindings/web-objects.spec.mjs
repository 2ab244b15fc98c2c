// Tags: oracle, every-node
// Web objects in `bindings`, and as arguments and results of functions there: they are usable as what they are.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs, isOracle, Request } from "../support/miniflare.mjs";
import { deferred, evaluate, json, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";
import { serve } from "../support/server.mjs";

const REALM = "the class of Node's that Miniflare 2 gives workers is another one";
const FLAGS = {
  compatibilityFlags: [
    "formdata_parser_supports_files",
    "streams_enable_constructors",
    "transformstream_enable_standard_constructor",
  ],
};
const within = (t, bindings, body) => evaluate(t, body, { bindings, ...FLAGS });

const encode = (value) => new TextEncoder().encode(value);

/** A server that answers with method, type and body of what it got, the boundary left out. */
async function echo(t) {
  return serve(t, async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const type = request.headers["content-type"] ?? null;
    const boundary = /boundary=(.*)/.exec(type)?.[1];
    const body = Buffer.concat(chunks).toString();
    response.end(JSON.stringify([request.method, type?.split(";")[0] ?? null, body.replaceAll(boundary, "B")]));
  });
}

describe("a Blob in bindings", () => {
  const BLOB = () => new Blob(["some ", "text"], { type: "text/plain" });

  test("is the worker's own, with its size and type", async (t) => {
    const seen = await within(
      t,
      { BLOB: BLOB() },
      `return [env.BLOB instanceof Blob, env.BLOB.constructor === Blob, env.BLOB.size, env.BLOB.type, String(env.BLOB)];`,
    );
    assert.deepEqual(seen, [true, true, 9, "text/plain", "[object Blob]"]);
  });

  test("is read as text, bytes and stream, as often as one likes", async (t) => {
    const seen = await within(
      t,
      { BLOB: BLOB() },
      `const { BLOB } = env;
      return [await BLOB.text(), await BLOB.text(), (await BLOB.arrayBuffer()).byteLength,
        await new Response(BLOB.stream()).text()];`,
    );
    assert.deepEqual(seen, ["some text", "some text", 9, "some text"]);
  });

  test("is a body of responses and requests, with its type", async (t) => {
    const seen = await within(
      t,
      { BLOB: BLOB() },
      `const response = new Response(env.BLOB);
      const request = new Request("http://localhost/", { method: "POST", body: env.BLOB });
      return [response.headers.get("content-type"), await response.text(),
        request.headers.get("content-type"), await request.text()];`,
    );
    assert.deepEqual(seen, ["text/plain", "some text", "text/plain", "some text"]);
  });

  test("is what a worker answers with", async (t) => {
    const script = "export default { fetch: (request, env) => new Response(env.BLOB) }";
    const response = await create(t, { script, bindings: { BLOB: BLOB() } }).dispatchFetch(URL_ROOT);
    assert.equal(response.headers.get("content-type"), "text/plain");
    assert.equal(await response.text(), "some text");
  });

  test("is sent by fetch", async (t) => {
    const bindings = { BLOB: BLOB(), ECHO: await echo(t) };
    const seen = await within(
      t,
      bindings,
      `return (await fetch(env.ECHO, { method: "POST", body: env.BLOB })).json();`,
    );
    assert.deepEqual(seen, ["POST", "text/plain", "some text"]);
  });

  test("can be sliced, and put into other blobs and forms", async (t) => {
    const seen = await within(
      t,
      { BLOB: BLOB() },
      `const form = new FormData();
      form.set("file", env.BLOB, "name.txt");
      const joined = new Blob([env.BLOB.slice(5), "-", env.BLOB.slice(0, 4)]);
      return [await joined.text(), await joined.slice(2, 7).text(), form.get("file").name, await form.get("file").text()];`,
    );
    assert.deepEqual(seen, ["text-some", "xt-so", "name.txt", "some text"]);
  });

  test("has a structured clone", async (t) => {
    const seen = await within(
      t,
      { BLOB: BLOB() },
      `const clone = structuredClone(env.BLOB);
      return [clone === env.BLOB, clone.type, await clone.text()];`,
    );
    assert.deepEqual(seen, [false, "text/plain", "some text"]);
  });

  test("of many bytes is read whole", async (t) => {
    const bytes = new Uint8Array(3_000_001).map((_, index) => index % 251);
    const seen = await within(
      t,
      { BLOB: new Blob([bytes]) },
      `const bytes = new Uint8Array(await env.BLOB.arrayBuffer());
      const tail = new Uint8Array(await env.BLOB.slice(-2).arrayBuffer());
      return [bytes.length, bytes.every((byte, index) => byte === index % 251), [...tail]];`,
    );
    assert.deepEqual(seen, [bytes.length, true, [...bytes.slice(-2)]]);
  });

  test("of no bytes is empty", async (t) => {
    const seen = await within(
      t,
      { BLOB: new Blob([]) },
      `return [env.BLOB.size, await new Response(env.BLOB).text()];`,
    );
    assert.deepEqual(seen, [0, ""]);
  });

  test("is found in objects, lists and maps", async (t) => {
    const bindings = { DATA: { one: BLOB() }, LIST: [BLOB()], MAP: new Map([["one", BLOB().slice(0, 4)]]) };
    const seen = await within(
      t,
      bindings,
      `const blobs = [env.DATA.one, env.LIST[0], env.MAP.get("one")];
      return Promise.all(blobs.map((blob) => new Response(blob).text()));`,
    );
    assert.deepEqual(seen, ["some text", "some text", "some"]);
  });

  test("may be a File", differs(REALM), async (t) => {
    const FILE = new File(["file"], "name.txt", { type: "text/plain", lastModified: 5 });
    const seen = await within(
      t,
      { FILE },
      `const { FILE } = env;
      const clone = structuredClone(FILE);
      return [FILE instanceof File, FILE instanceof Blob, FILE.name, FILE.lastModified, await new Response(FILE).text(),
        clone instanceof File, clone.name, clone.lastModified, await clone.text()];`,
    );
    assert.deepEqual(seen, [true, true, "name.txt", 5, "file", true, "name.txt", 5, "file"]);
  });

  test("of a class that extends it keeps its methods", async (t) => {
    class Shouted extends Blob {
      async shout() {
        return `${await this.text()}!`;
      }
    }
    assert.equal(await within(t, { BLOB: new Shouted(["text"]) }, "return env.BLOB.shout();"), "text!");
  });
});

describe("a FormData in bindings", () => {
  function form() {
    const result = new FormData();
    result.set("field", "value");
    result.set("file", new File(["file"], "name.txt", { type: "text/plain" }));
    return result;
  }

  test("is a body of responses and requests", async (t) => {
    const seen = await within(
      t,
      { FORM: form() },
      `const request = new Request("http://localhost/", { method: "POST", body: env.FORM });
      const found = [];
      for (const message of [new Response(env.FORM), request]) {
        const form = await message.formData();
        found.push(form.get("field"), form.get("file").name, form.get("file").type, await form.get("file").text());
      }
      return found;`,
    );
    assert.deepEqual(seen, Array(2).fill(["value", "name.txt", "text/plain", "file"]).flat());
  });

  test("is sent by fetch", async (t) => {
    const bindings = { FORM: form(), ECHO: await echo(t) };
    const [method, type, body] = await within(
      t,
      bindings,
      `return (await fetch(env.ECHO, { method: "POST", body: env.FORM })).json();`,
    );
    assert.deepEqual([method, type], ["POST", "multipart/form-data"]);
    assert.match(body, /name="field"\r\n\r\nvalue\r\n.*filename="name\.txt"\r\nContent-Type: text\/plain\r\n\r\nfile/s);
  });

  test("is live: both sides see what the other appends", async (t) => {
    const FORM = form();
    const seen = await within(
      t,
      { FORM, add: () => FORM.append("outside", "1") },
      `env.FORM.append("inside", new File(["inside"], "inside.txt"));
      env.add();
      const copy = await new Response(env.FORM).formData();
      return [[...copy.keys()], await copy.get("inside").text()];`,
    );
    assert.deepEqual([seen[0].sort(), seen[1]], [["field", "file", "inside", "outside"], "inside"]);
    assert.equal(await FORM.get("inside").text(), "inside");
  });

  test("is an instance of FormData, and so are its files of File", differs(REALM), async (t) => {
    const seen = await within(
      t,
      { FORM: form() },
      `return [env.FORM instanceof FormData, env.FORM.get("file") instanceof File];`,
    );
    assert.deepEqual(seen, [true, true]);
  });
});

describe("URLSearchParams in bindings", () => {
  const PARAMS = () => new URLSearchParams("a=1&b=x y");
  const TYPE = "application/x-www-form-urlencoded;charset=UTF-8";

  test("are a body of responses and requests, with its type", async (t) => {
    const seen = await within(
      t,
      { PARAMS: PARAMS() },
      `const response = new Response(env.PARAMS);
      const request = new Request("http://localhost/", { method: "POST", body: env.PARAMS });
      return [response.headers.get("content-type"), await response.text(),
        request.headers.get("content-type"), await request.text()];`,
    );
    assert.deepEqual(seen, [TYPE, "a=1&b=x+y", TYPE, "a=1&b=x+y"]);
  });

  test("are sent by fetch", async (t) => {
    const bindings = { PARAMS: PARAMS(), ECHO: await echo(t) };
    const seen = await within(
      t,
      bindings,
      `return (await fetch(env.ECHO, { method: "POST", body: env.PARAMS })).json();`,
    );
    assert.deepEqual(seen, ["POST", TYPE.split(";")[0], "a=1&b=x+y"]);
  });

  test("are URLSearchParams, and live", async (t) => {
    const params = PARAMS();
    const seen = await within(
      t,
      { PARAMS: params, add: () => params.append("outside", "2") },
      `env.PARAMS.append("inside", "3");
      env.add();
      return [env.PARAMS instanceof URLSearchParams, String(env.PARAMS), new URLSearchParams(env.PARAMS).get("outside")];`,
    );
    assert.deepEqual(seen, [true, "a=1&b=x+y&inside=3&outside=2", "2"]);
    assert.equal(params.get("inside"), "3");
  });
});

describe("an AbortSignal in bindings", () => {
  const REASON = new Error("given up");

  test("is the worker's own, and is aborted when the original is, for the same reason", async (t) => {
    const controller = new AbortController();
    const bindings = { SIGNAL: controller.signal, abort: () => controller.abort(REASON), is: (one) => one === REASON };
    const seen = await within(
      t,
      bindings,
      `const { SIGNAL } = env;
      const heard = [];
      SIGNAL.addEventListener("abort", (event) => heard.push(event.type, event instanceof Event, event.target === SIGNAL));
      const before = [SIGNAL instanceof AbortSignal, SIGNAL instanceof EventTarget, SIGNAL.aborted];
      env.abort();
      return [before, SIGNAL.aborted, SIGNAL.reason.message, env.is(SIGNAL.reason), heard];`,
    );
    assert.deepEqual(seen, [[true, true, false], true, "given up", true, ["abort", true, true]]);
  });

  test("ends a fetch that is under way", async (t) => {
    const arrived = deferred();
    const server = await serve(t, () => arrived.resolve());
    const controller = new AbortController();
    const bindings = { SIGNAL: controller.signal, URL: server };
    const answer = within(
      t,
      bindings,
      `try { await fetch(env.URL, { signal: env.SIGNAL }); } catch ({ message }) { return message; }`,
    );
    await arrived.promise;
    controller.abort(REASON);
    assert.equal(await answer, "given up");
  });

  test("that was aborted before is aborted", async (t) => {
    const seen = await within(
      t,
      { SIGNAL: AbortSignal.abort(REASON), URL: URL_ROOT },
      `const { SIGNAL } = env;
      try { await fetch(env.URL, { signal: SIGNAL }); } catch ({ message }) { return [SIGNAL.aborted, message]; }`,
    );
    assert.deepEqual(seen, [true, "given up"]);
  });

  test("is taken by AbortSignal.any, requests, pipes and listeners", async (t) => {
    const controller = new AbortController();
    const bindings = { SIGNAL: controller.signal, abort: () => controller.abort(REASON) };
    const seen = await within(
      t,
      bindings,
      `const { SIGNAL } = env;
      const any = AbortSignal.any([SIGNAL, new AbortController().signal]);
      const request = new Request("http://localhost/", { signal: SIGNAL });
      const piped = new ReadableStream().pipeTo(new WritableStream(), { signal: SIGNAL }).catch(({ message }) => message);
      const target = new EventTarget();
      let heard = 0;
      target.addEventListener("ping", () => heard++, { signal: SIGNAL });
      target.dispatchEvent(new Event("ping"));
      env.abort();
      target.dispatchEvent(new Event("ping"));
      return [any.reason.message, request.signal.aborted, await piped, heard];`,
    );
    assert.deepEqual(seen, ["given up", true, "given up", 1]);
  });

  test("may be of AbortSignal.timeout", differs("its reason is an AbortError"), async (t) => {
    const make = () => AbortSignal.timeout(20);
    const seen = await within(
      t,
      { make },
      `const signal = env.make();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return [signal.reason.name, signal === env.make()];`,
    );
    assert.deepEqual(seen, ["TimeoutError", false]);
  });

  test("of an AbortController in bindings is aborted by it", async (t) => {
    const controller = new AbortController();
    const seen = await within(
      t,
      { controller },
      `const { signal } = env.controller;
      env.controller.abort(new RangeError("by the worker"));
      return [signal === env.controller.signal, signal.aborted, signal.reason instanceof RangeError];`,
    );
    assert.deepEqual(seen, [true, true, true]);
    assert.equal(controller.signal.reason.message, "by the worker");
  });

  test("reaches a listener whose signal has no other reference", differs("it is the signal itself"), async (t) => {
    let controller;
    const bindings = {
      make: () => {
        controller = new AbortController();
        return controller.signal;
      },
      abort: () => controller.abort(REASON),
    };
    const seen = await within(
      t,
      bindings,
      `const heard = [];
      env.make().addEventListener("abort", ({ target }) => heard.push(target.reason.message));
      const litter = new WeakRef({});
      for (let kept; litter.deref() !== undefined; kept = new Array(100_000).fill({})) await new Promise((resolve) => setTimeout(resolve));
      env.abort();
      return heard;`,
    );
    assert.deepEqual(seen, ["given up"]);
  });

  test("is that of a Request in bindings too", async (t) => {
    const controller = new AbortController();
    const bindings = {
      REQUEST: new Request(URL_ROOT, { signal: controller.signal, redirect: "manual", cf: { colo: "X" } }),
      abort: () => controller.abort(REASON),
    };
    const seen = await within(
      t,
      bindings,
      `const { signal, redirect, cf } = env.REQUEST;
      const before = signal.aborted;
      env.abort();
      return [before, signal.aborted, signal.reason.message, redirect, cf];`,
    );
    assert.deepEqual(seen, [false, true, "given up", "manual", { colo: "X" }]);
  });
});

describe("a CryptoKey in bindings", () => {
  const { subtle } = globalThis.crypto;
  const DATA = "new TextEncoder().encode('data')";

  test("has its type, algorithm and usages, and cannot be exported when it could not", async (t) => {
    const KEY = await subtle.importKey("raw", new Uint8Array(16), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const seen = await within(
      t,
      { KEY },
      `const { type, extractable, algorithm, usages } = env.KEY;
      const exported = await crypto.subtle.exportKey("raw", env.KEY).then(() => "exported", () => "refused");
      return [env.KEY instanceof CryptoKey, type, extractable, algorithm, usages, exported];`,
    );
    const algorithm = { name: "HMAC", hash: { name: "SHA-256" }, length: 128 };
    assert.deepEqual(seen, [true, "secret", false, algorithm, ["sign"], "refused"]);
  });

  test("of HMAC signs what Node verifies", async (t) => {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const KEY = await subtle.importKey("raw", encode("secret"), hmac, false, ["sign", "verify"]);
    const signed = await within(
      t,
      { KEY },
      `return [...new Uint8Array(await crypto.subtle.sign("HMAC", env.KEY, ${DATA}))];`,
    );
    assert.ok(await subtle.verify("HMAC", KEY, Uint8Array.from(signed), encode("data")));
  });

  for (const name of ["AES-GCM", "AES-CBC"]) {
    test(`of ${name} encrypts what Node decrypts`, async (t) => {
      const KEY = await subtle.generateKey({ name, length: 256 }, false, ["encrypt", "decrypt"]);
      const iv = new Uint8Array(name === "AES-GCM" ? 12 : 16);
      const encrypted = await within(
        t,
        { KEY, IV: iv },
        `const bytes = await crypto.subtle.encrypt({ name: "${name}", iv: env.IV }, env.KEY, ${DATA});
        return [...new Uint8Array(bytes)];`,
      );
      const decrypted = await subtle.decrypt({ name, iv }, KEY, Uint8Array.from(encrypted));
      assert.equal(new TextDecoder().decode(decrypted), "data");
    });
  }

  const PAIRS = {
    ECDSA: [
      { name: "ECDSA", namedCurve: "P-256" },
      { name: "ECDSA", hash: "SHA-256" },
    ],
    "RSA-PSS": [
      { name: "RSA-PSS", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: "SHA-256" },
      { name: "RSA-PSS", saltLength: 32 },
    ],
    Ed25519: [{ name: "Ed25519" }, { name: "Ed25519" }],
  };
  for (const [name, [generation, signing]] of Object.entries(PAIRS)) {
    test(`of ${name} signs what Node verifies, and verifies what Node signs`, {
      skip: isOracle && name === "Ed25519",
    }, async (t) => {
      const { publicKey, privateKey } = await subtle.generateKey(generation, false, ["sign", "verify"]);
      const bindings = { publicKey, privateKey, signing };
      bindings.signed = new Uint8Array(await subtle.sign(signing, privateKey, encode("data")));
      const [verified, signed, usages] = await within(
        t,
        bindings,
        `const { publicKey, privateKey, signing, signed } = env;
        const own = await crypto.subtle.sign(signing, privateKey, ${DATA});
        return [await crypto.subtle.verify(signing, publicKey, signed, ${DATA}), [...new Uint8Array(own)],
          [publicKey.usages, privateKey.usages]];`,
      );
      assert.deepEqual([verified, usages], [true, [["verify"], ["sign"]]]);
      assert.ok(await subtle.verify(signing, publicKey, Uint8Array.from(signed), encode("data")));
    });
  }

  test("derives what Node derives", async (t) => {
    const KEY = await subtle.importKey("raw", encode("password"), "PBKDF2", false, ["deriveBits"]);
    const algorithm = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8), iterations: 10 };
    const derived = await within(
      t,
      { KEY, algorithm },
      `return [...new Uint8Array(await crypto.subtle.deriveBits(env.algorithm, env.KEY, 128))];`,
    );
    assert.deepEqual(derived, [...new Uint8Array(await subtle.deriveBits(algorithm, KEY, 128))]);
  });

  test("agrees on a secret with a key of the worker", async (t) => {
    const ecdh = { name: "ECDH", namedCurve: "P-256" };
    const { publicKey, privateKey } = await subtle.generateKey(ecdh, false, ["deriveBits"]);
    const equal = await within(
      t,
      { publicKey, privateKey, ecdh },
      `const own = await crypto.subtle.generateKey(env.ecdh, false, ["deriveBits"]);
      const derive = async (key, other) =>
        String(new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, key, 256)));
      return await derive(own.privateKey, env.publicKey) === await derive(env.privateKey, own.publicKey);`,
    );
    assert.equal(equal, true);
  });
});

describe("streams in bindings", () => {
  const readable = (...chunks) =>
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });

  test("are readable, as bodies and by pipes", async (t) => {
    const bindings = { FIRST: readable(encode("fir"), encode("st")), SECOND: readable(encode("second")) };
    const seen = await within(
      t,
      bindings,
      `const { readable, writable } = new TransformStream();
      env.SECOND.pipeTo(writable);
      return [env.FIRST instanceof ReadableStream, await new Response(env.FIRST).text(), await new Response(readable).text()];`,
    );
    assert.deepEqual(seen, [true, "first", "second"]);
  });

  test("carry chunks of any kind", async (t) => {
    const call = (n) => 2 * n;
    const seen = await within(
      t,
      { STREAM: readable("text", { a: [1] }, undefined, null, 5, call) },
      `const chunks = [];
      for await (const chunk of env.STREAM) chunks.push(typeof chunk === "function" ? chunk(4) : chunk);
      return [chunks, 2 in chunks && chunks[2] === undefined];`,
    );
    assert.deepEqual(seen, [["text", { a: [1] }, null, null, 5, 8], true]);
  });

  test("of bytes fill a reader's buffer", async (t) => {
    const STREAM = new ReadableStream({
      type: "bytes",
      pull(controller) {
        controller.enqueue(encode("bytes"));
        controller.close();
      },
    });
    const seen = await within(
      t,
      { STREAM },
      `const { value } = await env.STREAM.getReader({ mode: "byob" }).read(new Uint8Array(10));
      return new TextDecoder().decode(value);`,
    );
    assert.equal(seen, "bytes");
  });

  test("tell their end why they are cancelled, and their reader what went wrong", async (t) => {
    let cancelled;
    const ENDLESS = new ReadableStream({ cancel: (reason) => void (cancelled = reason) });
    const BROKEN = new ReadableStream({
      pull() {
        throw new RangeError("broken");
      },
    });
    const seen = await within(
      t,
      { ENDLESS, BROKEN },
      `await env.ENDLESS.cancel("enough");
      try { await env.BROKEN.getReader().read(); } catch (error) { return [error instanceof RangeError, error.message]; }`,
    );
    assert.deepEqual(seen, [true, "broken"]);
    assert.equal(cancelled, "enough");
  });

  test("are writable, and the ends of pipes", async (t) => {
    const written = [];
    const sink = (name) =>
      new WritableStream({
        write: (chunk) =>
          void written.push([name, typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk)]),
        close: () => void written.push([name, "closed"]),
        abort: (reason) => void written.push([name, reason]),
      });
    const bindings = { WRITTEN: sink("written"), PIPED: sink("piped"), ABORTED: sink("aborted") };
    const seen = await within(
      t,
      bindings,
      `const writer = env.WRITTEN.getWriter();
      await writer.write("text");
      await writer.close();
      await new Response("body").body.pipeTo(env.PIPED);
      await env.ABORTED.abort("enough");
      return env.WRITTEN instanceof WritableStream;`,
    );
    assert.equal(seen, true);
    assert.deepEqual(written, [
      ["written", "text"],
      ["written", "closed"],
      ["piped", "body"],
      ["piped", "closed"],
      ["aborted", "enough"],
    ]);
  });

  test("transform what is piped through", async (t) => {
    const UPPER = new TransformStream({
      transform: (chunk, controller) => controller.enqueue(encode(new TextDecoder().decode(chunk).toUpperCase())),
    });
    const bindings = { UPPER, GZIP: new CompressionStream("gzip") };
    const seen = await within(
      t,
      bindings,
      `const unzip = new DecompressionStream("gzip");
      return new Response(new Response("body").body.pipeThrough(env.UPPER).pipeThrough(env.GZIP).pipeThrough(unzip)).text();`,
    );
    assert.equal(seen, "BODY");
  });

  test("that the worker hands back untouched are as they were", async (t) => {
    const STREAM = readable(encode("untouched"));
    let came;
    await within(t, { STREAM, give: (stream) => void (came = stream) }, "env.give(env.STREAM);");
    assert.equal(came, STREAM);
    assert.equal(STREAM.locked, false);
    assert.equal(await new Response(came).text(), "untouched");
  });
});

describe("a URL and Headers in bindings", () => {
  test("are taken wherever the worker's are", async (t) => {
    const bindings = { LINK: new URL("http://localhost/path?a=1"), HEADERS: new Headers({ "x-key": "value" }) };
    const seen = await within(
      t,
      bindings,
      `const { LINK, HEADERS } = env;
      return [LINK instanceof URL, new Request(LINK).url, LINK.searchParams.get("a"), new Headers(HEADERS).get("x-key"),
        new Response("", { headers: HEADERS }).headers.get("x-key")];`,
    );
    assert.deepEqual(seen, [true, "http://localhost/path?a=1", "1", "value", "value"]);
  });
});

describe("a web object that crosses twice", () => {
  test("is the same object", async (t) => {
    const { signal } = new AbortController();
    const key = await globalThis.crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"]);
    const objects = {
      blob: new Blob(["text"]),
      signal,
      key,
      form: new FormData(),
      readable: new ReadableStream(),
      writable: new WritableStream(),
    };
    const seen = await within(
      t,
      { ...objects, give: (name) => objects[name], is: (name, object) => objects[name] === object },
      `return ${JSON.stringify(Object.keys(objects))}.filter((name) =>
        env[name] !== env.give(name) || !env.is(name, env[name]));`,
    );
    assert.deepEqual(seen, []);
  });

  test("is the same object to Node", async (t) => {
    const seen = [];
    const missing = await within(
      t,
      { take: (object) => void seen.push(object), give: (index) => seen[index] },
      `const objects = [new Blob(["text"]), new AbortController().signal, AbortSignal.abort(), new ReadableStream(), new WritableStream()];
      for (const object of objects) env.take(object);
      for (const object of objects) env.take(object);
      return objects.filter((object, index) => env.give(index) !== object).length;`,
    );
    assert.equal(missing, 0);
    assert.equal(seen.length, 10);
    for (const [index, object] of seen.slice(5).entries()) assert.equal(object, seen[index]);
  });
});

describe("a web object that a worker gives to Node", () => {
  const given = async (t, expression, use) => {
    let result;
    const body = `return env.take(${expression});`;
    await within(t, { take: async (object) => void (result = await use(object)) }, body);
    return result;
  };

  test("is Node's own Blob or File", async (t) => {
    const use = async (file) => [
      file instanceof Blob,
      file.name,
      file.type,
      await file.text(),
      await new globalThis.Response(file).text(),
      await new Blob([file, "!"]).text(),
    ];
    const blob = await given(t, `new Blob(["a", "blob"], { type: "text/plain" })`, use);
    assert.deepEqual(blob, [true, undefined, "text/plain", "ablob", "ablob", "ablob!"]);
    const file = await given(t, `new File(["file"], "name.txt", { type: "text/plain" }).slice(0)`, use);
    assert.deepEqual(file.slice(0, 2), [true, undefined]);
    const named = await given(t, `new File(["file"], "name.txt")`, use);
    assert.deepEqual(named, [true, "name.txt", "", "file", "file", "file!"]);
  });

  test("is a Blob with what it has of Node's, which never left", async (t) => {
    const text = await evaluate(t, `return env.read(new Blob(["<", env.BLOB.slice(2, 6), ">"]));`, {
      bindings: { BLOB: new Blob(["a text"]), read: (blob) => blob.text() },
    });
    assert.equal(text, "<text>");
  });

  test("is a signal that Node's fetch and AbortSignal.any take, and follows the worker's", async (t) => {
    let any;
    const seen = await within(
      t,
      { any: (signal) => void (any = AbortSignal.any([signal])), reason: () => any.reason.message },
      `const controller = new AbortController();
      env.any(controller.signal);
      controller.abort(new Error("by the worker"));
      return env.reason();`,
    );
    assert.equal(seen, "by the worker");
    assert.ok(any.aborted);
  });

  test("is a stream that Node pipes, of any chunks", async (t) => {
    const chunks = await given(
      t,
      `new ReadableStream({ start(controller) { controller.enqueue("text"); controller.enqueue({ a: 1 }); controller.close(); } })`,
      async (stream) => {
        const chunks = [];
        for await (const chunk of stream) chunks.push(chunk);
        return JSON.stringify(chunks);
      },
    );
    assert.equal(chunks, `["text",{"a":1}]`);
    const seen = await within(
      t,
      { fill: (writable) => new globalThis.Response("from Node").body.pipeTo(writable) },
      `const { readable, writable } = new TransformStream();
      const filled = env.fill(writable);
      const text = await new Response(readable).text();
      await filled;
      return text;`,
    );
    assert.equal(seen, "from Node");
  });

  test("is a key that Node signs with", {
    skip: !toCryptoKey() && "Node makes no key at once before version 24",
  }, async (t) => {
    const signed = await given(
      t,
      `await crypto.subtle.importKey("raw", new Uint8Array(16), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])`,
      async (key) => [
        key instanceof CryptoKey,
        key.extractable,
        (await globalThis.crypto.subtle.sign("HMAC", key, new Uint8Array(1))).byteLength,
      ],
    );
    assert.deepEqual(signed, [true, false, 32]);
    const pair = await given(
      t,
      `await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])`,
      async ({ publicKey, privateKey }) => {
        const algorithm = { name: "ECDSA", hash: "SHA-256" };
        const signature = await globalThis.crypto.subtle.sign(algorithm, privateKey, new Uint8Array(1));
        return globalThis.crypto.subtle.verify(algorithm, publicKey, signature, new Uint8Array(1));
      },
    );
    assert.equal(pair, true);
  });

  test(
    "is a request with its signal, redirect mode and cf",
    differs("Node's classes know nothing of those of Miniflare 2"),
    async (t) => {
      const seen = await within(
        t,
        {
          look(request, abort) {
            const before = request.signal.aborted;
            abort();
            return [before, request.signal.aborted, request.redirect, request.cf];
          },
        },
        `const controller = new AbortController();
      const request = new Request("http://localhost/", { signal: controller.signal, redirect: "manual", cf: { colo: "X" } });
      return env.look(request, () => controller.abort());`,
      );
      assert.deepEqual(seen, [false, true, "manual", { colo: "X" }]);
    },
  );

  test("comes out of module exports as well", async (t) => {
    const script = `export const blob = new Blob(["exported"]);
    export const controller = new AbortController();
    export default { fetch: () => new Response("aborted: " + controller.signal.aborted) }`;
    const mf = create(t, { script });
    const { blob, controller } = await mf.getModuleExports();
    assert.equal(await new globalThis.Response(blob).text(), "exported");
    const any = AbortSignal.any([controller.signal]);
    controller.abort();
    assert.equal(any.aborted, true);
    assert.equal(await text(mf), "aborted: true");
  });
});

describe("web objects after a reload", () => {
  test("of Node are bound again, and follow again", async (t) => {
    const controller = new AbortController();
    const script = `export default { fetch: async (request, env) => Response.json([await env.BLOB.text(), env.SIGNAL.aborted]) }`;
    const mf = create(t, { script, bindings: { BLOB: new Blob(["text"]), SIGNAL: controller.signal } });
    assert.deepEqual(await json(mf), ["text", false]);
    await mf.reload();
    controller.abort();
    assert.deepEqual(await json(mf), ["text", true]);
  });
});

function toCryptoKey() {
  return isOracle || Number.parseInt(process.versions.node, 10) >= 24;
}
