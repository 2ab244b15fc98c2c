// Alarms when something has failed: the disk, the place that they are stored in, another who had the object, the process.
// None is lost, none is delivered without end, and the process never spins: where the clock stands still it comes to rest.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { door, root, runScript } from "../support/child.mjs";
import { deferred, rejection } from "../support/dispatch.mjs";
import { disk, withDisk } from "../support/disk.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, LogLevel, Miniflare } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(90_000);
const SECOND = 1000;

/** Objects that tell the binding `ring` of their alarms; `/set?time=` sets one, `&fill=` puts so many bytes with it. */
const SCRIPT = `
export class Box {
  constructor(state, env) { this.storage = state.storage; this.env = env; }
  alarm({ retryCount }) { return this.env.ring(retryCount); }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const fill = searchParams.get("fill");
    if (pathname === "/set") this.storage.setAlarm(Number(searchParams.get("time")));
    if (pathname === "/delete") this.storage.deleteAlarm();
    if (fill) this.storage.put("fill", "x".repeat(Number(fill)));
    return Response.json(await this.storage.getAlarm());
  }
}
export default { fetch(request, env) {
  const name = new URL(request.url).searchParams.get("object") ?? "a";
  return env.BOX.get(env.BOX.idFromName(name)).fetch(request);
} };`;

const options = (durableObjectsPersist, more = {}) => ({
  modules: true,
  script: SCRIPT,
  durableObjects: { BOX: "Box" },
  durableObjectsPersist,
  ...more,
});

/** A log whose next error, or next warning that matches, is awaited. */
class AwaitedLog extends RecordingLog {
  failed = deferred();
  warned = deferred();

  constructor() {
    super(LogLevel.INFO);
  }

  error(error) {
    this.failed.resolve(error);
  }

  warn(message) {
    this.warned.resolve(message);
  }
}

/** An instance with that worker: `{ mf, rings, rang, log, ask }`. `rang` is the first ring. */
function boxes(t, place, more = {}) {
  const rings = [];
  const rang = deferred();
  const log = new AwaitedLog();
  const ring = (retryCount) => {
    rings.push(retryCount);
    rang.resolve(retryCount);
  };
  const mf = create(t, options(place, { bindings: { ring }, log, ...more }));
  // Whoever waits for an alarm of a place that is out of reach does not keep Node alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  const ask = async (path) => (await mf.dispatchFetch(`http://localhost/${path}`)).json();
  return { mf, rings, rang: rang.promise, log, ask };
}

/** A child that runs `source` with `mf`, an instance of these options, and prints what it tells. */
function child(t, place, source, more = {}) {
  const code = `import { Miniflare } from ${JSON.stringify(door)};
    const tell = (line) => process.stdout.write(line + "\\n");
    const mf = new Miniflare({ ...${JSON.stringify(options(place, more))}, bindings: { ring: tell } });
    ${source}`;
  const process = spawn(globalThis.process.execPath, ["--no-warnings", "--input-type=module", "--eval", code], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => process.kill("SIGKILL"));
  return process;
}

const SETS = `await mf.dispatchFetch("http://localhost/set?time=" + Date.now()); tell("set"); setInterval(() => {}, 1000);`;

/** Puts until the last block of the log is so full that an alarm does not fit into it any more. */
async function fillLastBlock(data, ask) {
  const size = () =>
    Math.max(
      ...fs
        .readdirSync(data)
        .filter(isLog)
        .map((name) => fs.statSync(path.join(data, name)).size),
    );
  const isLog = (name) => name.endsWith(".log");
  const put = async (bytes) => {
    const before = size();
    await ask(`put?object=filler&fill=${bytes}`);
    return size() - before - bytes;
  };
  const overhead = await put(10);
  for (;;) {
    const left = 4096 - (size() % 4096);
    if (left < 60) return;
    await put(left > overhead + 40 ? left - overhead - 20 : left);
  }
}

describe("an alarm and a disk that is full", () => {
  test("is not set when the write fails, and is not looked for any more", withDisk, async (t) => {
    const { data, fill, free } = disk(t);
    const { mf, rings, ask } = boxes(t, data);
    const start = Date.now();
    await mf.clock.set(start);
    assert.equal(await ask("get?object=b"), null);
    fill();
    const error = await rejection(ask(`set?time=${start + SECOND}&fill=100000`));
    assert.equal(error.code, "ERR_STORAGE_FULL", error.message);
    await mf.clock.advance(2 * SECOND);
    free();
    await mf.clock.advance(2 * SECOND);
    assert.equal(await ask("get"), null);
    assert.equal(await mf.flushDurableObjectAlarms(), 0);
    assert.deepEqual(rings, []);
  });

  test("stays when deleting it fails", withDisk, async (t) => {
    const { data, fill, free } = disk(t);
    const { rang, ask } = boxes(t, data);
    const time = Date.now() + 3 * SECOND;
    await ask(`set?time=${time}`);
    fill();
    assert.equal((await rejection(ask("delete?fill=100000"))).code, "ERR_STORAGE_FULL");
    free();
    assert.equal(await rang, 0);
    assert.ok(Date.now() >= time);
  });

  test("is delivered once there is space, and the log has the reason and the time", withDisk, async (t) => {
    const { data, fill, free } = disk(t);
    const { mf, rang, log, ask } = boxes(t, data);
    const start = Date.now();
    await mf.clock.set(start);
    await ask(`set?time=${start + SECOND}`);
    await fillLastBlock(data, ask);
    fill();
    await mf.clock.advance(SECOND);
    const error = await log.failed.promise;
    const text =
      /^Alarm of Durable Object "BOX" could not be delivered, it is tried again in \d+ s \(id [0-9a-f]{64}\)$/;
    assert.match(error.message, text);
    assert.equal(error.cause.code, "ERR_STORAGE_FULL");
    free();
    await mf.clock.advance(60 * SECOND);
    assert.equal(await rang, 0);
  });
});

describe("an alarm that others have seen to", () => {
  for (const [how, change] of [
    ["deleted", "delete"],
    ["put off", (time) => `set?time=${time + 100 * SECOND}`],
  ]) {
    test(`and ${how} is no alarm of this instance any more`, async (t) => {
      const data = folder(t);
      const first = boxes(t, data);
      const time = Date.now() + 100 * SECOND;
      await first.ask(`set?time=${time}`);
      const other = boxes(t, data);
      await other.mf.clock.set(time - SECOND);
      await first.ask(typeof change === "string" ? change : change(time));
      await other.mf.clock.advance(10 * SECOND);
      assert.deepEqual(other.rings, []);
    });
  }

  test("and handled is not handled again", async (t) => {
    const data = folder(t);
    const first = boxes(t, data);
    const time = Date.now() + 100 * SECOND;
    await first.ask(`set?time=${time}`);
    const second = boxes(t, data);
    await second.mf.clock.set(time - SECOND);
    assert.equal(await first.mf.flushDurableObjectAlarms(), 1);
    await second.mf.clock.advance(10 * SECOND);
    assert.deepEqual([first.rings, second.rings], [[0], []]);
  });
});

describe("alarms of a place that cannot be used at the start", () => {
  test("are delivered when another process has let go of the folder; the log says what they wait for", async (t) => {
    const data = folder(t);
    const holder = child(t, data, SETS, { durableObjectsAlarms: false });
    await once(holder.stdout, "data");
    const { log, rang } = boxes(t, data);
    const warning = await log.warned.promise;
    assert.match(
      warning,
      /^Alarms of Durable Objects cannot be delivered at the moment, which is tried again in \d s: /,
    );
    assert.ok(warning.includes(data) && warning.includes("Another process has it open"), warning);
    holder.kill("SIGKILL");
    assert.equal(await rang, 0);
  });

  test("are delivered when the server is there", async (t) => {
    const server = await redis(t);
    const holder = child(t, server.url, SETS, { durableObjectsAlarms: false });
    await once(holder.stdout, "data");
    holder.kill("SIGKILL");
    await server.stop();
    const { log, rang } = boxes(t, server.url);
    assert.ok((await log.warned.promise).includes(server.url));
    await server.start();
    assert.equal(await rang, 0);
  });
});

describe("the alarm that one leaves behind", () => {
  test("who is killed, on a Redis server, is delivered by another that runs", async (t) => {
    const { url } = await redis(t);
    const { rang, ask } = boxes(t, url);
    await ask("get?object=other");
    const killed = child(t, url, SETS, { durableObjectsAlarms: false });
    await once(killed.stdout, "data");
    killed.kill("SIGKILL");
    assert.equal(await rang, 0);
  });

  test("who is disposed of, in a folder, is delivered by another that runs", async (t) => {
    const data = folder(t);
    const { mf, rang } = boxes(t, data);
    await mf.getBindings();
    const first = new Miniflare(options(data, { durableObjectsAlarms: false, bindings: { ring() {} } }));
    await first.dispatchFetch(`http://localhost/set?time=${Date.now()}`);
    await first.dispose();
    assert.equal(await rang, 0);
  });
});

test("an alarm whose handler ends the process is counted, and given up", async (t) => {
  const data = folder(t);
  const handled = async () => {
    const source = `const ring = (retryCount) => { console.log(retryCount); process.kill(process.pid, "SIGKILL"); };
      const mf = new Miniflare({ ...${JSON.stringify(options(data, { durableObjectsAlarms: false }))}, bindings: { ring } });
      await mf.flushDurableObjectAlarms().catch(({ message }) => console.log(message));
      console.log(await (await mf.dispatchFetch("http://localhost/get")).json());
      await mf.dispose();`;
    const { stdout, stderr } = await runScript(source);
    assert.equal(stderr, "");
    return stdout.trim().split("\n");
  };
  const first = new Miniflare(options(data, { durableObjectsAlarms: false }));
  await first.dispatchFetch("http://localhost/set?time=1");
  await first.dispose();
  for (let retryCount = 0; retryCount <= 6; retryCount++) assert.deepEqual(await handled(), [String(retryCount)]);
  assert.deepEqual(await handled(), ["The process ended each time while the alarm was handled.", "null"]);
});
