// Tags: every-node
// Tails: which events a worker's tails get, and when.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** What arrives at a function in Node, one after the other. */
class Arrivals {
  #taken = [];
  #waiting = [];

  take = (value) => {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken.push(value);
    else next(value);
  };

  next() {
    return this.#taken.length > 0 ? this.#taken.shift() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A tail that tells Node what it gets, with its own name. */
const tail = (seen, name, options = {}) => ({
  modules: true,
  bindings: { seen: (item) => seen.take([name, item]) },
  script: `export default {
    async tail([item], { seen }) {
      const { scriptName, entrypoint, event, exceptions, logs, outcome, durableObjectId } = item;
      await seen(JSON.parse(JSON.stringify({ scriptName, entrypoint, event, outcome, durableObjectId,
        logs: logs.map(({ message }) => message.join(" ")), exceptions: exceptions.map(({ message }) => message) })));
    }
  }`,
  ...options,
});

const HELLO = `export default { fetch() { console.info("asked"); return new Response("hello"); } };`;
const quiet = () => ({ log: new RecordingLog() });

describe("tails", () => {
  test("get an event once its response was read", async (t) => {
    const seen = new Arrivals();
    const script = `export default { fetch() {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      writer.write(new TextEncoder().encode("text"));
      globalThis.finish = () => (console.info("finished"), writer.close());
      return new Response(readable);
    } };`;
    const mounts = { logger: tail(seen, "logger") };
    const mf = create(t, { ...quiet(), name: "main", modules: true, script, tails: ["logger"], mounts });
    const { body } = await mf.dispatchFetch("http://localhost/");
    const reader = body.getReader();
    await reader.read();
    const global = await mf.getGlobalScope();
    void global.finish();
    while (!(await reader.read()).done);
    const [, item] = await seen.next();
    assert.equal(item.scriptName, "main");
    assert.equal(item.event.response.status, 200);
  });

  test("are entrypoints, with props", async (t) => {
    const seen = new Arrivals();
    const script = `import { WorkerEntrypoint } from "cloudflare:workers";
      export class Tail extends WorkerEntrypoint {
        async tail(items) { await this.env.seen([this.ctx.props.level, items.length, items[0].outcome]); }
      }
      export default {};`;
    const mounts = { logger: { modules: true, script, bindings: { seen: seen.take } } };
    const tails = [{ service: "logger", entrypoint: "Tail", props: { level: 3 } }];
    const mf = create(t, { modules: true, script: HELLO, tails, mounts, ...quiet() });
    await (await mf.dispatchFetch("http://localhost/")).text();
    assert.deepEqual(await seen.next(), [3, 1, "ok"]);
  });

  test("may have tails, and be those of each other or of themselves", async (t) => {
    const seen = new Arrivals();
    const mounts = {
      one: tail(seen, "one", { tails: ["two", "one"] }),
      two: tail(seen, "two", { tails: ["one", "two"] }),
    };
    const mf = create(t, { name: "main", modules: true, script: HELLO, tails: ["one", "two"], mounts, ...quiet() });
    await (await mf.dispatchFetch("http://localhost/")).text();
    const told = [];
    for (let count = 0; count < 4; count++) {
      const [name, { scriptName, event }] = await seen.next();
      told.push([name, scriptName, event.consumedEvents?.[0].scriptName ?? event.request.url]);
    }
    // Each tail hears of the request, and of that the other one has heard of it.
    assert.deepEqual(told.sort(), [
      ["one", "main", "http://localhost/"],
      ["one", "two", "main"],
      ["two", "main", "http://localhost/"],
      ["two", "one", "main"],
    ]);
    // No more has come of it: the next thing to arrive is of the next request.
    await (await mf.dispatchFetch("http://localhost/next")).text();
    const [, { event }] = await seen.next();
    assert.equal(event.request?.url ?? "http://localhost/next", "http://localhost/next");
  });

  test("get alarms of objects, and events of sockets that they have accepted", async (t) => {
    const seen = new Arrivals();
    const script = `
      import { DurableObject } from "cloudflare:workers";
      export class Recorded extends DurableObject {
        fetch() {
          const { 0: client, 1: server } = new WebSocketPair();
          this.ctx.acceptWebSocket(server);
          return new Response(null, { status: 101, webSocket: client });
        }
        webSocketMessage(socket, message) { console.info(message); throw new Error("in the message"); }
        webSocketClose(socket, code) { socket.close(code); }
        set() { return this.ctx.storage.setAlarm(Date.now() + 1000); }
        alarm() { console.info("rings"); throw new Error("in the alarm"); }
      }
      export default { fetch: (request, env) => env.RECORDED.get(env.RECORDED.idFromName("a")).fetch(request) };`;
    const mf = create(t, {
      modules: true,
      script,
      durableObjects: { RECORDED: "Recorded" },
      logUnhandledRejections: true,
      tails: ["logger"],
      mounts: { logger: tail(seen, "logger") },
      ...quiet(),
    });
    const { webSocket } = await mf.dispatchFetch("http://localhost/", { headers: { upgrade: "websocket" } });
    webSocket.accept();
    const [, upgrade] = await seen.next();
    const [, within] = await seen.next();
    assert.deepEqual([upgrade.entrypoint, within.entrypoint].sort(), ["Recorded", undefined]);
    webSocket.send("text");
    const [, message] = await seen.next();
    assert.deepEqual(message.event, { getWebSocketEvent: { webSocketEventType: "message" } });
    assert.deepEqual(
      [message.entrypoint, message.logs, message.exceptions],
      ["Recorded", ["text"], ["in the message"]],
    );
    webSocket.close(1000, "bye");
    const [, close] = await seen.next();
    assert.deepEqual(close.event.getWebSocketEvent, { wasClean: true, code: 1000, webSocketEventType: "close" });
    const namespace = await mf.getDurableObjectNamespace("RECORDED");
    const id = namespace.idFromName("b");
    await namespace.get(id).set();
    const [, set] = await seen.next();
    assert.deepEqual(set.event, { rpcMethod: "set" });
    assert.equal(set.durableObjectId, String(id));
    await mf.clock.advance(2000);
    const [, alarm] = await seen.next();
    assert.deepEqual([alarm.entrypoint, alarm.logs, alarm.exceptions], ["Recorded", ["rings"], ["in the alarm"]]);
    assert.ok(Number.isFinite(Date.parse(alarm.event.scheduledTime)), alarm.event.scheduledTime);
  });

  test("get emails", async (t) => {
    const seen = new Arrivals();
    const script = `export default { email(message) { console.info("mail of", message.from); } };`;
    const mf = create(t, {
      modules: true,
      script,
      tails: ["logger"],
      mounts: { logger: tail(seen, "logger") },
      ...quiet(),
    });
    await mf.dispatchEmail({ from: "a@example.com", to: "b@example.com", raw: "Subject: x\r\n\r\ntext" });
    const [, item] = await seen.next();
    assert.deepEqual(item.event, { rawSize: 18, rcptTo: "b@example.com", mailFrom: "a@example.com" });
    assert.deepEqual(item.logs, ["mail of a@example.com"]);
  });

  test("get events that a limit ends", async (t) => {
    const seen = new Arrivals();
    const script = `export default { fetch() { console.info("loops"); for (;;); } };`;
    const mounts = { logger: tail(seen, "logger") };
    const mf = create(t, { modules: true, script, cpuLimitMs: 50, tails: ["logger"], mounts, ...quiet() });
    assert.equal((await rejection(mf.dispatchFetch("http://localhost/"))).code, "ERR_CPU_LIMIT");
    const [, item] = await seen.next();
    assert.deepEqual([item.outcome, item.event.request.url, item.logs], ["exceededCpu", "http://localhost/", []]);
  });

  test("that fail are logged, and the worker goes on", async (t) => {
    const log = new RecordingLog();
    const arrived = new Promise((resolve) => (log.error = resolve));
    const mounts = {
      logger: { modules: true, script: `export default { tail() { throw new RangeError("of the tail"); } }` },
    };
    const mf = create(t, { modules: true, script: HELLO, tails: ["logger"], mounts, log });
    assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "hello");
    assert.equal((await arrived).message, "of the tail");
    assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "hello");
  });

  test("that are not there are named", async (t) => {
    const mf = createInvalid(t, { modules: true, script: HELLO, tails: ["nowhere"] });
    const error = await rejection(mf.dispatchFetch("http://localhost/"));
    assert.equal(error.code, "ERR_SERVICE_NOT_MOUNTED");
    assert.match(error.message, /^Worker "nowhere" of the option "tails" not found\./);
    const wrong = createInvalid(t, { script: HELLO, tails: "logger" });
    assert.equal((await rejection(wrong.dispatchFetch("http://localhost/"))).code, "ERR_INVALID_OPTION");
  });

  test("are what tail_consumers name in wrangler's files", async (t) => {
    const seen = new Arrivals();
    const log = new RecordingLog();
    const config = {
      name: "main",
      main: "worker.mjs",
      compatibility_date: "2026-01-20",
      tail_consumers: [{ service: "logger" }],
      streaming_tail_consumers: [{ service: "logger" }],
    };
    const root = folder(t, { "wrangler.json": JSON.stringify(config), "worker.mjs": HELLO });
    const mounts = { logger: tail(seen, "logger") };
    const mf = create(t, { rootPath: root, wranglerConfigPath: true, mounts, log });
    await (await mf.dispatchFetch("http://localhost/")).text();
    const [, item] = await seen.next();
    assert.deepEqual([item.scriptName, item.logs], ["main", ["asked"]]);
    const [warning] = log.having("[mf:wrn] ").filter((line) => line.includes("streaming_tail_consumers"));
    assert.match(warning, /Streaming tails is not implemented/);
    const alone = create(t, { rootPath: root, wranglerConfigPath: true, log });
    assert.equal(await (await alone.dispatchFetch("http://localhost/")).text(), "hello");
    assert.ok(log.having("[mf:wrn] ").some((line) => line.startsWith('Worker "logger" of "tail_consumers" not found')));
  });
});
