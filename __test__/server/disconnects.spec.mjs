// Tags: oracle, every-node
// A client that goes away, and one that is slow: the worker is told, or waits.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { differs } from "../support/miniflare.mjs";
import { deferred } from "../support/dispatch.mjs";
import { connect, get, start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const GET = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

/** A worker whose handler is `fetch(request, { tell })`; `told(name)` resolves to what it tells by that name. */
async function startTelling(t, fetch) {
  const told = new Map();
  const slot = (name) => {
    if (!told.has(name)) told.set(name, deferred());
    return told.get(name);
  };
  const bindings = { tell: (name, value) => slot(name).resolve(value) };
  const script = `export default { async fetch(request, { tell }) { ${fetch} } };`;
  return { ...(await start(t, { script, bindings })), told: (name) => slot(name).promise };
}

describe("a client that disconnects", differs("it tells its worker nothing"), () => {
  test("aborts the signal of the request", async (t) => {
    const { port, told } = await startTelling(
      t,
      `request.signal.addEventListener("abort", () => tell("aborted", [request.signal.reason.name, request.signal.aborted]));
       tell("begun");
       return new Promise(() => {});`,
    );
    const { socket, write } = await connect(t, port);
    write(GET);
    await told("begun");
    socket.destroy();
    assert.deepEqual(await told("aborted"), ["AbortError", true]);
  });

  test("before the worker looks at the signal", async (t) => {
    const { port, told, mf } = await startTelling(
      t,
      `tell("begun");
       await new Promise((resolve) => { globalThis.goOn = resolve; });
       tell("aborted", request.signal.aborted);`,
    );
    const { socket, write } = await connect(t, port);
    write(GET);
    await told("begun");
    const gone = once(socket, "close");
    socket.destroy();
    await gone;
    const other = await connect(t, port);
    other.write(GET);
    const { goOn } = await mf.getGlobalScope();
    goOn();
    assert.equal(typeof (await told("aborted")), "boolean");
  });

  for (const [name, ended] of Object.entries({
    "that waits for its source": "",
    "with chunks on their way": `c.enqueue(new Uint8Array(65536));`,
  })) {
    test(`cancels a body ${name}`, async (t) => {
      const { port, told } = await startTelling(
        t,
        `return new Response(new ReadableStream({
          start(c) { c.enqueue(new TextEncoder().encode("first")); },
          pull(c) { ${ended || "return new Promise(() => {});"} },
          cancel(reason) { tell("cancelled", String(reason)); },
        }));`,
      );
      const { socket, write, until } = await connect(t, port);
      write(GET);
      await until("first");
      socket.destroy();
      assert.match(await told("cancelled"), /disconnected/);
      assert.equal(typeof port, "number");
    });
  }

  test("fails the body of its request", async (t) => {
    const { port, told } = await startTelling(
      t,
      `const reader = request.body.getReader();
       await reader.read();
       tell("begun");
       await reader.read().catch((error) => tell("failed", error.message));`,
    );
    const { socket, write } = await connect(t, port);
    write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome");
    await told("begun");
    socket.destroy();
    assert.match(await told("failed"), /disconnected/);
  });
});

test("a request that is answered is not aborted when its client goes", async (t) => {
  const { port, told, mf } = await startTelling(
    t,
    `globalThis.signal = request.signal;
     request.signal.addEventListener("abort", () => tell("aborted"));
     return new Response("done");`,
  );
  const { socket, write, until } = await connect(t, port);
  write(GET);
  await until("done");
  const gone = once(socket, "close");
  socket.destroy();
  await gone;
  await get(t, port);
  const { signal } = await mf.getGlobalScope();
  assert.equal(signal.aborted, false);
  assert.equal(await Promise.race([told("aborted"), "never"]), "never");
});

test("a slow client makes the worker's stream wait", differs("it reads the stream into memory"), async (t) => {
  const [CHUNK, CHUNKS] = [65_536, 400];
  const { port, mf } = await startTelling(
    t,
    `globalThis.pulls = 0;
     return new Response(new ReadableStream({
       pull(c) {
         globalThis.pulls++;
         if (globalThis.pulls > ${CHUNKS}) return c.close();
         c.enqueue(new Uint8Array(${CHUNK}));
       },
     }, { highWaterMark: 0 }));`,
  );
  const { socket, write } = await connect(t, port);
  socket.pause();
  write(GET);
  // Until the stream stands still: as often asked in vain as it takes to be sure.
  let last = -1;
  for (let still = 0; still < 200; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const { pulls = 0 } = await mf.getGlobalScope();
    still = pulls === last && pulls > 0 ? still + 1 : 0;
    last = pulls;
  }
  assert.ok(last < CHUNKS, `${last} chunks were read for a client that read none`);
  let received = 0;
  socket.removeAllListeners("data");
  socket.setEncoding("latin1").on("data", (text) => (received += text.length));
  socket.resume();
  while (received < CHUNKS * CHUNK) await once(socket, "data");
});

test("a slow worker makes the client wait", async (t) => {
  const { port, told, mf } = await startTelling(
    t,
    `const reader = request.body.getReader();
     tell("begun");
     await new Promise((resolve) => { globalThis.goOn = resolve; });
     let length = 0;
     for (let part = await reader.read(); !part.done; part = await reader.read()) length += part.value.byteLength;
     return new Response(length);`,
  );
  const LENGTH = 25_000_000;
  const { socket, write, until } = await connect(t, port);
  write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${LENGTH}\r\n\r\n`);
  await told("begun");
  socket.write(Buffer.alloc(LENGTH));
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(socket.writableLength > 0, "all was taken");
  const { goOn } = await mf.getGlobalScope();
  goOn();
  await until(String(LENGTH));
});

test("a body that the worker does not read does not hold up the next request", async (t) => {
  const { port } = await startTelling(t, `return new Response("answer");`);
  const { write, until } = await connect(t, port);
  write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
  write("a".repeat(100_000));
  await until("answer");
  write("a".repeat(100_000));
  write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await until("Connection: close");
});

test("a stream arrives chunk by chunk", differs("it sends the chunks that are there"), async (t) => {
  const { port, mf } = await startTelling(
    t,
    `const { readable, writable } = new TransformStream();
     globalThis.writer = writable.getWriter();
     globalThis.write = (text) => void globalThis.writer.write(new TextEncoder().encode(text));
     return new Response(readable);`,
  );
  const { write, until } = await connect(t, port);
  write(GET);
  await until("\r\n\r\n").catch(() => {});
  const scope = await mf.getGlobalScope();
  for (const text of ["first", "second"]) {
    scope.write(text);
    await until(text);
  }
});
