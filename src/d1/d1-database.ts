// `D1Database` and `D1PreparedStatement`: what users call. One copy runs in the worker (`env.NAME`) and one in Node
// (`mf.getD1Database`), each over a backend of its own.
//
// A database comes in two dialects. Today's is that of Workers. The beta's is that of Miniflare 2, for bindings with the prefix
// `__D1_BETA__`: it has other texts of errors and a shorter `meta`, and `run()` refuses statements that return rows.

import type * as miniflare from "../../index.d.ts";
import type { WireValue } from "../wire.ts";

/** `sql, values, sql, values, ...`. */
type D1Queries = WireValue[];

/** How databases are reached. Answers that are numbers are those that `later` makes promises of. */
interface D1Calls {
  /** `[outcome, ...]`, or an error as `[null, text, olderText]`. */
  run(name: string, queries: D1Queries, together: boolean, firstOnly: boolean, refusesRows: boolean): WireValue;
  /** The content of a file with the whole database. */
  dump(name: string): WireValue;
}

interface D1Backend extends D1Calls {
  /** Called before each use. */
  begin(): void;
  /** Called before something is written; a promise when there is something to wait for. */
  depart(): Promise<unknown> | undefined;
  /** Called after each use; a promise when there is something to wait for. */
  advance(): Promise<unknown> | undefined;
  later(number: number): Promise<WireValue>;
}

/** What a statement has come to, by name. */
interface Outcome {
  columns: string[];
  cells: Cell[];
  changes: number;
  lastRowId: number;
  hasChanged: boolean;
  size: number;
  rowsRead: number;
  duration: number;
  ownChanges: number;
}
/** The same as it arrives. */
type OutcomeWire = [
  columns: string[],
  cells: Cell[],
  changes: number,
  lastRowId: number,
  hasChanged: boolean,
  size: number,
  rowsRead: number,
  duration: number,
  ownChanges: number,
];
type ErrorWire = [none: null, text: string, olderText: string];
type Answer = OutcomeWire[] | ErrorWire;
type Cell = null | number | string | Uint8Array;
type Bound = Cell | boolean;

/** What differs between Workers and the beta. */
interface Dialect {
  isBeta: boolean;
  error(text: string): Error;
  execError(line: string, text: string): Error;
  typeError(text: string): Error;
  columnError(column: string): Error;
  /** The result of a statement whose rows are needed. */
  result(outcome: Outcome): object;
}

/** A database, or a session of one. */
interface Made {
  name: string;
  backend: D1Backend;
  dialect: Dialect;
  bookmark: Bookmark | undefined;
  queries: { count: number };
}
interface Bookmark {
  text: string | null;
}

const SERVED_BY = "miniflare.db";

/** What an instance of a class was made with, for the functions below. */
const made = new WeakMap<object, Made>();

/** Today's dialect. */
const TODAY: Dialect = {
  isBeta: false,

  error(text) {
    return new Error(`D1_ERROR: ${text}`, { cause: new Error(text) });
  },

  execError(line, text) {
    const where = `Error in line 1: ${line}: ${text}`;
    return new Error(`D1_EXEC_ERROR: ${where}`, { cause: new Error(where) });
  },

  typeError(text) {
    return new Error(`D1_TYPE_ERROR: ${text}`, { cause: new Error(text) });
  },

  columnError(column) {
    return new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`, { cause: new Error("Column not found") });
  },

  /** The result of a statement whose rows are needed. */
  result({ columns, cells, changes, lastRowId, hasChanged, size, rowsRead, duration }) {
    return {
      success: true,
      meta: {
        served_by: SERVED_BY,
        duration,
        changes,
        last_row_id: lastRowId,
        changed_db: hasChanged,
        size_after: size,
        rows_read: rowsRead,
        rows_written: changes,
      },
      results: objectsOf(columns, cells),
    };
  },
};

/** The dialect of Miniflare 2. */
const BETA: Dialect = {
  isBeta: true,

  error(text) {
    return new Error("D1_ERROR", { cause: new Error(`Error: ${text}`) });
  },

  execError(line, text) {
    return new Error("D1_EXEC_ERROR", { cause: new Error(`Error in line 1: ${line}: ${text}`) });
  },

  typeError(text) {
    return new Error("D1_TYPE_ERROR", { cause: new Error(text) });
  },

  columnError() {
    return new Error("D1_COLUMN_NOTFOUND", { cause: new Error("Column not found") });
  },

  result({ columns, cells, ownChanges, lastRowId, duration }) {
    const returnsRows = columns.length > 0;
    return {
      results: objectsOf(columns, cells),
      success: true,
      meta: {
        duration,
        last_row_id: returnsRows ? 0 : lastRowId,
        changes: returnsRows ? 0 : ownChanges,
        served_by: SERVED_BY,
        internal_stats: null,
      },
    };
  },
};

/** One database, over the functions of `calls.rs`. */
class D1Database implements miniflare.D1Database {
  /**
   * @param name the name that the data is stored under
   * @param isBeta whether it speaks the dialect of Miniflare 2
   */
  constructor(name: string, backend: D1Backend, isBeta: boolean) {
    made.set(this, { name, backend, dialect: isBeta ? BETA : TODAY, bookmark: undefined, queries: { count: 0 } });
  }

  prepare(query: string) {
    return new D1PreparedStatement(made.get(this) as Made, query, []);
  }

  async batch<Row = unknown>(statements: miniflare.D1PreparedStatement[]) {
    return batch<Row>(made.get(this) as Made, statements);
  }

  async exec(query: string) {
    return execute(made.get(this) as Made, String(query).trim().split("\n"));
  }

  withSession(constraintOrBookmark?: string) {
    return new D1DatabaseSession(made.get(this) as Made, constraintOrBookmark);
  }

  async dump() {
    const { backend, name } = made.get(this) as Made;
    backend.begin();
    let bytes = backend.dump(name);
    if (typeof bytes === "number") bytes = await backend.later(bytes);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return new Uint8Array(bytes as Uint8Array).buffer;
  }
}

/** A sequence of queries. There is one copy of each database, so each query sees all earlier ones in any session. */
class D1DatabaseSession implements miniflare.D1DatabaseSession {
  constructor(database: Made, constraintOrBookmark: string | undefined) {
    const start = constraintOrBookmark?.trim() || "first-unconstrained";
    const isBookmark = start !== "first-primary" && start !== "first-unconstrained";
    made.set(this, { ...database, bookmark: { text: isBookmark ? start : null } });
  }

  prepare(query: string) {
    return new D1PreparedStatement(made.get(this) as Made, query, []);
  }

  async batch<Row = unknown>(statements: miniflare.D1PreparedStatement[]) {
    return batch<Row>(made.get(this) as Made, statements);
  }

  /** The state that the last query has seen; null before the first one, unless the session began with a bookmark. */
  getBookmark() {
    return ((made.get(this) as Made).bookmark as Bookmark).text;
  }
}

/** `[sql, values]` of a statement; undefined for other values. */
let partsOf: (value: unknown) => [sql: string, values: Bound[]] | undefined;

/** A text of SQL with the values of its parameters. */
class D1PreparedStatement implements miniflare.D1PreparedStatement {
  declare statement: unknown;
  #database: Made;
  #values: Bound[];

  constructor(database: Made, statement: unknown, values: Bound[]) {
    this.#database = database;
    this.statement = statement;
    this.#values = values;
  }

  /** The values that are bound, with bytes as arrays of numbers. */
  get params() {
    return this.#values.map((value) => (ArrayBuffer.isView(value) ? Array.from(value as Uint8Array) : value));
  }

  bind(...values: unknown[]) {
    const { dialect } = this.#database;
    return new D1PreparedStatement(
      this.#database,
      this.statement,
      values.map((value) => bound(value, dialect)),
    );
  }

  first<Value = unknown>(column: string): Promise<Value | null>;
  first<Row = Record<string, unknown>>(): Promise<Row | null>;
  async first(column?: string) {
    const { columns, cells } = await this.#query();
    if (cells.length === 0) return null;
    const row = rowOf(columns, cells, 0);
    if (column === undefined) return row;
    if (row[column] === undefined) throw this.#database.dialect.columnError(column);
    return row[column];
  }

  async run<Row = Record<string, unknown>>() {
    const { dialect } = this.#database;
    return dialect.result(await this.#query(dialect.isBeta)) as miniflare.D1Result<Row>;
  }

  async all<Row = Record<string, unknown>>() {
    return this.#database.dialect.result(await this.#query()) as miniflare.D1Result<Row>;
  }

  raw<Row = unknown[]>(options: { columnNames: true }): Promise<[string[], ...Row[]]>;
  raw<Row = unknown[]>(options?: { columnNames?: false }): Promise<Row[]>;
  async raw(options?: { columnNames?: boolean }): Promise<never> {
    const { columns, cells } = await this.#query();
    // Arrays from the other side may be of another realm than those that users get.
    const rows: unknown[][] = options?.columnNames ? [[...columns]] : [];
    for (let start = 0; start < cells.length; start += columns.length) {
      const row: unknown[] = [];
      for (let column = 0; column < columns.length; column++) row.push(plainOf(cells[start + column]));
      rows.push(row);
    }
    return rows as never;
  }

  async #query(refusesRows = false) {
    const database = this.#database;
    const { dialect } = database;
    const sql = String(this.statement);
    if (!dialect.isBeta && isEmpty(sql)) throw dialect.error(NOTHING);
    const answer = await ask(database, [sql, this.#values], false, dialect.isBeta, refusesRows);
    if (answer[0] === null) throw errorOf(dialect, answer as ErrorWire);
    return outcomeOf(answer[0] as OutcomeWire);
  }

  static {
    partsOf = (value) => {
      if (typeof value !== "object" || value === null) return undefined;
      if (#values in value) return [String(value.statement), value.#values];
      // Of a copy of this package in another realm.
      const { statement, params } = value as { statement?: unknown; params?: unknown };
      return Array.isArray(params) ? [String(statement), params.map((param) => bound(param, TODAY))] : undefined;
    };
  }
}

const NOTHING = "No SQL statements detected.";

/** Whether a text has nothing but blanks and lines with comments. */
const isEmpty = (sql: string) => (sql.includes("--") ? sql.replace(/^\s+--.*/gm, "") : sql).trim() === "";

/** The answer to queries, as `calls.rs` gives it. */
async function ask(
  database: Made,
  queries: D1Queries,
  together: boolean,
  firstOnly: boolean,
  refusesRows: boolean,
): Promise<Answer> {
  const { backend, name, bookmark, queries: counted } = database;
  backend.begin();
  const leaves = backend.depart();
  if (leaves !== undefined) await leaves;
  let answer = backend.run(name, queries, together, firstOnly, refusesRows);
  if (typeof answer === "number") answer = await backend.later(answer);
  const arrives = backend.advance();
  if (arrives !== undefined) await arrives;
  counted.count++;
  if (bookmark !== undefined) advanceBookmark(bookmark, counted.count);
  return answer as Answer;
}

/** Bookmarks grow in the order of texts. */
function advanceBookmark(bookmark: Bookmark, count: number) {
  const text = `00000000-${count.toString(16).padStart(8, "0")}-00000000-${"0".repeat(32)}`;
  if (bookmark.text === null || bookmark.text < text) bookmark.text = text;
}

async function batch<Row>(database: Made, statements: unknown[]) {
  const { dialect } = database;
  const parts = statements.map((statement, index) => partsOf(statement) ?? refuseStatement(statement, index));
  const queries = dialect.isBeta ? parts : parts.filter(([sql]) => !isEmpty(sql));
  if (queries.length === 0) {
    if (dialect.isBeta) return [];
    throw dialect.error(NOTHING);
  }
  const answer = await ask(database, queries.flat(), true, dialect.isBeta, false);
  if (answer[0] === null) throw errorOf(dialect, answer as ErrorWire);
  const results: miniflare.D1Result<Row>[] = [];
  for (const outcome of answer as OutcomeWire[])
    results.push(dialect.result(outcomeOf(outcome)) as miniflare.D1Result<Row>);
  return results;
}

function refuseStatement(value: unknown, index: number): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new TypeError(`D1Database.batch() takes statements that prepare() returned, got ${shown} at index ${index}.`);
}

/** Executes lines in one transaction. Errors name the first line, as they do in Workers. */
async function execute(database: Made, lines: string[]) {
  const { dialect } = database;
  const queries = dialect.isBeta ? lines : lines.filter((line) => !isEmpty(line));
  if (queries.length === 0) throw dialect.execError(lines[0], NOTHING);
  const parts = queries.flatMap((line) => [line, []]);
  const answer = await ask(database, parts, true, false, false);
  if (answer[0] === null) throw dialect.execError(lines[0], (answer as ErrorWire)[dialect.isBeta ? 2 : 1]);
  const outcomes = (answer as OutcomeWire[]).map(outcomeOf);
  return { count: outcomes.length, duration: outcomes.reduce((sum, { duration }) => sum + duration, 0) };
}

const errorOf = (dialect: Dialect, [, text, olderText]: ErrorWire) => dialect.error(dialect.isBeta ? olderText : text);

function outcomeOf([
  columns,
  cells,
  changes,
  lastRowId,
  hasChanged,
  size,
  rowsRead,
  duration,
  ownChanges,
]: OutcomeWire): Outcome {
  return { columns, cells, changes, lastRowId, hasChanged, size, rowsRead, duration, ownChanges };
}

/** Bytes arrive as arrays of numbers. */
const plainOf = (cell: Cell) => (typeof cell === "object" && cell !== null ? Array.from(cell) : cell);

function rowOf(columns: string[], cells: Cell[], start: number) {
  const row: Record<string, unknown> = {};
  for (let column = 0; column < columns.length; column++) {
    const name = columns[column];
    const value = plainOf(cells[start + column]);
    if (name === "__proto__") Object.defineProperty(row, name, { value, ...PLAIN });
    else row[name] = value;
  }
  return row;
}

const PLAIN = { writable: true, enumerable: true, configurable: true };

function objectsOf(columns: string[], cells: Cell[]) {
  const rows: object[] = [];
  for (let start = 0; start < cells.length; start += columns.length) rows.push(rowOf(columns, cells, start));
  return rows;
}

/** A value as it is bound: bytes are copied, whatever becomes of theirs. */
function bound(value: unknown, dialect: Dialect): Bound {
  switch (typeof value) {
    case "number":
    case "string":
      return value;
    case "boolean":
      if (!dialect.isBeta) return value ? 1 : 0;
      break;
    case "object":
      if (value === null) return value;
      if (Array.isArray(value) && value.every(isByte)) return new Uint8Array(value);
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
      if (Object.prototype.toString.call(value) === "[object ArrayBuffer]")
        return new Uint8Array(value as ArrayBuffer).slice();
  }
  throw dialect.typeError(`Type '${typeof value}' not supported for value '${value}'`);
}

const isByte = (value: unknown) => typeof value === "number" && value >= 0 && value < 256;

export { D1Database, D1DatabaseSession, D1PreparedStatement };
export type { D1Backend, D1Calls, D1Queries };
