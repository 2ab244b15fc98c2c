// Who has an object on a Redis server: a claim is lost when the server loses its data or does not renew it, let go of when
// nobody waits for it any more, and nothing is confirmed without one. And what the server refuses is named each time.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { door, root } from "../support/child.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { redis } from "../support/redis.mjs";
import { tcpServer } from "../support/tcp-server.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

/** A process with a keeper, which asks for a path for each line that it is given, and prints what came of it. */
function other(t, url) {
  const source = `import { Miniflare } from ${JSON.stringify(door)};
    import { createInterface } from "node:readline";
    const mf = new Miniflare(${JSON.stringify(keeperOptions({ durableObjectsPersist: url }))});
    for await (const line of createInterface({ input: process.stdin })) {
      if (line === "dispose") await mf.dispose();
      const told = line === "dispose" ? "disposed" : await mf.dispatchFetch("http://localhost" + line).then(
        (response) => response.json(), ({ code }) => code);
      console.log(JSON.stringify(told));
    }`;
  const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "--eval", source], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  return async (line) => {
    const answered = once(child.stdout, "data");
    child.stdin.write(`${line}\n`);
    return JSON.parse(String((await answered)[0]));
  };
}

/** What an object's reads are rejected with once it is not this process's any more. */
async function untilRefused(mf) {
  for (;;) {
    try {
      await get(mf);
    } catch (error) {
      return error;
    }
  }
}

const LOST = /^ERR_STORAGE_(CLAIMED|UNREACHABLE)$/;

describe("an object on a server that has lost its data", () => {
  test("is another's who asks for it: what the one who had it writes is refused", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { durableObjectsPersist: server.url });
    await put(mf, { a: "1" });
    await server.command("FLUSHALL");
    const ask = other(t, server.url);
    assert.deepEqual(await ask("/put?b=2"), { b: "2" });
    assert.match((await rejection(put(mf, { c: "3" }))).code, LOST);
    assert.deepEqual(await ask("/put?d=4"), { b: "2", d: "4" });
    await ask("dispose");
    assert.deepEqual(await put(mf, { e: "5" }), { b: "2", d: "4", e: "5" });
  });

  test("is noticed by one who only reads", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { durableObjectsPersist: server.url });
    await put(mf, { a: "1" });
    await server.command("FLUSHALL");
    const ask = other(t, server.url);
    assert.deepEqual(await ask("/put?b=2"), { b: "2" });
    const error = await untilRefused(mf);
    assert.match(error.code, LOST);
    assert.ok(error.message.includes(server.url), error.message);
  });

  test("starts empty when the server restarts without its data", async (t) => {
    const server = await redis(t, ["--appendonly", "no"]);
    const mf = keeper(t, { durableObjectsPersist: server.url });
    await put(mf, { a: "1" });
    await server.stop();
    await server.start();
    assert.match((await rejection(put(mf, { b: "2" }))).code, LOST);
    assert.deepEqual(await put(mf, { c: "3" }), { c: "3" });
  });
});

test("an object whose claim the server does not renew stops answering, and says why", async (t) => {
  const server = await redis(t);
  const mf = keeper(t, { durableObjectsPersist: server.url });
  await put(mf, { a: "1" });
  await server.command("CONFIG", "SET", "min-replicas-to-write", "1");
  const error = await untilRefused(mf);
  assert.equal(error.name, "StorageError [ERR_STORAGE]");
  assert.match(error.message, /does not let this process keep its objects.*NOREPLICAS/);
  assert.ok(error.message.includes(server.url), error.message);
  await server.command("CONFIG", "SET", "min-replicas-to-write", "0");
  assert.deepEqual(await put(mf, { b: "2" }), { a: "1", b: "2" });
});

test("a server that is full renews claims, so that reads go on", async (t) => {
  const server = await redis(t);
  const mf = keeper(t, { durableObjectsPersist: server.url });
  await put(mf, { a: "1" });
  await server.command("CONFIG", "SET", "maxmemory", "1");
  assert.equal((await rejection(put(mf, { b: "2" }))).code, "ERR_STORAGE_FULL");
  await server.command("CONFIG", "SET", "maxmemory", "0");
  assert.deepEqual(await get(mf), { a: "1" });
});

test("an object that an instance was waiting for when it was disposed of is free", async (t) => {
  const { url } = await redis(t);
  const [holder, third] = [other(t, url), other(t, url)];
  assert.deepEqual(await holder("/put?a=1"), { a: "1" });
  // Keeps this process's session alive.
  const stays = keeper(t, { durableObjectsPersist: url });
  await put(stays, { object: "other", b: "1" });
  const mf = new Miniflare(keeperOptions({ durableObjectsPersist: url }));
  const waiting = rejection(put(mf, { c: "1" }));
  await put(stays, { object: "other", b: "2" });
  await mf.dispose();
  assert.equal((await waiting).code, "ERR_DISPOSED");
  assert.equal(await holder("dispose"), "disposed");
  assert.deepEqual(await third("/put?d=1"), { a: "1", d: "1" });
});

test("more than a command may have is sent in parts", async (t) => {
  const { url } = await redis(t, ["--client-query-buffer-limit", "34mb", "--appendonly", "no"]);
  const script = `
    export class Keeper {
      constructor(state) { this.storage = state.storage; }
      async fetch() {
        for (let index = 0; index < 320; index++) this.storage.put("key" + index, "x".repeat(120_000));
        return Response.json([...(await this.storage.list()).keys()].length);
      }
    }
    export default { fetch: (request, env) => env.KEEPER.get(env.KEEPER.idFromName("a")).fetch(request) };`;
  const options = keeperOptions({ durableObjectsPersist: url, script, heapLimitMb: 1024 });
  const mf = new Miniflare(options);
  // A machine that is busy may take longer than the server is waited for; what is too long is refused each time.
  const tries = async (left) => (await json(mf).catch((error) => (left > 0 ? undefined : error))) ?? tries(left - 1);
  assert.equal(await tries(5), 320);
  await mf.dispose();
  const again = create(t, { ...options, script: script.replace("320", "0") });
  assert.equal(await json(again), 320);
});

test("a turn of which the server does not take the first part is not confirmed", async (t) => {
  const server = await redis(t);
  // The first part has 32 MB, and the connection breaks each time that it is sent; the second one has less.
  const { port } = await tcpServer(t, (socket) => {
    const upstream = net.connect(new URL(server.url).port, "127.0.0.1");
    let left = 20_000_000;
    socket.on("data", (chunk) => {
      left -= chunk.length;
      if (left < 0) socket.destroy();
      else upstream.write(chunk);
    });
    socket.on("close", () => upstream.destroy());
    upstream.on("error", () => socket.destroy()).pipe(socket);
  });
  const url = `redis://127.0.0.1:${port}`;
  const script = `
    export class Keeper {
      constructor(state) { this.storage = state.storage; }
      fetch() { for (let index = 0; index < 320; index++) this.storage.put("key" + index, "x".repeat(120_000)); return new Response(); }
    }
    export default { fetch: (request, env) => env.KEEPER.get(env.KEEPER.idFromName("a")).fetch(request) };`;
  const mf = create(t, keeperOptions({ durableObjectsPersist: url, script, heapLimitMb: 1024 }));
  assert.equal((await rejection(mf.dispatchFetch("http://localhost/"))).code, "ERR_STORAGE_UNREACHABLE");
});

describe("a server that wants a password", () => {
  const script = "export default {}";

  test("refuses each command in the same words, without one or with a wrong one", async (t) => {
    const { url } = await redis(t, ["--requirepass", "secret"]);
    for (const place of [url, url.replace("://", "://:wrong@"), url.replace("://", "://nobody:secret@")]) {
      const mf = create(t, { script, kvNamespaces: ["NS"], kvPersist: place });
      const namespace = await mf.getKVNamespace("NS");
      const told = [];
      for (let round = 0; round < 3; round++) {
        for (const act of [() => namespace.get("a"), () => namespace.put("a", "1"), () => namespace.list()]) {
          const { code, message } = await rejection(act());
          told.push(`${code} ${message}`);
        }
      }
      assert.match(told[0], /^ERR_STORAGE .*refused the connection: correct the user and the password in the URL/);
      assert.ok(!told[0].includes("secret") && !told[0].includes("wrong"), told[0]);
      assert.deepEqual([...new Set(told)], [told[0]]);
    }
  });

  test("is used with the right one", async (t) => {
    const { url } = await redis(t, ["--requirepass", "secret"]);
    const kvPersist = url.replace("://", "://:secret@");
    const mf = create(t, { script, kvNamespaces: ["NS"], kvPersist });
    const namespace = await mf.getKVNamespace("NS");
    await namespace.put("a", "1");
    assert.equal(await namespace.get("a"), "1");
  });
});
