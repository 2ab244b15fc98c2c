// `durableObjectsPersist: "redis://..."`: objects on a Redis server, for many processes, one of which runs an object.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { door, root, runScript } from "../support/child.mjs";
import { rejection } from "../support/dispatch.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** A keeper that puts a value, sleeps in the middle of its request, and puts another. */
const SLEEPER = `
export class Keeper {
  constructor(state, env) { this.storage = state.storage; this.env = env; }
  async fetch() {
    await this.storage.put("before", "1");
    await this.storage.sync();
    await this.env.sleep();
    await this.storage.put("after", "1");
    return new Response();
  }
}
export default { fetch: (request, env) => env.KEEPER.get(env.KEEPER.idFromName("a")).fetch(request) };`;

describe("objects on a Redis server", () => {
  test("are there for another instance, once the first is disposed of", async (t) => {
    const { url } = await redis(t);
    const options = keeperOptions({ durableObjectsPersist: url });
    const mf = new Miniflare(options);
    assert.deepEqual(await put(mf, { a: "1", b: "2" }), { a: "1", b: "2" });
    assert.deepEqual(await put(mf, { c: "3" }), { a: "1", b: "2", c: "3" });
    await mf.dispose();
    assert.deepEqual(await get(keeper(t, options)), { a: "1", b: "2", c: "3" });
  });

  test("are shared by the instances of a thread, and outlive reload()", async (t) => {
    const { url } = await redis(t);
    const options = { durableObjectsPersist: url };
    const [one, other] = [keeper(t, options), keeper(t, options)];
    await put(one, { a: "1" });
    await put(other, { b: "2" });
    await one.reload();
    assert.deepEqual(await get(one), { a: "1", b: "2" });
  });

  test("are there from outside the worker, and before the object has lived", async (t) => {
    const { url } = await redis(t);
    const mf = keeper(t, { durableObjectsPersist: url });
    const id = (await mf.getDurableObjectNamespace("KEEPER")).idFromName("a");
    const storage = await mf.getDurableObjectStorage(id);
    await storage.put({ a: "1", b: "2" });
    assert.equal(await storage.delete("b"), true);
    assert.deepEqual(await get(mf), { a: "1" });
  });

  test("are kept by a process that is killed after the response, and taken over from it", async (t) => {
    const { url } = await redis(t);
    const options = keeperOptions({ durableObjectsPersist: url });
    const source = `const mf = new Miniflare(${JSON.stringify(options)});
      await mf.dispatchFetch("http://localhost/put?a=1");
      process.kill(process.pid, "SIGKILL");`;
    const { signal, stderr } = await runScript(source);
    assert.equal(signal, "SIGKILL", stderr);
    assert.deepEqual(await get(keeper(t, options)), { a: "1" });
  });

  test("are never run by two processes: the second waits until the first is done", async (t) => {
    const { url } = await redis(t);
    const options = keeperOptions({ durableObjectsPersist: url });
    const source = `import { Miniflare } from ${JSON.stringify(door)};
      const mf = new Miniflare(${JSON.stringify(options)});
      await mf.dispatchFetch("http://localhost/put?first=1");
      console.log("has it");
      process.stdin.once("data", async () => {
        await mf.dispatchFetch("http://localhost/put?last=1");
        await mf.dispose();
      });`;
    const holder = spawn(process.execPath, ["--input-type=module", "--eval", source], {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
    });
    t.after(() => holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    const mf = keeper(t, options);
    const waiting = put(mf, { second: "1" });
    assert.deepEqual(await put(mf, { object: "b", other: "1" }), { other: "1" });
    holder.stdin.write("go");
    assert.deepEqual(await waiting, { first: "1", last: "1", second: "1" });
  });

  test("are taken over from a process that sleeps, whose later writes are refused", async (t) => {
    const { url } = await redis(t);
    const options = keeperOptions({ durableObjectsPersist: url });
    const source = `import { Miniflare } from ${JSON.stringify(door)};
      const script = ${JSON.stringify(SLEEPER)};
      const wait = () => new Promise((resolve) => process.stdin.once("data", resolve));
      const bindings = { sleep: () => { console.log("sleeps"); return wait(); } };
      const mf = new Miniflare({ ...${JSON.stringify(options)}, script, bindings });
      await mf.dispatchFetch("http://localhost/").catch(({ code }) => console.log(code));
      process.exit();`;
    const holder = spawn(process.execPath, ["--input-type=module", "--eval", source], {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
    });
    t.after(() => holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    holder.kill("SIGSTOP");
    const mf = keeper(t, options);
    assert.deepEqual(await put(mf, { successor: "1" }), { before: "1", successor: "1" });
    holder.kill("SIGCONT");
    holder.stdin.write("wake up");
    const [said] = await once(holder.stdout, "data");
    assert.match(String(said), /^ERR_STORAGE_(CLAIMED|UNREACHABLE)\n$/);
    assert.deepEqual(await get(mf), { before: "1", successor: "1" });
  });

  test("survive a restart of the server", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { durableObjectsPersist: server.url });
    await put(mf, { a: "1" });
    await server.stop();
    const waiting = put(mf, { b: "2" });
    await server.start();
    assert.deepEqual(await waiting, { a: "1", b: "2" });
    assert.deepEqual(await get(mf), { a: "1", b: "2" });
  });

  test("fail with the server's name when it stays away, and work again when it is back", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { durableObjectsPersist: server.url });
    await put(mf, { a: "1" });
    await server.stop();
    const error = await rejection(put(mf, { b: "2" }));
    assert.equal(error.name, "StorageError [ERR_STORAGE_UNREACHABLE]");
    assert.ok(error.message.includes(server.url), error.message);
    await server.start();
    const entries = await put(mf, { c: "3" });
    assert.deepEqual([entries.a, entries.c], ["1", "3"]);
  });

  test("are there again for a storage from outside that has failed", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { durableObjectsPersist: server.url });
    const id = (await mf.getDurableObjectNamespace("KEEPER")).idFromName("a");
    const storage = await mf.getDurableObjectStorage(id);
    await storage.put("a", "1");
    await server.stop();
    await assert.rejects(storage.put("b", "2"), { code: "ERR_STORAGE_UNREACHABLE" });
    await server.start();
    assert.equal(await storage.get("a"), "1");
    await storage.put("c", "3");
    const { a, c } = await get(mf);
    assert.deepEqual([a, c], ["1", "3"]);
  });

  test("name the key of an unreadable value, and let it be replaced", async (t) => {
    const server = await redis(t);
    const options = keeperOptions({ durableObjectsPersist: server.url });
    const mf = new Miniflare(options);
    await put(mf, { a: "1", b: "2" });
    const id = (await mf.getDurableObjectNamespace("KEEPER")).idFromName("a");
    await mf.dispose();
    await server.command("HSET", `miniflare-rs:durable:entries:KEEPER:${id}`, "a", "no value");
    const other = keeper(t, options);
    const { name, message } = await rejection(get(other));
    assert.equal(name, "DurableObjectError [ERR_DESERIALIZATION]");
    assert.match(message, /^The value of the key "a" cannot be read/);
    const storage = await other.getDurableObjectStorage(id);
    await assert.rejects(storage.get("a"), { code: "ERR_DESERIALIZATION" });
    assert.equal(await storage.get("b"), "2");
    await storage.put("a", "3");
    assert.deepEqual(await get(other), { a: "3", b: "2" });
  });

  test("name a URL that is not a Redis server's", async (t) => {
    const mf = new Miniflare(keeperOptions({ durableObjectsPersist: "redis://user:secret@:port" }));
    t.after(() => mf.dispose().catch(() => {}));
    const { message } = await rejection(get(mf));
    assert.match(message, /is no URL of a Redis server/);
    assert.doesNotMatch(message, /secret/);
  });
});
