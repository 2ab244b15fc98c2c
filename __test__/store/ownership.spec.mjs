// One folder and several who use it: instances, threads, copies of the package, names of the folder. An object runs once,
// what was confirmed is kept, and who cannot have it is told.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { root, runScript } from "../support/child.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { disk, withDisk } from "../support/disk.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(90_000);
/** So many puts of so many bytes are more than the database keeps in one file. */
const ROUNDS = 160;
const FILL = 120_000;

/** Counts in its storage: `/count`, reading and then writing; `/transaction`, with a turn of Node's loop in between. */
const COUNTER = `
export class Counter {
  constructor(state, env) { this.storage = state.storage; this.env = env; }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/end") this.env.end();
    if (pathname === "/count") await this.storage.put("count", ((await this.storage.get("count")) ?? 0) + 1);
    if (pathname === "/transaction") await this.storage.transaction(async (txn) => {
      const count = (await txn.get("count")) ?? 0;
      await this.env.turn();
      txn.put("count", count + 1);
    });
    return Response.json((await this.storage.get("count")) ?? 0);
  }
}
export default { fetch(request, env) {
  const name = new URL(request.url).searchParams.get("object") ?? "a";
  return env.COUNTER.get(env.COUNTER.idFromName(name)).fetch(request);
} };`;

const turn = () => new Promise((resolve) => setImmediate(resolve));
const counterOptions = (durableObjectsPersist, more = {}) => ({
  modules: true,
  script: COUNTER,
  durableObjects: { COUNTER: "Counter" },
  durableObjectsPersist,
  ...more,
});

describe("two copies of the package in one process", () => {
  /** The package as npm would install it a second time. */
  function copy(t) {
    const where = folder(t);
    for (const part of ["index.mjs", "index.js", "package.json", "lib", "npm"])
      fs.cpSync(path.join(root, part), path.join(where, part), { recursive: true });
    return pathToFileURL(path.join(where, "index.mjs")).href;
  }

  test("never have one folder open at the same time", async (t) => {
    const data = folder(t);
    const source = `
      const { Miniflare: Other } = await import(${JSON.stringify(copy(t))});
      const options = ${JSON.stringify(keeperOptions({ durableObjectsPersist: data }))};
      const put = async (mf, key) => Object.keys(await (await mf.dispatchFetch("http://localhost/put?" + key + "=1")).json());
      const [mf, other] = [new Miniflare(options), new Other(options)];
      const told = [await put(mf, "a"), await put(other, "b").catch(({ code, message }) => [code, message])];
      await mf.dispose();
      told.push(await put(other, "c"));
      console.log(JSON.stringify(told));
      await other.dispose();`;
    const { stdout, stderr } = await runScript(source);
    assert.equal(stderr, "");
    const [first, [code, message], last] = JSON.parse(stdout);
    assert.deepEqual([first, code, last], [["a"], "ERR_STORAGE_LOCKED", ["a", "c"]]);
    assert.match(message, /another copy of this package/);
    assert.deepEqual(await get(keeper(t, { durableObjectsPersist: data })), { a: "1", c: "1" });
  });
});

describe("a folder", () => {
  test("that is renamed while it is in use is the same folder by its new name", async (t) => {
    const [before, after] = ["before", "after"].map((name) => path.join(folder(t), name));
    const first = new Miniflare(keeperOptions({ durableObjectsPersist: before }));
    await put(first, { a: "1" });
    fs.renameSync(before, after);
    const second = new Miniflare(keeperOptions({ durableObjectsPersist: after }));
    assert.deepEqual(await put(second, { b: "2" }), { a: "1", b: "2" });
    assert.deepEqual(await put(first, { c: "3" }), { a: "1", b: "2", c: "3" });
    const third = keeper(t, { durableObjectsPersist: before });
    assert.deepEqual(await put(third, { other: "1" }), { other: "1" });
    for (let round = 0; round < ROUNDS; round++) await put(first, { fill: String(round).padEnd(FILL) });
    await Promise.all([first.dispose(), second.dispose()]);
    const found = await get(keeper(t, { durableObjectsPersist: after }));
    assert.deepEqual([found.a, found.b, found.c, found.fill.trim()], ["1", "2", "3", String(ROUNDS - 1)]);
    assert.deepEqual(await get(third), { other: "1" });
  });

  test("that is reached by a second mount is the same folder", withDisk, async (t) => {
    const { data } = disk(t, 32);
    const other = folder(t);
    const first = keeper(t, { durableObjectsPersist: data });
    await put(first, { a: "1" });
    assert.equal(spawnSync("mount", ["--bind", data, other]).status, 0);
    const second = new Miniflare(keeperOptions({ durableObjectsPersist: other }));
    const found = await put(second, { b: "2" });
    await second.dispose();
    spawnSync("umount", ["-l", other]);
    assert.deepEqual(found, { a: "1", b: "2" });
    assert.deepEqual(await get(first), { a: "1", b: "2" });
  });

  for (const durability of ["os", "sync"]) {
    test(`that is deleted while it is in use: the next write says so (durability "${durability}")`, async (t) => {
      const data = path.join(folder(t), "data");
      const mf = keeper(t, { durableObjectsPersist: data, durability });
      await put(mf, { a: "1" });
      fs.rmSync(data, { recursive: true });
      const error = await rejection(put(mf, { b: "2" }));
      assert.equal(error.name, "StorageError [ERR_STORAGE]");
      assert.ok(
        error.message.includes(data) && error.message.includes("was deleted while it was in use"),
        error.message,
      );
      assert.deepEqual(await put(mf, { c: "3" }), { c: "3" });
      await mf.dispose();
      assert.deepEqual(await get(keeper(t, { durableObjectsPersist: data })), { c: "3" });
    });
  }

  test("that is deleted: a key-value namespace says so too", async (t) => {
    const data = path.join(folder(t), "data");
    const mf = create(t, { script: "export default {}", kvNamespaces: ["NS"], kvPersist: data });
    const namespace = await mf.getKVNamespace("NS");
    await namespace.put("a", "1");
    fs.rmSync(data, { recursive: true });
    await assert.rejects(namespace.put("b", "2"), /was deleted while it was in use/);
    await namespace.put("c", "3");
    assert.deepEqual([await namespace.get("a"), await namespace.get("c")], [null, "3"]);
  });
});

const places = { "in a folder": (t) => folder(t), "on a Redis server": async (t) => (await redis(t)).url };

for (const [where, place] of Object.entries(places)) {
  test(`transactions of two instances of a thread, ${where}, see each other's commits`, async (t) => {
    const options = counterOptions(await place(t), { bindings: { turn } });
    const both = [create(t, options), create(t, options)];
    const asked = both.flatMap((mf) => Array.from({ length: 10 }, () => json(mf, "http://localhost/transaction")));
    await Promise.all(asked);
    assert.equal(await json(both[0], "http://localhost/"), 20);
  });
}

describe("two threads with one folder", () => {
  /** A thread with an instance, as `storage-thread.mjs` has it: `ask(act, value)`. */
  function thread(t, data) {
    const worker = new Worker(path.join(root, "__test__/support/storage-thread.mjs"), {
      workerData: counterOptions(data),
    });
    t.after(() => worker.terminate());
    return {
      worker,
      async ask(act, value) {
        const answered = once(worker, "message");
        worker.postMessage({ act, value });
        const [answer] = await answered;
        if (answer.code) throw Object.assign(new Error(answer.message), { code: answer.code });
        return answer.value;
      },
    };
  }

  test("run an object in one: the other waits until that one lets go of it", async (t) => {
    const data = folder(t);
    const [one, other] = [thread(t, data), thread(t, data)];
    await one.ask("count", 1);
    const waiting = other.ask("count", 100);
    assert.equal(await one.ask("count", 200), 200);
    await one.ask("dispose");
    await waiting;
    assert.equal(await other.ask("ask", "/"), 301);
  });

  test("run different objects at the same time", async (t) => {
    const data = folder(t);
    const [one, other] = [thread(t, data), thread(t, data)];
    assert.deepEqual(
      await Promise.all([one.ask("ask", "/count?object=a"), other.ask("ask", "/count?object=b")]),
      [1, 1],
    );
    assert.deepEqual(await Promise.all([one.ask("ask", "/?object=a"), other.ask("ask", "/?object=b")]), [1, 1]);
  });

  test("refuse one that is not let go of, and say which", async (t) => {
    const data = folder(t);
    const [one, other] = [thread(t, data), thread(t, data)];
    await one.ask("count", 1);
    const error = await rejection(other.ask("count", 1));
    assert.equal(error.code, "ERR_STORAGE_CLAIMED");
    assert.match(error.message, /^The object COUNTER:[0-9a-f]{64} is in use in another thread of this process/);
    assert.equal(await one.ask("ask", "/count"), 2);
    await one.ask("dispose");
    assert.equal(await other.ask("ask", "/count"), 3);
  });

  for (const [how, end] of [
    ["is terminated", ({ worker }) => worker.terminate()],
    [
      "ends in the middle of a turn",
      ({ worker }) => Promise.all([once(worker, "exit"), worker.postMessage({ act: "exit" })]),
    ],
  ]) {
    test(`pass on the objects of one that ${how}`, async (t) => {
      const data = folder(t);
      const [one, other] = [thread(t, data), thread(t, data)];
      await one.ask("count", 5);
      const waiting = other.ask("ask", "/count");
      await end(one);
      assert.equal(await waiting, 6);
    });
  }

  test("wait for each other when storage is brought back", async (t) => {
    const data = folder(t);
    const one = thread(t, data);
    const mf = create(t, counterOptions(data));
    await json(mf, "http://localhost/count");
    const restore = await mf.snapshotStorage();
    assert.equal(await json(mf, "http://localhost/count"), 2);
    // The objects of the new worker are not claimed before they are asked for.
    await mf.reload();
    assert.equal(await one.ask("ask", "/count"), 3);
    const restored = restore();
    assert.equal(await one.ask("ask", "/count"), 4);
    await one.ask("dispose");
    await restored;
    assert.equal(await json(mf, "http://localhost/"), 1);
  });

  test("pass on the object that an instance was waiting for when it was disposed of", async (t) => {
    const data = folder(t);
    const [one, last] = [thread(t, data), thread(t, data)];
    await one.ask("count", 1);
    const mf = new Miniflare(counterOptions(data));
    const keeps = create(t, counterOptions(data));
    await json(keeps, "http://localhost/?object=other");
    const given = rejection(json(mf, "http://localhost/count"));
    await turn();
    await mf.dispose();
    assert.equal((await given).code, "ERR_DISPOSED");
    await one.ask("dispose");
    assert.equal(await last.ask("ask", "/count"), 2);
  });
});
