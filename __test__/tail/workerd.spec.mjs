// What tails get of events here and on workerd, by way of Miniflare 4.

import assert from "node:assert/strict";
import { after, before, describe, mock } from "node:test";
import { Miniflare, Response } from "../support/miniflare.mjs";
import { RecordingLog } from "../support/log.mjs";
import { Miniflare4, NoOpLog4, Response4 } from "../support/miniflare-4.mjs";
import { MAIN, OTHER, TAIL } from "../support/tail.mjs";
import { test } from "../support/test.mjs";

const DATE = "2026-01-20";
const common = { modules: true, compatibilityDate: DATE, compatibilityFlags: ["nodejs_compat"] };

/** Items as they arrive, in an order that does not depend on timing. */
class Seen {
  #items = [];
  #wanted = () => {};

  take = async (request) => {
    this.#items.push(await request.json());
    this.#wanted();
  };

  /** So many deliveries, of one item each. */
  async next(count) {
    while (this.#items.length < count) await new Promise((resolve) => (this.#wanted = resolve));
    const taken = this.#items.splice(0);
    return taken.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }
}

const keyOf = ({ items: [item] }) => JSON.stringify([item.entrypoint, Object.keys(item.event), item.event.rpcMethod]);

function options(seen, ResponseOf, NameOf) {
  const main = {
    ...common,
    name: "main",
    script: MAIN,
    tails: ["tail"],
    durableObjects: { RECORDED: { className: "Recorded", useSQLite: true } },
    serviceBindings: { OTHER: NameOf("other", "Service") },
  };
  const take = async (request) => (await seen.take(request), new ResponseOf());
  return {
    main,
    other: { ...common, script: OTHER, tails: ["tail"] },
    tail: { ...common, script: TAIL, serviceBindings: { SEEN: take } },
  };
}

/** What differs from run to run, and what only one of the two has: headers of HTTP, `cf`, times. */
function comparable({ items: [item], unredacted }) {
  const { request } = item.event;
  if (request !== undefined) {
    delete request.cf;
    for (const name of Object.keys(request.headers)) if (!KEPT.has(name)) delete request.headers[name];
  }
  for (const list of [item.logs, item.exceptions, item.diagnosticsChannelEvents]) {
    for (const one of list) {
      assert.equal(typeof one.timestamp, "number");
      delete one.timestamp;
      if (one.stack !== undefined) one.stack = one.stack.split("\n")[0].replace(/\(.*\)|at .*:\d+:\d+$/, "(place)");
    }
  }
  for (const name of ["wallTime", "cpuTime", "eventTimestamp"]) {
    assert.equal(typeof item[name], "number", name);
    delete item[name];
  }
  if (item.event.scheduledTime !== undefined) assert.equal(typeof item.event.scheduledTime, "number");
  delete item.event.scheduledTime;
  // Named differences: here an item has the names of the script and of the object.
  delete item.scriptName;
  delete item.durableObjectId;
  return { item, unredacted };
}

const KEPT = new Set([
  "authorization",
  "x-auth-x",
  "cookie",
  "my-token",
  "x-key",
  "jwt",
  "secret",
  "session",
  "x-plain",
]);

/** What workerd prints has to be read. */
function ignore(stdout, stderr) {
  stdout.resume();
  stderr.resume();
}

/** How many items each request leads to. */
const REQUESTS = {
  ...{ log: 1, throws: 1, throwsText: 1, throwsLater: 1, missing: 1, waits: 1, timer: 1, stream: 1 },
  ...{
    channel: 1,
    long: 1,
    many: 1,
    call: 2,
    callFails: 2,
    object: 2,
    own: 2,
    ownFetch: 2,
    service: 3,
    serviceFails: 2,
  },
  ...{ serviceFetch: 2, queue: 2, entrypointFails: 2 },
};

describe("as on workerd, a tail gets", () => {
  let ours;
  let theirs;
  const [seen, seen4] = [new Seen(), new Seen()];

  before(() => {
    // What the worker logs is long.
    for (const method of ["debug", "dir", "error", "info", "log", "table", "trace", "warn"])
      mock.method(console, method, () => {});
    const own = options(seen, Response, (service, entrypoint) => ({ service, entrypoint }));
    const queues = {
      queueBindings: [{ name: "QUEUE", queueName: "queue" }],
      queueConsumers: [
        { queueName: "queue", maxWaitMs: 1 },
        { queueName: "failing", maxRetries: 0 },
      ],
    };
    ours = new Miniflare({
      ...own.main,
      ...queues,
      log: new RecordingLog(),
      logUnhandledRejections: true,
      mounts: { other: own.other, tail: own.tail },
    });
    const other = options(seen4, Response4, (name, entrypoint) => ({ name, entrypoint }));
    const named = (name) => ({ ...other[name], name });
    const log = new NoOpLog4();
    const queues4 = {
      queueProducers: { QUEUE: "queue" },
      queueConsumers: { queue: { maxBatchTimeout: 0 }, failing: { maxRetries: 0 } },
    };
    const main4 = { ...other.main, ...queues4 };
    theirs = new Miniflare4({ log, handleRuntimeStdio: ignore, workers: [main4, named("other"), named("tail")] });
  });
  after(async () => {
    mock.restoreAll();
    await Promise.all([ours.dispose(), theirs.dispose()]);
  });

  /** The items that both have got, once the work was done on both. */
  async function both(count, work) {
    await Promise.all([work(ours), work(theirs)]);
    const [own, other] = await Promise.all([seen.next(count), seen4.next(count)]);
    return [own.map(comparable), other.map(comparable)];
  }

  for (const [path, count] of Object.entries(REQUESTS)) {
    test(`the events of the request "${path}"`, async () => {
      const [own, other] = await both(count, async (mf) => {
        const response = mf.dispatchFetch(`http://localhost/${path}`);
        // Here an error of the handler is one of the call, and there a response.
        await (path.startsWith("throws") ? response.catch(() => {}) : response.then((answer) => answer.text()));
      });
      assert.deepEqual(own, other);
    });
  }

  test("scheduled events and batches", async () => {
    for (const cron of ["* * * * *", "1 1 1 1 1"]) {
      const [own, other] = await both(1, async (mf) => {
        if (mf === ours) return mf.dispatchScheduled(1000, cron).catch(() => {});
        return (await mf.getWorker("main")).scheduled({ scheduledTime: new Date(1000), cron });
      });
      assert.deepEqual(own, other, cron);
    }
    const messages = [{ id: "1", timestamp: new Date(0), body: "a", attempts: 1 }];
    for (const queue of ["queue", "failing"]) {
      const [own, other] = await both(1, async (mf) => {
        if (mf === ours) return mf.dispatchQueue(queue, messages).catch(() => {});
        return (await mf.getWorker("main")).queue(queue, messages);
      });
      assert.deepEqual(own, other, queue);
    }
  });
});
