// What objects with a database do here is what they do on Miniflare 4: values, and the classes and texts of errors.

import { after, before, describe } from "node:test";
import assert from "node:assert/strict";
import { Miniflare } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { ATTEMPT } from "../support/sql-objects.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

const TABLE = `sql.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, x)");
sql.exec("INSERT INTO t VALUES (1, 'a', 2), (2, 'b', 3), (3, 'c', NULL)");`;

/** Each is the body of a function with an object's `storage`, `sql`, `kv` and `attempt` at hand. */
const SAME = {
  "rows in every shape": `${TABLE}
    const cursor = sql.exec("SELECT *, id FROM t ORDER BY id");
    return [cursor.columnNames, cursor.next(), [...cursor.raw()], cursor.toArray(), cursor.next(), cursor.columnNames];`,
  "one row": `${TABLE}
    const one = (text) => attempt(() => sql.exec(text).one());
    return [await one("SELECT 1 AS a, 2 AS a"), await one("SELECT * FROM t WHERE id = 9"), await one("SELECT * FROM t")];`,
  "no rows": `${TABLE}
    const cursor = sql.exec("SELECT * FROM t WHERE id = 9");
    return [cursor.columnNames, cursor.next(), cursor.toArray(), [...cursor.raw()]];`,
  "counted rows": `${TABLE}
    const cursor = sql.exec("SELECT * FROM t");
    const counts = [cursor.rowsRead, cursor.rowsWritten];
    for (const row of cursor) counts.push(cursor.rowsRead);
    const written = (text) => sql.exec(text).rowsWritten;
    return [counts, written("INSERT INTO t (name) VALUES ('q'), ('r')"), written("UPDATE t SET x = 1"),
      written("DELETE FROM t WHERE id < 3"), written("DELETE FROM t WHERE id = 99")];`,
  "returned rows": `${TABLE}
    const cursor = sql.exec("INSERT INTO t (name) VALUES ('y'), ('z') RETURNING id, name");
    return [cursor.columnNames, cursor.rowsWritten, cursor.toArray(), sql.exec("DELETE FROM t RETURNING id").toArray()];`,
  "open cursors": `${TABLE}
    const older = sql.exec("SELECT id FROM t ORDER BY id");
    older.next();
    const newer = sql.exec("SELECT id FROM t ORDER BY id").toArray();
    sql.exec("INSERT INTO t (id) VALUES (9)");
    return [newer, older.toArray()];`,
  "types of bound values": `return sql
    .exec("SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), typeof(?)", 1, "x", null, undefined, new Uint8Array(2), -0)
    .raw().toArray();`,
  "other bound values": `const bind = (value) => attempt(() => sql.exec("SELECT ? AS a", value).one());
    return Promise.all([true, { a: 1 }, [1, 2], new Date(0), 1n, Symbol(), NaN, Infinity, 2 ** 53, "\\u0000x", "é𝄞"].map(bind));`,
  "read values": `const row = sql.exec("SELECT 7, 9007199254740993, -9223372036854775808, 1.5, 1e400, 'é𝄞', x'0102', NULL, x''").raw().next().value;
    return row.map((value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : String(value)));`,
  "numbers of parameters": `const texts = ["SELECT ?", "SELECT ?, ?, ?", "SELECT 1", "SELECT ?1, ?3", "SELECT :a, @b", "SELECT ?2 || ?1"];
    return Promise.all(texts.map((text) => attempt(() => sql.exec(text, 1, 2).raw().toArray())));`,
  "several statements": `${TABLE}
    return [
      sql.exec("INSERT INTO t (name) VALUES ('m'); SELECT ? + count(*) AS n FROM t;", 1).toArray(),
      await attempt(() => sql.exec("INSERT INTO t (name) VALUES (?); SELECT 1", "n")),
      await attempt(() => sql.exec("INSERT INTO t (name) VALUES ('o'); SELEC")),
      sql.exec("SELECT name FROM t ORDER BY id").toArray(),
      sql.exec("CREATE TABLE u (a); INSERT INTO u VALUES (';'); SELECT a FROM u -- ;").toArray(),
      sql.exec("CREATE TRIGGER g AFTER INSERT ON u BEGIN DELETE FROM t; SELECT 1; END; SELECT 2 AS two").toArray(),
    ];`,
  "texts without statements": `return Promise.all(["", "  ", "-- a", "/* b */", ";", "; ;"].map((text) => attempt(() => sql.exec(text))));`,
  "texts that are wrong": `${TABLE}
    const texts = ["SELEC", "SELECT * FROM nope", "SELECT nope FROM t", "INSERT INTO t VALUES (1, 'x', 1)", "INSERT INTO t (name) VALUES ('a')",
      "INSERT INTO t VALUES ('x', 'y', 'z')", "SELECT abs()", "SELECT 'a", "DROP TABLE nope", "CREATE TABLE t (a)", "SELECT json('{')"];
    return Promise.all(texts.map((text) => attempt(() => sql.exec(text).toArray())));`,
  "what is refused": `${TABLE}
    const texts = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ATTACH ':memory:' AS a", "DETACH a", "CREATE TABLE _cf_x (a)",
      "CREATE TEMP TABLE q (a)", "SELECT sqlite_version()", "PRAGMA journal_mode", "PRAGMA user_version = 1",
      "PRAGMA integrity_check", "PRAGMA database_list", "PRAGMA table_info(_cf_KV)", "CREATE VIRTUAL TABLE v USING fts3(a)", "VACUUM"];
    return Promise.all(texts.map((text) => attempt(() => sql.exec(text).toArray())));`,
  "what is allowed": `${TABLE}
    const texts = ["PRAGMA foreign_keys", "PRAGMA table_info(t)", "PRAGMA index_list(t)", "PRAGMA quick_check", "PRAGMA optimize", "ANALYZE",
      "PRAGMA case_sensitive_like = 1", "PRAGMA defer_foreign_keys = on", "SELECT changes(), last_insert_rowid()", "REINDEX",
      "CREATE VIRTUAL TABLE f USING fts5(a)", "SELECT sqrt(2) > 1, json_array(1), unixepoch('2020-01-01')", "SELECT name FROM pragma_table_info('t')"];
    return Promise.all(texts.map((text) => attempt(() => sql.exec(text).toArray())));`,
  "foreign keys": `sql.exec("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)");
    return attempt(() => sql.exec("INSERT INTO c VALUES (1)"));`,
  "synchronous transactions": `${TABLE}
    const ids = () => sql.exec("SELECT id FROM t ORDER BY id").raw().toArray().flat();
    const add = (id) => sql.exec("INSERT INTO t (id) VALUES (?)", id);
    return [
      storage.transactionSync(() => { add(10); return 7; }),
      await attempt(() => storage.transactionSync(() => { add(11); throw new RangeError("x"); })), ids(),
      storage.transactionSync(() => {
        add(12);
        try { storage.transactionSync(() => { add(13); throw new Error(); }); } catch {}
        storage.transactionSync(() => add(14));
        return ids();
      }),
      await storage.transactionSync(async () => { add(15); await 0; add(16); }), ids(),
    ];`,
  "asynchronous transactions": `${TABLE}
    const ids = () => sql.exec("SELECT id FROM t ORDER BY id").raw().toArray().flat();
    const add = (id) => sql.exec("INSERT INTO t (id) VALUES (?)", id);
    return [
      await storage.transaction(async (txn) => { add(10); await txn.put("a", 1); return [await txn.get("a"), await storage.get("a")]; }),
      await attempt(() => storage.transaction(async (txn) => { add(11); txn.put("b", 1); throw new RangeError("x"); })),
      await storage.transaction(async (txn) => { add(12); await txn.put("b", 1); txn.rollback(); return [await storage.get("b"), ids()]; }),
      await attempt(() => storage.transaction(async (txn) => { txn.rollback(); await txn.get("b"); })),
      await storage.transaction(async () => {
        add(13);
        await storage.transaction(async () => { add(14); throw new Error(); }).catch(() => {});
        await storage.transaction(async () => add(15));
        return ids();
      }),
      (await Promise.all([20, 21].map((id) => storage.transaction(async () => { add(id); await scheduler.wait(1); return ids().length; })))),
      [...(await storage.list())],
    ];`,
  "deleteAll in a transaction": `return [
      await attempt(() => storage.transaction((txn) => storage.deleteAll())),
      await attempt(() => storage.transaction((txn) => txn.deleteAll())),
    ];`,
  "synchronous entries": `const list = (options) => [...kv.list(options)];
    for (const key of ["a", "b", "c", "ba"]) kv.put(key, { key });
    kv.put("undefined", undefined);
    return [
      kv.get("a"), String(kv.get("nope")), kv.delete("a"), kv.delete("a"), list(), list({ reverse: true, limit: 2 }), list({ prefix: "b" }),
      list({ start: "b", end: "c" }), list({ startAfter: "b" }), list({ prefix: "b", reverse: true }), list({ start: "ba", reverse: true }),
      kv.put(5, 1), kv.get("5"), kv.delete("undefined"),
    ];`,
  "iterators of entries": `for (const key of ["a", "b", "c"]) kv.put(key, key);
    const older = kv.list();
    older.next();
    kv.put("bb", 1);
    const rest = [...older];
    const left = kv.list();
    left.next();
    kv.list();
    return [rest, await attempt(() => left.next())];`,
  "entries that cannot be stored": `return [
      await attempt(() => kv.get()), await attempt(() => kv.put("big", "x".repeat(2_500_000))), kv.get("big") === undefined,
      await attempt(() => storage.put("p", undefined)), await attempt(() => storage.put("big", "x".repeat(2_500_000))),
    ];`,
  "both kinds of entries": `await storage.put({ a: 1, b: new Map([[1, new Date(0)]]) });
    kv.put("c", "x".repeat(200_000));
    return [kv.get("a"), kv.get("b").get(1).toJSON(), (await storage.get("c")).length, await storage.delete("a"), kv.get("a") === undefined,
      [...(await storage.list({ reverse: true })).keys()]];`,
  alarms: `const at = Date.now() + 1_000_000;
    await storage.setAlarm(at);
    const alarm = (await storage.getAlarm()) === at;
    await storage.transaction(async (txn) => { await txn.setAlarm(at + 5); txn.rollback(); });
    const kept = (await storage.getAlarm()) === at;
    await storage.deleteAlarm();
    return [alarm, kept, await storage.getAlarm(), await attempt(() => storage.setAlarm(0))];`,
  "everything deleted": `${TABLE}
    sql.exec("CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE c (p REFERENCES p); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)");
    sql.exec("CREATE VIRTUAL TABLE f USING fts5(a); CREATE VIEW v AS SELECT 1; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END");
    await storage.put("a", 1);
    await storage.setAlarm(Date.now() + 1_000_000);
    await storage.deleteAll();
    sql.exec("CREATE TABLE t (a)");
    return [(await storage.list()).size, await attempt(() => sql.exec("SELECT * FROM p")), typeof (await storage.getAlarm())];`,
};

const script = `${ATTEMPT}
const BODIES = {${Object.entries(SAME)
  .map(([name, body]) => `${JSON.stringify(name)}: async (storage, sql, kv) => { ${body} }`)
  .join(",\n")}};
export class Box {
  constructor(ctx) { this.ctx = ctx; }
  async fetch(request) {
    const { storage } = this.ctx;
    const value = await attempt(() => BODIES[request.headers.get("name")](storage, storage.sql, storage.kv));
    return Response.json(value ?? null);
  }
  alarm() {}
}
export default { fetch(request, env) {
  const name = request.headers.get("name");
  return env.BOX.get(env.BOX.idFromName(name)).fetch(request);
} };`;

const OPTIONS = {
  modules: true,
  script,
  compatibilityDate: "2025-01-01",
  durableObjects: { BOX: { className: "Box", useSQLite: true } },
};

describe("a database of an object does what it does on Miniflare 4:", () => {
  const instances = [];
  before(() => instances.push(new Miniflare(OPTIONS), new Miniflare4(OPTIONS)));
  after(() => Promise.all(instances.map((mf) => mf.dispose())));

  for (const name of Object.keys(SAME)) {
    test(name, async () => {
      const [own, oracle] = await Promise.all(
        instances.map(async (mf) => (await mf.dispatchFetch("http://localhost/", { headers: { name } })).json()),
      );
      assert.deepEqual(own, oracle);
    });
  }
});
