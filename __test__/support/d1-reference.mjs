// What came of programs over a D1 database: of one that is given, and of Miniflare 2's own classes over Node's SQLite. As a script
// it reads programs as JSON and writes their outcomes. Miniflare 2 takes a native library instead, which has to be compiled;
// `Database` is the part of that library's interface which Miniflare 2 uses.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

/** The outcomes of the steps of a program. It is also a part of a worker's script, so it needs nothing around it. */
export async function outcomesOf(db, program) {
  const outcome = async (act) => {
    try {
      return (await act()) ?? null;
    } catch ({ name, message, cause }) {
      return { name, message, cause: cause?.message };
    }
  };
  const plain = ({ results, success, meta: { duration, ...meta } }) => ({ results, success, meta });
  const prepared = ([sql, values]) => (values.length > 0 ? db.prepare(sql).bind(...values) : db.prepare(sql));
  const STEPS = {
    run: (statement) => prepared(statement).run().then(plain),
    all: (statement) => prepared(statement).all().then(plain),
    raw: (statement) => prepared(statement).raw(),
    first: (statement, column) => prepared(statement).first(column ?? undefined),
    batch: (...statements) => db.batch(statements.map(prepared)).then((results) => results.map(plain)),
    exec: (lines) => db.exec(lines).then(({ count }) => count),
  };
  const outcomes = [];
  for (const [kind, ...args] of program) outcomes.push(await outcome(async () => STEPS[kind](...args)));
  return outcomes;
}

class SqliteError extends Error {
  name = "SqliteError";
}

/** Calls Node's SQLite; its errors become those of the library. */
function call(act) {
  try {
    return act();
  } catch (error) {
    if (error.code === "ERR_SQLITE_ERROR") throw new SqliteError(error.message);
    if (error.code === "ERR_INVALID_ARG_VALUE") throw new RangeError("The supplied SQL string contains no statements");
    throw error;
  }
}

class Statement {
  #database;
  #statement;
  #wanted;
  #values = [];

  constructor(database, sql) {
    this.#database = database;
    this.#statement = call(() => database.prepare(sql));
    this.#statement.setReadBigInts(true);
    // A question mark in the programs is always a parameter.
    this.#wanted = sql.split("?").length - 1;
  }

  get reader() {
    return this.#statement.columns().length > 0;
  }

  bind(values) {
    // Miniflare 2 tries names if a list does not fit. A statement without parameters takes any.
    if (!Array.isArray(values)) this.#check([]);
    else this.#check(values);
    this.#values = Array.isArray(values) ? values : [];
    return this;
  }

  all() {
    this.#check(this.#values);
    const rows = call(() => this.#statement.all(...this.#values));
    const entries = (row) => Object.entries(row).map(([name, value]) => [name, converted(value)]);
    return rows.map((row) => Object.fromEntries(entries(row)));
  }

  run() {
    this.#check(this.#values);
    const total = () => this.#database.prepare("SELECT total_changes() AS total").get().total;
    const before = total();
    const { changes, lastInsertRowid } = call(() => this.#statement.run(...this.#values));
    return { changes: total() === before ? 0 : Number(changes), lastInsertRowid };
  }

  #check({ length }) {
    if (length === this.#wanted) return;
    throw new RangeError(`Too ${length < this.#wanted ? "few" : "many"} parameter values were provided`);
  }
}

function converted(value) {
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

class Database {
  #database;

  constructor({ DatabaseSync }) {
    this.#database = new DatabaseSync(":memory:");
  }

  prepare(sql) {
    return new Statement(this.#database, sql);
  }

  exec(sql) {
    call(() => this.#database.exec(sql));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const require = createRequire(import.meta.url);
  const { D1Database, D1DatabaseAPI } = require("@miniflare/d1");
  const sqlite = require("node:sqlite");
  const outcomes = [];
  for (const program of JSON.parse(await text(process.stdin))) {
    outcomes.push(await outcomesOf(new D1Database(new D1DatabaseAPI(new Database(sqlite))), program));
  }
  process.stdout.write(JSON.stringify(outcomes));
}
