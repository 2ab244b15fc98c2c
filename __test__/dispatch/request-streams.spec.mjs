// Tags: oracle, every-node
// Request bodies that flow: chunk by chunk, no faster than the worker reads, cancelled and broken.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { deferred, text, turns, URL_ROOT } from "../support/dispatch.mjs";
import { AHEAD, CHUNK, collect, countingStream, encode, upload, worker } from "../support/streams.mjs";
import { test } from "../support/test.mjs";

describe("a streamed request", () => {
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
