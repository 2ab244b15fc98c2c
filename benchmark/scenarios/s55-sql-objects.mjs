// Many Durable Objects with a table each, in a folder: they are created, and then found again by another instance.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ask, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { leftOut, TABLE } from "../lib/sql.mjs";

const OBJECTS = 10_000;
/** Objects that one request asks: a worker may not ask for more at a time. */
const AT_A_TIME = 500;

async function askAll(mf) {
  for (let from = 0; from < OBJECTS; from += AT_A_TIME) {
    await ask(mf, String(AT_A_TIME), `${URL_OF_WORKER}objects?from=${from}&to=${from + AT_A_TIME}`);
  }
}

export default {
  name: "s55-sql-objects",
  leftOut,
  unit: "ms",
  doc: `${OBJECTS} Durable Objects with a table each, in a folder, created by one instance and revived by another`,
  target: { share: 0.2, of: "m4" },
  async run({ Miniflare }) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "benchmark-"));
    try {
      const options = { ...TABLE, durableObjectsPersist: folder };
      const begin = performance.now();
      for (let round = 0; round < 2; round++) await withInstance(Miniflare, options, askAll);
      return performance.now() - begin;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
