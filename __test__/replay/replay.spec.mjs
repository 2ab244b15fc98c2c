// `simulate: { seed, record }` writes a run to a file, and `simulate: { replay }` repeats it step for step, with the answers from
// the file.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { rejection, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, createInvalid } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** A counter that loses updates if its storage, or the function that it calls, answers in an unlucky order. */
const COUNTER = `
export class Counter {
  constructor(state, env) { this.storage = state.storage; this.env = env; }
  async fetch() {
    const count = (await this.storage.get("count", { allowConcurrency: true })) ?? 0;
    const next = count + await this.env.STEP(count);
    await this.storage.put("count", next, { allowConcurrency: true });
    return Response.json(next);
  }
}
export default { fetch: (request, { COUNTER }) => COUNTER.get(COUNTER.idFromName("a")).fetch(request) };`;

/** Answers after as many turns of Node's loop as chance says. */
const someTime = async () => {
  for (let left = Math.floor(Math.random() * 8); left > 0; left--) await new Promise(setImmediate);
};
const unasked = () => assert.fail("a replay asks nothing outside");
const range = (count) => Array.from({ length: count }, (_, index) => index + 1);

const fileIn = (t) => path.join(folder(t), "run.jsonl");
const linesOf = (file) =>
  fs
    .readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Records what `use` does with a worker, and what comes of it. Then `again(bindings, other)` does it with the recording. */
async function recorded(t, options, use) {
  const file = fileIn(t);
  const run = async (simulate, more) => {
    const mf = create(t, { ...options, ...more, simulate });
    try {
      return await use(mf);
    } finally {
      await mf.dispose();
    }
  };
  const result = await run({ seed: 1, record: file });
  return { file, result, again: (more, other) => run({ replay: file }, { ...more, ...other }) };
}

/** The text that a worker answers. */
const answerOf = async (mf, path = "") => (await mf.dispatchFetch(URL_ROOT + path)).text();
const handler = (body) => `export default { async fetch(request, env) { ${body} } }`;

describe("a recorded run", () => {
  test("is repeated: a lost update that was seen once is seen each time", async (t) => {
    const counts = (mf) => Promise.all(range(3).map(async () => Number(await answerOf(mf))));
    const options = { durableObjects: { COUNTER: "Counter" }, script: COUNTER };
    const file = fileIn(t);
    let lost;
    for (let seed = 1; lost === undefined; seed++) {
      assert.ok(seed < 100, "no seed of 100 loses an update");
      const STEP = async () => (await someTime(), 1);
      const mf = create(t, { ...options, bindings: { STEP }, simulate: { seed, record: file } });
      const seen = await counts(mf);
      await mf.dispose();
      if (Math.max(...seen) < 3) lost = seen;
    }
    for (let run = 0; run < 10; run++) {
      const mf = create(t, { ...options, bindings: { STEP: unasked }, simulate: { replay: file } });
      assert.deepEqual(await counts(mf), lost);
      await mf.dispose();
    }
  });

  test("repeats random values, ids and the time", async (t) => {
    const script = `export class Box {} ${handler(`
      const bytes = crypto.getRandomValues(new Uint16Array(3));
      const values = [...bytes, crypto.randomUUID(), Math.random(), Date.now(), String(env.BOX.newUniqueId())];
      await scheduler.wait(5);
      return Response.json([...values, Date.now(), new Date().toISOString()]);`)}`;
    const options = { script, durableObjects: { BOX: "Box" } };
    const { result, again } = await recorded(t, options, (mf) => answerOf(mf));
    assert.equal(await again(), result);
    const [other] = JSON.parse((await recorded(t, options, (mf) => answerOf(mf))).result).slice(3);
    assert.notEqual(other, JSON.parse(result)[3]);
  });

  test("repeats what functions return, throw, and resolve with", async (t) => {
    const bindings = {
      now: () => ({ date: new Date(5), list: [1, undefined, -0, 1n], bytes: new Uint8Array([1, 2]) }),
      async later(...args) {
        await someTime();
        return new Map([[args.length, args]]);
      },
      fails() {
        throw new RangeError("too far", { cause: new TypeError("inner") });
      },
      async rejects() {
        throw Object.assign(new Error("no"), { code: "E_NO" });
      },
      async responds() {
        return new Response("body", { status: 201, headers: { "X-Name": "value" } });
      },
    };
    const script = handler(`
      const { date, list, bytes } = env.now();
      const later = await env.later("a", { b: 1 });
      const shown = (error) => [error.name, error.message, error.code, error.cause?.message, error instanceof RangeError];
      let thrown; try { env.fails(); } catch (error) { thrown = shown(error); }
      const rejected = await env.rejects().catch(shown);
      const response = await env.responds();
      return Response.json([date.getTime(), list.map(String), Object.is(list[2], -0), [...bytes], [...later], thrown, rejected,
        response.status, response.headers.get("x-name"), await response.text()]);`);
    const { result, again } = await recorded(t, { script, bindings }, (mf) => answerOf(mf));
    assert.deepEqual(JSON.parse(result), [
      5,
      ["1", "undefined", "0", "1"],
      true,
      [1, 2],
      [[2, ["a", { b: 1 }]]],
      ["RangeError", "too far", null, "inner", true],
      ["Error", "no", "E_NO", null, false],
      201,
      "value",
      "body",
    ]);
    const none = Object.fromEntries(Object.keys(bindings).map((name) => [name, unasked]));
    assert.equal(await again({ bindings: none }), result);
  });

  test("repeats uses of objects", async (t) => {
    class Store {
      #values = new Map();
      size = 0;
      async put(key, value) {
        await someTime();
        this.#values.set(key, value);
        this.size++;
        return this;
      }
      get = (key) => this.#values.get(key);
      open = (name) => ({ name, read: (key) => `${name}:${this.get(key)}` });
    }
    const script = handler(`
      const same = await env.STORE.put("a", 1);
      await same.put("b", 2);
      const opened = env.STORE.open("x");
      return Response.json([env.STORE.size, env.STORE.get("a"), same.get("b"), opened.name, opened.read("a")]);`);
    const options = { script, bindings: { STORE: new Store() } };
    const { result, again } = await recorded(t, options, (mf) => answerOf(mf));
    assert.equal(result, '[2,1,2,"x","x:1"]');
    assert.equal(await again({ bindings: { STORE: new Store() } }), result);
  });

  test("repeats answers of servers and of services", async (t) => {
    let asked = 0;
    const server = http.createServer((request, response) => {
      asked++;
      response.writeHead(request.url === "/moved" ? 302 : 200, { Location: "/", "X-Asked": String(asked) });
      response.end(`${request.method} ${asked}`);
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    const URL = `http://127.0.0.1:${server.address().port}`;
    const script = handler(`
      const answers = await Promise.all([fetch(env.URL), fetch(env.URL + "/moved"), fetch(env.URL, { method: "POST", body: "b" })]);
      const service = await env.SERVICE.fetch("http://service/path");
      const failed = await fetch("http://127.0.0.1:1/").catch((error) => error.name + ": " + error.message);
      return Response.json([await Promise.all(answers.map(async (one) => [one.url, one.headers.get("x-asked"), await one.text()])),
        service.status, await service.text(), failed]);`);
    const SERVICE = async (request) => (
      await someTime(), new Response(`${request.url} ${Math.random()}`, { status: 203 })
    );
    const options = { script, bindings: { URL }, serviceBindings: { SERVICE } };
    const { result, again } = await recorded(t, options, (mf) => answerOf(mf));
    assert.match(result, /,203,"http:\/\/service\/path 0\.\d+","TypeError: fetch failed"\]$/);
    assert.equal(asked, 4);
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    assert.equal(await again({ serviceBindings: { SERVICE: unasked } }), result);
  });

  test("repeats events: requests with bodies, scheduled events, requests to objects, alarms, and seeds", async (t) => {
    const script = `export class Box {
      constructor(state) { this.storage = state.storage; this.seen = []; }
      async fetch(request) {
        this.seen.push(await request.text());
        if (this.seen.length === 2) await this.storage.setAlarm(Date.now() + 60_000);
        return Response.json([this.seen, request.cf?.colo]);
      }
      alarm() { this.seen.push("alarm " + Math.random()); }
    }
    const at = [];
    export default {
      async fetch(request, { BOX }) { return Response.json([at, await request.text()]); },
      async scheduled({ scheduledTime, cron }) { at.push([scheduledTime, cron, Math.random()]); },
    };`;
    const options = { script, durableObjects: { BOX: "Box" } };
    const bytes = async function* () {
      yield new TextEncoder().encode("in ");
      yield new TextEncoder().encode("parts");
    };
    const { result, again } = await recorded(t, options, async (mf) => {
      const namespace = await mf.getDurableObjectNamespace("BOX");
      const id = namespace.idFromName("a");
      const ask = async (body, cf) => (await namespace.get(id).fetch(URL_ROOT, { method: "POST", body, cf })).json();
      await mf.dispatchScheduled(1000, "* * * * *");
      const body = ReadableStream.from(bytes());
      const whole = await mf.dispatchFetch(URL_ROOT, { method: "POST", body, duplex: "half" });
      const seen = [await whole.json(), await Promise.all([ask("b", { colo: "X" }), ask("c")])];
      seen.push(await mf.flushDurableObjectAlarms([id]), await ask("d"));
      await mf.simulate(9);
      seen.push(await ask("e"));
      return seen;
    });
    assert.equal(result[0][1], "in parts");
    assert.equal(result[2], 1);
    assert.match(result[3][0][2], /^alarm 0/);
    assert.deepEqual(await again(), result);
  });

  test("repeats alarms and batches of queues that come by themselves", async (t) => {
    const script = `const seen = [];
    let arrived;
    const both = new Promise((resolve) => { arrived = () => seen.length === 3 && resolve(); });
    export class Box {
      constructor(state) { this.storage = state.storage; }
      async fetch() { await this.storage.setAlarm(Date.now()); return new Response(); }
      alarm() { seen.push(["alarm", Math.random()]); arrived(); }
    }
    export default {
      async fetch(request, { BOX, QUEUE }) {
        await Promise.all([BOX.get(BOX.idFromName("a")).fetch(request), QUEUE.send("first"), QUEUE.send("second")]);
        await both;
        return Response.json(seen);
      },
      async queue(batch) {
        for (const { id, body, timestamp } of batch.messages) seen.push([id, body, timestamp]);
        arrived();
      },
    };`;
    const options = {
      script,
      durableObjects: { BOX: "Box" },
      queueBindings: [{ name: "QUEUE", queueName: "q" }],
      queueConsumers: [{ queueName: "q", maxWaitMs: 1 }],
    };
    const { result, again } = await recorded(t, options, (mf) => answerOf(mf));
    assert.match(result, /"first"/);
    assert.equal(await again(), result);
  });

  test("is of all workers of an instance", async (t) => {
    const other = handler("return new Response([await env.ASK('other'), Math.random()].join())");
    const options = {
      script: handler(
        "return new Response([await env.ASK('main'), await (await env.OTHER.fetch(request)).text()].join())",
      ),
      bindings: { ASK: async (name) => (await someTime(), `${name} ${Math.random()}`) },
      serviceBindings: { OTHER: "other" },
    };
    const mounts = (ASK) => ({
      mounts: { other: { modules: true, script: other, bindings: { ASK } } },
    });
    const both = (mf) => Promise.all([answerOf(mf), answerOf(mf)]);
    const { result, again } = await recorded(t, { ...options, ...mounts(options.bindings.ASK) }, both);
    assert.deepEqual(await again({ bindings: { ASK: unasked } }, mounts(unasked)), result);
  });
});

describe("a recording", () => {
  test("has a line of JSON for each entry, and the options", async (t) => {
    const script = handler("return new Response(await env.READ('key'))");
    const { file } = await recorded(t, { script, bindings: { READ: async () => "value", TEXT: "text" } }, (mf) =>
      answerOf(mf),
    );
    const [head, ...entries] = linesOf(file);
    assert.equal(head.seed, 1);
    assert.equal(head.options.bindings.TEXT, "text");
    assert.deepEqual(head.options.bindings.READ, { $: "live", path: "bindings.READ", kind: "function" });
    const asked = entries.find(({ what }) => what === "bindings.READ");
    assert.deepEqual(asked, { ask: asked.ask, what: "bindings.READ", given: ["key"], later: true });
    const { value } = entries.find(({ settle }) => settle === asked.ask);
    assert.equal(value, "value");
    const [{ event }] = entries.filter((entry) => "event" in entry);
    assert.equal(event.request.url, `${URL_ROOT}`);
  });

  test("goes on over reloads, and ends with the option", async (t) => {
    const file = fileIn(t);
    const script = handler("return new Response(Math.random())");
    const run = async (simulate) => {
      const mf = create(t, { script, simulate });
      const seen = [await answerOf(mf)];
      await mf.reload();
      seen.push(await answerOf(mf));
      await mf.setOptions({ simulate: undefined });
      const lines = linesOf(file).length;
      await answerOf(mf);
      assert.equal(linesOf(file).length, lines);
      return seen;
    };
    const seen = await run({ seed: 1, record: file });
    assert.notEqual(seen[0], seen[1]);
    assert.deepEqual(await run({ replay: file }), seen);
  });

  test("is written by a server as well", async (t) => {
    const script = handler("return new Response(await request.text() + Math.random())");
    const file = fileIn(t);
    const first = create(t, { script, simulate: { seed: 1, record: file } });
    const server = await first.startServer({ port: 0, host: "127.0.0.1" }).catch(() => first.createServer());
    if (!server.listening) await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    const url = `http://127.0.0.1:${server.address().port}/`;
    const answer = await (await fetch(url, { method: "POST", body: "sent " })).text();
    await first.dispose();
    const [{ event }] = linesOf(file).filter((entry) => "event" in entry);
    assert.equal(event.request.url, url);
    assert.match(answer, /^sent 0\.\d+$/);
  });

  test("ends with the instance, also for requests that wait for their turns", async (t) => {
    const script = handler("return new Response()");
    const mf = create(t, { script, simulate: { seed: 1, record: fileIn(t) } });
    await mf.getBindings();
    const answer = rejection(answerOf(mf));
    await mf.dispose();
    assert.equal((await answer).code, "ERR_DISPOSED");
  });

  test("refuses what it cannot hold", async (t) => {
    const script = handler(
      "try { env.CALL(() => {}); } catch (error) { return new Response(error.code + ' ' + error.message); }",
    );
    const { result } = await recorded(t, { script, bindings: { CALL() {} } }, (mf) => answerOf(mf));
    assert.equal(
      result,
      "ERR_REPLAY Argument 1 of bindings.CALL() is an object or a function of the worker, which a recording cannot hold. Pass data instead.",
    );
  });

  test("costs a simulation without it nothing in behaviour", async (t) => {
    const mf = create(t, { script: handler("return new Response(typeof Math.random())"), simulate: { seed: 1 } });
    assert.equal(await answerOf(mf), "number");
  });
});

describe("a replay that leaves its recording", () => {
  const script = handler("return new Response(await env.READ(new URL(request.url).pathname))");
  const bindings = { READ: async (name) => `value of ${name}` };
  const pages = (mf) => Promise.all([answerOf(mf, "a"), answerOf(mf, "b")]);

  test("names what was recorded and what is asked", async (t) => {
    const { file, again } = await recorded(t, { script, bindings }, pages);
    const changed = script.replace("env.READ(", "env.READ('x' + ");
    const { code, message, name } = await rejection(again({ script: changed }));
    assert.equal(code, "ERR_REPLAY");
    assert.equal(name, "InstanceError [ERR_REPLAY]");
    const entries = linesOf(file).slice(1);
    const index = entries.findIndex(({ what }) => what === "bindings.READ") + 1;
    const first = entries[index - 1].given[0];
    assert.equal(
      message,
      `The run leaves the recording "${file}" at entry ${index}: recorded is bindings.READ("${first}"), and now there is bindings.READ("x${first}"). Replay the code that was recorded, or record again.`,
    );
  });

  test("names an event that was not recorded", async (t) => {
    const { again } = await recorded(t, { script, bindings }, pages);
    const file = await recorded(t, { script, bindings }, pages).then(({ file }) => file);
    const mf = create(t, { script, bindings, simulate: { replay: file } });
    const { code, message } = await rejection(answerOf(mf, "c"));
    assert.equal(code, "ERR_REPLAY");
    assert.match(message, /recorded is the event .*\/a".*and now there is the event .*\/c"/);
    assert.equal((await rejection(answerOf(mf, "a"))).message, message);
    assert.deepEqual(await again(), ["value of /a", "value of /b"]);
  });

  test("rejects requests that are under way", async (t) => {
    const never = handler(
      "await env.READ(new URL(request.url).pathname); if (request.url.endsWith('/a')) await env.MORE()",
    );
    const more = { ...bindings, MORE: () => new Promise(() => {}) };
    const file = fileIn(t);
    const first = create(t, { script: never, bindings: more, simulate: { seed: 1, record: file } });
    await first.getBindings();
    const recording = answerOf(first, "a").catch(() => {});
    while (!fs.readFileSync(file, "utf8").includes("bindings.MORE")) await new Promise(setImmediate);
    await first.dispose();
    await recording;
    const mf = create(t, { script: never, bindings: more, simulate: { replay: file } });
    const waiting = rejection(answerOf(mf, "a"));
    const { code } = await rejection(answerOf(mf, "other"));
    assert.equal(code, "ERR_REPLAY");
    assert.equal((await waiting).code, "ERR_REPLAY");
  });

  test("names what a worker does not ask any more", async (t) => {
    const oneByOne = async (mf) => [await answerOf(mf, "a"), await answerOf(mf, "b")];
    const { again } = await recorded(t, { script, bindings }, oneByOne);
    const { code, message } = await rejection(again({ script: handler("return new Response()") }));
    assert.equal(code, "ERR_REPLAY");
    assert.match(message, /recorded is bindings\.READ\("\/a"\), and now there is the event .*\/b"/);
  });

  test("ends where the recording ends, with requests under way", async (t) => {
    const { file } = await recorded(t, { script, bindings }, pages);
    const [head, ...entries] = linesOf(file);
    const first = entries.findIndex((entry) => "settle" in entry);
    fs.writeFileSync(file, `${[head, ...entries.slice(0, first)].map((line) => JSON.stringify(line)).join("\n")}\n`);
    const mf = create(t, { script, bindings, simulate: { replay: file } });
    const { message } = await rejection(pages(mf));
    assert.match(message, /the recording ends here, and now there is (nothing more to do|bindings\.READ)/);
  });

  test("does not wait for timers, and keeps their order", async (t) => {
    const waits = handler(`
      const seen = [];
      const wait = async (ms) => (await scheduler.wait(ms), seen.push(ms, await env.READ(ms)));
      await Promise.all([wait(60), wait(20), wait(40)]);
      const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(100_000));
      return Response.json([seen, new Uint8Array(digest)[0], Date.now()]);`);
    const { result, again } = await recorded(t, { script: waits, bindings }, (mf) => answerOf(mf));
    assert.equal(await again(), result);
  });

  test("says where the recording ends", async (t) => {
    const { file } = await recorded(t, { script, bindings }, pages);
    const [head, ...entries] = linesOf(file);
    const events = entries.filter((entry) => "event" in entry);
    fs.writeFileSync(file, `${[head, ...events].map((line) => JSON.stringify(line)).join("\n")}\n{"ask":`);
    const mf = create(t, { script, bindings, simulate: { replay: file } });
    const { message } = await rejection(pages(mf));
    assert.match(message, /at entry \d+: the recording ends here, and now there is bindings\.READ\("\/[ab]"\)/);
  });

  test("is refused without a recording", async (t) => {
    const file = fileIn(t);
    const missing = createInvalid(t, { script, simulate: { replay: file } });
    const unreadable = await rejection(missing.getBindings());
    assert.equal(unreadable.code, "ERR_REPLAY");
    assert.match(unreadable.message, /cannot be read \(ENOENT.*simulate: \{ seed, record \} has written/);
    fs.writeFileSync(file, "another file\n");
    const other = createInvalid(t, { script, simulate: { replay: file } });
    const { code, message } = await rejection(other.getBindings());
    assert.equal(code, "ERR_REPLAY");
    assert.match(message, /contains no recording/);
    const wrong = createInvalid(t, { script, simulate: { replay: 1 } });
    assert.match((await rejection(wrong.getBindings())).message, /"simulate.replay": expected a string, got 1/);
  });
});
