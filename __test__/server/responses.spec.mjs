// Tags: oracle, every-node
// A worker's response on the wire: lengths, encodings, cookies, and those that have no body.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { differs, isOracle } from "../support/miniflare.mjs";
import { RecordingLog } from "../support/log.mjs";
import { ask, connect, get, start, startOracle } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

/** A service worker that answers with an expression. */
const answering = (response) => `addEventListener("fetch", (event) => event.respondWith(${response}));`;
const STREAM = `new ReadableStream({ start(c) {
  for (const text of ["one", "two"]) c.enqueue(new TextEncoder().encode(text));
  c.close();
} })`;

const SAME = {
  "a text": `new Response("hello")`,
  "a text beyond ASCII": `new Response("h\u00e9llo \u20ac")`,
  "a header beyond ASCII": `new Response("hello", { headers: { "X-Name": "caf\u00e9" } })`,
  "a header and a text beyond ASCII": `new Response("h\u00e9llo \u20ac", { headers: { "X-Name": "caf\u00e9" } })`,
  bytes: `new Response(new Uint8Array([0, 128, 255]))`,
  "an empty text": `new Response("")`,
  "a false length": `new Response("body", { headers: { "Content-Length": "50" } })`,
  "status 204": `new Response(null, { status: 204 })`,
  "status 304": `new Response(null, { status: 304, headers: { ETag: '"a"' } })`,
  "several cookies": `(() => {
    const response = new Response("a");
    response.headers.append("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT");
    response.headers.append("Set-Cookie", "b=2");
    return response;
  })()`,
  "headers in another order": `new Response("a", { headers: { "X-B": "2", "X-A": "1" } })`,
  "a date of its own": `new Response("a", { headers: { Date: "Wed, 21 Oct 2099 07:28:00 GMT" } })`,
  "bytes that are encoded already": `new Response("abc", { encodeBody: "manual", headers: { "Content-Encoding": "gzip" } })`,
  "an unknown encoding": `new Response("abc", { headers: { "Content-Encoding": "identity" } })`,
};

describe("the same bytes leave as of Miniflare 2", { skip: isOracle && "this compares with it" }, () => {
  for (const [name, response] of Object.entries(SAME)) {
    for (const method of ["GET", "HEAD"]) {
      test(`${name}, asked with ${method}`, async (t) => {
        const options = { script: answering(response), log: new RecordingLog() };
        const [own, other] = [await start(t, options), await startOracle(t, options)];
        const lines = [`${method} / HTTP/1.1`, "Host: example.com"];
        const [mine, theirs] = [await ask(t, own.port, lines), await ask(t, other.port, lines)];
        for (const { headers } of [mine, theirs]) if (!headers.date?.includes("2099")) delete headers.date;
        assert.deepEqual(mine, theirs);
      });
    }
  }

  for (const method of ["GET", "HEAD"]) {
    test(`a stream, asked with ${method}`, async (t) => {
      const options = {
        script: answering(`new Response(${STREAM})`),
        compatibilityFlags: ["streams_enable_constructors"],
      };
      const [own, other] = [await start(t, options), await startOracle(t, options)];
      const lines = [`${method} / HTTP/1.1`, "Host: example.com"];
      const [mine, theirs] = [await ask(t, own.port, lines), await ask(t, other.port, lines)];
      for (const { headers } of [mine, theirs]) delete headers.date;
      // What is there already may leave in one chunk.
      const text = (body) => body.replaceAll(/(^|\r\n)[0-9a-f]+\r\n/g, "");
      assert.deepEqual({ ...mine, body: text(mine.body) }, { ...theirs, body: text(theirs.body) });
    });
  }
});

const DECODERS = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  GZip: gunzipSync,
};

describe("a body is encoded as its worker says", () => {
  for (const [coding, decode] of Object.entries(DECODERS)) {
    for (const [name, body] of Object.entries({ text: '"onetwo"', stream: STREAM })) {
      test(`${coding}, of a ${name}`, async (t) => {
        const response = `new Response(${body}, { headers: { "Content-Encoding": "${coding}", "Content-Length": "6" } })`;
        const compatibilityFlags = ["streams_enable_constructors"];
        const { port } = await start(t, { script: answering(response), compatibilityFlags });
        const lines = ["GET / HTTP/1.0"];
        const answer = await ask(t, port, lines);
        assert.equal(answer.headers["content-encoding"], coding);
        assert.equal(answer.headers["content-length"], undefined);
        assert.equal(String(decode(Buffer.from(answer.body, "latin1"))), "onetwo");
      });
    }
  }

  test("one coding over the other", async (t) => {
    const response = `new Response("hello", { headers: { "Content-Encoding": "deflate, gzip" } })`;
    const { port } = await start(t, { script: answering(response) });
    const { body } = await ask(t, port, ["GET / HTTP/1.0"]);
    assert.equal(String(inflateSync(gunzipSync(Buffer.from(body, "latin1")))), "hello");
  });

  for (const coding of ["notgzip", "identity", "gzip, zstd"]) {
    test(`"${coding}" leaves it plain, with a warning`, differs('it takes any coding with "gzip" in it'), async (t) => {
      const log = new RecordingLog();
      const response = `new Response("hello", { headers: { "Content-Encoding": "${coding}" } })`;
      const { port } = await start(t, { script: answering(response), log });
      const { headers, body } = await get(t, port);
      assert.deepEqual([headers["content-length"], body], ["5", "hello"]);
      const unknown = coding.split(", ").at(-1);
      assert.deepEqual(log.having("[mf:wrn] "), [`Unknown encoding "${unknown}", sending plain response...`]);
    });
  }
});

describe("where Miniflare 2 is wrong", differs("it has these faults"), () => {
  test("a body of null has the length 0", async (t) => {
    const { port } = await start(t, { script: answering("new Response(null)") });
    const { headers } = await get(t, port);
    assert.deepEqual([headers["content-length"], headers["transfer-encoding"]], ["0", undefined]);
  });

  test("the worker's status text is sent", async (t) => {
    const { port } = await start(t, { script: answering(`new Response("", { status: 299, statusText: "Fine" })`) });
    assert.equal((await get(t, port)).line, "HTTP/1.1 299 Fine");
  });

  for (const header of ["Transfer-Encoding: chunked", "Keep-Alive: timeout=99", "Trailer: X-A"]) {
    const [name, value] = header.split(": ");
    test(`the worker's ${name} is the connection's affair`, async (t) => {
      const { port } = await start(t, {
        script: answering(`new Response("a", { headers: { "${name}": "${value}" } })`),
      });
      const { headers, body } = await get(t, port);
      assert.deepEqual([headers["content-length"], body], ["1", "a"]);
      assert.notEqual(headers[name.toLowerCase()], value);
    });
  }

  test("a stream that fails cuts the connection, and the log has a line", async (t) => {
    const script = answering(`new Response(new ReadableStream({ pull(c) {
      if (this.count++ === 0) c.enqueue(new TextEncoder().encode("first"));
      else throw new Error("no more");
    }, count: 0 }))`);
    const log = new RecordingLog();
    const logged = new Promise((resolve) => (log.error = resolve));
    const { port } = await start(t, { script, log });
    const connection = await connect(t, port);
    connection.write("GET /path HTTP/1.1\r\nHost: example.com\r\n\r\n");
    const text = await connection.closed();
    assert.match(text, /first/);
    assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
    assert.match((await logged).stack, /^GET \/path: Error: no more/);
    assert.equal((await get(t, port, "/next")).status, 200);
  });
});

test("a response to HEAD may say how long its body would be", async (t) => {
  const { port } = await start(t, {
    script: answering(`new Response(null, { headers: { "Content-Length": "123" } })`),
  });
  const { headers } = await ask(t, port, ["HEAD / HTTP/1.1", "Host: example.com"]);
  assert.equal(headers["content-length"], "123");
});

test("a FixedLengthStream has its length", async (t) => {
  const script = answering(`(() => {
    const { readable, writable } = new FixedLengthStream(5);
    const writer = writable.getWriter();
    writer.write(new TextEncoder().encode("hello"));
    writer.close();
    return new Response(readable);
  })()`);
  const { port } = await start(t, { script });
  const { headers, body } = await get(t, port);
  assert.deepEqual([headers["content-length"], headers["transfer-encoding"], body], ["5", undefined, "hello"]);
});
