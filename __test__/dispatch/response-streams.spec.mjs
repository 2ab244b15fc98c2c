// Tags: oracle, every-node
// Response bodies that flow: chunk by chunk, no faster than they are read, cancelled and broken.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { deferred, rejection, text, turns, URL_ROOT } from "../support/dispatch.mjs";
import { differs } from "../support/miniflare.mjs";
import { AHEAD, CHUNK, collect, readAtLeast, upload, worker } from "../support/streams.mjs";
import { test } from "../support/test.mjs";

describe("a streamed response", () => {
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

  test("that is not read does not hold its successors up", async (t) => {
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

  test("keeps its chunks apart, each in a buffer of its own", differs("chunks may share one"), async (t) => {
    const mf = worker(
      t,
      `const shared = new Uint8Array([1, 2, 3, 4, 5]);
      return new Response(new ReadableStream({
        start(controller) {
          for (const [from, to] of [[0, 1], [1, 3], [3, 3], [3, 5], [0, 1]]) controller.enqueue(shared.subarray(from, to));
          controller.enqueue(shared);
          controller.enqueue(shared);
          controller.close();
        }
      }));`,
    );
    const seen = [];
    for await (const chunk of (await mf.dispatchFetch(URL_ROOT)).body) {
      assert.equal(chunk.buffer.byteLength, chunk.byteLength);
      seen.push([...chunk].join(""));
      chunk.fill(0);
    }
    assert.deepEqual(seen, ["1", "23", "45", "1", "12345", "12345"]);
  });

  test("of small chunks is produced no faster than it is read", async (t) => {
    let pulled = 0;
    const mf = worker(
      t,
      `return new Response(new ReadableStream({
      async pull(controller) { env.pulled(); controller.enqueue(new Uint8Array(1)); }
    }));`,
      { bindings: { pulled: () => void pulled++ } },
    );
    const reader = (await mf.dispatchFetch(URL_ROOT)).body.getReader();
    for (const count of [1, 100, 1000]) {
      await readAtLeast(reader, count);
      await turns();
    }
    assert.ok(pulled >= 1101 && pulled <= 1101 + 2 * AHEAD, `${pulled} chunks were pulled for 1101 that were read`);
    await reader.cancel();
  });

  test("that keeps nothing ready is asked for one chunk at a time", async (t) => {
    let pulled = 0;
    const mf = worker(
      t,
      `return new Response(new ReadableStream({
      pull(controller) { env.pulled(); controller.enqueue(new Uint8Array(1)); }
    }, { highWaterMark: 0 }));`,
      { bindings: { pulled: () => void pulled++ } },
    );
    const reader = (await mf.dispatchFetch(URL_ROOT)).body.getReader();
    for (let count = 1; count <= 5; count++) {
      await reader.read();
      await turns();
      assert.ok(pulled <= count + 2, `${pulled} chunks were pulled for ${count} that were read`);
    }
    await reader.cancel();
  });

  test("is read as a whole: text whose characters are in several chunks, JSON, bytes, a blob", async (t) => {
    const mf = worker(
      t,
      `const bytes = new TextEncoder().encode("\\ufeff" + JSON.stringify({ text: "grüße 😀" }));
      let next = 0;
      return new Response(new ReadableStream({
        pull(controller) {
          if (next === bytes.length) return controller.close();
          controller.enqueue(bytes.slice(next, ++next));
        }
      }));`,
    );
    const right = { text: "grüße 😀" };
    const fetched = () => mf.dispatchFetch(URL_ROOT);
    assert.equal(await (await fetched()).text(), JSON.stringify(right));
    assert.deepEqual(await (await fetched()).json(), right);
    const length = Buffer.byteLength(`\ufeff${JSON.stringify(right)}`);
    assert.equal((await (await fetched()).arrayBuffer()).byteLength, length);
    assert.equal((await (await fetched()).blob()).size, length);
    const response = await fetched();
    const copy = response.clone();
    assert.deepEqual(await Promise.all([response.text(), copy.text()]), Array(2).fill(JSON.stringify(right)));
    assert.equal(response.bodyUsed, true);
    await assert.rejects(response.text(), TypeError);
  });

  test("that breaks while it is read as a whole rejects with the worker's error", async (t) => {
    const mf = worker(
      t,
      `let sent = 0; return new Response(new ReadableStream({
      async pull(controller) {
        await null;
        if (sent++ < 3) return controller.enqueue(new Uint8Array([sent]));
        throw new RangeError("broke half-way");
      }
    }));`,
    );
    for (const method of ["text", "arrayBuffer", "json"]) {
      const error = await rejection((await mf.dispatchFetch(URL_ROOT))[method]());
      assert.equal(error.name, "RangeError");
      assert.equal(error.message, "broke half-way");
    }
    const seen = [];
    const error = await rejection(
      (async () => {
        for await (const chunk of (await mf.dispatchFetch(URL_ROOT)).body) seen.push(...chunk);
      })(),
    );
    assert.equal(error.name, "RangeError");
    assert.deepEqual(seen, [1, 2, 3]);
  });

  test("goes back into the worker that it came from", async (t) => {
    const mf = worker(
      t,
      `if (request.method === "POST") return new Response("back: " + await request.text());
      let sent = 0;
      return new Response(new ReadableStream({
        pull(controller) {
          if (sent++ < 3) controller.enqueue(new TextEncoder().encode("part " + sent + ";"));
          else controller.close();
        }
      }));`,
    );
    const { body } = await mf.dispatchFetch(URL_ROOT);
    assert.equal(await text(mf, URL_ROOT, upload(body)), "back: part 1;part 2;part 3;");
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
