// What the closure of a transaction is given. Its calls are those of the storage, except that it can be rolled back, and
// that nothing may be asked of it once it is over.

import { get, list, put, refuseAlarm, remove, requireKey } from "ext:miniflare/durable/entries.js";

let finishTransaction;

/** No more calls from now on; whether it was rolled back. */
export const finish = (transaction) => finishTransaction(transaction);

export class DurableObjectTransaction {
  #open;
  #isRolledBack = false;
  #isFinished = false;

  constructor(open) {
    this.#open = open;
  }

  static {
    finishTransaction = (transaction) => {
      transaction.#isFinished = true;
      return transaction.#isRolledBack;
    };
  }

  get(keys, _options) {
    requireKey("get", "DurableObjectTransaction", keys);
    this.#check("get");
    return settled(() => get(this.#open, keys));
  }

  put(keyOrEntries, value, _options) {
    requireKey("put", "DurableObjectTransaction", keyOrEntries);
    this.#check("put");
    return settled(() => put(this.#open, keyOrEntries, value));
  }

  delete(keys, _options) {
    requireKey("delete", "DurableObjectTransaction", keys);
    this.#check("delete");
    return settled(() => remove(this.#open, keys));
  }

  deleteAll() {
    throw new Error("Cannot call deleteAll() within a transaction");
  }

  list(options) {
    this.#check("list");
    return settled(() => list(this.#open, options));
  }

  async getAlarm() {
    this.#check("getAlarm");
    return null;
  }

  setAlarm() {
    this.#check("setAlarm");
    return refuseAlarm();
  }

  async deleteAlarm() {
    this.#check("deleteAlarm");
  }

  rollback() {
    if (this.#isRolledBack) return;
    this.#check("rollback");
    this.#isRolledBack = true;
  }

  #check(method) {
    if (this.#isRolledBack) throw new Error(`Cannot ${method}() on rolled back transaction`);
    if (!this.#isFinished) return;
    throw new Error(
      `Cannot call ${method}() on transaction that has already committed: did you move \`txn\` outside of the closure?`,
    );
  }
}

async function settled(work) {
  return work();
}
