// Tags: oracle, every-node
// Queues: what is delivered in which batches, what becomes of messages that are retried, and what the log says.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { CAUGHT, deepEqualOutside, evaluate, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, differs, LogLevel } from "../support/miniflare.mjs";
import { CONSUMER, consume, Inbox } from "../support/queues.mjs";
import { test } from "../support/test.mjs";

/** Longer than a test: only a full batch is delivered. Miniflare 2 keeps the process alive for one that is not. */
const NEVER = 1e8;

describe("a batch", () => {
  test("is delivered when it is full", async (t) => {
    const { inbox, queue } = await consume(t, { maxBatchSize: 2, maxWaitMs: NEVER });
    for (const body of ["a", "b", "c", "d"]) await queue.send(body);
    deepEqualOutside(await inbox.count(2), [
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  test("is delivered after some time when it is not", async (t) => {
    const { inbox, queue } = await consume(t, { maxBatchSize: 5, maxWaitMs: 1 });
    await queue.sendBatch([{ body: "a" }, { body: "b" }]);
    deepEqualOutside(await inbox.count(1), [["a", "b"]]);
    await queue.send("c");
    deepEqualOutside(await inbox.count(2), [["a", "b"], ["c"]]);
  });

  test("has the name of its queue, and messages with ids that count", async (t) => {
    const { inbox, queue } = await consume(t, { maxBatchSize: 2 });
    await queue.sendBatch([{ body: "a" }, { body: "b" }]);
    await inbox.count(1);
    assert.equal(inbox.queue, "q");
    assert.deepEqual(
      inbox.messages.map(({ id }) => id),
      ["q-0", "q-1"],
    );
  });

  test("has clones of what was sent, as it was then", async (t) => {
    const script = `export default {
      async fetch(request, env) {
        const bytes = new Uint8Array([1, 2, 3]);
        const sent = env.QUEUE.send({ map: new Map([["a", new Date(5)]]), bytes, set: new Set([1n]), un: undefined });
        bytes[0] = 9;
        await sent;
        return new Response("sent");
      },
      queue(batch, env) {
        const [{ body, timestamp }] = batch.messages;
        const { map, bytes, set } = body;
        env.told(JSON.stringify([map instanceof Map, map.get("a").getTime(), [...bytes], [...set].map(String), "un" in body,
          timestamp instanceof Date, Object.keys(batch).includes("queue")]));
      },
    };`;
    let told;
    const done = new Promise((resolve) => (told = resolve));
    const queueBindings = [{ name: "QUEUE", queueName: "q" }];
    const mf = create(t, {
      script,
      queueBindings,
      queueConsumers: [{ queueName: "q", maxBatchSize: 1 }],
      bindings: { told },
    });
    await mf.dispatchFetch("http://localhost/");
    assert.deepEqual(JSON.parse(await done), [true, 5, [1, 2, 3], ["1"], true, true, true]);
  });

  test("waits for a consumer, in memory", async (t) => {
    const inbox = new Inbox();
    const queueBindings = [{ name: "QUEUE", queueName: "q" }];
    const mf = create(t, { script: CONSUMER, queueBindings, bindings: { handle: inbox.handle } });
    const { QUEUE } = await mf.getBindings();
    await QUEUE.send("before");
    await mf.setOptions({ queueConsumers: [{ queueName: "q", maxWaitMs: 1 }] });
    deepEqualOutside(await inbox.count(1), [["before"]]);
  });

  test("reaches the listeners of a service worker", async (t) => {
    const inbox = new Inbox();
    const script = `addEventListener("queue", (event) => {
      const { queue, messages } = event.batch;
      event.waitUntil(handle(queue, messages.map(({ id, body, attempts }) => ({ id, body, attempts }))));
    });`;
    const mf = create(t, {
      script,
      queueBindings: [{ name: "QUEUE", queueName: "q" }],
      queueConsumers: [{ queueName: "q", maxBatchSize: 1 }],
      globals: { handle: inbox.handle },
    });
    await (await mf.getBindings()).QUEUE.send("a");
    deepEqualOutside(await inbox.count(1), [["a"]]);
  });

  test("goes to the worker that consumes the queue", async (t) => {
    const inbox = new Inbox();
    const consumer = { script: CONSUMER, modules: true, bindings: { handle: inbox.handle } };
    const mf = create(t, {
      script: "export default {};",
      queueBindings: [{ name: "QUEUE", queueName: "q" }],
      mounts: { consumer: { ...consumer, queueConsumers: [{ queueName: "q", maxBatchSize: 1 }] } },
    });
    await (await mf.getBindings()).QUEUE.send("a");
    deepEqualOutside(await inbox.count(1), [["a"]]);
  });
});

describe("a message that is retried", () => {
  test("goes behind those that wait", async (t) => {
    const { inbox, queue } = await consume(t, { maxBatchSize: 2, maxWaitMs: 1 });
    inbox.answer({ "q-0": "retry" });
    await queue.sendBatch(["a", "b", "c"].map((body) => ({ body })));
    deepEqualOutside(await inbox.count(2), [
      ["a", "b"],
      ["c", "a"],
    ]);
  });

  test("is one of all that are, if the batch says so", async (t) => {
    const { inbox, queue } = await consume(t, { maxBatchSize: 2, maxWaitMs: 1 });
    inbox.answer("retryAll");
    await queue.sendBatch([{ body: "a" }, { body: "b" }]);
    deepEqualOutside(await inbox.count(2), [
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  test("is dropped after as many retries as the consumer wants", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    const { inbox, queue } = await consume(t, { maxBatchSize: 1, maxRetries: 1 }, { log });
    inbox.answer("retryAll", "retryAll");
    await queue.send("a");
    await log.line(/Dropped/);
    assert.deepEqual(log.having("[mf:dbg] Retrying "), ['message "q-0"...']);
    assert.deepEqual(log.having("[mf:wrn] Dropped "), ['message "q-0" after 2 failed attempts!']);
    await queue.send("b");
    deepEqualOutside(await inbox.count(3), [["a"], ["a"], ["b"]]);
  });

  test("goes to the queue for dead letters, as a new message", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    const inbox = new Inbox();
    const mf = create(t, {
      script: CONSUMER,
      log,
      queueBindings: [{ name: "QUEUE", queueName: "q" }],
      queueConsumers: [
        { queueName: "q", maxBatchSize: 1, maxRetries: 0, deadLetterQueue: "dead" },
        { queueName: "dead", maxBatchSize: 1 },
      ],
      bindings: { handle: inbox.handle },
    });
    inbox.answer("retryAll");
    await (await mf.getBindings()).QUEUE.send("a");
    deepEqualOutside(await inbox.count(2), [["a"], ["a"]]);
    assert.deepEqual([inbox.queue, inbox.messages[0].id], ["dead", "dead-0"]);
    assert.deepEqual(log.having("[mf:wrn] Moving "), ['message "q-0" to dead letter queue "dead"...']);
  });
});

describe("a consumer that throws", () => {
  for (const [kind, body] of [
    ["its handler", `throw new Error("the consumer failed");`],
    ["a promise that it returns", `return Promise.reject(new Error("the consumer failed"));`],
    ["a promise that it waits for", `ctx.waitUntil(Promise.reject(new Error("the consumer failed")));`],
  ]) {
    test(`in ${kind} has the batch delivered again, and the log has a line`, async (t) => {
      const log = new RecordingLog(LogLevel.DEBUG);
      let calls = 0;
      let told;
      const twice = new Promise((resolve) => (told = resolve));
      const script = `export default { queue(batch, env, ctx) { if (env.called() === 1) { ${body} } } };`;
      const mf = create(t, {
        script,
        log,
        queueBindings: [{ name: "QUEUE", queueName: "q" }],
        queueConsumers: [{ queueName: "q", maxBatchSize: 1 }],
        bindings: {
          called() {
            if (++calls === 2) told();
            return calls;
          },
        },
      });
      await (await mf.getBindings()).QUEUE.send("a");
      await twice;
      const [error] = log.having("[mf:err] ");
      assert.match(error, /^q Consumer: Error: the consumer failed/);
    });
  }
});

describe("the log", () => {
  test("tells of batches that were consumed", async (t) => {
    const log = new RecordingLog();
    const { queue } = await consume(t, { maxBatchSize: 2 }, { log });
    await queue.sendBatch([{ body: "a" }, { body: "b" }]);
    await log.line(/OK/);
    assert.ok(log.having("[mf:inf] ").includes("q (2 Messages) OK"), log.lines.join("\n"));
  });

  test("says that queues are experimental", async (t) => {
    for (const options of [{ queueBindings: [{ name: "Q", queueName: "q" }] }, { queueConsumers: ["q"] }]) {
      const log = new RecordingLog(LogLevel.WARN);
      await create(t, { script: "export default {};", log, ...options }).getBindings();
      const text = "Queues are experimental. There may be breaking changes in the future.";
      assert.deepEqual(log.having("[mf:wrn] "), [text]);
    }
  });
});

describe("what cannot be sent", () => {
  test("is refused", async (t) => {
    const body = `${CAUGHT} return [
      await caught(() => env.QUEUE.send(() => 1)),
      await caught(() => env.QUEUE.sendBatch(5)),
      await caught(() => env.QUEUE.sendBatch([null])),
    ];`;
    assert.deepEqual(await evaluate(t, body, { queueBindings: [{ name: "QUEUE", queueName: "q" }] }), [
      ["DataCloneError", "() => 1 could not be cloned."],
      ["TypeError", "batch is not iterable"],
      ["TypeError", "Cannot read properties of null (reading 'body')"],
    ]);
  });
});

describe("two consumers of one queue", () => {
  test("are refused", async (t) => {
    const own = { script: "export default {};", modules: true, queueConsumers: ["q"] };
    for (const options of [{ queueConsumers: ["q", "q"] }, { mounts: { other: own }, queueConsumers: ["q"] }]) {
      const mf = createInvalid(t, { script: "export default {};", ...options });
      const { code } = await rejection(mf.getBindings());
      assert.equal(code, "ERR_CONSUMER_ALREADY_SET");
    }
  });
});

describe("dispatchQueue with a batch", () => {
  const script = `export default {
    async queue(batch, env, ctx) {
      ctx.waitUntil(Promise.resolve(batch.queue));
      batch.messages[0].retry();
      if (batch.messages[0].body === "fails") throw new Error("failed");
      return batch.messages.map(({ body }) => body).join();
    },
  };`;
  const batchOf = (retried, ...bodies) => ({
    queue: "any",
    messages: bodies.map((body, index) => ({
      id: String(index),
      timestamp: new Date(),
      body,
      retry: () => retried.push(index),
    })),
    retryAll() {},
  });

  test("gives the handler that object, and resolves with what it waited for", async (t) => {
    const retried = [];
    const mf = create(t, { script });
    deepEqualOutside(await mf.dispatchQueue(batchOf(retried, "a", "b")), ["any", "a,b"]);
    assert.deepEqual(retried, [0]);
  });

  test("rejects with what the handler throws", async (t) => {
    const mf = create(t, { script });
    assert.equal((await rejection(mf.dispatchQueue(batchOf([], "fails")))).message, "failed");
  });

  test("resolves with nothing without a handler", async (t) => {
    deepEqualOutside(await create(t, { script: "export default {};" }).dispatchQueue(batchOf([], "a")), []);
  });
});

describe("wrangler.toml", () => {
  test("names producers and consumers", async (t) => {
    const inbox = new Inbox();
    const rootPath = folder(t, {
      "wrangler.toml": `[[queues.producers]]\nbinding = "QUEUE"\nqueue = "q"\n[[queues.consumers]]\nqueue = "q"\nbatch_size = 1`,
    });
    const mf = create(t, { rootPath, wranglerConfigPath: true, script: CONSUMER, bindings: { handle: inbox.handle } });
    await (await mf.getBindings()).QUEUE.send("a");
    deepEqualOutside(await inbox.count(1), [["a"]]);
  });

  test("may use the names of today", differs("it reads older names only"), async (t) => {
    const inbox = new Inbox();
    const rootPath = folder(t, {
      "wrangler.toml": `[[queues.producers]]\nbinding = "QUEUE"\nqueue = "q"\ndelivery_delay = 60
        [[queues.consumers]]\nqueue = "q"\nmax_batch_size = 2\nmax_batch_timeout = 7\nmax_retries = 0\nmax_concurrency = 1\nretry_delay = 5`,
    });
    const mf = create(t, { rootPath, wranglerConfigPath: true, script: CONSUMER, bindings: { handle: inbox.handle } });
    const { QueuesPlugin } = await mf.getPlugins();
    const consumer = {
      queueName: "q",
      maxBatchSize: 2,
      maxWaitMs: 7000,
      maxRetries: 0,
      maxConcurrency: 1,
      retryDelay: 5,
    };
    assert.deepEqual(QueuesPlugin.queueConsumers, [consumer]);
    assert.deepEqual(QueuesPlugin.queueBindings, [{ name: "QUEUE", queueName: "q", deliveryDelay: 60 }]);
  });
});
