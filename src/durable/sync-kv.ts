// The entries of an object with a database, without promises: `ctx.storage.kv`. They are those of the other methods.

import { op_durable_delete, op_durable_get, op_durable_list } from "ext:core/ops";
import { boundsOf, putValue, wellFormed } from "ext:miniflare/durable/entries.ts";
import { COUNT, count } from "ext:miniflare/durable/usage.ts";
import type * as miniflare from "../../index.d.ts";
import type { Bounds, Open } from "ext:miniflare/durable/entries.ts";

const INVALIDATED =
  "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one kv.list() iterator can exist at a time.";

export class SyncKvStorage implements miniflare.SyncKvStorage {
  #open: Open;
  #use: () => void;
  #lists = 0;

  /** `use` is called before an entry is asked for, and throws if that may not be. */
  constructor(open: Open, use: () => void) {
    this.#open = open;
    this.#use = use;
  }

  get<Value = unknown>(...args: [key: string]): Value | undefined {
    const key = keyOf("get", args);
    this.#use();
    count(COUNT.READS);
    return op_durable_get(this.#open, key) as Value | undefined;
  }

  put(...args: [key: string, value: unknown]) {
    const key = keyOf("put", args);
    this.#use();
    putValue(this.#open, key, args[1]);
  }

  delete(...args: [key: string]): boolean {
    const key = keyOf("delete", args);
    this.#use();
    count(COUNT.DELETES);
    return op_durable_delete(this.#open, key);
  }

  /** One entry is read with each step: those that are written meanwhile are seen. */
  list<Value = unknown>(options?: miniflare.SyncKvListOptions): IterableIterator<[string, Value]> {
    const bounds = boundsOf(options);
    this.#use();
    count(COUNT.LISTS);
    const list = ++this.#lists;
    return this.#entries(bounds, () => list === this.#lists) as IterableIterator<[string, Value]>;
  }

  *#entries({ start, startAfter, end, prefix, reverse, limit }: Bounds, isValid: () => boolean) {
    for (let left = limit; left !== 0; left--) {
      if (!isValid()) throw new Error(INVALIDATED);
      this.#use();
      const [key, value] = op_durable_list(this.#open, start, startAfter, end, prefix, reverse, 1) as [string, unknown];
      if (key === undefined) return;
      yield [key, value];
      if (reverse) end = key;
      else [start, startAfter] = [undefined, key];
    }
  }

  get [Symbol.toStringTag]() {
    return "SyncKvStorage";
  }
}

function keyOf(method: string, args: unknown[]) {
  if (args.length === 0) {
    throw new TypeError(`Failed to execute '${method}' on 'SyncKvStorage': parameter 1 is not of type 'string'.`);
  }
  return wellFormed(`${args[0] as string}`);
}
