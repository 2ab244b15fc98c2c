// Many Durable Objects with a table each, in a folder: they are created, and then found again by other instances.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ask, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { leftOut, TABLE } from "../lib/sql.mjs";

const OBJECTS = 10_000;
/**
 * So many instances have a part of them each, one after the other: Miniflare 4 fails with SQLITE_NOMEM once some 3,380 objects
 * are live, which they are for 10 s after their last event, whatever memory and open files the machine allows.
 */
const INSTANCES = 4;
const OF_AN_INSTANCE = OBJECTS / INSTANCES;
/** Objects that one request asks: a worker may not ask for more at a time. */
const AT_A_TIME = 500;

async function askAll(mf, first) {
  for (let from = first; from < first + OF_AN_INSTANCE; from += AT_A_TIME) {
    await ask(mf, String(AT_A_TIME), `${URL_OF_WORKER}objects?from=${from}&to=${from + AT_A_TIME}`);
  }
}

export default {
  name: "s55-sql-objects",
  leftOut,
  unit: "ms",
  doc: `${OBJECTS} Durable Objects with a table each, in a folder, created by ${INSTANCES} instances and revived by ${INSTANCES} others`,
  target: { share: 0.2, of: "m4" },
  async run({ Miniflare }) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "benchmark-"));
    try {
      const options = { ...TABLE, durableObjectsPersist: folder };
      const begin = performance.now();
      for (let round = 0; round < 2; round++) {
        for (let first = 0; first < OBJECTS; first += OF_AN_INSTANCE) {
          await withInstance(Miniflare, options, (mf) => askAll(mf, first));
        }
      }
      return performance.now() - begin;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
