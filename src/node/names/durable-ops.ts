// The ops that the storage of Durable Objects (`src/durable/`) calls, over the addon instead of the worker's own: for
// objects that a test constructs itself. Values are serialized by Node's V8.

import timers from "node:timers";
const { setImmediate } = timers;
import { Deserializer, Serializer } from "node:v8";
import { binding } from "../binding/binding.ts";
import { DurableObjectError, StorageError } from "../errors.ts";
import { later } from "../binding/later.ts";
import { CLONE, STORE_ERROR, STORED } from "../../protocol.js";
import { adopt } from "./names-realm.ts";

const collected = new FinalizationRegistry((number) => binding.durableClose(number));

/** An object's storage, or a transaction over it. */
class Open {
  /** @param over how the storage with its entries is asked */
  constructor(number, over) {
    this.number = number;
    this.over = over;
    collected.register(this, number);
  }
}

const openStorage = (over) => new Open(binding.durableOpen(over.number), over);

function call({ number, over }, what, args = [], written = false) {
  over.map?.pull();
  const answer = binding.durableCall(number, what, args);
  if (written) over.map?.push(undefined, true);
  if (answer.length === 1) return answer[0];
  throw errorOf(...answer);
}

const BUILT_IN = { RangeError, TypeError };

function errorOf(name, text) {
  if (name === STORE_ERROR.FOREIGN) return new DurableObjectError(name, text);
  if (name.startsWith("ERR_")) return new StorageError(name, text);
  return new (BUILT_IN[name] ?? Error)(text);
}

function serialize(value) {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  const bytes = new Uint8Array(serializer.releaseBuffer());
  bytes[1] = CLONE.VERSION;
  return bytes;
}

function deserialize(open, key, bytes) {
  try {
    const deserializer = new Deserializer(bytes);
    deserializer.readHeader();
    return adopt(deserializer.readValue());
  } catch {
    return call(open, STORED.REFUSE, [key]);
  }
}

/** Entries as they come, `[key, bytes, ...]`, with their values. */
const values = (open, flat) =>
  flat.map((part, index) => (index % 2 === 0 ? part : deserialize(open, flat[index - 1], part)));

function op_durable_get(open, key) {
  const bytes = call(open, STORED.GET_ONE, [key]);
  return bytes === undefined ? undefined : deserialize(open, key, bytes);
}

const op_durable_get_many = (open, keys) => values(open, call(open, STORED.GET_MANY, keys));
const op_durable_put = (open, key, value) => call(open, STORED.PUT_ONE, [key, serialize(value)], true);

function op_durable_put_many(open, pairs) {
  const isValue = (index) => index % 2 === 1 && pairs[index] !== undefined;
  call(
    open,
    STORED.PUT_MANY,
    pairs.map((part, index) => (isValue(index) ? serialize(part) : part)),
    true,
  );
}

const op_durable_delete = (open, key) => call(open, STORED.DELETE_ONE, [key], true);
const op_durable_delete_many = (open, keys) => call(open, STORED.DELETE_MANY, keys, true);
const op_durable_delete_all = (open) => call(open, STORED.DELETE_ALL, [], true);
const op_durable_list = (open, ...query) => values(open, call(open, STORED.LIST, query));
const op_durable_alarm = (open, act, value) => call(open, STORED.ALARM, [act, value], true);

const op_durable_begin = (open) => new Open(binding.durableBegin(open.number), open.over);
const op_durable_commit = (open) => call(open, STORED.COMMIT, [], true);
const op_durable_end = (open) => call(open, STORED.END);

const op_durable_confirm = (open) => call(open, STORED.CONFIRM);

async function op_durable_confirmed(open) {
  const answer = binding.durableConfirmed(open.number);
  if (answer !== undefined) await later(answer);
}

const op_after_microtasks = (callback) => setImmediate(callback);

export {
  openStorage,
  op_after_microtasks,
  op_durable_alarm,
  op_durable_begin,
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
};
