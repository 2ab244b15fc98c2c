// `storage.snapshot()` and `onNextSessionRestore()`: an object starts from a state of its own, or of another object.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { test } from "../support/test.mjs";

const script = `
import { DurableObject } from "cloudflare:workers";
export class Box extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.storage = ctx.storage;
    this.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
  }
  add(value) { this.storage.sql.exec("INSERT INTO t VALUES (?)", value); this.storage.kv.put("last", value); }
  get() { return [this.storage.sql.exec("SELECT a FROM t ORDER BY rowid").raw().toArray().flat().join(), this.storage.kv.get("last")]; }
  snapshot(options) { return this.storage.snapshot(options); }
  bookmark() { return this.storage.getCurrentBookmark(); }
  start(target, options) { return this.storage.onNextSessionRestore(target, options); }
}
export default { async fetch(request, env) {
  const [from, to] = ["from", "to"].map((name) => env.BOX.get(env.BOX.idFromName(name)));
  return Response.json((await steps[new URL(request.url).pathname.slice(1)](from, to)) ?? null);
} };
const steps = {
  async copy(from, to) {
    await from.add("1");
    const early = await from.bookmark();
    await from.add("2");
    await to.add("3");
    const undo = await to.start(await from.snapshot());
    return [early, undo];
  },
  get: async (from, to) => [await from.get(), await to.get()],
  async early(from, to) { await to.start(await from.snapshot({ bookmark: await from.bookmark() })); },
  async back(from, to) { await to.start(await to.bookmark()); },
  wrong: (from, to) => to.start({ database: "BOX-unknown", bookmark: "x" }),
  nothing: (from, to) => to.start(),
  entries: async (from, to) => to.start(await from.snapshot(), { kvData: { a: 1 } }),
  noEntries: async (from, to) => typeof (await to.start(await from.snapshot(), { kvData: undefined })),
  async foreign(from, to) { return to.snapshot({ bookmark: await from.bookmark() }); },
};`;

const ask = (mf, what) => json(mf, `http://localhost/${what}`);

for (const [place, more] of Object.entries({
  memory: () => ({}),
  "a folder": (t) => ({ durableObjectsPersist: folder(t) }),
})) {
  describe(`a snapshot of an object in ${place}`, () => {
    test("is what another object starts from, and goes back from", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, compatibilityDate: "2026-01-01", ...more(t) });
      const id = (await mf.getDurableObjectNamespace("BOX")).idFromName("to");
      const [early, undo] = await ask(mf, "copy");
      assert.deepEqual(await ask(mf, "get"), [
        ["1,2", "2"],
        ["3", "3"],
      ]);
      await mf.evictDurableObject(id);
      assert.deepEqual(await ask(mf, "get"), [
        ["1,2", "2"],
        ["1,2", "2"],
      ]);
      const storage = await mf.getDurableObjectStorage(id);
      await storage.onNextSessionRestore(undo);
      await mf.evictDurableObject(id);
      assert.deepEqual(await ask(mf, "get"), [
        ["1,2", "2"],
        ["3", "3"],
      ]);
      const from = await mf.getDurableObjectStorage((await mf.getDurableObjectNamespace("BOX")).idFromName("from"));
      const again = await mf.getDurableObjectStorage(id);
      await again.onNextSessionRestore(await from.snapshot({ bookmark: early }));
      await mf.evictDurableObject(id);
      assert.deepEqual(await ask(mf, "get"), [
        ["1,2", "2"],
        ["1", "1"],
      ]);
    });

    test("is of a state that is known", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, compatibilityDate: "2026-01-01", ...more(t) });
      assert.match((await rejection(ask(mf, "wrong"))).message, /Invalid bookmark "x"/);
      assert.match((await rejection(ask(mf, "nothing"))).message, /onNextSessionRestore\(\) takes a bookmark/);
      assert.match((await rejection(ask(mf, "foreign"))).message, /Invalid bookmark/);
    });

    test("brings no entries of its own", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, compatibilityDate: "2026-01-01", ...more(t) });
      const refused = await rejection(ask(mf, "entries"));
      assert.deepEqual([refused.name, /does not support the option kvData/.test(refused.message)], ["TypeError", true]);
      assert.equal(await ask(mf, "noEntries"), "string");
    });
  });
}
