// `snapshotStorage` over each place: writes reach the place as ever, and what was written over comes back.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { door, root } from "../support/child.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(180_000);

describe("a snapshot of storage", () => {
  test("in a folder leaves what is written there, until it is brought back", async (t) => {
    const options = keeperOptions({ durableObjectsPersist: folder(t) });
    const first = new Miniflare(options);
    await put(first, { a: "1" });
    const forgotten = await first.snapshotStorage();
    await put(first, { a: "2", b: "2" });
    await first.dispose();
    await assert.rejects(forgotten(), { code: "ERR_DISPOSED" });
    const second = new Miniflare(options);
    assert.deepEqual(await get(second), { a: "2", b: "2" });
    const restore = await second.snapshotStorage();
    await put(second, { a: "3", c: "3" });
    await restore();
    assert.deepEqual(await get(second), { a: "2", b: "2" });
    await second.dispose();
    assert.deepEqual(await get(keeper(t, options)), { a: "2", b: "2" });
  });

  test("on a Redis server brings back objects and KV, whatever is under way", async (t) => {
    const { url } = await redis(t);
    const options = { durableObjectsPersist: url, kvPersist: url };
    const mf = keeper(t, options);
    const kv = await mf.getKVNamespace("KV");
    await put(mf, { a: "1" });
    await kv.put("k", "1");
    const restore = await mf.snapshotStorage();
    for (const round of ["2", "3"]) {
      await Promise.all([
        put(mf, { a: round, b: round }),
        put(mf, { a: `${round}!` }),
        kv.put("k", round),
        kv.put("l", round),
      ]);
      await restore();
      assert.deepEqual(await get(mf), { a: "1" });
      assert.deepEqual([await kv.get("k"), await kv.get("l")], ["1", null]);
    }
    await mf.dispose();
    assert.deepEqual(await get(keeper(t, keeperOptions(options))), { a: "1" });
  });

  test("on a Redis server that has gone says so", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { kvPersist: server.url });
    const kv = await mf.getKVNamespace("KV");
    const restore = await mf.snapshotStorage();
    await kv.put("k", "1");
    await server.stop();
    const { message } = await rejection(restore());
    assert.match(message, new RegExp(new URL(server.url).host));
  });

  test("is of its place: another that the options name since is left alone", async (t) => {
    const mf = keeper(t);
    await put(mf, { a: "1" });
    const restore = await mf.snapshotStorage();
    await mf.setOptions({ durableObjectsPersist: folder(t) });
    await put(mf, { b: "2" });
    assert.match((await rejection(restore())).message, /kept elsewhere/);
    assert.deepEqual(await get(mf), { b: "2" });
  });
});

/** So many objects, or namespaces, of so many bytes each are brought back, and the process that does it is killed. */
const SPACES = 60;
const BYTES = 20_000;
const ROUNDS = 6;
const LATEST_MS = 12;

const NAMES = Array.from({ length: SPACES }, (_, index) => `NS${index}`);

/** Where values are put, and what is there afterwards: a character each. */
const ROOMS = {
  "objects in a folder": {
    options: async (t) => keeperOptions({ durableObjectsPersist: folder(t) }),
    put: '(name, value) => mf.dispatchFetch("http://localhost/put?object=" + name + "&value=" + value)',
    get: async (mf, name) => (await json(mf, `http://localhost/get?object=${name}`)).value,
  },
  "key-value namespaces on a Redis server": {
    options: async (t) => keeperOptions({ kvPersist: (await redis(t)).url, kvNamespaces: NAMES }),
    put: 'async (name, value) => (await mf.getKVNamespace(name)).put("value", value)',
    get: async (mf, name) => (await mf.getKVNamespace(name)).get("value"),
  },
};

for (const [what, room] of Object.entries(ROOMS)) {
  test(`a process that is killed while it brings back ${what} has brought back all or none`, async (t) => {
    const options = await room.options(t);
    const source = `import { Miniflare } from ${JSON.stringify(door)};
      import { writeSync } from "node:fs";
      const mf = new Miniflare(${JSON.stringify(options)});
      const put = ${room.put};
      const putAll = (value) => Promise.all(${JSON.stringify(NAMES)}.map((name) => put(name, value.repeat(${BYTES}))));
      await putAll("b");
      const restore = await mf.snapshotStorage();
      await putAll("a");
      writeSync(1, "restores");
      await restore();
      setInterval(() => {}, 1000);`;
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "--eval", source], {
        cwd: root,
        stdio: ["ignore", "pipe", "inherit"],
      });
      t.after(() => child.kill("SIGKILL"));
      const exited = once(child, "exit");
      await once(child.stdout, "data");
      setTimeout(() => child.kill("SIGKILL"), Math.random() * LATEST_MS);
      await exited;
      const mf = new Miniflare(options);
      const values = [];
      for (const name of NAMES) values.push((await room.get(mf, name))[0]);
      await mf.dispose();
      assert.equal(new Set(values).size, 1, `round ${round}: ${values.join("")}`);
    }
  });
}
