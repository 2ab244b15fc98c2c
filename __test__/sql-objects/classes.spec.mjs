// Which classes of Durable Objects have databases, by options and by wrangler's migrations, and what the others do.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { ATTEMPT, BOX } from "../support/sql-objects.mjs";
import { test } from "../support/test.mjs";

const script = `${ATTEMPT}
const body = async ({ storage }) => [
  await attempt(() => storage.sql.exec("SELECT 1 AS one").one()), await attempt(() => (storage.kv.put("a", 1), storage.kv.get("a"))),
  await attempt(() => storage.transactionSync(() => 1)), await attempt(() => storage.put("b", 1)),
];
export class Box { constructor(state) { this.state = state; } async fetch() { return Response.json(await body(this.state)); } }
export class Other extends Box {}
export default { fetch(request, env) {
  const namespace = env[new URL(request.url).pathname.slice(1)];
  return namespace.get(namespace.idFromName("a")).fetch(request);
} };`;

const HAS = [{ one: 1 }, 1, 1, null];
const ask = (mf, name) => json(mf, `http://localhost/${name}`);

async function lacks(mf, name) {
  const [sql, kv, sync, put] = await ask(mf, name);
  for (const text of [sql, kv]) assert.match(text, /^Error: SQL is not enabled.*new_sqlite_classes.*useSQLite/);
  assert.equal(sync, "Error: Durable Object is not backed by SQL.");
  assert.equal(put, null);
}

describe("a class of Durable Objects", () => {
  test("has databases by the option useSQLite", async (t) => {
    const mf = create(t, {
      script,
      durableObjects: { ...BOX, OTHER: "Other", NO: { className: "Other", useSQLite: false } },
    });
    assert.deepEqual(await ask(mf, "BOX"), HAS);
    for (const name of ["OTHER", "NO"]) await lacks(mf, name);
  });

  test("has them for all of its bindings", async (t) => {
    const mf = create(t, { script, durableObjects: { ...BOX, SAME: "Box" } });
    assert.deepEqual(await ask(mf, "SAME"), HAS);
  });

  test("has them by migrations of wrangler's file", async (t) => {
    const bindings = [
      ["BOX", "Box"],
      ["OTHER", "Other"],
    ].map(([name, class_name]) => ({ name, class_name }));
    const migrations = [
      { tag: "v1", new_sqlite_classes: ["Old", "Other"], new_classes: ["Plain"] },
      { tag: "v2", renamed_classes: [{ from: "Old", to: "Box" }], deleted_classes: ["Other"] },
      { tag: "v3", new_classes: ["Other"] },
    ];
    const config = { name: "w", main: "worker.js", no_bundle: true, compatibility_date: "2025-01-01" };
    const root = folder(t, {
      "worker.js": script,
      "wrangler.json": JSON.stringify({ ...config, durable_objects: { bindings }, migrations }),
    });
    const mf = create(t, { rootPath: root, wranglerConfigPath: true, script: undefined, modules: undefined });
    assert.deepEqual(await ask(mf, "BOX"), HAS);
    await lacks(mf, "OTHER");
  });

  test("has them by exports of wrangler's file", async (t) => {
    const bindings = ["Box", "Other"].map((class_name) => ({ name: class_name.toUpperCase(), class_name }));
    const exports = {
      Old: { type: "durable-object", storage: "sqlite", state: "renamed", renamed_to: "Box" },
      Other: { type: "durable-object", storage: "legacy-kv" },
      Main: { type: "worker" },
    };
    const config = { name: "w", main: "worker.js", no_bundle: true, compatibility_date: "2025-01-01" };
    const root = folder(t, {
      "worker.js": script,
      "wrangler.json": JSON.stringify({ ...config, durable_objects: { bindings }, exports }),
    });
    const mf = create(t, { rootPath: root, wranglerConfigPath: true, script: undefined, modules: undefined });
    assert.deepEqual(await ask(mf, "BOX"), HAS);
    await lacks(mf, "OTHER");
  });

  test("keeps the alarm in deleteAll() until its compatibility date says otherwise", async (t) => {
    for (const [compatibilityDate, expected] of [
      ["2026-02-23", 8e12],
      ["2026-02-24", null],
    ]) {
      const mf = create(t, {
        script: `${script}\nBox.prototype.alarm = () => {};`,
        durableObjects: BOX,
        compatibilityDate,
      });
      const namespace = await mf.getDurableObjectNamespace("BOX");
      const storage = await mf.getDurableObjectStorage(namespace.idFromName("a"));
      await storage.setAlarm(8e12);
      storage.sql.exec("CREATE TABLE t (a)");
      await storage.deleteAll();
      assert.equal(await storage.getAlarm(), expected);
      assert.throws(() => storage.sql.exec("SELECT * FROM t"), /no such table/);
    }
  });
});
