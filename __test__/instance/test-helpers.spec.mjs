// The methods with the names that suites of Workers import from `cloudflare:test`.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json, rejection, text } from "../support/dispatch.mjs";
import { evict, known, open, withRoom } from "../support/hibernation.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const script = `
let lives = 0;
export class Box {
  constructor(state) { this.state = state; this.life = ++lives; }
  increment(by) { return (this.count = (this.count ?? 0) + by); }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/wait") await new Promise(() => {});
    if (pathname === "/alarm") await this.state.storage.setAlarm(Date.now() + 100_000);
    return Response.json([this.life, this.count ?? 0]);
  }
  async alarm() {
    if (this.count === 13) throw new RangeError("unlucky");
    this.count = 100;
  }
}
export default {
  fetch: (request, env) => env.BOX.getByName("a").fetch(request),
  async handled(request, env, ctx) {
    ctx.waitUntil(Promise.resolve().then(() => ctx.waitUntil(env.note("late"))));
    ctx.waitUntil(env.note("early"));
    return "handled";
  },
  failing(request, env, ctx) {
    for (const text of request) ctx.waitUntil(Promise.reject(new RangeError(text)));
  },
  scheduled(controller, env) { controller.noRetry(); return env.note([controller.scheduledTime, controller.cron]); },
  async queue(batch, env, ctx) {
    const [first, second] = batch.messages;
    first.ack();
    ctx.waitUntil(Promise.resolve().then(() => second.retry({ delaySeconds: 5 })));
    env.note([batch.queue, ...batch.messages.map(({ id, body, attempts }) => [id, body, attempts])]);
  },
};`;
const options = { modules: true, script, durableObjects: { BOX: "Box" } };

/** An instance, the handlers of its worker with their environment, and what they have noted. */
async function withHandlers(t) {
  const notes = [];
  const mf = create(t, { ...options, bindings: { note: async (note) => void notes.push(note) } });
  const { default: handlers } = await mf.getModuleExports();
  return { mf, handlers, env: await mf.getBindings(), notes };
}

async function withStub(t) {
  const mf = create(t, options);
  const ns = await mf.getDurableObjectNamespace("BOX");
  return { mf, ns, stub: ns.getByName("a") };
}

describe("runInDurableObject", () => {
  test("runs within the object, given by a stub or by an id", async (t) => {
    const { mf, stub } = await withStub(t);
    assert.equal(await mf.runInDurableObject(stub, (box) => box.increment(2)), 2);
    const result = await mf.runInDurableObject(stub.id, async (box, state) => {
      await state.storage.put("key", 1);
      return [box.increment(3), state.id.name, await state.storage.get("key")];
    });
    assert.deepEqual(result, [5, "a", 1]);
    assert.deepEqual(await json(mf), [1, 5]);
  });

  test("takes a stub of the worker", async (t) => {
    const { mf } = await withStub(t);
    const { BOX } = await mf.getBindings();
    assert.equal(await mf.runInDurableObject(BOX.getByName("a"), (box) => box.increment(2)), 2);
  });

  test("rejects with what is thrown, and refuses a value that is not an object", async (t) => {
    const { mf, stub } = await withStub(t);
    const thrown = rejection(
      mf.runInDurableObject(stub, () => {
        throw new RangeError("thrown");
      }),
    );
    assert.equal((await thrown).name, "RangeError");
    assert.match((await rejection(mf.runInDurableObject("a", () => {}))).message, /^runInDurableObject\(\) takes/);
  });
});

describe("runDurableObjectAlarm", () => {
  test("delivers the alarm that is set, and says whether there was one", async (t) => {
    const { mf, stub } = await withStub(t);
    assert.equal(await mf.runDurableObjectAlarm(stub), false);
    await stub.fetch("http://localhost/alarm");
    assert.equal(await mf.runDurableObjectAlarm(stub), true);
    assert.deepEqual(await json(mf), [1, 100]);
    assert.equal(await mf.runDurableObjectAlarm(stub), false);
  });

  test("rejects with what the handler throws", async (t) => {
    const { mf, stub } = await withStub(t);
    await stub.fetch("http://localhost/alarm");
    await mf.runInDurableObject(stub, (box) => box.increment(13));
    assert.equal((await rejection(mf.runDurableObjectAlarm(stub))).message, "unlucky");
  });
});

test("listDurableObjectIds lists the objects of a namespace, of Node or of the worker", async (t) => {
  const { mf, ns, stub } = await withStub(t);
  assert.deepEqual(await mf.listDurableObjectIds(ns), []);
  await text(mf);
  const { BOX } = await mf.getBindings();
  for (const namespace of [ns, BOX]) {
    assert.deepEqual((await mf.listDurableObjectIds(namespace)).map(String), [String(stub.id)]);
  }
  assert.match((await rejection(mf.listDurableObjectIds({}))).message, /^listDurableObjectIds\(\) takes a namespace/);
});

describe("all objects", () => {
  const ECHO = 'webSocketMessage(socket, message) { socket.send(this.life + " " + message); }';

  test("are evicted, and their sockets stay or close", async (t) => {
    const mf = withRoom(t, ECHO);
    const clients = [await open(mf, "?object=a"), await open(mf, "?object=b")];
    await mf.evictAllDurableObjects();
    for (const { socket } of clients) socket.send("x");
    assert.deepEqual(await Promise.all(clients.map(({ until }) => until(1))), [["3 x"], ["4 x"]]);
    await mf.evictAllDurableObjects({ webSockets: "close" });
    assert.deepEqual(await Promise.all(clients.map(({ until }) => until(2))), [
      ["3 x", 1006],
      ["4 x", 1006],
    ]);
    assert.equal((await rejection(mf.evictAllDurableObjects({ webSockets: 1 }))).name, "TypeError");
  });

  test("are aborted, and what waits for them is rejected", async (t) => {
    const { mf } = await withStub(t);
    await text(mf);
    const waiting = mf.dispatchFetch("http://localhost/wait");
    await text(mf);
    await mf.abortAllDurableObjects();
    const error = await rejection(waiting);
    assert.deepEqual([error.message, error.remote], ["Application called abortAllDurableObjects().", true]);
    assert.deepEqual(await json(mf), [2, 0]);
  });

  test("lose their sockets when they are aborted", async (t) => {
    const mf = withRoom(t, ECHO);
    const { until } = await open(mf);
    await mf.abortAllDurableObjects();
    assert.deepEqual(await until(1), [1006]);
    assert.equal(await evict(mf), false);
    assert.deepEqual((await known(mf)).sockets, []);
  });
});

describe("an execution context", () => {
  test("is waited for, with what is added meanwhile", async (t) => {
    const { mf, handlers, env, notes } = await withHandlers(t);
    const ctx = mf.createExecutionContext();
    assert.equal(await handlers.handled(null, env, ctx), "handled");
    await mf.waitOnExecutionContext(ctx);
    assert.deepEqual(notes.sort(), ["early", "late"]);
  });

  test("rejects with the reason of a promise, or with all of several", async (t) => {
    const { mf, handlers, env } = await withHandlers(t);
    const failed = async (...texts) => {
      const ctx = mf.createExecutionContext();
      await handlers.failing(texts, env, ctx);
      return rejection(mf.waitOnExecutionContext(ctx));
    };
    assert.equal((await failed("one")).message, "one");
    const error = await failed("one", "two");
    assert.equal(error.constructor, AggregateError);
    assert.deepEqual(
      error.errors.map(({ message }) => message),
      ["one", "two"],
    );
  });

  test("is one of createExecutionContext", async (t) => {
    const { mf } = await withHandlers(t);
    const error = await rejection(mf.waitOnExecutionContext(5));
    assert.deepEqual(
      [error.name, error.message],
      ["TypeError", "waitOnExecutionContext() takes an ExecutionContext of createExecutionContext(), got 5 (number)"],
    );
  });
});

test("createScheduledController makes the argument of a scheduled handler", async (t) => {
  const { mf, handlers, env, notes } = await withHandlers(t);
  const controller = mf.createScheduledController({ scheduledTime: new Date(1000), cron: "* * * * *" });
  await handlers.scheduled(controller, env, mf.createExecutionContext());
  assert.deepEqual(notes, [[1000, "* * * * *"]]);
  assert.deepEqual(mf.createScheduledController().cron, "");
});

describe("a message batch", () => {
  const messages = [{ id: "first", timestamp: new Date(0), attempts: 3, body: { a: 1 } }, { body: "text" }];

  test("gives what a handler has said of it, once its context is done", async (t) => {
    const { mf, handlers, env, notes } = await withHandlers(t);
    const batch = mf.createMessageBatch("my-queue", messages);
    const ctx = mf.createExecutionContext();
    await handlers.queue(batch, env, ctx);
    assert.deepEqual(await mf.getQueueResult(batch, ctx), {
      outcome: "ok",
      ackAll: false,
      retryBatch: { retry: false },
      explicitAcks: ["first"],
      retryMessages: [{ msgId: "my-queue-1", delaySeconds: 5 }],
    });
    assert.deepEqual(notes, [["my-queue", ["first", { a: 1 }, 3], ["my-queue-1", "text", 1]]]);
  });

  test("is one of createMessageBatch, of messages", async (t) => {
    const { mf } = await withHandlers(t);
    assert.throws(() => mf.createMessageBatch("my-queue", "text"), /^TypeError: createMessageBatch\(\) takes messages/);
    const error = await rejection(mf.getQueueResult({}, mf.createExecutionContext()));
    assert.match(error.message, /^getQueueResult\(\) takes a batch of createMessageBatch\(\)/);
  });
});
