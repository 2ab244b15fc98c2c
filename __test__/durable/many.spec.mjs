// Objects with much in them: what a call costs follows from what it gives, not from what is stored.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { text } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);
const [FEW, MANY] = [10_000, 100_000];
const ROUNDS = 5;
/** What a key may cost among many, of what it costs among few: caches are not ours. */
const SHARE = 5;

const SCRIPT = `
export class Box {
  constructor({ storage }) { this.storage = storage; }

  async fill(count) {
    for (let first = 0; first < count; first += 100) {
      const names = Array.from({ length: 100 }, (_, index) => "key" + String(first + index).padStart(7, "0"));
      await this.storage.put(Object.fromEntries(names.map((name) => [name, { name }])));
    }
    return count;
  }

  async list() {
    return (await this.storage.list()).size;
  }

  async pages() {
    let count = 0;
    for (let startAfter; ; ) {
      const page = [...(await this.storage.list({ startAfter, limit: 100 })).keys()];
      if (page.length === 0) return count;
      count += page.length;
      startAfter = page.at(-1);
    }
  }

  /** Lists what it is writing in the same turn, or in the same transaction. */
  async written() {
    await this.storage.put("key", 0);
    const { size } = await this.storage.list();
    await this.storage.delete("key");
    return size - 1;
  }

  async transaction() {
    return this.storage.transaction(async (txn) => {
      txn.delete("key0000000");
      const { size } = await txn.list();
      txn.rollback();
      return size + 1;
    });
  }

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    return new Response(String(await this[pathname.slice(1)](Number(searchParams.get("count")))));
  }
}
export default { fetch(request, env) {
  return env.BOX.get(env.BOX.idFromName(new URL(request.url).searchParams.get("count"))).fetch(request);
} };`;

for (const [where, place] of [
  ["in memory", () => false],
  ["in a folder", (t) => folder(t)],
]) {
  describe(`an object with ${MANY} keys ${where}`, () => {
    test("lists them in a time that grows as their number does", async (t) => {
      const mf = create(t, { durableObjects: { BOX: "Box" }, script: SCRIPT, durableObjectsPersist: place(t) });
      const ask = async (what, count) =>
        assert.equal(await text(mf, `http://localhost/${what}?count=${count}`), `${count}`);
      /** Microseconds of CPU time for each key, at best. */
      const cost = async (what, count) => {
        const times = [];
        for (let round = 0; round < ROUNDS; round++) {
          const start = process.cpuUsage();
          await ask(what, count);
          const { user, system } = process.cpuUsage(start);
          times.push((user + system) / count);
        }
        return Math.min(...times);
      };
      for (const count of [FEW, MANY]) await ask("fill", count);
      for (const what of ["list", "pages", "written", "transaction"]) {
        const [few, many] = [await cost(what, FEW), await cost(what, MANY)];
        assert.ok(many < few * SHARE, `${what}: ${few} µs for each of ${FEW} keys, ${many} µs of ${MANY}`);
      }
    });
  });
}
