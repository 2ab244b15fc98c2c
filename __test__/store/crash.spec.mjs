// Ended at random moments, in every way that a process can end, while it writes in ten ways: what a response or a resolved `sync()` told of is there afterwards,
// no transaction and no burst of writes is half there, alarms are intact. MINIFLARE_CRASH_RUNS says how many processes
// are ended (200 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { root } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { LEDGER, placesOf } from "../support/crash.mjs";
import { within } from "../support/test.mjs";

const RUNS = Number(process.env.MINIFLARE_CRASH_RUNS ?? 40);
const test = within(60_000 + RUNS * 5_000);
const LATEST_MS = 60;
const writer = path.join(root, "__test__/support/crash.mjs");

/** From outside by a signal, or from within. `[code, signal]` is how the process ends then. */
const ENDS = {
  SIGKILL: [null, "SIGKILL"],
  SIGTERM: [null, "SIGTERM"],
  SIGINT: [null, "SIGINT"],
  SIGSEGV: [null, "SIGSEGV"],
  exit: [7, null],
  throw: [1, null],
  abort: [null, "SIGABRT"],
};

/** Runs a writer on `data`, ends it at a random moment, and gives what it had been told by then. */
async function writeAndEnd(data, durability, first, how) {
  const isSignal = how.startsWith("SIG");
  const settings = { data, durability, first, end: isSignal ? undefined : how, after: Math.random() * LATEST_MS };
  const child = spawn(process.execPath, ["--no-warnings", writer, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", how === "throw" ? "ignore" : "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  const closed = once(child, "close");
  // The moment counts from the first thing that is confirmed: before, there is nothing to lose.
  await Promise.race([once(child.stdout, "data"), closed]);
  if (isSignal) setTimeout(() => child.kill(how), settings.after);
  assert.deepEqual(await closed, ENDS[how], output);
  // The last line may have been cut off by the end.
  const lines = output.slice(0, output.lastIndexOf("\n")).split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** What is stored: the last number of each kind, and what belongs to it. */
async function read(data, durability) {
  const mf = new Miniflare({ ...LEDGER, ...placesOf(data), durability, durableObjectsAlarms: false });
  try {
    const response = await mf.dispatchFetch("http://localhost/read");
    return await response.json();
  } finally {
    await mf.dispose();
  }
}

function check(found, told, before, round) {
  const last = (kind) => told.filter((line) => line.kind === kind).at(-1)?.number ?? 0;
  const context = `round ${round}: found ${JSON.stringify(found)}, told ${JSON.stringify(told.slice(-8))}`;
  for (const kind of ["put", "sync", "outside", "kv", "kvOutside", "cache"]) {
    assert.ok(found[kind] >= last(kind), `${kind} is lost; ${context}`);
  }
  assert.ok(found.replace >= last("replace") && found.only <= 1, `an entry is replaced by half; ${context}`);
  assert.ok(found.burst >= last("burst") && found.burstNumbers.length <= 1, `a burst is half there; ${context}`);
  assert.equal(found.left + found.right, 0, `a transaction is half there; ${context}`);
  assert.ok(found.left >= last("transfer"), context);
  assert.equal(found.keys, found.put, `entries that were put together are not; ${context}`);
  assert.ok(found.count >= before.count + told.filter((line) => line.kind === "put").length, context);
  assert.ok(found.alarm >= last("setAlarm"), context);
  assert.equal(found.alarm, found.alarmNote, `an alarm without the write that came with it; ${context}`);
}

for (const durability of ["os", "sync"]) {
  describe(`a process that ends at a random moment (durability "${durability}")`, () => {
    const runs = Math.ceil(RUNS / 2);
    const ways = Object.keys(ENDS);
    test(`${runs} times, has kept all that it told of`, async (t) => {
      const lanes = [folder(t), folder(t)].map(async (data, lane) => {
        let before = { count: 0, last: 0 };
        for (let round = lane; round < runs; round += 2) {
          const how = ways[round % ways.length];
          const told = await writeAndEnd(data, durability, before.last + 1, how);
          const found = await read(data, durability);
          check(found, told, before, `${round}, ended by ${how}`);
          const { count, put, sync, burst, left, alarm, replace, outside, kv, kvOutside, cache } = found;
          before = {
            count,
            last: Math.max(put, sync, burst, left, alarm, replace, outside, kv, kvOutside, cache),
          };
        }
      });
      await Promise.all(lanes);
    });
  });
}
