// Tags: oracle, every-node
// Bodies both ways: as they are made and read, at the pace of the slower side; compressed ones; and their ends.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import zlib from "node:zlib";
import { create, differs } from "../support/miniflare.mjs";
import { evaluate, URL_ROOT } from "../support/dispatch.mjs";
import { serve, serveText } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const MODERN = { compatibilityDate: "2023-05-18" };
const MEGABYTE = 1024 * 1024;

describe("a response's body", () => {
  test("can be read while the server still makes it", async (t) => {
    let proceed;
    const read = new Promise((resolve) => (proceed = resolve));
    const origin = await serve(t, async (request, response) => {
      if (request.url === "/go") return response.end(proceed());
      response.write("one");
      await read;
      response.end("two");
    });
    const seen = await evaluate(
      t,
      `
      const response = await fetch("${origin}/");
      const reader = response.body.getReader();
      const decode = ({ value }) => new TextDecoder().decode(value);
      const first = decode(await reader.read());
      await fetch("${origin}/go");
      return [first, decode(await reader.read()), (await reader.read()).done];`,
    );
    assert.deepEqual(seen, ["one", "two", true]);
  });

  test("is what the server sent, however large", async (t) => {
    const bytes = Buffer.alloc(8 * MEGABYTE, "0123456789abcdef-");
    const origin = await serve(t, (_, response) => response.end(bytes));
    const seen = await evaluate(
      t,
      `
      const whole = new Uint8Array(await (await fetch("${origin}")).arrayBuffer());
      const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).join();
      let length = 0;
      for await (const chunk of (await fetch("${origin}")).body) length += chunk.byteLength;
      return [whole.byteLength, length, await digest(whole)];`,
    );
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).join();
    assert.deepEqual(seen, [bytes.length, bytes.length, digest]);
  });

  test("inherits nothing that a worker gives to all objects", async (t) => {
    const origin = await serve(t, (_, response) => response.end("x".repeat(MEGABYTE)));
    const seen = await evaluate(
      t,
      `
      const lengths = [];
      for (const name of ["start", "type", "highWaterMark"]) {
        Object.defineProperty(Object.prototype, name, { get() { throw new Error(name); }, configurable: true });
        const response = await fetch("${origin}").finally(() => delete Object.prototype[name]);
        lengths.push((await response.text()).length);
      }
      return lengths;`,
    );
    assert.deepEqual(seen, [MEGABYTE, MEGABYTE, MEGABYTE]);
  });

  test("takes BYOB readers", async (t) => {
    const origin = await serve(t, (_, response) => response.end("x".repeat(100_000)));
    const seen = await evaluate(
      t,
      `
      const reader = (await fetch("${origin}")).body.getReader({ mode: "byob" });
      const { value } = await reader.read(new Uint8Array(10));
      return new TextDecoder().decode(value);`,
    );
    assert.equal(seen, "xxxxxxxxxx");
  });

  test("holds a server back that sends faster than the worker reads", async (t) => {
    let sent = 0;
    let stalled;
    const paused = new Promise((resolve) => (stalled = resolve));
    const origin = await serve(t, async (_, response) => {
      for (let chunk = 0; chunk < 64; chunk++) {
        sent++;
        if (!response.write(Buffer.alloc(MEGABYTE))) {
          const timer = setTimeout(stalled, 300);
          await once(response, "drain");
          clearTimeout(timer);
        }
      }
      response.end();
    });
    const script = `let held;
      export default { async fetch(request) {
        if (request.url.endsWith("/start")) return new Response((held = await fetch("${origin}")).status);
        return new Response((await held.arrayBuffer()).byteLength);
      } }`;
    const mf = create(t, { script, heapLimitMb: 512 });
    await mf.dispatchFetch(`${URL_ROOT}start`);
    await paused;
    assert.ok(sent < 48, `${sent} MB were sent though nobody read`);
    assert.equal(await (await mf.dispatchFetch(URL_ROOT)).text(), String(64 * MEGABYTE));
  });

  test("ends the connection when it is cancelled", async (t) => {
    let closed;
    const gone = new Promise((resolve) => (closed = resolve));
    const origin = await serve(t, (_, response) => {
      response.on("close", closed);
      response.write("x".repeat(1000));
    });
    await evaluate(t, `await (await fetch("${origin}")).body.cancel();`);
    await gone;
  });

  test("that is chunked has no end but the last chunk", async (t) => {
    const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n";
    const origin = await serveText(t, chunked);
    assert.equal(await evaluate(t, `return (await fetch("${origin}")).text();`), "onetwo");
  });

  test("without a length ends with the connection", async (t) => {
    const origin = await serveText(t, "HTTP/1.1 200 OK\r\n\r\nall of it", (socket) => socket.end());
    assert.equal(await evaluate(t, `return (await fetch("${origin}")).text();`), "all of it");
  });
});

describe("a compressed body", () => {
  const TEXT = "compress me ".repeat(20_000);
  const encodings = {
    gzip: zlib.gzipSync(TEXT),
    "x-gzip": zlib.gzipSync(TEXT),
    deflate: zlib.deflateSync(TEXT),
    br: zlib.brotliCompressSync(TEXT),
  };
  const compressed = (t, encoding, bytes) =>
    serve(t, (_, response) => response.writeHead(200, { "content-encoding": encoding }).end(bytes));
  const readFrom = (t, origin) =>
    evaluate(t, `const r = await fetch("${origin}"); return [r.headers.get("content-encoding"), await r.text()];`);

  for (const [encoding, bytes] of Object.entries(encodings)) {
    test(`by ${encoding} is read as it was, and its header stays`, async (t) => {
      const origin = await compressed(t, encoding, bytes);
      assert.deepEqual(await readFrom(t, origin), [encoding, TEXT]);
    });
  }

  const others = {
    "by deflate without its header": ["deflate", zlib.deflateRawSync(TEXT)],
    "by one after the other": ["gzip, br", zlib.brotliCompressSync(zlib.gzipSync(TEXT))],
    "in several members": ["gzip", Buffer.concat([zlib.gzipSync(TEXT.slice(0, 9)), zlib.gzipSync(TEXT.slice(9))])],
  };
  for (const [name, [encoding, bytes]] of Object.entries(others)) {
    test(`${name} is read as it was`, differs("cannot read it, on some versions of Node"), async (t) => {
      const origin = await compressed(t, encoding, bytes);
      assert.deepEqual(await readFrom(t, origin), [encoding, TEXT]);
    });
  }

  test("by something unknown is left as it is", async (t) => {
    const origin = await compressed(t, "mystery", "as it is");
    assert.deepEqual(await readFrom(t, origin), ["mystery", "as it is"]);
  });

  test("that is empty is empty", async (t) => {
    const origin = await serve(t, (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end());
    assert.deepEqual(await readFrom(t, origin), ["gzip", ""]);
  });

  test("is read by whom the worker hands it to", async (t) => {
    const origin = await compressed(t, "gzip", encodings.gzip);
    const mf = create(t, { script: `export default { fetch: () => fetch("${origin}") }` });
    assert.equal(await (await mf.dispatchFetch(URL_ROOT)).text(), TEXT);
  });
});

describe("a request's body", () => {
  test("is pulled no faster than the server takes it", async (t) => {
    let resume;
    const origin = await serve(t, (request, response) => {
      request.pause();
      resume = () => request.resume().on("end", () => response.end());
    });
    const script = `
      let pulled = 0;
      let done;
      export default { async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/done") return new Response((await done).status);
        if (pathname === "/pulled") return new Response(pulled);
        const body = new ReadableStream({
          pull(controller) {
            if (++pulled > 64) controller.close();
            else controller.enqueue(new Uint8Array(${MEGABYTE}));
          },
        });
        done = fetch("${origin}/", { method: "POST", body });
        return new Response("started");
      } }`;
    const mf = create(t, { script, ...MODERN });
    await mf.dispatchFetch(URL_ROOT);
    const pulled = async () => Number(await (await mf.dispatchFetch(`${URL_ROOT}pulled`)).text());
    let before = -1;
    for (let now = await pulled(); now !== before || now === 0; now = await pulled()) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(before < 48, `${before} MB were pulled though nobody took them`);
    resume();
    assert.equal(await (await mf.dispatchFetch(`${URL_ROOT}done`)).text(), "200");
  });

  test(
    "fails the fetch when it is made of something else than bytes",
    differs("the fetch never settles"),
    async (t) => {
      const origin = await serve(t, (request, response) => request.resume().on("end", () => response.end()));
      const seen = await evaluate(
        t,
        `
      const body = new ReadableStream({ start: (controller) => controller.enqueue("text") });
      return fetch("${origin}/", { method: "POST", body }).catch(({ name, message, cause }) => [name, message, cause.name]);`,
        MODERN,
      );
      assert.deepEqual(seen, ["TypeError", "fetch failed", "TypeError"]);
    },
  );

  test("is cancelled when the server answers and hangs up", differs("the body goes on"), async (t) => {
    const origin = await serve(t, (request, response) => {
      request.once("data", () => response.writeHead(413, { connection: "close" }).end("enough"));
    });
    const seen = await evaluate(
      t,
      `
      let cancelled;
      const done = new Promise((resolve) => { cancelled = resolve; });
      const body = new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65536)),
        cancel: () => cancelled("cancelled"),
      });
      const status = await fetch("${origin}/", { method: "POST", body }).then(({ status }) => status, () => 413);
      return [status, await done];`,
      MODERN,
    );
    assert.deepEqual(seen, [413, "cancelled"]);
  });
});
