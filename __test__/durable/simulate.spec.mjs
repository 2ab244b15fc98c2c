// `simulate`: what could happen in many orders happens in one that the seed decides.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid } from "../support/miniflare.mjs";
import { rejection, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const BANK = `
export class Account {
  constructor(state, env) { this.storage = state.storage; this.env = env; this.trace = []; }
  options = { allowConcurrency: false };

  async add(amount) {
    const balance = (await this.storage.get("balance", this.options)) ?? 0;
    await this.storage.put("balance", balance + amount, this.options);
    return balance + amount;
  }
  /** Takes from this account, in a transaction, and gives to another. */
  async transfer(to, amount) {
    const isPaid = await this.storage.transaction(async (txn) => {
      const balance = (await txn.get("balance")) ?? 0;
      if (balance < amount) return false;
      await txn.put("balance", balance - amount);
      return true;
    });
    if (isPaid) await this.env.ACCOUNT.get(this.env.ACCOUNT.idFromName(to)).fetch("http://localhost/add?" + amount);
    return isPaid;
  }
  /** Adds by an alarm. */
  async later(amount) {
    await this.storage.put("pending", ((await this.storage.get("pending")) ?? 0) + amount);
    await this.storage.setAlarm(1);
  }
  async alarm() {
    const pending = await this.storage.get("pending");
    await this.storage.put("pending", 0);
    await this.add(pending);
  }
  /** Adds by a timer. */
  async timed(amount) {
    await new Promise((resolve) => setTimeout(resolve, amount));
    return this.add(amount);
  }
  async racy(amount) {
    this.options = { allowConcurrency: true };
    return this.add(amount);
  }
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    const [first, second] = decodeURIComponent(search.slice(1)).split(",");
    const method = pathname.slice(1);
    const result = method === "transfer" ? await this.transfer(first, Number(second)) : await this[method](Number(first));
    return Response.json(result ?? null);
  }
}
export default {};`;

async function bank(t, options) {
  const mf = create(t, { durableObjects: { ACCOUNT: "Account" }, script: BANK, ...options });
  const namespace = await mf.getDurableObjectNamespace("ACCOUNT");
  let run = 0;
  const named = (name) => namespace.idFromName(`${run} ${name}`);
  const call = async (name, path) => (await namespace.get(named(name)).fetch(URL_ROOT + path)).json();
  const balance = async (name) => (await (await mf.getDurableObjectStorage(named(name))).get("balance")) ?? 0;
  /** Runs `scenario` over accounts of its own with this seed. */
  const seeded = async (seed, scenario) => {
    run++;
    await mf.simulate(seed);
    return scenario(run);
  };
  return { mf, call, balance, seeded };
}

const range = (count) => Array.from({ length: count }, (_, index) => index + 1);
const SEEDS = range(1000);

describe("with any seed", () => {
  test("a counter counts every request, each with a count of its own", async (t) => {
    const { call, balance, seeded } = await bank(t);
    for (const seed of SEEDS) {
      await seeded(seed, async () => {
        const counts = await Promise.all(range(5).map(() => call("a", "add?1")));
        assert.deepEqual(counts.sort(), range(5), `seed ${seed}`);
        assert.equal(await balance("a"), 5, `seed ${seed}`);
      });
    }
  });

  test("transfers between objects neither make nor lose money", async (t) => {
    const { call, balance, seeded } = await bank(t);
    for (const seed of SEEDS) {
      await seeded(seed, async (run) => {
        await call("a", "add?3");
        const paid = await Promise.all([
          call("a", `transfer?${run} b,2`),
          call("a", `transfer?${run} c,2`),
          call("b", `transfer?${run} c,1`),
          call("a", "add?1"),
        ]);
        const balances = await Promise.all(["a", "b", "c"].map(balance));
        assert.equal(
          balances.reduce((sum, one) => sum + one),
          4,
          `seed ${seed}: ${balances}`,
        );
        // Those of some serial order: what was paid out of \`a\` is what it could pay.
        assert.equal(balances[0], 4 - 2 * (paid[0] + paid[1]), `seed ${seed}`);
        assert.ok(balances.every((one) => one >= 0));
      });
    }
  });

  test("alarms and timers interleave with requests, and nothing is lost", async (t) => {
    const { mf, call, balance, seeded } = await bank(t);
    for (const seed of SEEDS.slice(0, 300)) {
      await seeded(seed, async () => {
        await Promise.all([call("a", "later?1"), call("a", "timed?2"), call("a", "add?4"), call("a", "later?8")]);
        await mf.flushDurableObjectAlarms();
        while ((await balance("a")) < 15) await new Promise(setImmediate);
        assert.equal(await balance("a"), 15, `seed ${seed}`);
      });
    }
  });
});

describe("a simulation", () => {
  const orders = async (t, seeds, path = "add?1") => {
    const { call, seeded } = await bank(t);
    const seen = [];
    for (const seed of seeds) {
      seen.push(await seeded(seed, () => Promise.all(range(6).map(() => call("a", path)))));
    }
    return seen.map(String);
  };

  test("goes the same way again with the same seed", async (t) => {
    const seeds = [1, 2, 3, 1, 2, 3];
    const seen = await orders(t, seeds);
    assert.deepEqual(seen.slice(0, 3), seen.slice(3));
    assert.deepEqual(await orders(t, seeds), seen);
  });

  test("goes the same way with the option and with the method", async (t) => {
    const { call } = await bank(t, { simulate: { seed: 7 } });
    const seen = await Promise.all(range(6).map(() => call("a", "add?1")));
    assert.deepEqual([String(seen)], await orders(t, [7]));
  });

  test("goes many ways with many seeds", async (t) => {
    const seen = new Set(await orders(t, range(40)));
    assert.ok(seen.size > 30, `${seen.size} orders of 40 seeds`);
  });

  test("finds the update that allowConcurrency loses", async (t) => {
    const { call, balance, seeded } = await bank(t);
    const losing = [];
    for (const seed of range(30)) {
      await seeded(seed, async () => {
        await Promise.all([call("a", "racy?1"), call("a", "racy?1")]);
        if ((await balance("a")) !== 2) losing.push(seed);
      });
    }
    assert.ok(losing.length > 0 && losing.length < 30, `lost with ${losing.length} of 30 seeds`);
  });

  test("finds what an object loses that keeps its state in memory only", async (t) => {
    const mf = create(t, {
      durableObjects: { BOX: "Box" },
      simulate: { seed: 1 },
      script: `export class Box {
        constructor(state) { this.storage = state.storage; }
        value = 0;
        async fetch() {
          const value = this.value;
          await scheduler.wait(1);
          this.value = value + 1;
          return Response.json(this.value);
        }
      } export default {}`,
    });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const stub = namespace.get(namespace.idFromName("a"));
    const answers = await Promise.all(range(4).map(async () => (await stub.fetch(URL_ROOT)).json()));
    assert.ok(Math.max(...answers) < 4, String(answers));
  });

  test("has timers in the order of their times, repeats and clears them", async (t) => {
    const mf = create(t, {
      simulate: { seed: 5 },
      script: `export default { async fetch() {
        const seen = [];
        const wait = (ms) => new Promise((resolve) => setTimeout(() => { seen.push(ms); resolve(); }, ms));
        const interval = setInterval(() => seen.push("again"), 4);
        clearTimeout(setTimeout(() => seen.push("cleared"), 1));
        await Promise.all([wait(10), wait(1), wait(5)]);
        clearInterval(interval);
        return Response.json(seen);
      } }`,
    });
    assert.deepEqual(await (await mf.dispatchFetch(URL_ROOT)).json(), [1, "again", 5, "again", 10]);
  });

  test("wants a whole number for a seed", async (t) => {
    const mf = createInvalid(t, { script: "", simulate: { seed: 1.5 } });
    const { code, message } = await rejection(mf.getBindings());
    assert.equal(code, "ERR_INVALID_OPTION");
    const running = create(t, { script: "" });
    assert.equal((await rejection(running.simulate("x"))).code, "ERR_INVALID_OPTION");
    assert.equal(message, 'Invalid option "simulate.seed": expected a whole number, got 1.5 (number)');
  });
});
