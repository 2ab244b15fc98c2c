// The storage of an object from outside of its worker: that of whichever worker is loaded when it is asked for something.

import { StorageError } from "../../node/errors.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { PROMISING } from "./promising.ts";
import type * as contract from "../../../index.d.ts";
import type { Control } from "../../worker/contract.ts";

type Storage = contract.DurableObjectStorage;
type Method = Exclude<keyof Storage, "sql" | "kv" | "transactionSync">;
/** A storage as it is called here: what fits its methods is for the worker's to say. */
type Calls = Record<Method, { call(...args: unknown[]): Promise<unknown> }["call"]>;
/** What a loaded worker can be asked; undefined when none is loaded. */
type Loaded = () => Control | undefined;
/** Waits for a worker, and opens its storage. */
type Open = () => Promise<[Control, Storage]>;

const RELOADED =
  "The worker was loaded again since the storage was opened: await storage.sync() before sql, kv and transactionSync().";

class DurableObjectStorage implements Storage {
  #loaded: Loaded;
  #open: Open;
  #control: Control | null | undefined;
  #storage!: Calls;

  constructor(loaded: Loaded, open: Open) {
    this.#loaded = loaded;
    this.#open = open;
  }

  /** Opens an object's storage. */
  static async open(loaded: Loaded, open: Open): Promise<DurableObjectStorage> {
    const storage = new DurableObjectStorage(loaded, open);
    await storage.#renew();
    return storage;
  }

  async #renew(): Promise<void> {
    [this.#control, this.#storage] = await this.#open();
  }

  /** What is wrong with a call is thrown as the worker throws it, unless a worker must be waited for. */
  #call<Answer>(method: Method, args: unknown[]): Promise<Answer> {
    if (this.#control === this.#loaded()) return this.#ask(method, args);
    return this.#renew().then(() => this.#ask<Answer>(method, args));
  }

  #ask<Answer>(method: Method, args: unknown[]): Promise<Answer> {
    try {
      return this.#answered(this.#storage[method](...args) as Promise<Answer>);
    } catch (error) {
      if (error instanceof StorageError) return this.#answered(Promise.reject(error));
      throw error;
    }
  }

  /** The next call opens a storage again that has failed. */
  async #answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof StorageError) this.#control = null;
      throw error;
    }
  }

  get<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("get", args);
  }

  put<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("put", args);
  }

  delete<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("delete", args);
  }

  deleteAll<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("deleteAll", args);
  }

  list<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("list", args);
  }

  /** What answers at once cannot wait for a worker: the one that is loaded now has the database. */
  #now(): Storage {
    const loaded = this.#loaded();
    if (loaded === undefined || loaded !== this.#control) throw new Error(RELOADED);
    return this.#storage as unknown as Storage;
  }

  get sql(): contract.SqlStorage {
    return this.#now().sql;
  }

  get kv(): contract.SyncKvStorage {
    return this.#now().kv;
  }

  transactionSync<Result>(closure: () => Result): Result {
    return this.#now().transactionSync(closure);
  }

  transaction<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("transaction", args);
  }

  getCurrentBookmark(): Promise<string> {
    return this.#call("getCurrentBookmark", []);
  }

  getBookmarkForTime(...args: unknown[]): Promise<string> {
    return this.#call("getBookmarkForTime", args);
  }

  onNextSessionRestoreBookmark(...args: unknown[]): Promise<string> {
    return this.#call("onNextSessionRestoreBookmark", args);
  }

  snapshot(...args: unknown[]): Promise<contract.DurableObjectSnapshot> {
    return this.#call("snapshot", args);
  }

  onNextSessionRestore(...args: unknown[]): Promise<string> {
    return this.#call("onNextSessionRestore", args);
  }

  sync(): Promise<void> {
    return this.#call("sync", []);
  }

  getAlarm<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("getAlarm", args);
  }

  setAlarm<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("setAlarm", args);
  }

  deleteAlarm<Answer>(...args: unknown[]): Promise<Answer> {
    return this.#call("deleteAlarm", args);
  }
}

makeFair(DurableObjectStorage, PROMISING);

export { DurableObjectStorage };
