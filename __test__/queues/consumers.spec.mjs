// Tags: every-node
// What consumers of queues can do that Miniflare 2 does not know: acknowledge, delay, and take several batches at a time.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { deferred, json, rejection } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, LogLevel } from "../support/miniflare.mjs";
import { CONSUMER, consume, Inbox } from "../support/queues.mjs";
import { test } from "../support/test.mjs";

/** An instance whose clock stands still. */
async function steered(t, consumer, options) {
  const consumed = await consume(t, consumer, options);
  await consumed.mf.clock.set(0);
  return consumed;
}

const bodies = (...list) => list.map((body) => ({ body }));

describe("a message", () => {
  test("that was acknowledged is not delivered again when the handler throws", async (t) => {
    const { mf, inbox, queue } = await steered(t, { maxBatchSize: 3 });
    inbox.answer({ "q-1": "ack", throws: true });
    await queue.sendBatch(bodies("a", "b", "c"));
    await mf.clock.advance(2000);
    assert.deepEqual(inbox.batches, [
      ["a", "b", "c"],
      ["a", "c"],
    ]);
  });

  test("counts its deliveries", async (t) => {
    const { inbox, queue } = await consume(t, { maxBatchSize: 1, maxRetries: 2 });
    inbox.answer("retryAll", "throw");
    await queue.send("a");
    const attempts = [];
    for (let delivery = 1; delivery <= 3; delivery++) {
      await inbox.count(delivery);
      attempts.push(inbox.messages[0].attempts);
    }
    assert.deepEqual(attempts, [1, 2, 3]);
  });

  for (const [name, answer] of [
    ["that is retried", { "q-0": ["retry", { delaySeconds: 60 }] }],
    ["of a batch that is retried", undefined],
  ]) {
    test(`${name} waits as long as the consumer says`, async (t) => {
      const script = CONSUMER.replace("batch[answer]()", "batch[answer]({ delaySeconds: 60 })");
      const { mf, inbox, queue } = await steered(t, { maxBatchSize: 1 }, { script });
      inbox.answer(answer ?? "retryAll");
      await queue.send("a");
      await mf.clock.advance(59_999);
      assert.equal(inbox.batches.length, 1);
      await mf.clock.advance(1);
      assert.equal(inbox.batches.length, 2);
    });
  }

  test("that is retried waits for the time of the option retryDelay", async (t) => {
    const { mf, inbox, queue } = await steered(t, { maxBatchSize: 1, retryDelay: 10 });
    inbox.answer("throw");
    await queue.send("a");
    await mf.clock.advance(9999);
    assert.equal(inbox.batches.length, 1);
    await mf.clock.advance(1);
    assert.equal(inbox.batches.length, 2);
  });

  for (const [name, send, options] of [
    ["send", (queue) => queue.send("a", { delaySeconds: 60 })],
    ["sendBatch, of its own", (queue) => queue.sendBatch([{ body: "a", delaySeconds: 60 }], { delaySeconds: 5 })],
    ["sendBatch, of all", (queue) => queue.sendBatch(bodies("a"), { delaySeconds: 60 })],
    ["its binding", (queue) => queue.send("a"), { deliveryDelay: 60 }],
  ]) {
    test(`waits for the delay of ${name}`, async (t) => {
      const queueBindings = [{ name: "QUEUE", queueName: "q", ...options }];
      const { mf, inbox, queue } = await steered(t, { maxBatchSize: 1 }, { queueBindings });
      await send(queue);
      await mf.clock.advance(59_999);
      assert.equal(inbox.batches.length, 0);
      await mf.clock.advance(1);
      assert.deepEqual(inbox.batches, [["a"]]);
    });
  }

  test("has the decision of the first call, and a contrary one is warned of", async (t) => {
    const script = `export default { queue(batch, env) {
      const [a, b, c] = batch.messages;
      if (a?.attempts > 1 || b === undefined) return env.handle(batch.queue, batch.messages.map(({ id, body }) => ({ id, body })));
      a.ack(); a.retry(); b.retry(); b.ack(); b.retry();
      batch.ackAll(); batch.retryAll(); c.retry();
      return env.handle(batch.queue, []);
    } };`;
    const log = new RecordingLog(LogLevel.WARN);
    const { mf, inbox, queue } = await steered(t, { maxBatchSize: 3 }, { script, log });
    await queue.sendBatch(bodies("a", "b", "c"));
    await mf.clock.advance(1000);
    assert.deepEqual(inbox.batches, [[], ["b"]]);
    const late = (call, before, id) =>
      `Received a call to ${call} ${id ? `on message ${id} ` : ""}after ${before} was already called. Calling ${call} ${id ? "on a message " : ""}after calling ${before} has no effect.`;
    assert.deepEqual(log.having("[mf:wrn] ").slice(1), [
      late("retry()", "ack()", "q-0"),
      late("ack()", "retry()", "q-1"),
      late("retryAll()", "ackAll()"),
      late("retry()", "ackAll()", "q-2"),
    ]);
  });

  test("that is to wait for no possible time is refused", async (t) => {
    const { inbox, queue } = await consume(t, { maxBatchSize: 1, maxRetries: 0 });
    for (const delaySeconds of [-1, 0.5, 86_401, "1", Number.NaN]) {
      const { name, message } = await rejection(queue.send("a", { delaySeconds }));
      assert.equal(name, "TypeError");
      assert.equal(
        message,
        `Invalid delaySeconds: expected a whole number of seconds from 0 to 86400, got ${delaySeconds}`,
      );
    }
    assert.deepEqual(inbox.batches, []);
  });
});

describe("maxConcurrency", () => {
  const open = async (t, maxConcurrency) => {
    let running = 0;
    let most = 0;
    const ends = [];
    const consumed = await steered(
      t,
      { maxBatchSize: 1, maxConcurrency },
      {
        bindings: {
          async handle() {
            most = Math.max(most, ++running);
            const end = deferred();
            ends.push(end);
            await end.promise;
            running--;
          },
        },
      },
    );
    return { ...consumed, ends, most: () => most };
  };
  /** Resolves when so many deliveries have begun. */
  const begun = async (ends, count) => {
    while (ends.length < count) await new Promise((resolve) => setImmediate(resolve));
  };

  for (const [limit, most] of [
    [undefined, 1],
    [1, 1],
    [3, 3],
  ]) {
    test(`of ${limit} delivers ${most} at a time`, async (t) => {
      const { queue, ends, most: found } = await open(t, limit);
      await queue.sendBatch(bodies(1, 2, 3, 4, 5, 6));
      for (let ended = 0; ended < 6; ended++) {
        await begun(ends, Math.min(6, ended + most));
        ends[ended].resolve();
      }
      assert.equal(found(), most);
    });
  }
});

describe("the clock", () => {
  test("decides when batches are delivered", async (t) => {
    const { mf, inbox, queue } = await steered(t, { maxBatchSize: 5, maxWaitMs: 3_600_000 });
    await queue.send("a");
    await mf.clock.advance(3_599_999);
    assert.deepEqual(inbox.batches, []);
    await mf.clock.advance(1);
    assert.deepEqual(inbox.batches, [["a"]]);
  });

  test("that is set back makes no batch wait for longer", async (t) => {
    const { mf, inbox, queue } = await steered(t, { maxWaitMs: 1000 });
    await mf.clock.set(10_000_000);
    await queue.send("a");
    await mf.clock.set(0);
    await mf.clock.advance(1000);
    assert.deepEqual(inbox.batches, [["a"]]);
  });

  test("is that of messages and of the handler", async (t) => {
    const script = `export default { queue: (batch, env) =>
      env.handle(batch.queue, batch.messages.map(({ timestamp }) => ({ body: [timestamp.getTime(), Date.now()] }))) };`;
    const { mf, inbox, queue } = await steered(t, { maxWaitMs: 1000 }, { script });
    await mf.clock.set(5000);
    await queue.send("a");
    await mf.clock.advance(1000);
    assert.deepEqual(inbox.batches, [[[5000, 6000]]]);
  });
});

describe("a simulation", () => {
  const order = async (t, seed) => {
    const inbox = new Inbox();
    const order = [];
    const script = `export default {
      async fetch(request, env) { env.note(new URL(request.url).pathname); return new Response(""); },
      queue: (batch, env) => env.note(batch.messages[0].body),
    };`;
    const names = ["a", "b", "c", "d"];
    const mf = create(t, {
      script,
      simulate: { seed },
      queueConsumers: names.map((queueName) => ({ queueName, maxBatchSize: 1 })),
      bindings: { handle: inbox.handle, note: (what) => void order.push(what) },
    });
    await mf.getBindings();
    const all = deferred();
    const push = order.push.bind(order);
    order.push = (what) => push(what) === 8 && all.resolve();
    for (const name of names) await (await mf.getQueue(name)).send(name);
    await Promise.all(names.map((name) => mf.dispatchFetch(`http://localhost/${name}`)));
    await all.promise;
    return order.join();
  };

  test("delivers batches among requests, in an order of its seed", async (t) => {
    const orders = new Set();
    for (const seed of [1, 2, 3, 4, 5]) orders.add(await order(t, seed));
    assert.ok(orders.size > 1, [...orders].join("\n"));
  });
});

describe("dispatchQueue with messages", () => {
  const script = `export default { async queue(batch, env, ctx) {
    const [first, second] = batch.messages;
    if (first.body === "fails") throw new RangeError("failed");
    if (first.body === "echo") return env.told(JSON.stringify([batch.queue, batch.messages]));
    ctx.waitUntil(Promise.resolve().then(() => first.ack()));
    second?.retry({ delaySeconds: 7 });
    if (first.body === "all") batch.retryAll({ delaySeconds: 3 });
  } };`;

  test("resolves with what the consumer said", async (t) => {
    const mf = create(t, { script });
    const messages = [{ id: "x", body: "a" }, { id: "y", body: "b" }, { body: "c" }];
    assert.deepEqual(await mf.dispatchQueue("any", messages), {
      outcome: "ok",
      ackAll: false,
      retryBatch: { retry: false },
      explicitAcks: ["x"],
      retryMessages: [{ msgId: "y", delaySeconds: 7 }],
    });
    const all = await mf.dispatchQueue("any", [{ body: "all" }]);
    assert.deepEqual([all.retryBatch, all.explicitAcks], [{ retry: true, delaySeconds: 3 }, []]);
  });

  test("gives messages what they do not have", async (t) => {
    let told;
    const mf = create(t, { script, bindings: { told: (text) => void (told = JSON.parse(text)) } });
    await mf.clock.set(1000);
    await mf.dispatchQueue("any", [{ body: "echo" }, { id: "b", timestamp: new Date(5), attempts: 4, body: { n: 1 } }]);
    assert.deepEqual(told, [
      "any",
      [
        { id: "any-0", timestamp: new Date(1000).toJSON(), body: "echo", attempts: 1 },
        { id: "b", timestamp: new Date(5).toJSON(), body: { n: 1 }, attempts: 4 },
      ],
    ]);
  });

  test("rejects with what the consumer throws, and without a consumer", async (t) => {
    const mf = create(t, { script });
    const thrown = await rejection(mf.dispatchQueue("any", [{ body: "fails" }]));
    assert.deepEqual([thrown instanceof RangeError, thrown.message], [true, "failed"]);
    const none = await rejection(create(t, { script: "export default {};" }).dispatchQueue("any", [{ body: 1 }]));
    assert.match(
      none.message,
      /^No queue handler defined\.\nMake sure you're exporting a default object containing a `queue`/,
    );
  });

  test("reaches the worker that consumes the queue", async (t) => {
    const calls = [];
    const named = (name) => ({
      script: `export default { queue: (batch, env) => env.called("${name}") };`,
      modules: true,
      bindings: { called: (who) => void calls.push(who) },
    });
    const mf = create(t, { ...named("main"), mounts: { other: { ...named("other"), queueConsumers: ["q"] } } });
    await mf.dispatchQueue("q", [{ body: 1 }]);
    await mf.dispatchQueue("any", [{ body: 1 }]);
    await (await mf.getMount("other")).dispatchQueue("any", [{ body: 1 }]);
    assert.deepEqual(calls, ["other", "main", "other"]);
  });

  test("refuses what is neither", async (t) => {
    const mf = create(t, { script });
    for (const args of [[], [1], ["q"], ["q", {}], ["q", [1]], ["q", [{}]]]) {
      const { name, message } = await rejection(mf.dispatchQueue(...args));
      assert.equal(name, "TypeError");
      assert.match(message, /^dispatchQueue\(\) takes /);
    }
  });
});

describe("options of a consumer", () => {
  for (const [path, consumer] of [
    ["maxBatchSize", { maxBatchSize: 0 }],
    ["maxBatchSize", { maxBatchSize: 1.5 }],
    ["maxWaitMs", { maxWaitMs: -1 }],
    ["maxRetries", { maxRetries: -1 }],
    ["maxConcurrency", { maxConcurrency: 0 }],
    ["retryDelay", { retryDelay: 86_401 }],
  ]) {
    test(`are refused: ${JSON.stringify(consumer)}`, async (t) => {
      const queueConsumers = [{ queueName: "q", ...consumer }];
      const { code, message } = await rejection(createInvalid(t, { script: "", queueConsumers }).getBindings());
      assert.equal(code, "ERR_INVALID_OPTION");
      assert.ok(message.includes(`"queueConsumers[0].${path}"`), message);
    });
  }

  test("refuse a queue that is the one for its own dead letters", async (t) => {
    const queueConsumers = [{ queueName: "q", deadLetterQueue: "q" }];
    const { name, code } = await rejection(createInvalid(t, { script: "", queueConsumers }).getBindings());
    assert.deepEqual([name, code], ["QueueError [ERR_DEAD_LETTER_QUEUE_CYCLE]", "ERR_DEAD_LETTER_QUEUE_CYCLE"]);
  });
});

describe("a failure", () => {
  test("stops no queue, with the default log", async (t) => {
    const warnings = [];
    const warned = (warning) => void warnings.push(warning.message);
    process.on("warning", warned);
    t.after(() => process.off("warning", warned));
    const { inbox, queue } = await consume(t, { maxBatchSize: 1, maxRetries: 0, deadLetterQueue: "dead" });
    inbox.answer("throw", "throw");
    for (const body of ["a", "b", "c"]) await queue.send(body);
    assert.deepEqual(await inbox.count(3), [["a"], ["b"], ["c"]]);
    while (warnings.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, ["the consumer failed", "the consumer failed"]);
  });

  test("of a log that throws at each line stops no queue", async (t) => {
    const { inbox, queue, mf } = await consume(t, { maxBatchSize: 1, maxRetries: 0 });
    for (const method of ["error", "warn", "info", "debug"]) {
      mf.log[method] = () => {
        throw new Error(`${method}() fails`);
      };
    }
    const warned = () => {};
    process.on("warning", warned);
    t.after(() => process.off("warning", warned));
    inbox.answer("throw", "retryAll");
    for (const body of ["a", "b", "c"]) await queue.send(body);
    assert.deepEqual(await inbox.count(3), [["a"], ["b"], ["c"]]);
  });

  test("to have a handler is logged, and messages are kept until they have failed", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    const mf = create(t, {
      script: "export default {};",
      log,
      queueBindings: [{ name: "QUEUE", queueName: "q" }],
      queueConsumers: [{ queueName: "q", maxBatchSize: 1, maxRetries: 0 }],
    });
    await (await mf.getBindings()).QUEUE.send("a");
    await log.line(/Dropped/);
    assert.match(log.having("[mf:err] ")[0], /^q Consumer: Error: No queue handler defined/);
  });

  test("by a limit has the batch delivered again, by another worker", async (t) => {
    const script = `export default { async queue(batch, env) {
      const first = await env.handle(batch.queue, batch.messages.map(({ body }) => ({ body })));
      if (first === "loop") for (;;);
    } };`;
    const log = new RecordingLog(LogLevel.ERROR);
    const { inbox, queue } = await consume(t, { maxBatchSize: 1 }, { script, cpuLimitMs: 200, log });
    inbox.answer("loop");
    await queue.send("a");
    assert.deepEqual(await inbox.count(2), [["a"], ["a"]]);
    assert.match(log.having("[mf:err] ")[0], /^q Consumer: .*ERR_CPU_LIMIT/);
  });

  test("of a worker that is reloaded meanwhile counts no attempt", async (t) => {
    const { mf, inbox, queue } = await consume(t, { maxBatchSize: 1, maxRetries: 0 });
    const reloads = new Promise((resolve) => {
      inbox.answer(new Promise(() => {}), undefined);
      inbox.count(1).then(resolve);
    });
    await queue.send("a");
    await reloads;
    await mf.reload();
    assert.deepEqual(await inbox.count(2), [["a"], ["a"]]);
    assert.equal(inbox.messages[0].attempts, 1);
  });
});

describe("an object that sends", () => {
  test("sends nothing while it has written what could still be lost", async (t) => {
    const script = `
      export class Box {
        constructor(state, env) { this.storage = state.storage; this.env = env; }
        async fetch() {
          this.storage.put("sent", true);
          await this.env.QUEUE.send("from the object");
          return new Response("sent");
        }
      }
      ${CONSUMER.replace('fetch: () => new Response("a body")', 'fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request)')}`;
    const { mf, inbox } = await consume(t, { maxBatchSize: 1 }, { script, durableObjects: { BOX: "Box" } });
    await mf.dispatchFetch("http://localhost/");
    assert.deepEqual(await inbox.count(1), [["from the object"]]);
  });
});

describe("a worker that sends", () => {
  test("can send as often as it can ask KV in one request", async (t) => {
    const script = `export default { async fetch(request, env) {
      let sent = 0;
      try { for (;; sent++) await env.QUEUE.send(1); } catch ({ message }) { return Response.json([sent, message]); }
    } };`;
    const queueBindings = [{ name: "QUEUE", queueName: "q" }];
    const [sent, message] = await json(create(t, { script, queueBindings, internalSubrequestLimit: 3 }));
    assert.equal(sent, 3);
    assert.match(message, /^Too many API requests by single worker invocation/);
  });
});
