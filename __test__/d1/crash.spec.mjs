// A process that writes to a D1 database in a file is killed at a random moment: each batch that it was told of is there, and none
// is there in part. MINIFLARE_CRASH_RUNS says how many processes are killed (200 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import { door } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { runAndKill } from "../support/killed.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const RUNS = Number(process.env.MINIFLARE_CRASH_RUNS ?? 20);
/** Rows of a batch; with their texts they are more than a page. */
const ROWS = 12;
const test = within(60_000 + RUNS * 20_000);

/** Writes batch after batch, in the worker and from Node in turn, and prints the number of each that is confirmed. */
const writer = (options, first) => `import { writeSync } from "node:fs";
  import { Miniflare } from ${JSON.stringify(door)};
  const write = async (db, number) => {
    const insert = db.prepare("INSERT INTO t VALUES (?, ?)");
    const rows = Array.from({ length: ${ROWS} }, () => insert.bind(number, "x".repeat(900)));
    await db.batch([...rows, db.prepare("UPDATE last SET number = ?").bind(number)]);
  };
  const script = "export default { async fetch(request, { DB }) { await (" + write + ")(DB, Number(request.url.slice(17))); return new Response(); } }";
  const mf = new Miniflare({ modules: true, script, d1Databases: ["DB"], ...${JSON.stringify(options)} });
  const db = await mf.getD1Database("DB");
  await db.exec("CREATE TABLE IF NOT EXISTS t (number, text)\\nCREATE TABLE IF NOT EXISTS last (number)\\nINSERT INTO last SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM last)");
  for (let number = ${first}; ; number++) {
    if (number % 2 === 0) await write(db, number);
    else await mf.dispatchFetch("http://localhost/" + number);
    writeSync(1, number + "\\n");
  }`;

/** Runs a writer, kills it at a random moment after its first confirmed batch, and gives the last number that it was told. */
const writeAndKill = async (t, options, first) =>
  (await runAndKill(t, ["--input-type=module", "--eval", writer(options, first)], { most: 20 })).at(-1);

for (const durability of ["os", "sync"]) {
  describe(`a process that is killed while it writes to a D1 database (durability "${durability}")`, () => {
    const runs = Math.ceil(RUNS / 2);
    test(`${runs} times, has kept each batch that was confirmed, as a whole`, async (t) => {
      const options = { d1Persist: folder(t), durability };
      let first = 1;
      for (let run = 0; run < runs; run++) {
        const told = await writeAndKill(t, options, first);
        const mf = new Miniflare({ script: "", ...options });
        const db = await mf.getD1Database("DB");
        const counts = await db.prepare("SELECT number, count(*) FROM t GROUP BY number ORDER BY number").raw();
        const last = await db.prepare("SELECT number FROM last").first("number");
        assert.deepEqual(
          counts,
          Array.from({ length: last }, (_, index) => [index + 1, ROWS]),
          `run ${run}, told of ${told}`,
        );
        assert.ok(last >= told && last <= told + 1, `run ${run}: found ${last}, told of ${told}`);
        assert.equal(await db.prepare("PRAGMA quick_check").first("quick_check"), "ok");
        await mf.dispose();
        first = last + 1;
      }
    });
  });
}
