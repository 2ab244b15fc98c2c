// `D1Database` and `D1PreparedStatement`: what users call. One copy runs in the worker (`env.NAME`) and one in Node
// (`mf.getD1Database`), each over a backend of its own.

import { BETA, NOTHING, TODAY, isEmpty, rowsOf } from "./dialects.ts";
import type * as miniflare from "../../index.d.ts";
import type { WireValue } from "../wire.ts";
import type { Answer, Dialect, Failure } from "./dialects.ts";

/** A value as it is bound. */
type Bound = number | string | null | Uint8Array;
/** A text of SQL and its values. */
type Query = [sql: string, values: Bound[]];

/** Whether statements are one transaction, the first one of a text counts, rows are refused, and rows are arrays. */
type Way = [together: boolean, firstOnly: boolean, refusesRows: boolean, hasArrays: boolean];

/** How databases are reached. Answers that are numbers are those that `later` makes promises of. */
interface D1Calls {
  /** `[outcome, ...]`, or an error as `[null, text, olderText]`. */
  run(name: string, queries: [way: Way, ...queries: WireValue[]]): WireValue;
  /** The content of a file with the whole database. */
  dump(name: string): WireValue;
}

interface D1Backend extends D1Calls {
  begin(): void;
  // biome-ignore lint/suspicious/noConfusingVoidType: in Node there is nothing to wait for
  depart(): Promise<unknown> | undefined | void;
  // biome-ignore lint/suspicious/noConfusingVoidType: in Node there is nothing to wait for
  advance(): Promise<unknown> | undefined | void;
  later(number: number): Promise<WireValue>;
}

/** What statements are executed on. */
interface Target {
  readonly name: string;
  readonly backend: D1Backend;
  readonly dialect: Dialect;
  /** How many calls there were. */
  readonly calls: { count: number };
  /** The bookmark of a session. */
  readonly bookmark?: { text: string | null };
}

/**
 * One database.
 *
 * The backend has `begin()`, called before each use; `depart()` and `advance()`, called before something is written and
 * after each use, which return a promise when there is something to wait for; `run(name, queries)` and `dump(name)`, which
 * answer with a value or with a number that `later(number)` makes a promise of (see `calls.rs`).
 */
class D1Database implements miniflare.D1Database {
  #target: Target;

  /**
   * @param name the name that the data is stored under
   * @param isBeta whether it speaks the dialect of Miniflare 2
   */
  constructor(name: string, backend: D1Backend, isBeta: boolean) {
    this.#target = { name, backend, dialect: isBeta ? BETA : TODAY, calls: { count: 0 } };
  }

  prepare(query: string): D1PreparedStatement {
    return new D1PreparedStatement(this.#target, query, []);
  }

  async batch<Row>(statements: miniflare.D1PreparedStatement[]): Promise<miniflare.D1Result<Row>[]> {
    return batch(this.#target, statements);
  }

  async exec(query: string): Promise<miniflare.D1ExecResult> {
    return execute(this.#target, String(query).trim().split("\n"));
  }

  withSession(constraintOrBookmark?: string | null): D1DatabaseSession {
    return new D1DatabaseSession(this.#target, constraintOrBookmark);
  }

  async dump(): Promise<ArrayBuffer> {
    const { backend, name } = this.#target;
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
  #target: Target & { bookmark: { text: string | null } };

  constructor(target: Target, constraintOrBookmark: string | null | undefined) {
    const start = constraintOrBookmark?.trim() || "first-unconstrained";
    const isBookmark = start !== "first-primary" && start !== "first-unconstrained";
    this.#target = { ...target, bookmark: { text: isBookmark ? start : null } };
  }

  prepare(query: string): D1PreparedStatement {
    return new D1PreparedStatement(this.#target, query, []);
  }

  async batch<Row>(statements: miniflare.D1PreparedStatement[]): Promise<miniflare.D1Result<Row>[]> {
    return batch(this.#target, statements);
  }

  /** The state that the last query has seen; null before the first one, unless the session began with a bookmark. */
  getBookmark(): string | null {
    return this.#target.bookmark.text;
  }
}

/** A text of SQL with the values of its parameters. */
class D1PreparedStatement implements miniflare.D1PreparedStatement {
  #target: Target;
  #values: Bound[];
  statement: string;

  constructor(target: Target, statement: string, values: Bound[]) {
    this.#target = target;
    this.statement = statement;
    this.#values = values;
  }

  /** The values that are bound, with bytes as arrays of numbers. */
  get params(): miniflare.D1Value[] {
    return this.#values.map((value) => (ArrayBuffer.isView(value) ? Array.from(value) : value));
  }

  bind(...values: unknown[]): D1PreparedStatement {
    const { dialect } = this.#target;
    return new D1PreparedStatement(
      this.#target,
      this.statement,
      values.map((value) => bound(value, dialect)),
    );
  }

  first<Value = unknown>(column: string): Promise<Value | null>;
  first<Row = Record<string, unknown>>(): Promise<Row | null>;
  async first(column?: string) {
    const [rows] = await this.#query();
    const [row] = rowsOf<Record<string, unknown>>(rows);
    if (row === undefined) return null;
    if (column === undefined) return row;
    if (!Object.hasOwn(row, column)) throw this.#target.dialect.columnError(column);
    return row[column];
  }

  async run<Row = Record<string, unknown>>(): Promise<miniflare.D1Result<Row>> {
    const { dialect } = this.#target;
    return dialect.result(await this.#query(dialect.isBeta));
  }

  async all<Row = Record<string, unknown>>(): Promise<miniflare.D1Result<Row>> {
    return this.#target.dialect.result(await this.#query());
  }

  raw<Row = unknown[]>(options: { columnNames: true }): Promise<[string[], ...Row[]]>;
  raw<Row = unknown[]>(options?: { columnNames?: false }): Promise<Row[]>;
  async raw(options?: { columnNames?: boolean }) {
    const [text] = await this.#query(false, true);
    const rows = rowsOf<unknown[]>(text);
    if (!options?.columnNames) rows.shift();
    return rows;
  }

  async #query(refusesRows = false, hasArrays = false) {
    const target = this.#target;
    const { dialect } = target;
    const sql = String(this.statement);
    if (!dialect.isBeta && isEmpty(sql)) throw dialect.error(NOTHING);
    const answer = await ask(target, [[false, dialect.isBeta, refusesRows, hasArrays], sql, this.#values]);
    if (isFailure(answer)) throw errorOf(dialect, answer);
    return answer[0];
  }

  /** The text and the values of a statement; undefined for other values. */
  static partsOf(value: unknown): Query | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    if (#values in value) return [String(value.statement), value.#values];
    // Of a copy of this package in another realm.
    const { statement, params } = value as { statement?: unknown; params?: unknown };
    return Array.isArray(params) ? [String(statement), params.map((param) => bound(param, TODAY))] : undefined;
  }
}

const { partsOf } = D1PreparedStatement;
// It is of no use to users.
Reflect.deleteProperty(D1PreparedStatement, "partsOf");

const isFailure = (answer: Answer): answer is Failure => answer[0] === null;

/** The answer to queries, as `calls.rs` gives it. */
async function ask(
  { backend, name, bookmark, calls }: Target,
  queries: Parameters<D1Calls["run"]>[1],
): Promise<Answer> {
  backend.begin();
  const leaves = backend.depart();
  if (leaves !== undefined) await leaves;
  let answer = backend.run(name, queries);
  if (typeof answer === "number") answer = await backend.later(answer);
  const arrives = backend.advance();
  if (arrives !== undefined) await arrives;
  calls.count++;
  if (bookmark !== undefined) advanceBookmark(bookmark, calls.count);
  return answer as Answer;
}

/** Bookmarks grow in the order of texts. */
function advanceBookmark(bookmark: { text: string | null }, count: number) {
  const text = `00000000-${count.toString(16).padStart(8, "0")}-00000000-${"0".repeat(32)}`;
  if (bookmark.text === null || bookmark.text < text) bookmark.text = text;
}

async function batch<Row>(target: Target, statements: readonly unknown[]): Promise<miniflare.D1Result<Row>[]> {
  const { dialect } = target;
  const parts = statements.map((statement, index) => partsOf(statement) ?? refuseStatement(statement, index));
  const queries = dialect.isBeta ? parts : parts.filter(([sql]) => !isEmpty(sql));
  if (queries.length === 0) {
    if (dialect.isBeta) return [];
    throw dialect.error(NOTHING);
  }
  const answer = await ask(target, [[true, dialect.isBeta, false, false], ...queries.flat()]);
  if (isFailure(answer)) throw errorOf(dialect, answer);
  const results: miniflare.D1Result<Row>[] = [];
  for (const outcome of answer) results.push(dialect.result(outcome));
  return results;
}

function refuseStatement(value: unknown, index: number): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new TypeError(`D1Database.batch() takes statements that prepare() returned, got ${shown} at index ${index}.`);
}

/** Executes lines in one transaction. Errors name the first line, as they do in Workers. */
async function execute(target: Target, lines: string[]): Promise<miniflare.D1ExecResult> {
  const { dialect } = target;
  const queries = dialect.isBeta ? lines : lines.filter((line) => !isEmpty(line));
  if (queries.length === 0) throw dialect.execError(lines[0], NOTHING);
  const parts = queries.flatMap((line): Query => [line, []]);
  const answer = await ask(target, [[true, false, false, false], ...parts]);
  if (isFailure(answer)) throw dialect.execError(lines[0], textOf(dialect, answer));
  return { count: answer.length, duration: answer.reduce((sum, [, , , , , , duration]) => sum + duration, 0) };
}

const textOf = ({ isBeta }: Dialect, [, text, olderText]: Failure) => (isBeta ? olderText : text);
const errorOf = (dialect: Dialect, failure: Failure) => dialect.error(textOf(dialect, failure));

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
      if (isBuffer(value)) return new Uint8Array(value).slice();
  }
  throw dialect.typeError(`Type '${typeof value}' not supported for value '${value}'`);
}

const isByte = (value: unknown) => typeof value === "number" && value >= 0 && value < 256;

/** Of any realm. */
const isBuffer = (value: object): value is ArrayBuffer =>
  Object.prototype.toString.call(value) === "[object ArrayBuffer]";

export { D1Database, D1DatabaseSession, D1PreparedStatement };
export type { D1Backend, D1Calls };
