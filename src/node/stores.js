"use strict";
// KV namespaces from outside the worker: the same class as inside, over the addon.

const { binding } = require("./addon.js");
const { StorageError } = require("./errors.js");
const { waiting } = require("./lane.js");
const { streamFromSource } = require("./platform.js");
const { KVNamespace } = require("../kv/namespace.js");

/** What a call answered with a number for; Node stays alive until it is there. */
function later(number) {
  return new Promise((resolve, reject) => {
    waiting(1);
    binding.later(number, (error, value) => {
      waiting(-1);
      if (error === null) resolve(value);
      else reject(failure(error, value));
    });
  });
}

function failure(name, text) {
  if (name.startsWith("ERR_")) return new StorageError(name, text);
  return name === "TypeError" ? new TypeError(text) : new Error(text);
}

/** Calls of the addon that begin with an instance's number, which `instance()` gives; it throws when there is none. */
function callsOf(instance) {
  return {
    get: (...args) => binding.kvGet(instance(), ...args),
    put: (...args) => binding.kvPut(instance(), ...args),
    delete: (...args) => binding.kvDelete(instance(), ...args),
    list: (...args) => binding.kvList(instance(), ...args),
  };
}

/** The namespace of this name. It stays valid until the instance is disposed of. */
function kvNamespace(name, instance) {
  return new KVNamespace(name, {
    ...callsOf(instance),
    begin() {},
    advance() {},
    later,
    streamFromSource,
    valueLimit: binding.kvValueLimit(),
  });
}

module.exports = { kvNamespace };
