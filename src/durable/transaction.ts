// What the closure of a transaction is given. Its calls are those of the storage, except that it can be rolled back, and
// that nothing may be asked of it once it is over.

import { deleteAlarm, getAlarm, requireHandler, setAlarm } from "ext:miniflare/durable/alarms.ts";
import { get, list, put, remove, requireKey } from "ext:miniflare/durable/entries.ts";

import { isSimulating, someTime } from "ext:miniflare/realm/simulation.ts";
import type * as miniflare from "../../index.d.ts";
import type { AlarmState } from "ext:miniflare/durable/alarms.ts";
import type { Open } from "ext:miniflare/durable/entries.ts";

let finishTransaction: (transaction: DurableObjectTransaction) => boolean;

/** No more calls from now on; whether it was rolled back. */
export const finish = (transaction: DurableObjectTransaction) => finishTransaction(transaction);

type Options = miniflare.DurableObjectStorageOptions;

export class DurableObjectTransaction {
  #open: Open;
  #alarm: AlarmState;
  #isRolledBack = false;
  #isFinished = false;
  #undo: (() => void) | undefined;

  /** `undo` is called when it is rolled back, if it writes where others see it. */
  constructor(open: Open, alarm: AlarmState, undo?: () => void) {
    this.#open = open;
    this.#alarm = alarm;
    this.#undo = undo;
  }

  static {
    finishTransaction = (transaction) => {
      transaction.#isFinished = true;
      return transaction.#isRolledBack;
    };
  }

  get(keys: string | string[], _options?: Options): Promise<unknown> {
    requireKey("get", "DurableObjectTransaction", keys);
    this.#check("get");
    return settled(() => get(this.#open, keys));
  }

  put(keyOrEntries: string | Record<string, unknown>, value?: unknown, _options?: Options) {
    requireKey("put", "DurableObjectTransaction", keyOrEntries);
    this.#check("put");
    return settled(() => put(this.#open, keyOrEntries, value));
  }

  delete(keys: string | string[], _options?: Options): Promise<unknown> {
    requireKey("delete", "DurableObjectTransaction", keys);
    this.#check("delete");
    return settled(() => remove(this.#open, keys));
  }

  deleteAll() {
    throw new Error("Cannot call deleteAll() within a transaction");
  }

  list(options?: miniflare.DurableObjectListOptions) {
    this.#check("list");
    return settled(() => list(this.#open, options));
  }

  async getAlarm(_options?: Options) {
    this.#check("getAlarm");
    return settled(() => getAlarm(this.#open, this.#alarm));
  }

  setAlarm(time: number | Date, _options?: Options) {
    this.#check("setAlarm");
    requireHandler(this.#alarm);
    return settled(() => setAlarm(this.#open, time, this.#alarm));
  }

  deleteAlarm(_options?: Options) {
    this.#check("deleteAlarm");
    return settled(() => deleteAlarm(this.#open));
  }

  rollback() {
    if (this.#isRolledBack) return;
    this.#check("rollback");
    this.#isRolledBack = true;
    this.#undo?.();
  }

  #check(method: string) {
    if (this.#isRolledBack) throw new Error(`Cannot ${method}() on rolled back transaction`);
    if (!this.#isFinished) return;
    throw new Error(
      `Cannot call ${method}() on transaction that has already committed: did you move \`txn\` outside of the closure?`,
    );
  }
}

async function settled<Result>(work: () => Result) {
  const result = work();
  if (isSimulating()) await someTime();
  return result;
}
