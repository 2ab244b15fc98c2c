// Tags: every-node
// Messages of queues: what can be sent in which form, from the worker and from Node, and what a consumer gets of it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import { inBothRealms } from "../support/both.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { test } from "../support/test.mjs";

const oracle = createRequire(import.meta.url)("miniflare");
const queueBindings = [{ name: "QUEUE", queueName: "q" }];
const both = inBothRealms("queue", "env.QUEUE", (mf) => mf.getQueue("q"), { queueBindings });
const json = { queueBindings, compatibilityDate: "2024-03-18" };
const bothJson = inBothRealms("queue", "env.QUEUE", (mf) => mf.getQueue("q"), json);

describe("a message", () => {
  both(
    "is refused without a body",
    `return [await caught(() => queue.send()), await caught(() => queue.sendBatch([{}])), await caught(() => queue.sendBatch([]))];`,
    [
      ["TypeError", "Message body cannot be undefined"],
      ["TypeError", "Message body cannot be undefined"],
      ["TypeError", "sendBatch() requires at least one message"],
    ],
  );

  both(
    "is refused with an unknown content type",
    `return [
      await caught(() => queue.send(1, { contentType: "xml" })),
      await caught(() => queue.sendBatch([{ body: 1, contentType: "toString" }])),
    ];`,
    [
      ["TypeError", "Unsupported queue message content type: xml"],
      ["TypeError", "Unsupported queue message content type: toString"],
    ],
  );

  both(
    "is refused with a body of another type than its content type",
    `return [
      await caught(() => queue.send(1, { contentType: "text" })),
      await caught(() => queue.send("a", { contentType: "bytes" })),
      await caught(() => queue.send(() => 1, { contentType: "json" })),
      (await caught(() => queue.send({ deep: [() => 1] }, { contentType: "v8" })))[0],
      (await caught(() => queue.send(Symbol("a"))))[0],
    ];`,
    [
      ["TypeError", 'Content Type "text" requires a value of type string, but received: number'],
      [
        "TypeError",
        'Content Type "bytes" requires a value of type ArrayBuffer or ArrayBufferView, but received: string',
      ],
      ["TypeError", 'Content Type "json" requires a value that JSON has, but received: function'],
      "DataCloneError",
      "DataCloneError",
    ],
  );

  both(
    "is refused beyond the limits",
    `const bytes = (length) => ({ body: new Uint8Array(length), contentType: "bytes" });
    const refused = [
      await caught(() => queue.send(new Uint8Array(128_001), { contentType: "bytes" })),
      await caught(() => queue.sendBatch(Array.from({ length: 101 }, () => bytes(1)))),
      await caught(() => queue.sendBatch([bytes(100_000), bytes(100_000), bytes(100_000)])),
    ];
    await queue.sendBatch([bytes(128_000), bytes(128_000)]);
    await queue.sendBatch(Array.from({ length: 100 }, () => bytes(2560)));
    return [...refused, (await queue.metrics()).backlogCount];`,
    [
      ["Error", "Queue send failed: message length of 128001 bytes exceeds limit of 128000"],
      ["Error", "Queue send failed: batch message count of 101 exceeds limit of 100"],
      ["Error", "Queue send failed: batch size of 300000 bytes exceeds limit of 256000"],
      102,
    ],
  );

  both(
    "is sent with all of its batch, or not at all",
    `const refused = await caught(() => queue.sendBatch([{ body: 1 }, { body: () => 1 }]));
    return [refused[0], (await queue.metrics()).backlogCount];`,
    ["DataCloneError", 0],
  );

  both(
    "is sent once it is safe, and counted",
    `const { metadata } = await queue.send("é", { contentType: "text" });
    const sent = await queue.sendBatch(new Set([{ body: "abc", contentType: "text" }]));
    const { oldestMessageTimestamp, ...metrics } = await queue.metrics();
    const oldest = oldestMessageTimestamp instanceof Date;
    return [metadata.metrics.backlogCount, sent.metadata.metrics.backlogBytes, metrics, oldest];`,
    [1, 5, { backlogCount: 2, backlogBytes: 5 }, true],
  );

  bothJson(
    "is JSON from 2024-03-18 on",
    `const refused = await caught(() => queue.send(10n));
    await queue.send({ a: 1 });
    return [refused[0], (await queue.metrics()).backlogBytes];`,
    ["TypeError", 7],
  );
});

/** In the worker: a text that tells apart whatever can be in a message. */
const TELL = `const tell = (value) => {
  const type = Object.prototype.toString.call(value);
  if (value instanceof Map) return type + tell([...value]);
  if (value instanceof Set) return type + tell([...value]);
  if (value instanceof Date) return type + value.getTime();
  if (value instanceof Error) return type + value.name + value.message;
  if (value instanceof ArrayBuffer) return type + new Uint8Array(value).join();
  if (ArrayBuffer.isView(value)) return type + [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)].join();
  if (Array.isArray(value)) return "[" + Array.from(value, tell).join() + "]";
  if (typeof value === "object" && value !== null && !(value instanceof RegExp)) {
    return "{" + Object.entries(value).map(([key, one]) => key + ":" + tell(one)).join() + "}";
  }
  return type + (Object.is(value, -0) ? "-0" : String(value));
};`;

/** Sends each body in its form, and gives what the consumer was told. */
async function delivered(Class, sends, from) {
  const script = `${TELL} addEventListener("fetch", (event) => event.respondWith((async () => {
      const bodies = ${from === "worker" ? `[${sends.map(([source, options]) => `[${source}, ${JSON.stringify(options)}]`)}]` : "[]"};
      for (const [body, options] of bodies) await QUEUE.send(body, options);
      return new Response("sent");
    })()));
    addEventListener("queue", (event) => told(event.batch.messages.map(({ body }) => tell(body))));`;
  let mf;
  try {
    return await new Promise((resolve, reject) => {
      const queueConsumers = [{ queueName: "q", maxBatchSize: sends.length, maxWaitMs: 0 }];
      const told = (texts) => resolve([...texts]);
      mf = new Class({ script, queueBindings, queueConsumers, globals: { told } });
      send(mf, sends, from).catch(reject);
    });
  } finally {
    await mf.dispose();
  }
}

async function send(mf, sends, from) {
  if (from === "worker") return (await mf.dispatchFetch("http://localhost/")).text();
  const queue = await mf.getQueue("q");
  // biome-ignore lint/security/noGlobalEval: values of the sources that the worker has too
  await queue.sendBatch(sends.map(([source, options]) => ({ body: (0, eval)(`(${source})`), ...options })));
}

const V8 = { contentType: "v8" };

describe("a consumer gets", () => {
  for (const from of ["worker", "node"]) {
    test(`a value of each content type, sent from the ${from}`, async () => {
      const told = await delivered(
        Miniflare,
        [
          ["'text ń 👋'", { contentType: "text" }],
          ["''", { contentType: "text" }],
          ["new Uint8Array([1, 2, 3]).subarray(1)", { contentType: "bytes" }],
          ["new Uint16Array([258]).buffer", { contentType: "bytes" }],
          ["({ a: [1, null, 'x'], un: undefined, date: new Date(0) })", { contentType: "json" }],
          ["new Map([[1, new Set([2n])]])", V8],
          ["new Error('failed')", V8],
        ],
        from,
      );
      assert.deepEqual(told, [
        "[object String]text ń 👋",
        "[object String]",
        "[object ArrayBuffer]2,3",
        "[object ArrayBuffer]2,1",
        "{a:[[object Number]1,[object Null]null,[object String]x],date:[object String]1970-01-01T00:00:00.000Z}",
        "[object Map][[[object Number]1,[object Set][[object BigInt]2]]]",
        "[object Error]Errorfailed",
      ]);
    });
  }

  test("what it gets in Miniflare 2, of values at random", async (t) => {
    const next = randomOf(seedOf(t));
    const pick = (list) => list[Math.floor(next() * list.length)];
    const leaves = [
      "0",
      "-0",
      "NaN",
      "1e21",
      "''",
      "'\\ud800'",
      "'ü'",
      "true",
      "null",
      "undefined",
      "10n",
      "new Date(NaN)",
    ];
    leaves.push("new Date(1)", "/a+/gi", "new Uint8Array([1,2])", "new Float64Array(2)", "new ArrayBuffer(3)");
    leaves.push("new TypeError('t')", "Object('boxed')", "Object(1)", "new DataView(new ArrayBuffer(2), 1)");
    const value = (depth) => {
      if (depth === 0 || next() < 0.3) return pick(leaves);
      const parts = Array.from({ length: Math.floor(next() * 4) }, () => value(depth - 1));
      const make = pick([
        () => `[${parts}]`,
        () => `[,${parts}]`,
        () => `({ ${parts.map((part, index) => `k${index}: ${part}`)} })`,
        () => `new Map([${parts.map((part, index) => `[${index}, ${part}]`)}])`,
        () => `new Set([${parts}])`,
      ]);
      return make();
    };
    const sends = Array.from({ length: 100 }, () => [value(4), undefined]).map(([source]) => [
      source === "undefined" ? "null" : source,
      undefined,
    ]);
    const [ours, theirs] = await Promise.all(
      [Miniflare, oracle.Miniflare].map((Class) => delivered(Class, sends, "worker")),
    );
    for (const [index, told] of ours.entries()) {
      assert.equal(told, theirs[index], inspect(sends[index]));
    }
    assert.equal(ours.length, 100);
  });
});

describe("a queue in Node", () => {
  test("is the same as in the worker, whether it is bound or not", async (t) => {
    const mf = create(t, { script: "export default {};", queueBindings });
    const { QUEUE } = await mf.getBindings();
    await QUEUE.send("a");
    await (await mf.getQueue("q")).send("b");
    assert.equal((await (await mf.getQueue("q")).metrics()).backlogCount, 2);
    assert.equal((await (await mf.getQueue("other")).metrics()).backlogCount, 0);
  });

  test("ends with the instance", async () => {
    const mf = new Miniflare({ script: "" });
    const queue = await mf.getQueue("q");
    await mf.dispose();
    await assert.rejects(queue.send("a"), { code: "ERR_DISPOSED" });
  });
});
