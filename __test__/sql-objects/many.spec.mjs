// Many objects with a database each: few of the databases are open at a time, which nobody notices.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { within } from "../support/test.mjs";

const OBJECTS = 600;
const test = within(120_000);

const script = `export class Box {
  constructor(state) { this.storage = state.storage; this.sql = state.storage.sql; }
  alarm() { this.sql.exec("INSERT INTO t VALUES ('alarm')"); }
  async fetch(request) {
    const name = request.headers.get("name");
    this.sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
    this.sql.exec("INSERT INTO t VALUES (?)", name);
    this.storage.kv.put("name", name);
    if (name === "7") await this.storage.setAlarm(8e12);
    this.sql.exec("INSERT INTO t VALUES (?)", name);
    return Response.json([this.sql.exec("SELECT a FROM t").raw().toArray().flat(), this.storage.kv.get("name")]);
  }
}
export default { async fetch(request, env) {
  const ask = async (name) => (await env.BOX.get(env.BOX.idFromName(name)).fetch("http://object/", { headers: { name } })).json();
  const names = Array.from({ length: ${OBJECTS} }, (_, index) => String(index));
  return Response.json(await Promise.all(names.map(ask)));
} };`;

/** The files of databases that this process has open. */
function openFiles() {
  const targets = readdirSync("/proc/self/fd").map((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`);
    } catch {
      return "";
    }
  });
  return targets.filter((target) => target.includes(".sqlite3")).length;
}

const expected = (rounds) =>
  Array.from({ length: OBJECTS }, (_, index) => [Array(2 * rounds).fill(String(index)), String(index)]);

for (const [place, options] of Object.entries({
  memory: () => ({}),
  "a folder": (t) => ({ durableObjectsPersist: folder(t) }),
})) {
  describe(`${OBJECTS} objects in ${place}`, () => {
    test("have all that each has written, in one request and in the next", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, ...options(t) });
      const restore = await mf.snapshotStorage();
      for (let round = 1; round <= 2; round++) assert.deepEqual(await json(mf), expected(round));
      if (process.platform === "linux") assert.ok(openFiles() <= 3 * 128, `${openFiles()} files are open`);
      assert.equal((await mf.getDurableObjectIds("BOX")).length, OBJECTS);
      assert.equal(await mf.flushDurableObjectAlarms(), 1);
      await restore();
      assert.equal((await mf.getDurableObjectIds("BOX")).length, 0);
      assert.deepEqual(await json(mf), expected(1));
    });
  });
}
