// Where messages of queues are: in memory, in a folder, on a Redis server; what a snapshot brings back; and what is left of
// them when a process is killed. MINIFLARE_CRASH_RUNS says how many processes are.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { root } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { runAndKill } from "../support/killed.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { CONSUMER, consume, Inbox } from "../support/queues.mjs";
import { redis } from "../support/redis.mjs";
import { test, within } from "../support/test.mjs";

const RUNS = Number(process.env.MINIFLARE_CRASH_RUNS ?? 20);

const PLACES = {
  "a folder": (t) => folder(t),
  "a Redis server": async (t) => (await redis(t)).url,
};

/** Resolves when the queue has been read: the clock does not wait for a server. */
const opened = async (mf) => (await mf.getQueue("q")).metrics();

for (const [name, placeOf] of Object.entries(PLACES)) {
  describe(`messages in ${name}`, () => {
    test("wait for the next instance, with their numbers, delays and attempts", async (t) => {
      const queuesPersist = await placeOf(t);
      const options = { script: CONSUMER, modules: true, queuesPersist };
      const first = new Miniflare(options);
      const queue = await first.getQueue("q");
      await queue.sendBatch([{ body: "a" }, { body: "later", delaySeconds: 3600 }, { body: "b" }]);
      await first.dispose();
      const inbox = new Inbox();
      inbox.answer({ "q-2": "retry" });
      const queueConsumers = [{ queueName: "q", maxBatchSize: 5, maxWaitMs: 1000 }];
      const consuming = { ...options, queueConsumers, bindings: { handle: inbox.handle } };
      const second = new Miniflare(consuming);
      await opened(second);
      await second.clock.advance(1000);
      assert.deepEqual(await inbox.count(1), [["a", "b"]]);
      await second.dispose();
      const last = new Miniflare(consuming);
      await opened(last);
      await last.clock.advance(2000);
      assert.deepEqual(await inbox.count(2), [["a", "b"], ["b"]]);
      assert.equal(inbox.messages[0].attempts, 2);
      await last.clock.advance(4_000_000);
      await inbox.count(3);
      assert.deepEqual(inbox.messages, [{ id: "q-1", body: "later", attempts: 1 }]);
      await last.dispose();
    });

    test("are delivered to a consumer, and gone then", async (t) => {
      const { inbox, queue, mf } = await consume(
        t,
        { maxBatchSize: 2, maxWaitMs: 1 },
        { queuesPersist: await placeOf(t) },
      );
      for (const body of [1, 2, 3]) await queue.send(body);
      assert.deepEqual(await inbox.countMessages(3), [1, 2, 3]);
      for (;;) {
        const { backlogCount } = await (await mf.getQueue("q")).metrics();
        if (backlogCount === 0) break;
        await new Promise((resolve) => setImmediate(resolve));
      }
    });

    test("are brought back by a snapshot", async (t) => {
      const { mf, inbox } = await consume(t, { maxWaitMs: 1000 }, { queuesPersist: await placeOf(t) });
      await mf.clock.set(0);
      const queue = await mf.getQueue("q");
      await queue.send("before");
      const restore = await mf.snapshotStorage();
      await queue.sendBatch([{ body: "after" }, { body: "after" }]);
      await mf.clock.advance(1000);
      await inbox.count(1);
      await restore();
      assert.equal((await queue.metrics()).backlogCount, 1);
      await mf.clock.advance(1000);
      await inbox.count(2);
      assert.deepEqual(inbox.batches, [["before", "after", "after"], ["before"]]);
      await restore();
      await queue.send("again");
      assert.equal((await queue.metrics()).backlogCount, 2);
    });
  });
}

describe("queues on a Redis server", () => {
  test("say when there is no server, in the worker and in Node", async (t) => {
    const { url, stop } = await redis(t);
    await stop();
    const script = `export default { async fetch(request, env) {
      const { code, message } = await env.QUEUE.send("a").catch((error) => error);
      return Response.json([code, message]);
    } };`;
    const queueBindings = [{ name: "QUEUE", queueName: "q" }];
    const mf = create(t, { script, modules: true, queueBindings, queuesPersist: url });
    const queue = await mf.getQueue("q");
    for (const call of [() => queue.send("a"), () => queue.sendBatch([{ body: "a" }]), () => queue.metrics()]) {
      assert.equal((await rejection(call())).code, "ERR_STORAGE_UNREACHABLE");
    }
    const [code, message] = await json(mf);
    assert.equal(code, "ERR_STORAGE_UNREACHABLE", message);
  });

  test("are refused with a URL of another kind", async (t) => {
    const mf = create(t, { script: "", queuesPersist: "http://localhost" });
    const { code, message } = await rejection(mf.getQueue("q"));
    assert.equal(code, "ERR_INVALID_OPTION");
    assert.match(message, /"queuesPersist"/);
  });
});

describe("a queue in a folder that is a file", () => {
  test("says so", async (t) => {
    const root = folder(t, { file: "a file" });
    const mf = create(t, { script: "", queuesPersist: path.join(root, "file") });
    const queue = await mf.getQueue("q");
    assert.equal((await rejection(queue.send("a"))).code, "ERR_STORAGE_NOT_A_FOLDER");
  });
});

describe("messages in memory", () => {
  test("are brought back by a snapshot, while some of them are delivered", async (t) => {
    const { mf, inbox } = await consume(t, { maxWaitMs: 1000, maxBatchSize: 1 });
    let end;
    inbox.answer(new Promise((resolve) => (end = resolve)));
    const queue = await mf.getQueue("q");
    const restore = await mf.snapshotStorage();
    await queue.send("before");
    await inbox.count(1);
    await restore();
    const { metadata } = await queue.send("after");
    assert.equal(metadata.metrics.backlogCount, 1);
    end();
    assert.deepEqual(await inbox.count(2), [["before"], ["after"]]);
  });

  test("survive a reload", async (t) => {
    const { mf, inbox, queue } = await consume(t, { maxWaitMs: 1000 });
    await mf.clock.set(0);
    await queue.send("a");
    await mf.clock.advance(500);
    await mf.reload();
    await mf.clock.advance(500);
    assert.deepEqual(await inbox.count(1), [["a"]]);
  });
});

describe("a process that is killed", () => {
  const writer = path.join(root, "__test__/support/queue-crash.mjs");

  /** Sends and consumes until it is killed at a random moment; the numbers that it said were accepted, and consumed. */
  const sendAndKill = (t, data, first) =>
    runAndKill(t, [writer, JSON.stringify({ data, first })], { most: 20, counts: ([what]) => what === "sent" });

  within(60_000 + RUNS * 20_000)(`${RUNS} times, loses no message that was accepted`, async (t) => {
    const data = folder(t);
    const [accepted, consumed] = [new Set(), new Set()];
    let next = 1;
    for (let round = 0; round < RUNS; round++) {
      for (const [what, number] of await sendAndKill(t, data, next))
        (what === "sent" ? accepted : consumed).add(number);
      next = Math.max(0, ...accepted) + 1000;
    }
    const mf = new Miniflare({
      script: `export default { queue: (batch, env) => env.got(batch.messages.map(({ body }) => body)) };`,
      modules: true,
      queuesPersist: data,
      queueConsumers: [{ queueName: "q", maxBatchSize: 100, maxWaitMs: 0 }],
      bindings: {
        got(numbers) {
          for (const number of numbers) consumed.add(number);
        },
      },
    });
    t.after(() => mf.dispose());
    const queue = await mf.getQueue("q");
    while ((await queue.metrics()).backlogCount > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(accepted.size >= RUNS, `${accepted.size} messages`);
    assert.deepEqual(
      [...accepted].filter((number) => !consumed.has(number)),
      [],
    );
  });
});
