// A process is killed while it deletes all that an instance has stored at several places: afterwards everything is there, or
// nothing, in whatever order the places are opened. MINIFLARE_RESTORE_ROUNDS says how many processes are killed (30 before a
// release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { restoreAndKill } from "../support/restore.mjs";
import { within } from "../support/test.mjs";

const ROUNDS = Number(process.env.MINIFLARE_RESTORE_ROUNDS ?? 6);
const test = within(120_000 + ROUNDS * 20_000);

/** So many objects of each kind, namespaces and databases, with so many bytes each. */
const NAMES = Array.from({ length: 8 }, (_, index) => `N${index}`);
const BYTES = 20_000;

const script = `
export class Plain {
  constructor(state) { this.storage = state.storage; }
  alarm() {}
  async put(value) {
    await this.storage.put("value", value);
    await this.storage.setAlarm(8e14);
  }
}
export class Base extends Plain {
  async put(value) {
    // Going back would bring the entries back that are deleted.
    const { sql } = this.storage;
    const before = await this.storage.getCurrentBookmark();
    sql.exec("CREATE TABLE t (a)");
    sql.exec("INSERT INTO t VALUES (?)", value);
    await super.put(value);
    await this.storage.onNextSessionRestoreBookmark(await this.storage.getCurrentBookmark());
    return before;
  }
}
export default {}`;
const OPTIONS = {
  modules: true,
  script,
  compatibilityFlags: ["rpc"],
  kvNamespaces: NAMES,
  durableObjects: { PLAIN: "Plain", BASE: { className: "Base", useSQLite: true } },
};

const PLACES = {
  "in folders": (t) => ({ durableObjectsPersist: folder(t), kvPersist: folder(t), d1Persist: folder(t) }),
  "in folders, synced": (t) => ({ ...PLACES["in folders"](t), durability: "sync" }),
  "in one folder": (t) => {
    const one = folder(t);
    return { durableObjectsPersist: one, kvPersist: one, d1Persist: one };
  },
  "databases of objects alone": (t) => ({ durableObjectsPersist: folder(t) }),
  "on a Redis server and in two folders": async (t) => {
    const { url } = await redis(t);
    return { durableObjectsPersist: folder(t), kvPersist: url, d1Persist: folder(t) };
  },
  "objects on a Redis server": async (t) => {
    const { url } = await redis(t);
    return { durableObjectsPersist: url, kvPersist: folder(t), d1Persist: folder(t) };
  },
};

/** What is stored where, `reset` names the kinds. */
const source = (kinds) => `
  const names = ${JSON.stringify(NAMES)};
  const value = "a".repeat(${BYTES});
  const kinds = ${JSON.stringify(kinds)};
  const objects = async (binding, name) => {
    const namespace = await mf.getDurableObjectNamespace(binding);
    await mf.runInDurableObject(namespace.idFromName(name), (object) => object.put(value));
  };
  for (const name of names) {
    await objects("PLAIN", name);
    await objects("BASE", name);
    if (kinds.includes("kv")) await (await mf.getKVNamespace(name)).put("value", value);
    if (!kinds.includes("d1")) continue;
    const db = await mf.getD1Database(name);
    await db.exec("CREATE TABLE t (a)");
    await db.prepare("INSERT INTO t VALUES (?)").bind(value).run();
  }
  // Some databases are closed when they are emptied.
  await mf.evictAllDurableObjects();
  writeSync(1, "restores\\n");
  const start = performance.now();
  await mf.reset();
  writeSync(1, performance.now() - start + "\\n");
  setInterval(() => {}, 1000);`;

const READ = {
  async objects(mf, name) {
    const found = [];
    for (const binding of ["PLAIN", "BASE"]) {
      const id = (await mf.getDurableObjectNamespace(binding)).idFromName(name);
      const storage = await mf.getDurableObjectStorage(id);
      found.push((await storage.get("value"))?.[0] ?? "-", (await storage.getAlarm()) === null ? "-" : "a");
      if (binding === "PLAIN") continue;
      assert.equal(storage.sql.exec("PRAGMA quick_check").one().quick_check, "ok");
      found.push(storage.sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 't'").toArray().length === 1 ? "a" : "-");
    }
    return found;
  },
  kv: async (mf, name) => [(await (await mf.getKVNamespace(name)).get("value"))?.[0] ?? "-"],
  d1: async (mf, name) => {
    const tables = await (await mf.getD1Database(name)).prepare("SELECT 1 FROM sqlite_schema WHERE name = 't'").raw();
    return [tables.length === 1 ? "a" : "-"];
  },
};

/** What there is: "a" for everything, "-" for nothing. */
async function readAll(options, kinds) {
  const mf = new Miniflare(options);
  try {
    const found = [];
    for (const kind of kinds) for (const name of NAMES) found.push(...(await READ[kind](mf, name)));
    const ids = await mf.listDurableObjectIds(await mf.getDurableObjectNamespace("PLAIN"));
    // The objects that were looked at live now.
    assert.ok(ids.length === NAMES.length || ids.length === 0);
    return [...new Set(found)].sort().join("");
  } finally {
    await mf.dispose();
  }
}

describe("a process that is killed while it deletes everything", { concurrency: 2 }, () => {
  for (const [where, place] of Object.entries(PLACES)) {
    test(`${where} has deleted all or nothing`, async (t) => {
      const places = await place(t);
      const options = { ...OPTIONS, ...places };
      const kinds = ["objects", ...["kv", "d1"].filter((kind) => Object.hasOwn(places, `${kind}Persist`))];
      const took = await restoreAndKill(t, source(kinds), options);
      assert.equal(await readAll(options, kinds), "-");
      const rounds = where.includes("Redis") ? Math.ceil(ROUNDS / 3) : ROUNDS;
      for (let round = 0; round < rounds; round++) {
        const milliseconds = Math.random() * 1.2 * took;
        await restoreAndKill(t, source(kinds), options, milliseconds);
        const order = [...kinds.slice(round % kinds.length), ...kinds.slice(0, round % kinds.length)];
        const found = await readAll(options, order);
        t.diagnostic(`killed after ${milliseconds.toFixed(1)} of some ${took.toFixed(1)} ms: ${found}`);
        assert.match(found, /^[a-]$/, `round ${round}`);
        const mf = new Miniflare(options);
        await mf.reset();
        await mf.dispose();
        assert.equal(await readAll(options, order), "-");
      }
    });
  }
});
