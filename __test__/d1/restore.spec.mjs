// A process is killed while it brings back a snapshot of D1 databases and of what is kept at other places: afterwards all of them
// are as they were before, or all are brought back, in whatever order they are opened. MINIFLARE_RESTORE_ROUNDS says how many
// processes are killed (30 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { restoreAndKill } from "../support/restore.mjs";
import { within } from "../support/test.mjs";

const ROUNDS = Number(process.env.MINIFLARE_RESTORE_ROUNDS ?? 12);
const test = within(120_000 + ROUNDS * 10_000);

const NAMES = ["A", "B", "C"];
/** So many rows make a restore take some time. */
const ROWS = 2000;

const PLACES = {
  "in one folder": (t) => ({ d1Persist: folder(t) }),
  "beside KV in a folder": (t) => ({ d1Persist: folder(t), kvPersist: folder(t) }),
  "beside KV and caches in folders": (t) => ({ d1Persist: folder(t), kvPersist: folder(t), cachePersist: folder(t) }),
  "beside KV in the same folder": (t) => {
    const data = folder(t);
    return { d1Persist: data, kvPersist: data };
  },
};

const SOURCE = `
  const names = ${JSON.stringify(NAMES)};
  const fill = async (db, value) => {
    await db.exec("CREATE TABLE IF NOT EXISTS t (a, fill)\\nDELETE FROM t");
    const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${ROWS}) ";
    await db.prepare(rows + "INSERT INTO t SELECT ?, hex(randomblob(200)) FROM n").bind(value).run();
  };
  const putAll = async (value) => {
    for (const name of names) await fill(await mf.getD1Database(name), value);
    await (await mf.getKVNamespace("KV")).put("value", value);
    const { default: cache } = await mf.getCaches();
    await cache.put("http://localhost/", new Response(value, { headers: { "cache-control": "max-age=36000" } }));
  };
  await putAll("b");
  const restore = await mf.snapshotStorage();
  await putAll("a");
  writeSync(1, "restores\\n");
  const start = performance.now();
  await restore();
  writeSync(1, performance.now() - start + "\\n");
  setInterval(() => {}, 1000);`;

/** What each place holds, opened in an order. */
const READ = {
  async d1(mf) {
    const found = [];
    for (const name of NAMES) {
      const db = await mf.getD1Database(name);
      found.push(...(await db.prepare("SELECT DISTINCT a FROM t").raw()).flat());
      assert.equal(await db.prepare("SELECT count(*) AS n FROM t").first("n"), ROWS);
      assert.equal(await db.prepare("PRAGMA quick_check").first("quick_check"), "ok");
    }
    return [...new Set(found)].join("");
  },
  kv: async (mf) => (await mf.getKVNamespace("KV")).get("value"),
  cache: async (mf) => (await (await mf.getCaches()).default.match("http://localhost/")).text(),
};

async function readAll(options, kinds) {
  const mf = new Miniflare(options);
  try {
    const found = [];
    for (const kind of kinds) found.push(await READ[kind](mf));
    return found;
  } finally {
    await mf.dispose();
  }
}

describe("a process that is killed while it brings back a snapshot of D1 databases", () => {
  for (const [where, place] of Object.entries(PLACES)) {
    test(`${where} has brought back all or none`, async (t) => {
      const places = place(t);
      const options = { script: "", ...places };
      const kinds = ["d1", "kv", "cache"].filter((kind) => Object.hasOwn(places, `${kind}Persist`));
      const took = await restoreAndKill(t, SOURCE, options);
      assert.deepEqual(
        await readAll(options, kinds),
        kinds.map(() => "b"),
      );
      for (let round = 0; round < ROUNDS; round++) {
        const milliseconds = Math.random() * 1.2 * took;
        await restoreAndKill(t, SOURCE, options, milliseconds);
        const found = await readAll(options, round % 2 === 0 ? kinds : [...kinds].reverse());
        t.diagnostic(`killed after ${milliseconds.toFixed(1)} of some ${took.toFixed(1)} ms: ${found[0]}`);
        assert.equal(new Set(found).size, 1, `round ${round}: ${found}`);
        assert.match(found[0], /^[ab]$/);
        assert.ok(!fs.existsSync(path.join(places.d1Persist, ".miniflare-rs-restore")));
      }
    });
  }
});

describe("a restore of D1 databases that was left behind", () => {
  test("is dropped with an unreadable plan only by its option", async (t) => {
    const d1Persist = folder(t, { ".miniflare-rs-restore/plan.json": "{" });
    const mf = new Miniflare({ script: "", d1Persist });
    const db = await mf.getD1Database("DB");
    await assert.rejects(db.prepare("SELECT 1").all(), /A restore of the databases in .* cannot be completed/);
    fs.rmSync(path.join(d1Persist, ".miniflare-rs-restore"), { recursive: true });
    assert.deepEqual(await db.prepare("SELECT 1").raw(), [[1]]);
    await mf.dispose();
  });
});
