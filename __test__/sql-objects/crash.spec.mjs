// A process that writes to databases of objects is killed at a random moment: what it was told of is there, and nothing is there
// in part, neither of a turn nor of a transaction over turns, with entries and alarms. MINIFLARE_CRASH_RUNS says how many processes
// are killed (200 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import { door } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { runAndKill } from "../support/killed.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const RUNS = Number(process.env.MINIFLARE_CRASH_RUNS ?? 20);
/** Rows of one write; with their texts they are more than a page. */
const ROWS = 12;
/** Alarms lie so far off that none is due; the number is added, in milliseconds. */
const FAR = 8e12;
const test = within(60_000 + RUNS * 20_000);

/** `/turn/7` writes number 7 in one turn, `/transaction/7` in a transaction over turns. */
const script = `export class Ledger {
  constructor({ storage }) {
    this.storage = storage;
    this.sql = storage.sql;
    this.sql.exec("CREATE TABLE IF NOT EXISTS t (kind, number, text)");
  }
  alarm() {}
  rows(kind, number, count) {
    for (let row = 0; row < count; row++) this.sql.exec("INSERT INTO t VALUES (?, ?, ?)", kind, number, "x".repeat(900));
  }
  async fetch(request) {
    const [, kind, number] = new URL(request.url).pathname.split("/");
    await this[kind](Number(number));
    return new Response();
  }
  turn(number) {
    this.rows("turn", number, ${ROWS});
    this.storage.kv.put("turn", number);
    this.storage.setAlarm(${FAR} + number);
  }
  transaction(number) {
    return this.storage.transaction(async (txn) => {
      this.rows("transaction", number, ${ROWS} / 2);
      await txn.put("transaction", number);
      await scheduler.wait(0);
      this.rows("transaction", number, ${ROWS} / 2);
    });
  }
}
export default { fetch(request, env) {
  const { pathname } = new URL(request.url);
  return env.LEDGER.get(env.LEDGER.idFromName(pathname.split("/")[1])).fetch(request);
} };`;

const OPTIONS = { modules: true, script, durableObjects: { LEDGER: { className: "Ledger", useSQLite: true } } };
const KINDS = ["turn", "transaction", "outside"];

/** Writes numbers of every kind, and prints each that is confirmed. */
const writer = (options, first) => `import { writeSync } from "node:fs";
  import { Miniflare } from ${JSON.stringify(door)};
  const mf = new Miniflare(${JSON.stringify(options)});
  const ledgers = await mf.getDurableObjectNamespace("LEDGER");
  const storage = await mf.getDurableObjectStorage(ledgers.idFromName("outside"));
  storage.sql.exec("CREATE TABLE IF NOT EXISTS t (kind, number, text)");
  const outside = (number) => storage.transactionSync(() => {
    for (let row = 0; row < ${ROWS}; row++) storage.sql.exec("INSERT INTO t VALUES ('outside', ?, ?)", number, "x".repeat(900));
    storage.kv.put("outside", number);
  });
  for (let number = ${first}; ; number++) {
    for (const kind of ${JSON.stringify(KINDS)}) {
      if (kind === "outside") outside(number);
      else await mf.dispatchFetch("http://localhost/" + kind + "/" + number);
      writeSync(1, JSON.stringify([kind, number]) + "\\n");
    }
  }`;

/** Runs a writer, kills it at a random moment after it was first told of something, and gives what it was told of last. */
async function writeAndKill(t, options, first) {
  const told = await runAndKill(t, ["--input-type=module", "--eval", writer(options, first)], { most: 60 });
  return Object.fromEntries([...KINDS.map((kind) => [kind, first - 1]), ...told]);
}

/** What is stored of one kind: the last number, which all parts agree on. */
async function found(mf, kind, run) {
  const ledgers = await mf.getDurableObjectNamespace("LEDGER");
  const storage = await mf.getDurableObjectStorage(ledgers.idFromName(kind));
  if (storage.sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 't'").toArray().length === 0) return 0;
  assert.equal(storage.sql.exec("PRAGMA quick_check").one().quick_check, "ok");
  const last = storage.kv.get(kind) ?? 0;
  const counts = storage.sql.exec("SELECT number, count(*) FROM t GROUP BY number ORDER BY number").raw().toArray();
  const numbers = Array.from({ length: last }, (_, index) => [index + 1, ROWS]);
  assert.deepEqual(counts, numbers, `run ${run}, ${kind}`);
  if (kind === "turn") assert.equal(await storage.getAlarm(), last === 0 ? null : FAR + last);
  return last;
}

for (const durability of ["os", "sync"]) {
  describe(`a process that is killed while it writes to databases of objects (durability "${durability}")`, () => {
    const runs = Math.ceil(RUNS / 2);
    test(`${runs} times, has kept what was confirmed, and nothing in part`, async (t) => {
      const options = { ...OPTIONS, durableObjectsPersist: folder(t), durability };
      let first = 1;
      for (let run = 0; run < runs; run++) {
        const told = await writeAndKill(t, options, first);
        const mf = new Miniflare(options);
        const lasts = {};
        for (const kind of KINDS) {
          lasts[kind] = await found(mf, kind, run);
          const { [kind]: last } = lasts;
          assert.ok(
            last >= told[kind] && last <= told[kind] + 1,
            `run ${run}: found ${kind} ${last}, told of ${told[kind]}`,
          );
        }
        // The next process goes on where all kinds are at one number.
        const next = Math.max(...Object.values(lasts));
        for (const kind of KINDS) if (lasts[kind] < next) await complete(mf, kind, next);
        await mf.dispose();
        first = next + 1;
      }
    });
  });
}

async function complete(mf, kind, number) {
  if (kind !== "outside") return void (await mf.dispatchFetch(`http://localhost/${kind}/${number}`));
  const ledgers = await mf.getDurableObjectNamespace("LEDGER");
  const storage = await mf.getDurableObjectStorage(ledgers.idFromName(kind));
  storage.sql.exec("CREATE TABLE IF NOT EXISTS t (kind, number, text)");
  for (let row = 0; row < ROWS; row++)
    storage.sql.exec("INSERT INTO t VALUES ('outside', ?, ?)", number, "x".repeat(900));
  storage.kv.put("outside", number);
}
