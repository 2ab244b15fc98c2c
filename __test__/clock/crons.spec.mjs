// Cron triggers go by the clock of the instance: a test that steers it has them fire, in order with alarms and timers.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { runScript } from "../support/child.mjs";
import { test } from "../support/test.mjs";

const MINUTE = 60_000;
const START = Date.parse("2030-01-01T00:00:00Z");
const at = (minutes) => START + minutes * MINUTE;

const SCRIPT = `
export class Box {
  constructor(state, env) { this.state = state; this.env = env; }
  async fetch(request) {
    await this.state.storage.setAlarm(Number(new URL(request.url).searchParams.get("time")));
    return new Response();
  }
  alarm() { this.env.told("alarm", Date.now()); }
}
export default {
  fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request),
  async scheduled({ cron, scheduledTime }, env) {
    env.told(cron, scheduledTime, Date.now());
    if (!cron.startsWith("*/10")) return;
    await scheduler.wait(90_000);
    env.told("waited", Date.now());
  },
};`;

/** An instance whose clock stands at the start, with a scheduler, and what it tells. */
async function scheduled(t, crons) {
  const told = [];
  const mf = create(t, {
    script: SCRIPT,
    durableObjects: { BOX: "Box" },
    bindings: { told: (...what) => told.push(what) },
    crons,
  });
  await mf.clock.set(START);
  const scheduler = await mf.startScheduler();
  t.after(() => scheduler.dispose());
  return { mf, scheduler, told };
}

describe("the clock of an instance", () => {
  test("has cron triggers fire as it advances, at their times", async (t) => {
    const { mf, told } = await scheduled(t, ["*/5 * * * *", "*/2 * * * *"]);
    await mf.clock.advance(MINUTE);
    assert.deepEqual(told, []);
    await mf.clock.advance(9 * MINUTE);
    assert.deepEqual(
      told,
      [
        ["*/2 * * * *", 2],
        ["*/2 * * * *", 4],
        ["*/5 * * * *", 5],
        ["*/2 * * * *", 6],
        ["*/2 * * * *", 8],
        ["*/5 * * * *", 10],
        ["*/2 * * * *", 10],
      ].map(([cron, minutes]) => [cron, at(minutes), at(minutes)]),
    );
  });

  test("fires them in order with alarms and timers", async (t) => {
    const { mf, told } = await scheduled(t, ["*/10 * * * *"]);
    await mf.dispatchFetch(`http://localhost/?time=${at(10.5)}`);
    await mf.clock.advance(12 * MINUTE);
    assert.deepEqual(told, [
      ["*/10 * * * *", at(10), at(10)],
      ["alarm", at(10.5)],
      ["waited", at(11.5)],
    ]);
  });

  test("has them fire again from the time that it is set back to", async (t) => {
    const { mf, told } = await scheduled(t, ["0 * * * *"]);
    await mf.clock.advance(60 * MINUTE);
    await mf.clock.set(at(-30));
    await mf.clock.advance(30 * MINUTE);
    assert.deepEqual(
      told.map(([, time]) => time),
      [at(60), at(0)],
    );
  });

  test("fires what a reload brings, and nothing that it takes away", async (t) => {
    const { mf, told } = await scheduled(t, ["*/3 * * * *"]);
    await mf.setOptions({ crons: [] });
    await mf.clock.advance(4 * MINUTE);
    await mf.setOptions({ crons: ["*/5 * * * *"] });
    await mf.clock.advance(4 * MINUTE);
    assert.deepEqual(told, [["*/5 * * * *", at(5), at(5)]]);
  });

  test("fires nothing once the scheduler is disposed of", async (t) => {
    const { mf, scheduler, told } = await scheduled(t, ["* * * * *"]);
    await mf.clock.advance(MINUTE);
    await scheduler.dispose();
    await scheduler.dispose();
    await mf.clock.advance(MINUTE);
    assert.equal(told.length, 1);
  });
});

describe("a process with a scheduler", () => {
  const run = (crons, end) =>
    runScript(`const mf = new Miniflare({ modules: true, script: "export default {}", crons: ${JSON.stringify(crons)} });
      const scheduler = await mf.startScheduler();
      console.log("started");
      ${end}`);

  for (const [what, crons, end] of [
    ["that is disposed of", ["0 0 1 1 *"], "await scheduler.dispose();"],
    ["that is disposed of after its instance", ["0 0 1 1 *"], "await mf.dispose(); await scheduler.dispose();"],
    ["that has nothing to wait for", [], ""],
  ]) {
    test(`${what} ends by itself`, async () => {
      const { code, stdout, stderr } = await run(crons, end);
      assert.deepEqual([code, stdout.trim(), stderr], [0, "started", ""]);
    });
  }

  test("that waits for a cron trigger stays alive", async () => {
    const { code, stdout } = await run(["0 0 1 1 *"], "setTimeout(() => process.exit(7), 300).unref();");
    assert.deepEqual([code, stdout.trim()], [7, "started"]);
  });
});
