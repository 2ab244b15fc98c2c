// `pending()`: what requests and other events wait for, with the place in the user's code.

import assert from "node:assert/strict";
import path from "node:path";
import { describe } from "node:test";
import { transformSync } from "esbuild";
import { create, createFetchMock, Request } from "../support/miniflare.mjs";
import { deferred, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

/** What never answers. */
const NEVER = () => new Promise(() => {});

/** An instance that tracks, and whose script is a file: what waits in a test is in its line 3. */
function tracking(t, { body, rest = "", ...options }) {
  const script = `export default {\n  async fetch(request, env, ctx) {\n    ${body}\n  }\n};\n${rest}`;
  const root = folder(t, { "worker.mjs": script });
  const mf = create(t, { scriptPath: path.join(root, "worker.mjs"), modules: true, trackPending: true, ...options });
  return { mf, file: path.join(root, "worker.mjs") };
}

/** Dispatches a request that is not answered, and reports once the worker has told Node that it has come to `reached`. */
async function stuck(t, { reached, ...given }) {
  const { mf, file } = tracking(t, given);
  await mf.getBindings();
  mf.dispatchFetch(`${URL_ROOT}path`, given.init).catch(() => {});
  await reached?.();
  return { mf, file, report: mf.pending() };
}

const kinds = (waits) => waits.map(({ type, what }) => (what === "" ? type : `${type} ${what}`));

/** Turns of Node's loop until there is a report of which `is` holds. */
async function reportWhen(mf, is) {
  for (;;) {
    const report = mf.pending();
    if (is(report)) return report;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const RPC_OBJECT = `import { DurableObject } from "cloudflare:workers";
export class Box extends DurableObject {
  never() { return new Promise(() => {}); }
  fetch() { return new Promise(() => {}); }
  async block() { await this.ctx.blockConcurrencyWhile(() => this.env.never()); }
}`;

const silent = () => {
  const mock = createFetchMock();
  mock.disableNetConnect();
  mock.get("http://silent.test").intercept({ path: "/" }).reply(200, "late").delay(100_000_000);
  return mock;
};

/** Code that waits in line 3, and what it waits for first. */
const WAITS = {
  "a timer": { body: "await new Promise((resolve) => setTimeout(resolve, 1e6));", waits: "timer 1000000 ms" },
  "an interval": { body: "await new Promise(() => setInterval(() => {}, 1e6));", waits: "timer 1000000 ms" },
  "scheduler.wait()": { body: "await scheduler.wait(1e6);", waits: "timer 1000000 ms" },
  "a function in Node": { body: "await env.never();", waits: "node promise" },
  "a promise that nothing settles": { body: "await new Promise(() => {});", waits: "promise" },
  "all of some promises": { body: "await Promise.all([1, new Promise(() => {})]);", waits: "promise" },
  "a promise by then()": { body: "return new Promise(() => {}).then(() => new Response());", waits: "promise" },
  "a fetch that is mocked": {
    body: `await fetch("http://silent.test/");`,
    waits: "fetch GET http://silent.test/",
    fetchMock: true,
  },
  "a Durable Object": {
    body: `await env.BOX.get(env.BOX.idFromName("a")).fetch("http://box/");`,
    rest: RPC_OBJECT,
    durableObjects: { BOX: "Box" },
    waits: "object fetch of BOX a",
  },
  "a method of a Durable Object": {
    body: `await env.BOX.get(env.BOX.idFromName("a")).never();`,
    rest: RPC_OBJECT,
    durableObjects: { BOX: "Box" },
    waits: "rpc never of BOX a",
  },
  "a service": {
    body: `await env.OTHER.fetch(request);`,
    serviceBindings: { OTHER: NEVER },
    waits: "service fetch of OTHER",
  },
};

describe("pending() names what a request waits for", () => {
  for (const [name, { waits, fetchMock, ...given }] of Object.entries(WAITS)) {
    test(`${name}, with its place`, async (t) => {
      const mock = fetchMock ? { fetchMock: silent() } : {};
      const { mf, file } = await stuck(t, { ...given, ...mock, bindings: { never: NEVER } });
      const { events } = await reportWhen(mf, (report) => report.events[0]?.waits.length > 0);
      const [event] = events;
      assert.deepEqual(
        [events.length, event.type, event.what, event.isAnswered, event.isTracked],
        [1, "fetch", `GET ${URL_ROOT}path`, false, true],
      );
      const [wait] = event.waits;
      assert.deepEqual(kinds([wait]), [waits]);
      assert.ok(wait.at?.startsWith(`${file}:3:`), String(mf.pending()));
    });
  }

  test("when a timer is due, by the clock of the instance", async (t) => {
    const { mf } = tracking(t, { body: "await scheduler.wait(60_000); return new Response();" });
    await mf.clock.set(new Date("2030-01-01T00:00:00Z"));
    const response = mf.dispatchFetch(URL_ROOT);
    await mf.getBindings();
    const [event] = (await reportWhen(mf, ({ events }) => events.length > 0)).events;
    assert.equal(event.waits[0].due.toISOString(), "2030-01-01T00:01:00.000Z");
    await mf.clock.advance(60_000);
    await (await response).text();
    assert.deepEqual(mf.pending().events, []);
  });

  test("the functions that wait for each other, and the place of each", async (t) => {
    const rest =
      "async function outer() {\n  await inner();\n}\nasync function inner() {\n  await null;\n  await new Promise(() => {});\n}";
    const { mf, file } = await stuck(t, { body: "await outer();", rest });
    const { events } = await reportWhen(mf, ({ events }) =>
      events[0]?.waits.some(({ function: name }) => name === "inner"),
    );
    const places = events[0].waits.map(({ type, at }) => `${type} ${at.slice(file.length).replace(/:\d+$/, "")}`);
    assert.deepEqual(places.toSorted(), ["promise :11", "promise :3", "promise :7"]);
  });

  test("a gate, and the lock that closes it", async (t) => {
    const body = `
      const stub = env.BOX.get(env.BOX.idFromName("a"));
      await Promise.all([stub.block(), stub.fetch("http://box/")]);`;
    const { mf } = await stuck(t, {
      body,
      rest: RPC_OBJECT,
      durableObjects: { BOX: "Box" },
      bindings: { never: NEVER },
    });
    const has = (events, kind) => events[0]?.waits.some(({ type }) => type === kind);
    const { events } = await reportWhen(mf, ({ events }) => has(events, "gate") && has(events, "lock"));
    const known = kinds(events[0].waits);
    for (const wait of [
      "lock blockConcurrencyWhile BOX",
      "gate input BOX",
      "object fetch of BOX a",
      "rpc block of BOX a",
    ]) {
      assert.ok(known.includes(wait), `${wait} is not among ${known.join(", ")}`);
    }
  });

  test("a body that its sender does not end", async (t) => {
    const init = { method: "POST", body: new ReadableStream({ type: "bytes" }), duplex: "half" };
    const { mf } = await stuck(t, { body: "return new Response(await request.text());", init });
    const { events } = await reportWhen(mf, ({ events }) => events[0]?.waits.length > 1);
    assert.ok(kinds(events[0].waits).includes("stream of Node"), String(mf.pending()));
  });

  test("the place in the source that a script was built from", async (t) => {
    const source =
      "interface Env {}\n\nexport default {\n  async fetch(request: Request, env: Env): Promise<Response> {\n    await new Promise<void>(() => {});\n    return new Response();\n  },\n};\n";
    const { code } = transformSync(source, { loader: "ts", sourcemap: "inline", sourcefile: "src/index.ts" });
    const root = folder(t, { "worker.mjs": code, "src/index.ts": source });
    const scriptPath = path.join(root, "worker.mjs");
    const mf = create(t, { scriptPath, modules: true, sourceMap: true, trackPending: true });
    await mf.getBindings();
    mf.dispatchFetch(URL_ROOT).catch(() => {});
    const { events } = await reportWhen(mf, ({ events }) => events[0]?.waits.length > 0);
    assert.match(events[0].waits[0].at, /src[\\/]index\.ts:5:\d+$/);
  });
});

describe("pending() lists", () => {
  test("nothing before and after a request", async (t) => {
    const { mf } = tracking(t, { body: "await scheduler.wait(1); return new Response();" });
    assert.deepEqual(mf.pending().events, []);
    await (await mf.dispatchFetch(URL_ROOT)).text();
    assert.deepEqual(mf.pending().events, []);
    assert.equal(String(mf.pending()), "Nothing is pending.");
  });

  test("nothing after a request that failed", async (t) => {
    const { mf } = tracking(t, { body: "await scheduler.wait(1); throw new Error('failed');" });
    await assert.rejects(mf.dispatchFetch(URL_ROOT), /failed/);
    assert.deepEqual(mf.pending().events, []);
  });

  test("requests whose promises of waitUntil() are pending, as answered", async (t) => {
    const { promise, resolve } = deferred();
    const { mf, file } = tracking(t, {
      body: "ctx.waitUntil(env.promise()); return new Response();",
      bindings: { promise: () => promise },
    });
    const response = await mf.dispatchFetch(URL_ROOT);
    const [event] = mf.pending().events;
    assert.deepEqual([event.isAnswered, kinds(event.waits)], [true, ["node promise"]]);
    assert.ok(event.waits[0].at.startsWith(`${file}:3:`));
    resolve();
    await response.waitUntil();
    await reportWhen(mf, ({ events }) => events.length === 0);
  });

  test("requests whose body is not read to its end, as answered", async (t) => {
    const body =
      "return new Response(new ReadableStream({ pull: (controller) => env.chunk().then(() => controller.close()) }));";
    const { promise, resolve } = deferred();
    const { mf } = tracking(t, { body, bindings: { chunk: () => promise } });
    const response = await mf.dispatchFetch(URL_ROOT);
    const text = response.text();
    const { events } = await reportWhen(mf, ({ events }) => events[0]?.waits.length > 1);
    assert.equal(events[0].isAnswered, true);
    assert.ok(kinds(events[0].waits).includes("stream of the response"), String(mf.pending()));
    resolve();
    assert.equal(await text, "");
    await reportWhen(mf, ({ events }) => events.length === 0);
  });

  test("scheduled events, batches, alarms and calls by RPC", async (t) => {
    const script = `import { DurableObject } from "cloudflare:workers";
      const never = () => new Promise(() => {});
      export class Box extends DurableObject {
        never() { return never(); }
        async fetch() { await this.ctx.storage.setAlarm(Date.now() + 1e7); return new Response(); }
        alarm() { return never(); }
      }
      export default { scheduled: never, queue: never, fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request) };`;
    const mf = create(t, { script, trackPending: true, durableObjects: { BOX: "Box" } });
    await mf.dispatchFetch(URL_ROOT);
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const calls = [
      mf.dispatchScheduled(),
      mf.dispatchQueue("queue", [{ body: "a" }]),
      mf.flushDurableObjectAlarms(),
      namespace.get(namespace.idFromName("b")).never(),
    ];
    for (const call of calls) Promise.resolve(call).catch(() => {});
    const { events } = await reportWhen(mf, ({ events }) => events.length === calls.length);
    assert.deepEqual(events.map(({ type }) => type).toSorted(), ["alarm", "queue", "rpc", "scheduled"]);
  });

  test("events of mounts, with the names of their workers", async (t) => {
    const mounts = { other: { modules: true, script: "export default { fetch: () => new Promise(() => {}) }" } };
    const { mf } = tracking(t, {
      body: "return env.OTHER.fetch(request);",
      mounts,
      serviceBindings: { OTHER: "other" },
    });
    mf.dispatchFetch(URL_ROOT).catch(() => {});
    const { events } = await reportWhen(mf, ({ events }) => events.length === 2);
    assert.deepEqual(events.map(({ worker }) => worker).toSorted(), ["other", undefined]);
  });

  test("the methods and URLs of requests, without the option", async (t) => {
    const mf = create(t, { script: "export default { fetch: () => new Promise(() => {}) }" });
    await mf.getBindings();
    mf.dispatchFetch(new Request(`${URL_ROOT}a`, { method: "POST", body: "body" })).catch(() => {});
    const report = mf.pending();
    const [event] = report.events;
    assert.deepEqual(event, {
      ...{ type: "fetch", what: `POST ${URL_ROOT}a`, isAnswered: false, isTracked: false, waits: [] },
    });
    assert.match(String(report), /^fetch POST http:\/\/localhost\/a is not answered \(the option trackPending: true /);
  });

  test("what waits in a worker that has changed Error", async (t) => {
    const body = "Error.stackTraceLimit = 0; Error.captureStackTrace = undefined; await new Promise(() => {});";
    const { mf, file } = await stuck(t, { body });
    const { events } = await reportWhen(mf, ({ events }) => events[0]?.waits.length > 0);
    assert.ok(events[0].waits[0].at.startsWith(`${file}:3:`));
  });
});

describe("dispose({ reportPending: true })", () => {
  test("prints what is pending", async (t) => {
    const { mf } = await stuck(t, { body: "await new Promise(() => {});" });
    await reportWhen(mf, ({ events }) => events[0]?.waits.length > 0);
    const { mock } = t.mock.method(console, "warn", () => {});
    await mf.dispose({ reportPending: true });
    const [text] = mock.calls.map((call) => call.arguments.join(" "));
    assert.match(
      text,
      /^fetch GET http:\/\/localhost\/path is not answered after \d+ ms\n {2}waits for promise at .*:3:\d+/,
    );
  });

  test("prints nothing if nothing is pending", async (t) => {
    const { mf } = tracking(t, { body: "return new Response();" });
    await (await mf.dispatchFetch(URL_ROOT)).text();
    const { mock } = t.mock.method(console, "warn", () => {});
    await mf.dispose({ reportPending: true });
    assert.equal(mock.callCount(), 0);
  });
});
