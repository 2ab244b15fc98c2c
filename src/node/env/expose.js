"use strict";
// Globals of a test file. As accessors, since Jest takes apart, when the file is done, every object that became a global as
// a value: of what is exposed here, some is the process's own, and some cannot be asked for anything any more by then.

/** Where undici, and Node's own copy of it, keep the dispatcher of all requests: a mock looks there for the network. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

function expose(target, globals) {
  for (const [name, value] of Object.entries(globals)) define(target, name, value);
  define(target, "self", target);
  Object.defineProperty(target, DISPATCHER, { configurable: true, get: () => globalThis[DISPATCHER] });
}

function define(target, name, value) {
  let current = value;
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (next) => {
      current = next;
    },
  });
}

module.exports = { expose };
