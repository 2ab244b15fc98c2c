// Bodies that flow: chunk by chunk, no faster than they are read, ended, cancelled and broken from either side.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { deferred, rejection, text, turns, URL_ROOT } from "../support/dispatch.mjs";

const STREAMS = { compatibilityDate: "2022-11-30" };
const CHUNK = 64 * 1024;
const AHEAD = 16;

const worker = (t, body, options = {}) =>
  create(t, { ...STREAMS, ...options, script: `export default { async fetch(request, env, ctx) { ${body} } }` });

const upload = (body) => ({ method: "POST", body, duplex: "half" });

const encode = (string) => new TextEncoder().encode(string);

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function readAtLeast(reader, length) {
  let seen = 0;
  while (seen < length) {
    const { value, done } = await reader.read();
    assert.equal(done, false, `the stream ended after ${seen} bytes`);
    seen += value.byteLength;
  }
}

/** A stream of `CHUNK`-sized chunks without end that counts how many were asked for. */
function countingStream() {
  const counter = { pulled: 0, cancelled: deferred() };
  counter.stream = new ReadableStream(
    {
      pull: (controller) => controller.enqueue(new Uint8Array(CHUNK).fill(counter.pulled++)),
      cancel: (reason) => counter.cancelled.resolve(reason),
    },
    { highWaterMark: 0 },
  );
  return counter;
}

describe("a streamed response", { timeout: 60_000 }, () => {
  test("is delivered chunk by chunk while the worker goes on", async (t) => {
    const gate = deferred();
    const mf = worker(
      t,
      `return new Response(new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("first,"));
        await env.gate();
        controller.enqueue(new TextEncoder().encode("second"));
        controller.close();
      }
    }));`,
      { bindings: { gate: () => gate.promise } },
    );
    const reader = (await mf.dispatchFetch(URL_ROOT)).body.getReader();
    assert.equal(Buffer.from((await reader.read()).value).toString(), "first,");
    gate.resolve();
    assert.equal(Buffer.from((await reader.read()).value).toString(), "second");
    assert.equal((await reader.read()).done, true);
  });

  test("keeps the order of a thousand chunks", async (t) => {
    const mf = worker(
      t,
      `let next = 0; return new Response(new ReadableStream({
      pull(controller) {
        if (next === 1000) controller.close();
        else controller.enqueue(new TextEncoder().encode(next++ + ","));
      }
    }));`,
    );
    assert.equal(await text(mf), Array.from({ length: 1000 }, (_, index) => `${index},`).join(""));
  });

  test("may wait for timers between chunks", async (t) => {
    const mf = worker(
      t,
      `const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      ctx.waitUntil((async () => {
        for (const part of ["a", "b", "c"]) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          await writer.write(new TextEncoder().encode(part));
        }
        await writer.close();
      })());
      return new Response(readable);`,
    );
    assert.equal(await text(mf), "abc");
  });

  test("is produced no faster than it is read", async (t) => {
    let pulled = 0;
    const mf = worker(
      t,
      `return new Response(new ReadableStream({
      pull(controller) { env.pulled(); controller.enqueue(new Uint8Array(${CHUNK})); }
    }));`,
      { bindings: { pulled: () => void pulled++ } },
    );
    const reader = (await mf.dispatchFetch(URL_ROOT)).body.getReader();
    await readAtLeast(reader, 3 * CHUNK);
    await turns();
    assert.ok(pulled >= 3 && pulled <= 3 + AHEAD, `${pulled} chunks were pulled for 3 that were read`);
    await readAtLeast(reader, 40 * CHUNK);
    assert.ok(pulled >= 43 - AHEAD, `only ${pulled} chunks were pulled for 43 that were read`);
    await reader.cancel();
  });

  test("tells the worker when the reader cancels", async (t) => {
    const cancelled = deferred();
    const mf = worker(
      t,
      `return new Response(new ReadableStream({
      pull(controller) { controller.enqueue(new Uint8Array(${CHUNK})); },
      cancel(reason) { env.cancelled(String(reason)); }
    }));`,
      { bindings: { cancelled: cancelled.resolve } },
    );
    const reader = (await mf.dispatchFetch(URL_ROOT)).body.getReader();
    await reader.read();
    await reader.cancel("had enough");
    assert.match(await cancelled.promise, /had enough/);
  });

  test("that breaks rejects the reader with the worker's error", async (t) => {
    const mf = worker(
      t,
      `let sent = false; return new Response(new ReadableStream({
      pull(controller) {
        if (sent) controller.error(new RangeError("broke half-way"));
        else controller.enqueue(new Uint8Array([1]));
        sent = true;
      }
    }));`,
    );
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.equal(response.status, 200);
    const error = await rejection(response.arrayBuffer());
    assert.equal(error.name, "RangeError");
    assert.equal(error.message, "broke half-way");
  });

  test("of strings is refused, and says what to do", async (t) => {
    const mf = worker(
      t,
      `return new Response(new ReadableStream({
      start(controller) { controller.enqueue("text"); controller.close(); }
    }));`,
    );
    const response = await mf.dispatchFetch(URL_ROOT);
    const error = await rejection(collect(response.body));
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /received a string/);
    assert.match(error.message, /TextEncoder/);
  });

  test("that nobody reads does not hold its successors up", async (t) => {
    const mf = worker(
      t,
      `return new Response(new ReadableStream({
      pull(controller) { controller.enqueue(new Uint8Array(${CHUNK})); }
    }));`,
    );
    const unread = [];
    for (let count = 0; count < 20; count++) unread.push(await mf.dispatchFetch(URL_ROOT));
    await readAtLeast(unread[19].body.getReader(), CHUNK);
    await Promise.all(unread.slice(0, 19).map((response) => response.body.cancel()));
  });

  test("passes through the transformers of the worker", async (t) => {
    const mf = worker(
      t,
      `const upper = new TransformStream({
        transform(chunk, controller) { controller.enqueue(chunk.toUpperCase()); }
      });
      return new Response(request.body.pipeThrough(new TextDecoderStream())
        .pipeThrough(upper).pipeThrough(new TextEncoderStream()));`,
    );
    assert.equal(await text(mf, URL_ROOT, upload(new Blob(["grüße ", "all"]).stream())), "GRÜSSE ALL");
  });

  test("can be teed in the worker", async (t) => {
    const mf = worker(
      t,
      `const [left, right] = request.body.tee();
      return new Response(await new Response(left).text() + "|" + await new Response(right).text());`,
    );
    assert.equal(await text(mf, URL_ROOT, upload("both")), "both|both");
  });
});

describe("a streamed request", { timeout: 60_000 }, () => {
  test("is read chunk by chunk while the caller goes on", async (t) => {
    const got = deferred();
    const mf = worker(
      t,
      `const reader = request.body.getReader();
      const decoder = new TextDecoder();
      const first = decoder.decode((await reader.read()).value);
      env.got(first);
      const second = decoder.decode((await reader.read()).value);
      return new Response(first + second + (await reader.read()).done);`,
      { bindings: { got: got.resolve } },
    );
    let controller;
    const stream = new ReadableStream({ start: (given) => void (controller = given) });
    const answer = text(mf, URL_ROOT, upload(stream));
    controller.enqueue(encode("one,"));
    assert.equal(await got.promise, "one,");
    controller.enqueue(encode("two,"));
    controller.close();
    assert.equal(await answer, "one,two,true");
  });

  test("is pulled no faster than the worker reads", async (t) => {
    const gate = deferred();
    const reached = deferred();
    const mf = worker(
      t,
      `const reader = request.body.getReader();
      for (let seen = 0; seen < 3 * ${CHUNK};) seen += (await reader.read()).value.byteLength;
      env.reached();
      await env.gate();
      await reader.cancel();
      return new Response("done");`,
      { bindings: { reached: reached.resolve, gate: () => gate.promise } },
    );
    const counter = countingStream();
    const answer = text(mf, URL_ROOT, upload(counter.stream));
    await reached.promise;
    await turns();
    assert.ok(counter.pulled >= 3 && counter.pulled <= 3 + AHEAD, `${counter.pulled} pulled for 3 read`);
    gate.resolve();
    assert.equal(await answer, "done");
  });

  test("tells the caller when the worker cancels", async (t) => {
    const mf = worker(
      t,
      `const reader = request.body.getReader();
      await reader.read();
      await reader.cancel("worker had enough");
      return new Response("done");`,
    );
    const counter = countingStream();
    assert.equal(await text(mf, URL_ROOT, upload(counter.stream)), "done");
    assert.match(String(await counter.cancelled.promise), /worker had enough/);
  });

  test("that breaks rejects the worker's read with the caller's error", async (t) => {
    const mf = worker(
      t,
      `return new Response(await request.text().catch(({ name, message }) => name + ": " + message));`,
    );
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(encode("begun"));
        controller.error(new RangeError("source broke"));
      },
    });
    assert.equal(await text(mf, URL_ROOT, upload(stream)), "RangeError: source broke");
  });

  test("is echoed in full duplex", async (t) => {
    const mf = worker(t, "return new Response(request.body);");
    let controller;
    const stream = new ReadableStream({ start: (given) => void (controller = given) });
    const { body } = await mf.dispatchFetch(URL_ROOT, upload(stream));
    const reader = body.getReader();
    for (const part of ["ping", "pong", "ping again"]) {
      controller.enqueue(encode(part));
      assert.equal(Buffer.from((await reader.read()).value).toString(), part);
    }
    controller.close();
    assert.equal((await reader.read()).done, true);
  });

  test("of a thousand chunks arrives whole and in order", async (t) => {
    const mf = worker(t, "return new Response(request.body);");
    const parts = Array.from({ length: 1000 }, (_, index) => `${index};`);
    const queue = [...parts];
    const stream = new ReadableStream({
      pull(controller) {
        if (queue.length === 0) controller.close();
        else controller.enqueue(encode(queue.shift()));
      },
    });
    const { body } = await mf.dispatchFetch(URL_ROOT, upload(stream));
    assert.equal((await collect(body)).toString(), parts.join(""));
  });

  test("can go on after the response has begun", async (t) => {
    const finished = deferred();
    const mf = worker(
      t,
      `ctx.waitUntil(request.text().then((value) => env.finished(value)));
      return new Response("early");`,
      { bindings: { finished: finished.resolve } },
    );
    let controller;
    const stream = new ReadableStream({ start: (given) => void (controller = given) });
    assert.equal(await text(mf, URL_ROOT, upload(stream)), "early");
    controller.enqueue(encode("late"));
    controller.close();
    assert.equal(await finished.promise, "late");
  });
});
