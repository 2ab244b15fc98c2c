// D1 databases in a folder: files of SQLite that other programs can read, and that keep what was confirmed.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { door, runScript } from "../support/child.mjs";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);
const SETUP = "CREATE TABLE t (a)";
const at = (d1Persist, options = {}) => ({ script: "", d1Persist, ...options });
const insert = (db, ...values) => db.batch(values.map((value) => db.prepare("INSERT INTO t VALUES (?)").bind(value)));
const values = async (db) => (await db.prepare("SELECT a FROM t ORDER BY rowid").raw()).flat();

/** A file of SQLite as another instance reads it that is given the file alone. */
async function valuesOfFile(t, file) {
  const d1Persist = folder(t);
  fs.copyFileSync(file, path.join(d1Persist, "COPY.sqlite3"));
  return values(await create(t, at(d1Persist)).getD1Database("COPY"));
}

describe("D1 databases in a folder", () => {
  for (const durability of ["os", "sync"]) {
    test(`keep what was written, with durability "${durability}"`, async (t) => {
      const options = at(folder(t), { durability });
      const first = new Miniflare(options);
      const db = await first.getD1Database("DB");
      await db.exec(SETUP);
      await insert(db, 1, "two");
      await first.dispose();
      assert.deepEqual(fs.readdirSync(options.d1Persist), ["DB.sqlite3"]);
      assert.deepEqual(await values(await create(t, options).getD1Database("DB")), [1, "two"]);
    });
  }

  test("are at .mf/d1 below rootPath by default, one file each", async (t) => {
    const rootPath = folder(t);
    const mf = new Miniflare({ script: "", rootPath, d1Persist: true });
    for (const name of ["A", "__D1_BETA__B", "../a/b", "ü"]) await (await mf.getD1Database(name)).exec(SETUP);
    await mf.dispose();
    const files = ["%2e.%2fa%2fb.sqlite3", "A.sqlite3", "B.sqlite3", "ü.sqlite3"];
    assert.deepEqual(fs.readdirSync(path.join(rootPath, ".mf/d1")).sort(), files);
  });

  test("are whole files when the instance is disposed of", async (t) => {
    const d1Persist = folder(t);
    const mf = new Miniflare(at(d1Persist));
    const db = await mf.getD1Database("DB");
    await db.exec(SETUP);
    await insert(db, 1);
    await mf.dispose();
    assert.deepEqual(await valuesOfFile(t, path.join(d1Persist, "DB.sqlite3")), [1]);
  });

  test("create nothing before they are used", async (t) => {
    const d1Persist = path.join(folder(t), "new");
    const mf = create(t, { ...at(d1Persist), d1Databases: ["DB"] });
    await mf.getBindings();
    assert.equal(fs.existsSync(d1Persist), false);
    await (await mf.getD1Database("DB")).exec(SETUP);
    assert.equal(fs.existsSync(d1Persist), true);
  });

  test("are shared by instances, threads and processes", async (t) => {
    const options = at(folder(t));
    const [first, second] = [create(t, options), create(t, options)];
    const [a, b] = [await first.getD1Database("DB"), await second.getD1Database("DB")];
    await a.exec(SETUP);
    await Promise.all([insert(a, 1, 2), insert(b, 3)]);
    const add = (value) => `const mf = new Miniflare(${JSON.stringify(options)});
      await (await mf.getD1Database("DB")).exec("INSERT INTO t VALUES (${value})");
      await mf.dispose();`;
    const source = `import { Miniflare } from ${JSON.stringify(door)}; ${add(4)}`;
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
    assert.deepEqual(await once(thread, "exit"), [0]);
    const { code, stderr } = await runScript(add(5));
    assert.equal(code, 0, stderr);
    assert.deepEqual(await values(a), [1, 2, 3, 4, 5]);
    assert.deepEqual(await values(b), [1, 2, 3, 4, 5]);
  });

  test("can be moved to another place by setOptions(), and those in memory stay there", async (t) => {
    const mf = create(t, { script: "" });
    const db = await mf.getD1Database("DB");
    await db.exec(SETUP);
    await insert(db, "memory");
    await mf.setOptions({ d1Persist: folder(t) });
    await assert.rejects(values(db), /no such table/);
    await mf.setOptions({ d1Persist: false });
    assert.deepEqual(await values(db), ["memory"]);
  });
});

describe("a D1 database whose file", () => {
  test("is deleted while it is in use tells the next caller, and is created again", async (t) => {
    const d1Persist = folder(t);
    const db = await create(t, at(d1Persist)).getD1Database("DB");
    await db.exec(SETUP);
    for (const file of fs.readdirSync(d1Persist)) fs.rmSync(path.join(d1Persist, file));
    const { code, message } = await rejection(insert(db, 1));
    assert.equal(code, "ERR_STORAGE");
    assert.match(message, /DB\.sqlite3 was deleted while it was in use/);
    await db.exec(SETUP);
    await insert(db, 2);
    assert.deepEqual(await values(db), [2]);
  });

  test("is replaced while it is in use tells the next caller, and the new file is opened", async (t) => {
    const d1Persist = folder(t);
    const other = new Miniflare(at(folder(t)));
    const there = await other.getD1Database("DB");
    await there.exec(SETUP);
    await insert(there, "other");
    const copy = path.join(d1Persist, "copy");
    fs.writeFileSync(copy, new Uint8Array(await there.dump()));
    await other.dispose();
    const db = await create(t, at(d1Persist)).getD1Database("DB");
    await db.exec(SETUP);
    for (const suffix of ["-wal", "-shm"]) fs.rmSync(path.join(d1Persist, `DB.sqlite3${suffix}`));
    fs.renameSync(copy, path.join(d1Persist, "DB.sqlite3"));
    await assert.rejects(values(db), /another file was put in its place/);
    assert.deepEqual(await values(db), ["other"]);
  });

  test("is no database is refused and left alone", async (t) => {
    const d1Persist = folder(t, { "DB.sqlite3": "no database ".repeat(1000) });
    const db = await create(t, at(d1Persist)).getD1Database("DB");
    const { code, message } = await rejection(db.prepare("SELECT 1").all());
    assert.equal(code, "ERR_STORAGE_CORRUPT");
    assert.match(message, /DB\.sqlite3 cannot be used: file is not a database: SQLITE_NOTADB\. To go on, restore/);
    assert.equal(fs.readFileSync(path.join(d1Persist, "DB.sqlite3"), "utf8"), "no database ".repeat(1000));
  });

  test("cannot be there says so", async (t) => {
    const root = folder(t, { file: "" });
    const db = await create(t, at(path.join(root, "file/below"))).getD1Database("DB");
    assert.equal((await rejection(db.prepare("SELECT 1").all())).code, "ERR_STORAGE_NOT_A_FOLDER");
  });
});

describe("the option d1Persist", () => {
  test("refuses servers", async (t) => {
    const { code, message } = await rejection(new Miniflare(at("redis://localhost")).getD1Database("DB"));
    assert.equal(code, "ERR_INVALID_OPTION");
    assert.match(message, /"d1Persist": expected a boolean or a path, since D1 databases are files, got "redis:/);
  });
});
