// The worker of the scenarios about databases of Durable Objects.

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { withInstance } from "./instance.mjs";

/** `/rows?count=` inserts and selects so many rows, one statement each; `/count` selects one row; `/insert` inserts one. */
const script = `
export class Table {
  constructor({ storage }) {
    this.sql = storage.sql;
    this.sql.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, name TEXT, value REAL)");
  }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    return new Response(String(await this[pathname.slice(1)](Number(searchParams.get("count")))));
  }
  rows(count) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      this.sql.exec("INSERT OR REPLACE INTO t VALUES (?, ?, ?)", i, "name " + i, i / 2);
      sum += this.sql.exec("SELECT name, value FROM t WHERE id = ?", i).one().value;
    }
    return sum;
  }
  count() { return this.sql.exec("SELECT count(*) AS n FROM t").one().n; }
  insert() {
    this.sql.exec("INSERT INTO t (name, value) VALUES (?, ?)", "x".repeat(100), 1);
    return "inserted";
  }
}
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const { TABLE } = env;
    if (pathname !== "/objects") return TABLE.get(TABLE.idFromName("a")).fetch(request);
    const [from, to] = [Number(searchParams.get("from")), Number(searchParams.get("to"))];
    let created = 0;
    for (let i = from; i < to; i++) {
      const response = await TABLE.get(TABLE.idFromName("object " + i)).fetch("http://localhost/count");
      created += 1 + Number(await response.text());
    }
    return new Response(String(created));
  },
};`;

export const leftOut = { m2: "it has no SQL in objects" };

export const TABLE = {
  script,
  compatibilityDate: "2024-09-01",
  durableObjects: { TABLE: { className: "Table", useSQLite: true } },
};

/** Gives `use` an instance that stores in a folder, which is removed afterwards. */
export async function withTable(Miniflare, use, options = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "benchmark-"));
  try {
    return await withInstance(Miniflare, { ...TABLE, durableObjectsPersist: folder, ...options }, use);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
