// An object's storage. It answers at once: calls do their work synchronously, in the order they are made, and every promise
// it returns is settled, except in a simulation. Each call closes the object's input gate until its result has arrived, and
// each write its output gate until that is confirmed.

import {
  op_durable_begin,
  op_durable_commit,
  op_durable_delete_all,
  op_durable_end,
  op_durable_sql_bookmark,
  op_durable_sql_bookmark_at,
  op_durable_sql_has_bookmark,
  op_durable_sql_name,
  op_durable_sql_restore_next,
} from "ext:core/ops";
import { deleteAlarm, getAlarm, requireHandler, setAlarm } from "ext:miniflare/durable/alarms.ts";
import { confirm, get, list, put, putOptions, remove, requireKey } from "ext:miniflare/durable/entries.ts";
import { COUNT, count } from "ext:miniflare/durable/usage.ts";
import { isSimulating, someTime } from "ext:miniflare/realm/simulation.ts";
import { DurableObjectTransaction, finish } from "ext:miniflare/durable/transaction.ts";
import { runSync, SqlTransactions } from "ext:miniflare/durable/sql-transaction.ts";
import { SqlStorage } from "ext:miniflare/durable/sql.ts";
import { SyncKvStorage } from "ext:miniflare/durable/sync-kv.ts";
import type * as miniflare from "../../index.d.ts";
import type { AlarmState } from "ext:miniflare/durable/alarms.ts";
import type { Open } from "ext:miniflare/durable/entries.ts";
import type { InputGate, OutputGate } from "ext:miniflare/durable/gate.ts";

type Options = miniflare.DurableObjectStorageOptions;

/** What a class says of the storage of its objects. */
export interface StorageKind {
  /** Whether each has a database. */
  hasSql: boolean;
  /** Whether `deleteAll()` deletes the alarm of one that has. */
  deletesAlarm: boolean;
}

export const PLAIN: StorageKind = { hasSql: false, deletesAlarm: true };

/** A time that a state may have been in force at, in milliseconds since the epoch. */
function pastTime(time: unknown) {
  const milliseconds = time instanceof Date ? time.getTime() : time;
  if (typeof milliseconds === "number" && !Number.isNaN(milliseconds)) return milliseconds;
  throw new TypeError(
    `getBookmarkForTime() takes a Date or a number of milliseconds since the epoch, got ${String(time)}`,
  );
}

const noSql = (what: string) =>
  new Error(
    `SQL is not enabled for this Durable Object class, so it has no storage.${what}. Name the class in "new_sqlite_classes" of a migration in wrangler's file, or set useSQLite: true in the option durableObjects.`,
  );

export class DurableObjectStorage implements miniflare.DurableObjectStorage {
  #open: Open;
  #gate: InputGate;
  #output: OutputGate;
  #alarm: AlarmState;
  #kind: StorageKind;
  #isOutside: boolean;
  #sql: SqlStorage | undefined;
  #kv: SyncKvStorage | undefined;
  #transactions: SqlTransactions | undefined;

  /**
   * `alarm` is what is known of the object's alarm: `{ handled }`. Inside an object a write resolves when it is in order,
   * and the output gate waits for the rest; outside of one there is no gate, and each write waits itself.
   */
  constructor(
    open: Open,
    { input, output }: { input: InputGate; output: OutputGate },
    alarm: AlarmState,
    kind = PLAIN,
    isOutside = false,
  ) {
    this.#kind = kind;
    this.#isOutside = isOutside;
    this.#open = open;
    this.#gate = input;
    this.#output = output;
    this.#alarm = alarm;
  }

  get<Value = unknown>(key: string, options?: Options): Promise<Value | undefined>;
  get<Value = unknown>(keys: string[], options?: Options): Promise<Map<string, Value>>;
  async get(keys: string | string[], options?: Options) {
    requireKey("get", "DurableObjectStorage", keys);
    this.#use(options);
    return this.#arrive(get(this.#open, keys), options);
  }

  /** Throws at once, rather than by its promise, what is wrong with the call; so does `delete`. */
  put(key: string, value: unknown, options?: Options): Promise<void>;
  put(entries: Record<string, unknown>, options?: Options): Promise<void>;
  put(keyOrEntries: string | Record<string, unknown>, value: unknown, options?: Options) {
    requireKey("put", "DurableObjectStorage", keyOrEntries);
    const chosen = putOptions(keyOrEntries, value, options);
    this.#use(chosen);
    put(this.#open, keyOrEntries, value);
    return this.#written(undefined, chosen);
  }

  delete(key: string, options?: Options): Promise<boolean>;
  delete(keys: string[], options?: Options): Promise<number>;
  delete(keys: string | string[], options?: Options): Promise<boolean | number> {
    requireKey("delete", "DurableObjectStorage", keys);
    this.#use(options);
    return this.#written(remove(this.#open, keys), options);
  }

  async deleteAll(options?: Options) {
    this.#use(options);
    count(COUNT.DELETES);
    op_durable_delete_all(this.#open, this.#kind.deletesAlarm);
    return this.#written(undefined, options);
  }

  async list<Value = unknown>(options?: miniflare.DurableObjectListOptions) {
    this.#use(options);
    return this.#arrive(list(this.#open, options) as Map<string, Value>, options);
  }

  get sql() {
    if (!this.#kind.hasSql) throw noSql("sql");
    return (this.#sql ??= new SqlStorage(this.#open, () => this.#useNow()));
  }

  get kv() {
    if (!this.#kind.hasSql) throw noSql("kv");
    return (this.#kv ??= new SyncKvStorage(this.#open, () => this.#useNow()));
  }

  /** What is asked without a promise delays no event, but may write. */
  #useNow() {
    this.#check();
    this.#output.wrote();
  }

  transactionSync<Result>(closure: () => Result): Result {
    this.#requireSql();
    return runSync(this.#open, closure);
  }

  async getCurrentBookmark() {
    this.#requireSql();
    return op_durable_sql_bookmark(this.#open);
  }

  async getBookmarkForTime(time: number | Date) {
    this.#requireSql();
    return op_durable_sql_bookmark_at(this.#open, pastTime(time));
  }

  async onNextSessionRestoreBookmark(bookmark: string) {
    this.#requireSql();
    return op_durable_sql_restore_next(this.#open, `${bookmark}`, null);
  }

  /** A value that stands for a state, for this object or another one. */
  async snapshot(options?: miniflare.DurableObjectSnapshotOptions): Promise<miniflare.DurableObjectSnapshot> {
    this.#requireSql();
    const bookmark = `${options?.bookmark ?? op_durable_sql_bookmark(this.#open)}`;
    if (!op_durable_sql_has_bookmark(this.#open, bookmark)) {
      throw new Error(`Invalid bookmark "${bookmark}": the object keeps no state of it.`);
    }
    return { database: op_durable_sql_name(this.#open), bookmark };
  }

  async onNextSessionRestore(target: miniflare.DurableObjectSnapshot | string, options?: { kvData?: unknown }) {
    this.#requireSql();
    if (options?.kvData !== undefined) {
      throw new TypeError(
        "onNextSessionRestore() does not support the option kvData: put the entries when the object is constructed again.",
      );
    }
    if (typeof target === "string") return op_durable_sql_restore_next(this.#open, target, null);
    const { database, bookmark } = (target ?? {}) as Partial<miniflare.DurableObjectSnapshot>;
    if (typeof database === "string" && typeof bookmark === "string") {
      return op_durable_sql_restore_next(this.#open, bookmark, database);
    }
    throw new TypeError(
      `onNextSessionRestore() takes a bookmark, or what snapshot() has returned, got ${String(target)}`,
    );
  }

  #requireSql() {
    if (!this.#kind.hasSql) throw new Error("Durable Object is not backed by SQL.");
    this.#useNow();
  }

  /** Runs `closure` until nothing that it read was written by others meanwhile; over a database, once. */
  transaction<Result>(closure: (transaction: miniflare.DurableObjectTransaction) => Result | Promise<Result>) {
    return this.#gate.runClosed(async () => {
      if (this.#kind.hasSql) {
        this.#transactions ??= new SqlTransactions(this.#open, this.#alarm, () => this.#check());
        return await this.#committed(await this.#transactions.run(closure));
      }
      for (;;) {
        const open = op_durable_begin(this.#open) as Open;
        const transaction = new DurableObjectTransaction(open, this.#alarm);
        try {
          const result = await closure(transaction as miniflare.DurableObjectTransaction);
          if (finish(transaction)) return result;
          this.#check();
          if (op_durable_commit(open)) return await this.#committed(result);
        } finally {
          finish(transaction);
          op_durable_end(open);
        }
      }
    });
  }

  /** Resolves when all writes are safe. */
  async sync() {
    await confirm(this.#open);
  }

  async getAlarm(options?: Options) {
    this.#use(options);
    return this.#arrive(getAlarm(this.#open, this.#alarm), options);
  }

  async setAlarm(time: number | Date, options?: Options) {
    requireHandler(this.#alarm);
    this.#use(options);
    setAlarm(this.#open, time, this.#alarm);
    return this.#written(undefined, options);
  }

  async deleteAlarm(options?: Options) {
    this.#use(options);
    deleteAlarm(this.#open);
    return this.#written(undefined, options);
  }

  /** A promise of `result`, when the write before is as safe as it has to be. */
  #written<Result>(result: Result, options: Options | undefined): Promise<Result> {
    const confirmed = this.#committed(result, options);
    return confirmed === result ? Promise.resolve(this.#arrive(result, options)) : (confirmed as Promise<Result>);
  }

  /** `result`, or a promise of it when there is something to wait for. */
  #committed<Result>(result: Result, options?: Options): Result | Promise<Result> {
    this.#output.wrote(options);
    const unconfirmed = this.#isOutside ? this.#output.pass() : undefined;
    return unconfirmed === undefined ? result : unconfirmed.then(() => result);
  }

  /** The result of a call, or a promise of it. */
  #arrive<Result>(result: Result, options: Options | undefined): Result | Promise<Result> {
    return isSimulating() ? this.#simulate(result, options) : result;
  }

  async #simulate<Result>(result: Result, options: Options | undefined) {
    const release = options?.allowConcurrency ? undefined : this.#gate.hold();
    await someTime();
    release?.();
    return result;
  }

  /** An object that was reset writes nothing any more. */
  #check() {
    if (!this.#isOutside) this.#gate.check();
  }

  #use(options: Options | undefined) {
    this.#check();
    if (!options?.allowConcurrency) this.#gate.use();
  }
}
