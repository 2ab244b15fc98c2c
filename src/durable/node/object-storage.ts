// The storage of an object from outside of its worker: that of whichever worker is loaded when it is asked for something.

import { StorageError } from "../../node/errors.ts";
import { makeFair } from "../../node/instance/fairly.ts";

class DurableObjectStorage {
  #loaded;
  #open;
  #control;
  #storage;

  /** `loaded()` gives what a loaded worker can be asked, or undefined; `open()` waits for one, and opens its storage. */
  constructor(loaded, open) {
    this.#loaded = loaded;
    this.#open = open;
  }

  /** Opens an object's storage. */
  static async open(loaded, open) {
    const storage = new DurableObjectStorage(loaded, open);
    await storage.#renew();
    return storage;
  }

  async #renew() {
    [this.#control, this.#storage] = await this.#open();
  }

  /** What is wrong with a call is thrown as the worker throws it, unless a worker must be waited for. */
  #call(method, args) {
    if (this.#control === this.#loaded()) return this.#ask(method, args);
    return this.#renew().then(() => this.#ask(method, args));
  }

  #ask(method, args) {
    try {
      return this.#answered(this.#storage[method](...args));
    } catch (error) {
      if (error instanceof StorageError) return this.#answered(Promise.reject(error));
      throw error;
    }
  }

  /** A storage that has failed is opened anew by the next call. */
  async #answered(answer) {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof StorageError) this.#control = null;
      throw error;
    }
  }

  get(...args) {
    return this.#call("get", args);
  }

  put(...args) {
    return this.#call("put", args);
  }

  delete(...args) {
    return this.#call("delete", args);
  }

  deleteAll(...args) {
    return this.#call("deleteAll", args);
  }

  list(...args) {
    return this.#call("list", args);
  }

  transaction(...args) {
    return this.#call("transaction", args);
  }

  sync() {
    return this.#call("sync", []);
  }

  getAlarm(...args) {
    return this.#call("getAlarm", args);
  }

  setAlarm(...args) {
    return this.#call("setAlarm", args);
  }

  deleteAlarm(...args) {
    return this.#call("deleteAlarm", args);
  }
}

makeFair(DurableObjectStorage);

export { DurableObjectStorage };
