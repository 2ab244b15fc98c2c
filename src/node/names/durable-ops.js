"use strict";
// The ops that the storage of Durable Objects (`src/durable/`) calls, over the addon instead of the worker's own: for
// objects that a test constructs itself. Values are serialized by Node's V8.

const { setImmediate } = require("node:timers");
const { Deserializer, Serializer } = require("node:v8");
const { binding } = require("../binding/addon.js");
const { DurableObjectError, StorageError } = require("../errors.js");
const { later } = require("../binding/later.js");
const { adopt } = require("./names-realm.js");

/** The numbers are shared with `src/durable/calls.rs`. */
const CALL = {
  GET_ONE: 0,
  GET_MANY: 1,
  PUT_ONE: 2,
  PUT_MANY: 3,
  DELETE_ONE: 4,
  DELETE_MANY: 5,
  DELETE_ALL: 6,
  LIST: 7,
  ALARM: 8,
  CONFIRM: 9,
  COMMIT: 10,
  END: 11,
  REFUSE: 12,
};
/** The version of the format that is written, which all supported versions of Node read. */
const VERSION = 15;

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
  if (name === "ERR_DESERIALIZATION") return new DurableObjectError(name, text);
  if (name.startsWith("ERR_")) return new StorageError(name, text);
  return new (BUILT_IN[name] ?? Error)(text);
}

function serialize(value) {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  const bytes = new Uint8Array(serializer.releaseBuffer());
  bytes[1] = VERSION;
  return bytes;
}

function deserialize(open, key, bytes) {
  try {
    const deserializer = new Deserializer(bytes);
    deserializer.readHeader();
    return adopt(deserializer.readValue());
  } catch {
    return call(open, CALL.REFUSE, [key]);
  }
}

/** Entries as they come, `[key, bytes, ...]`, with their values. */
const values = (open, flat) =>
  flat.map((part, index) => (index % 2 === 0 ? part : deserialize(open, flat[index - 1], part)));

function op_durable_get(open, key) {
  const bytes = call(open, CALL.GET_ONE, [key]);
  return bytes === undefined ? undefined : deserialize(open, key, bytes);
}

const op_durable_get_many = (open, keys) => values(open, call(open, CALL.GET_MANY, keys));
const op_durable_put = (open, key, value) => call(open, CALL.PUT_ONE, [key, serialize(value)], true);

function op_durable_put_many(open, pairs) {
  const isValue = (index) => index % 2 === 1 && pairs[index] !== undefined;
  call(
    open,
    CALL.PUT_MANY,
    pairs.map((part, index) => (isValue(index) ? serialize(part) : part)),
    true,
  );
}

const op_durable_delete = (open, key) => call(open, CALL.DELETE_ONE, [key], true);
const op_durable_delete_many = (open, keys) => call(open, CALL.DELETE_MANY, keys, true);
const op_durable_delete_all = (open) => call(open, CALL.DELETE_ALL, [], true);
const op_durable_list = (open, ...query) => values(open, call(open, CALL.LIST, query));
const op_durable_alarm = (open, act, value) => call(open, CALL.ALARM, [act, value], true);

const op_durable_begin = (open) => new Open(binding.durableBegin(open.number), open.over);
const op_durable_commit = (open) => call(open, CALL.COMMIT, [], true);
const op_durable_end = (open) => call(open, CALL.END);

const op_durable_confirm = (open) => call(open, CALL.CONFIRM);

async function op_durable_confirmed(open) {
  const answer = binding.durableConfirmed(open.number);
  if (answer !== undefined) await later(answer);
}

const op_after_microtasks = (callback) => setImmediate(callback);

module.exports = {
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
