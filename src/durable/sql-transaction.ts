// Transactions of an object with a database: what the closure writes, by SQL or by keys, is committed together or not at all.
// One runs at a time; one within another is undone by itself.

import { op_durable_sql_begin, op_durable_sql_end } from "ext:core/ops";
import { currentContext, enterWith } from "ext:miniflare/realm/context.ts";
import { DurableObjectTransaction, finish } from "ext:miniflare/durable/transaction.ts";
import type * as miniflare from "../../index.d.ts";
import type { AlarmState } from "ext:miniflare/durable/alarms.ts";
import type { Open } from "ext:miniflare/durable/entries.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";

type Closure<Result> = (transaction: miniflare.DurableObjectTransaction) => Result | Promise<Result>;

const FAILED = "Cannot commit transaction due to an earlier SQL critical error";
const OVER =
  "The transaction was rolled back before its closure was done: its object was evicted, or the transaction that it is within has ended.";

/** The contexts that closures run in, with what they are transactions of. */
const contexts = new WeakMap<object, SqlTransactions>();

export class SqlTransactions {
  #open: Open;
  #alarm: AlarmState;
  #check: () => void;
  #running: Promise<void> | undefined;

  /** `check` is called before a transaction is committed, and throws if that may not be. */
  constructor(open: Open, alarm: AlarmState, check: () => void) {
    this.#open = open;
    this.#alarm = alarm;
    this.#check = check;
  }

  /** Runs `closure` in a transaction; the caller has closed the gate. */
  async run<Result>(closure: Closure<Result>): Promise<Result> {
    if (this.#running !== undefined && this.#isWithin(currentContext())) return this.#transact(closure);
    while (this.#running !== undefined) await this.#running;
    let end!: () => void;
    this.#running = new Promise((resolve) => {
      end = resolve;
    });
    try {
      return await this.#transact(closure);
    } finally {
      this.#running = undefined;
      end();
    }
  }

  /** Whether the code of a context is a closure's. Without one that is unknown: what would wait for itself never ends. */
  #isWithin(context: RequestContext | undefined) {
    if (context === undefined) return true;
    for (let one: object | null = context; one !== null; one = Reflect.getPrototypeOf(one)) {
      if (contexts.get(one) === this) return true;
    }
    return false;
  }

  async #transact<Result>(closure: Closure<Result>): Promise<Result> {
    this.#check();
    const ticket = op_durable_sql_begin(this.#open, true);
    const undo = () => op_durable_sql_end(this.#open, ticket, false);
    const transaction = new DurableObjectTransaction(this.#open, this.#alarm, undo);
    let result: Result;
    try {
      result = await enterWith({ request: this.#mark(currentContext()) }, () =>
        closure(transaction as miniflare.DurableObjectTransaction),
      );
    } catch (error) {
      if (!finish(transaction)) undo();
      throw error;
    }
    if (finish(transaction)) return result;
    this.#check();
    if (!op_durable_sql_end(this.#open, ticket, true)) throw new Error(OVER);
    return result;
  }

  #mark(context: RequestContext | undefined) {
    if (context === undefined) return undefined;
    const own = Object.create(context) as RequestContext;
    contexts.set(own, this);
    return own;
  }
}

/** Runs `closure`, and undoes what it has written if it throws. */
export function runSync<Result>(open: Open, closure: () => Result): Result {
  const ticket = op_durable_sql_begin(open, false);
  let result: Result;
  try {
    result = closure();
  } catch (error) {
    op_durable_sql_end(open, ticket, false);
    throw error;
  }
  if (!op_durable_sql_end(open, ticket, true)) throw new Error(FAILED);
  return result;
}
