// An object's storage. In memory it answers at once: calls do their work synchronously, in the order they are made, and
// every promise it returns is settled. Each call closes the object's gate until its result has arrived.

import { op_durable_begin, op_durable_commit, op_durable_delete_all, op_durable_end } from "ext:core/ops";
import { deleteAlarm, getAlarm, requireHandler, setAlarm } from "ext:miniflare/durable/alarms.js";
import { confirm, get, list, put, putOptions, remove, requireKey } from "ext:miniflare/durable/entries.js";
import { DurableObjectTransaction, finish } from "ext:miniflare/durable/transaction.js";

export class DurableObjectStorage {
  #open;
  #gate;
  #alarm;
  #isOutside;

  /**
   * `alarm` is what is known of the object's alarm: `{ handled }`. Inside an object a write resolves when it is in order,
   * and the output gate waits for the rest; outside of one there is no gate, and each write waits itself.
   */
  constructor(open, gate, alarm, isOutside = false) {
    this.#isOutside = isOutside;
    this.#open = open;
    this.#gate = gate;
    this.#alarm = alarm;
  }

  async get(keys, options) {
    requireKey("get", "DurableObjectStorage", keys);
    this.#use(options);
    return get(this.#open, keys);
  }

  /** Throws at once, rather than by its promise, what is wrong with the call; so does `delete`. */
  put(keyOrEntries, value, options) {
    requireKey("put", "DurableObjectStorage", keyOrEntries);
    this.#use(putOptions(keyOrEntries, value, options));
    put(this.#open, keyOrEntries, value);
    return this.#written(undefined);
  }

  delete(keys, options) {
    requireKey("delete", "DurableObjectStorage", keys);
    this.#use(options);
    return this.#written(remove(this.#open, keys));
  }

  async deleteAll(options) {
    this.#use(options);
    op_durable_delete_all(this.#open);
    return this.#written(undefined);
  }

  async list(options) {
    this.#use(options);
    return list(this.#open, options);
  }

  /** Runs `closure` until nothing that it read was written by others meanwhile. */
  transaction(closure) {
    return this.#gate.runClosed(async () => {
      for (;;) {
        const open = op_durable_begin(this.#open);
        const transaction = new DurableObjectTransaction(open, this.#alarm);
        try {
          const result = await closure(transaction);
          if (finish(transaction) || op_durable_commit(open))
            return this.#isOutside ? await this.#written(result) : result;
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

  async getAlarm(options) {
    this.#use(options);
    return getAlarm(this.#open, this.#alarm);
  }

  async setAlarm(time, options) {
    requireHandler(this.#alarm);
    this.#use(options);
    setAlarm(this.#open, time);
    return this.#written(undefined);
  }

  async deleteAlarm(options) {
    this.#use(options);
    deleteAlarm(this.#open);
    return this.#written(undefined);
  }

  /** A promise of `result`, when the write before is as safe as it has to be. */
  #written(result) {
    const unconfirmed = this.#isOutside ? confirm(this.#open) : undefined;
    return unconfirmed === undefined ? Promise.resolve(result) : unconfirmed.then(() => result);
  }

  #use(options) {
    if (!options?.allowConcurrency) this.#gate.use();
  }
}
