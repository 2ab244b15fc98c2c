// The ops that the storage of Durable Objects (`src/durable/`) calls, over the addon instead of the worker's own: for
// objects that a test constructs itself. Values are serialized by Node's V8.

import timers from "node:timers";
const { setImmediate } = timers;
import { Deserializer, Serializer } from "node:v8";
import { binding } from "../../node/binding/binding.ts";
import { DurableObjectError, StorageError } from "../../node/errors.ts";
import { later } from "../../node/binding/later.ts";
import { CLONE, STORE_ERROR, STORED } from "../../protocol.ts";
import { adopt } from "../../node/names/names-realm.ts";
import type { WireValue } from "../../node/binding/raw.d.ts";
import type { StorageParts } from "../../node/names/named-storage.ts";

type Stored = (typeof STORED)[keyof typeof STORED];

const collected = new FinalizationRegistry<number>((number) => binding.durableClose(number));

/** An object's storage, or a transaction over it. */
class Open {
  readonly number: number;
  readonly over: StorageParts;

  /** @param over how the storage with its entries is asked */
  constructor(number: number, over: StorageParts) {
    this.number = number;
    this.over = over;
    collected.register(this, number);
  }
}

const openStorage = (over: StorageParts) => new Open(binding.durableOpen(over.number), over);

function call({ number, over }: Open, what: Stored, args: WireValue[] = [], written = false): WireValue {
  over.map?.pull();
  const answer = binding.durableCall(number, what, args);
  if (written) over.map?.push(undefined, true);
  if (answer.length === 1) return answer[0];
  // Two items are an error.
  throw errorOf(...(answer as [name: string, text: string]));
}

const BUILT_IN: Record<string, new (text: string) => Error> = { RangeError, TypeError };

function errorOf(name: string, text: string) {
  if (name === STORE_ERROR.FOREIGN) return new DurableObjectError(name, text);
  if (name.startsWith("ERR_")) return new StorageError(name as StorageError["code"], text);
  return new (BUILT_IN[name] ?? Error)(text);
}

function serialize(value: unknown) {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  const bytes = new Uint8Array(serializer.releaseBuffer());
  bytes[1] = CLONE.VERSION;
  return bytes;
}

function deserialize(open: Open, key: string, bytes: Uint8Array): unknown {
  try {
    const deserializer = new Deserializer(bytes);
    deserializer.readHeader();
    return adopt(deserializer.readValue());
  } catch {
    return call(open, STORED.REFUSE, [key]);
  }
}

/** Entries as they come, `[key, bytes, ...]`, with their values. */
function values(open: Open, answer: WireValue) {
  const flat = answer as (string | Uint8Array)[];
  return flat.map((part, index) =>
    typeof part === "string" ? part : deserialize(open, String(flat[index - 1]), part),
  );
}

function op_durable_get(open: Open, key: string) {
  const bytes = call(open, STORED.GET_ONE, [key]) as Uint8Array | undefined;
  return bytes === undefined ? undefined : deserialize(open, key, bytes);
}

const op_durable_get_many = (open: Open, keys: string[]) => values(open, call(open, STORED.GET_MANY, keys));
const op_durable_put = (open: Open, key: string, value: unknown) =>
  call(open, STORED.PUT_ONE, [key, serialize(value)], true);

/** `pairs` are keys and values by turns. */
function op_durable_put_many(open: Open, pairs: unknown[]) {
  const isValue = (index: number) => index % 2 === 1 && pairs[index] !== undefined;
  call(
    open,
    STORED.PUT_MANY,
    pairs.map((part, index) => (isValue(index) ? serialize(part) : (part as string | undefined))),
    true,
  );
}

const op_durable_delete = (open: Open, key: string) => call(open, STORED.DELETE_ONE, [key], true);
const op_durable_delete_many = (open: Open, keys: string[]) => call(open, STORED.DELETE_MANY, keys, true);
const op_durable_delete_all = (open: Open) => call(open, STORED.DELETE_ALL, [], true);
const op_durable_list = (open: Open, ...query: WireValue[]) => values(open, call(open, STORED.LIST, query));
const op_durable_alarm = (open: Open, act: number, value: WireValue) => call(open, STORED.ALARM, [act, value], true);

/** Objects that a test constructs itself are not constructed by alarms. */
const op_durable_alarm_name = () => null;

/** Of a storage, which has transactions; a transaction has none. */
const op_durable_begin = (open: Open) => new Open(binding.durableBegin(open.number) as number, open.over);
const op_durable_commit = (open: Open) => call(open, STORED.COMMIT, [], true);
const op_durable_end = (open: Open) => call(open, STORED.END);

const noSql = (): never => {
  throw new Error("Durable Object is not backed by SQL.");
};

const op_durable_confirm = (open: Open) => call(open, STORED.CONFIRM);

async function op_durable_confirmed(open: Open) {
  const answer = binding.durableConfirmed(open.number) as number | undefined;
  if (answer !== undefined) await later(answer);
}

const op_after_microtasks = (callback: () => void) => setImmediate(callback);

/** Milliseconds that a closure of `blockConcurrencyWhile()` may take, as in `src/durable/limits.rs`. */
const op_durable_block_ms = () => 30_000;

export {
  openStorage,
  op_after_microtasks,
  op_durable_alarm,
  op_durable_alarm_name,
  op_durable_begin,
  op_durable_block_ms,
  op_durable_commit,
  op_durable_confirm,
  op_durable_confirmed,
  op_durable_delete,
  op_durable_delete_all,
  op_durable_delete_many,
  op_durable_end,
  op_durable_get,
  op_durable_get_many,
  op_durable_list,
  op_durable_put,
  op_durable_put_many,
  noSql as op_durable_sql_begin,
  noSql as op_durable_sql_bookmark,
  noSql as op_durable_sql_bookmark_at,
  noSql as op_durable_sql_end,
  noSql as op_durable_sql_execute,
  noSql as op_durable_sql_next,
  noSql as op_durable_sql_restore_next,
  noSql as op_durable_sql_size,
};
