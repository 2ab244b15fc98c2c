// `durableObjectsPersist`: data is in a folder, for the next instance and the next process.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { runScript } from "../support/child.mjs";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { createInvalid, Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { test } from "../support/test.mjs";

/** What `act` resolves to with an instance that is disposed of at once. */
async function using(options, act) {
  const mf = new Miniflare(keeperOptions(options));
  try {
    return await act(mf);
  } finally {
    await mf.dispose();
  }
}

for (const durability of ["os", "sync"]) {
  describe(`objects that are persisted with durability "${durability}"`, () => {
    test("are there for another Miniflare instance", async (t) => {
      const options = { durableObjectsPersist: folder(t), durability };
      assert.deepEqual(await using(options, (mf) => put(mf, { a: "1", b: "2" })), { a: "1", b: "2" });
      assert.deepEqual(await using(options, get), { a: "1", b: "2" });
    });

    test("are there for another process, while this one still runs", async (t) => {
      const options = { durableObjectsPersist: folder(t), durability };
      await using(options, (mf) => put(mf, { a: "1" }));
      const source = `const mf = new Miniflare(${JSON.stringify(keeperOptions(options))});
        console.log(await (await mf.dispatchFetch("http://localhost/put?b=2")).text());
        process.exit();`;
      const { stdout, stderr } = await runScript(source);
      assert.equal(stdout.trim(), '{"a":"1","b":"2"}', stderr);
      assert.deepEqual(await using(options, get), { a: "1", b: "2" });
    });

    test("are there for another process when this one is killed after the response", async (t) => {
      const options = { durableObjectsPersist: folder(t), durability };
      const source = `const mf = new Miniflare(${JSON.stringify(keeperOptions(options))});
        await mf.dispatchFetch("http://localhost/put?a=1");
        process.kill(process.pid, "SIGKILL");`;
      const { signal, stderr } = await runScript(source);
      assert.equal(signal, "SIGKILL", stderr);
      assert.deepEqual(await using(options, get), { a: "1" });
    });

    test("have all that was written in one go, or nothing of it, when the process is killed meanwhile", async (t) => {
      const options = { durableObjectsPersist: folder(t), durability };
      await using(options, (mf) => put(mf, { a: "1" }));
      // More than any buffer holds on the way to the file.
      const script = `
        export class Keeper {
          constructor(state, env) { this.storage = state.storage; this.env = env; }
          async fetch() {
            this.storage.delete("a");
            for (let index = 0; index < 60; index++) this.storage.put("key" + index, "x".repeat(100_000));
            this.env.kill();
          }
        }
        export default { fetch: (request, env) => env.KEEPER.get(env.KEEPER.idFromName("a")).fetch(request) }`;
      const source = `
        const options = ${JSON.stringify(keeperOptions({ ...options, script }))};
        const mf = new Miniflare({ ...options, bindings: { kill: () => process.kill(process.pid, "SIGKILL") } });
        await mf.dispatchFetch("http://localhost/");`;
      const { signal, stderr } = await runScript(source);
      assert.equal(signal, "SIGKILL", stderr);
      assert.deepEqual(await using(options, get), { a: "1" });
    });

    test("are shared by the instances of a process", async (t) => {
      const options = { durableObjectsPersist: folder(t), durability };
      const [one, other] = [keeper(t, options), keeper(t, options)];
      await put(one, { a: "1" });
      await put(other, { b: "2" });
      assert.deepEqual(await get(one), { a: "1", b: "2" });
    });

    test("are there when they were put from outside the worker and the process was killed", async (t) => {
      const options = { durableObjectsPersist: folder(t), durability };
      const source = `const mf = new Miniflare(${JSON.stringify(keeperOptions(options))});
        const id = (await mf.getDurableObjectNamespace("KEEPER")).idFromName("a");
        const storage = await mf.getDurableObjectStorage(id);
        await storage.put("a", "1");
        await storage.put({ b: "2", c: "3" });
        await storage.delete("c");
        await storage.sync();
        process.kill(process.pid, "SIGKILL");`;
      const { signal, stderr } = await runScript(source);
      assert.equal(signal, "SIGKILL", stderr);
      assert.deepEqual(await using(options, get), { a: "1", b: "2" });
    });
  });
}

describe("durableObjectsPersist", () => {
  test("defaults to ./.mf/do below rootPath", async (t) => {
    const rootPath = folder(t);
    await using({ rootPath, durableObjectsPersist: true }, (mf) => put(mf, { a: "1" }));
    assert.ok(fs.statSync(path.join(rootPath, ".mf/do")).isDirectory());
    assert.deepEqual(await using({ rootPath, durableObjectsPersist: "./.mf/do" }, get), { a: "1" });
  });

  test("takes a custom path, relative to rootPath", async (t) => {
    const rootPath = folder(t);
    await using({ rootPath, durableObjectsPersist: "./data" }, (mf) => put(mf, { a: "1" }));
    assert.deepEqual(await using({ durableObjectsPersist: path.join(rootPath, "data") }, get), { a: "1" });
  });

  test("opens nothing before an object is used", async (t) => {
    const rootPath = folder(t);
    await using({ rootPath, durableObjectsPersist: true }, async (mf) => void (await mf.getBindings()));
    assert.deepEqual(fs.readdirSync(rootPath), []);
  });

  test("may be turned on, off and on again, each with its own data", async (t) => {
    const durableObjectsPersist = folder(t);
    const mf = keeper(t);
    await put(mf, { memory: "1" });
    await mf.setOptions({ durableObjectsPersist });
    assert.deepEqual(await put(mf, { disk: "1" }), { disk: "1" });
    await mf.setOptions({ durableObjectsPersist: false });
    assert.deepEqual(await get(mf), { memory: "1" });
    await mf.setOptions({ durableObjectsPersist });
    assert.deepEqual(await get(mf), { disk: "1" });
  });

  test("refuses a durability that there is not", async (t) => {
    const mf = createInvalid(t, keeperOptions({ durability: "disk" }));
    const { code, message } = await rejection(mf.getBindings());
    assert.equal(code, "ERR_INVALID_OPTION");
    assert.match(message, /durability.*"os".*"sync".*"disk"/s);
  });
});
