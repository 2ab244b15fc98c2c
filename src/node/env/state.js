"use strict";
// The state of a Durable Object that the test itself constructs: the storage that the object of this id has in the worker,
// and gates of its own around it, in Node.
//
// The input gate is closed while storage is used, until the code that awaits it has gone on, and while a closure of
// `blockConcurrencyWhile` or `transaction` runs. Events are what `runWithGates` runs: they are let in one by one.

// Jest replaces the global one by a clock of its own.
const { setImmediate } = require("node:timers");
const { describe } = require("../errors.js");

class InputGate {
  #closures = 0;
  #waiting = [];

  async enter(work) {
    if (this.#closures > 0 || this.#waiting.length > 0) {
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
    return work();
  }

  /** Closes it; the function that this returns opens it again, once what is at hand has gone on. */
  close() {
    this.#closures++;
    return () =>
      setImmediate(() => {
        this.#closures--;
        this.#letIn();
      });
  }

  #letIn() {
    if (this.#closures > 0 || this.#waiting.length === 0) return;
    this.#waiting.shift()();
    setImmediate(() => this.#letIn());
  }
}

/** Which argument of a method of the storage has its options. */
const OPTIONS_AT = {
  get: () => 1,
  put: ([key]) => (typeof key === "string" ? 2 : 1),
  delete: () => 1,
  deleteAll: () => 0,
  list: () => 0,
  getAlarm: () => 0,
  setAlarm: () => 1,
  deleteAlarm: () => 0,
  transaction: () => 1,
};

/** A storage whose every use closes the gate; what is under way is in `pending`. */
function gatedStorage(storage, gate, pending) {
  const use = (method, args) => {
    const options = args[OPTIONS_AT[method](args)];
    const open = options?.allowConcurrency ? () => {} : gate.close();
    let answer;
    try {
      answer = storage[method](...args);
    } catch (error) {
      open();
      throw error;
    }
    const done = () => {
      pending.delete(answer);
      open();
    };
    if (!options?.allowUnconfirmed) pending.add(answer);
    answer.then(done, done);
    return answer;
  };
  const methods = Object.keys(OPTIONS_AT).map((method) => [method, (...args) => use(method, args)]);
  return Object.assign(Object.create(storage), Object.fromEntries(methods), { sync: () => storage.sync() });
}

let gatesOf;

class TestState {
  #gate = new InputGate();
  #pending = new Set();

  constructor(id, storage) {
    this.id = id;
    this.storage = gatedStorage(storage, this.#gate, this.#pending);
  }

  static {
    gatesOf = (state) => {
      const isState = typeof state === "object" && state !== null && #gate in state;
      return isState ? { gate: state.#gate, pending: state.#pending } : undefined;
    };
  }

  /** Objects live on while anything is pending: there is nothing to wait for. */
  waitUntil(_promise) {}

  async blockConcurrencyWhile(closure) {
    const open = this.#gate.close();
    try {
      return await closure();
    } finally {
      open();
    }
  }
}
Object.defineProperty(TestState, "name", { value: "DurableObjectState" });

/** Runs `work` as an event of the object that was constructed with this state, and waits for all that it has written. */
async function runWithGates(state, work) {
  const gates = gatesOf(state);
  if (gates === undefined) {
    const text = "runWithMiniflareDurableObjectGates() takes a state that getMiniflareDurableObjectState() has given";
    throw new TypeError(`${text}, got ${describe(state)}`);
  }
  const result = await gates.gate.enter(work);
  await Promise.allSettled(gates.pending);
  return result;
}

module.exports = { runWithGates, TestState };
