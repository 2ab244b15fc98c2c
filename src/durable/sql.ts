// The database of an object: `ctx.storage.sql`. A statement takes its first step within `exec()`; its other rows are stepped
// to as the cursor is read.
//
// An answer of the ops is `[names, rowsRead, rowsWritten, cursor, ...values]`: rows cross as the values of all, one after
// the other, and become objects here.

import { op_durable_sql_execute, op_durable_sql_next, op_durable_sql_size } from "ext:core/ops";
import { COUNT, count } from "ext:miniflare/durable/usage.ts";
import type * as miniflare from "../../index.d.ts";
import type { Native } from "ext:core/ops";
import type { Open } from "ext:miniflare/durable/entries.ts";

type Value = miniflare.SqlStorageValue;
type Row = Record<string, Value>;

/** Where the values of an answer begin. */
const HEAD = 4;

const NO_RESULT = "Expected exactly one result from SQL query, but got no results.";
const MANY_RESULTS = "Expected exactly one result from SQL query, but got multiple results.";

const { isView } = ArrayBuffer;
/** What the constructors below are called with; others cannot. */
const MADE_HERE = Symbol("made here");

function requireOwn(key: unknown) {
  if (key !== MADE_HERE) throw new TypeError("Illegal constructor");
}

/** What reads a cursor in another shape. */
interface Reading<Item> {
  next(): IteratorResult<Item, undefined>;
  toArray(): Item[];
}

let readRaw: <Columns extends Value[]>(cursor: Cursor<Row>) => Reading<Columns>;

/** Counts the rows of an answer beyond those of the one before. */
function countRows([, rowsRead, rowsWritten]: unknown[], readBefore: number, writtenBefore: number) {
  count(COUNT.ROWS_READ, (rowsRead as number) - readBefore);
  count(COUNT.ROWS_WRITTEN, (rowsWritten as number) - writtenBefore);
}

class Cursor<Shape extends Row> implements miniflare.SqlStorageCursor<Shape> {
  #names: string[];
  #answer: unknown[];
  #at = HEAD;
  #rest: Native<"Cursor"> | undefined;

  constructor(key: unknown, answer: unknown[]) {
    requireOwn(key);
    this.#answer = answer;
    countRows(answer, 0, 0);
    this.#names = answer[0] as string[];
    this.#rest = answer[3] as Native<"Cursor"> | undefined;
  }

  static {
    readRaw = <Columns extends Value[]>(cursor: Cursor<Row>): Reading<Columns> => {
      const raw = () => cursor.#take().slice() as Columns;
      return {
        next: () => cursor.#next(raw),
        toArray: () => cursor.#all(raw),
      };
    };
  }

  get columnNames() {
    return [...this.#names];
  }

  get rowsRead() {
    return this.#answer[1] as number;
  }

  get rowsWritten() {
    return this.#answer[2] as number;
  }

  next(): IteratorResult<Shape, undefined> {
    return this.#next(() => this.#object());
  }

  /** Steps to the row after the one that it reads, as the runtime of Workers does. */
  #next<Item>(read: () => Item): IteratorResult<Item, undefined> {
    if (!this.#hasNext()) return { done: true } as IteratorReturnResult<undefined>;
    const value = read();
    this.#hasNext();
    return { done: false, value };
  }

  toArray(): Shape[] {
    return this.#all(() => this.#object());
  }

  one(): Shape {
    if (!this.#hasNext()) throw new Error(NO_RESULT);
    const row = this.#object();
    if (this.#hasNext()) throw new Error(MANY_RESULTS);
    return row;
  }

  raw<Columns extends Value[]>(): miniflare.SqlStorageRawIterator<Columns> {
    return new RawIterator<Columns>(MADE_HERE, readRaw(this as unknown as Cursor<Row>));
  }

  [Symbol.iterator]() {
    return this;
  }

  #hasNext() {
    if (this.#at < this.#answer.length) return true;
    if (this.#rest === undefined) return false;
    this.#goOn(false);
    return this.#at < this.#answer.length;
  }

  #goOn(all: boolean) {
    const rest = this.#rest as Native<"Cursor">;
    // A cursor that has failed is over.
    this.#rest = undefined;
    const [, rowsRead, rowsWritten] = this.#answer as [unknown, number, number];
    this.#answer = op_durable_sql_next(rest, all);
    countRows(this.#answer, rowsRead, rowsWritten);
    this.#at = HEAD;
    if (this.#answer[3] === true) this.#rest = rest;
  }

  #all<Item>(read: () => Item) {
    const items: Item[] = [];
    while (this.#at < this.#answer.length) items.push(read());
    if (this.#rest !== undefined) {
      this.#goOn(true);
      while (this.#at < this.#answer.length) items.push(read());
    }
    return items;
  }

  /** The values of the next row. */
  #take() {
    const start = this.#at;
    this.#at += this.#names.length;
    return this.#answer.slice(start, this.#at) as Value[];
  }

  #object() {
    const names = this.#names;
    const answer = this.#answer;
    const row: Row = {};
    let at = this.#at;
    for (const name of names) {
      const value = answer[at++] as Value;
      if (name === "__proto__") define(row, name, value);
      else row[name] = value;
    }
    this.#at = at;
    return row as Shape;
  }
}

function define(row: Row, name: string, value: Value) {
  Object.defineProperty(row, name, { value, writable: true, enumerable: true, configurable: true });
}

class RawIterator<Columns extends Value[]> implements miniflare.SqlStorageRawIterator<Columns> {
  #reading: Reading<Columns>;

  constructor(key: unknown, reading: Reading<Columns>) {
    requireOwn(key);
    this.#reading = reading;
  }

  next() {
    return this.#reading.next();
  }

  toArray() {
    return this.#reading.toArray();
  }

  [Symbol.iterator]() {
    return this;
  }
}

/** Only for `instanceof`, as in Workers. */
class Statement {
  constructor() {
    requireOwn(undefined);
  }
}

export class SqlStorage implements miniflare.SqlStorage {
  #open: Open;
  #use: () => void;

  /** `use` is called before the database is asked, and throws if that may not be. */
  constructor(open: Open, use: () => void) {
    this.#open = open;
    this.#use = use;
  }

  exec<Shape extends Row = Row>(...args: [query: string, ...bindings: unknown[]]): miniflare.SqlStorageCursor<Shape> {
    if (args.length === 0) {
      throw new TypeError("Failed to execute 'exec' on 'SqlStorage': parameter 1 is not of type 'JsString'.");
    }
    const [query, ...bindings] = args;
    this.#use();
    for (let index = 0; index < bindings.length; index++) {
      const value = bindings[index];
      if (typeof value !== "number" && typeof value !== "string" && value != null) bindings[index] = bound(value);
    }
    return new Cursor<Shape>(MADE_HERE, op_durable_sql_execute(this.#open, `${query}`, bindings));
  }

  get databaseSize() {
    this.#use();
    return op_durable_sql_size(this.#open);
  }

  get Cursor() {
    return Cursor;
  }

  get Statement() {
    return Statement;
  }

  get [Symbol.toStringTag]() {
    return "SqlStorage";
  }
}

/** A value as it is bound: buffers as they are, and everything else as text. */
function bound(value: unknown) {
  if (typeof value === "bigint") throw new TypeError("Cannot convert a BigInt value to a number");
  if (isView(value) || value instanceof ArrayBuffer) return value;
  return `${value as string}`;
}
