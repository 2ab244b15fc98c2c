"use strict";
// Node's half of the membrane: what one lane's proxies are made with.

const util = require("node:util");
const data = require("../membrane-data.js");
const { CALL, createMembrane } = require("../membrane.js");
const { createIntrinsics, WEB } = require("../intrinsics.js");
const { createErrors } = require("../membrane-errors.js");
const { createSignals } = require("../signals.js");
const { answers } = require("../sources.js");
const { adopt } = require("../../node/env/adopt.js");
const { byName } = require("../../node/errors.js");
const { askPlatform, createSignal, decodePlatform, encodePlatform } = require("./node-platform.js");

const intrinsics = createIntrinsics(globalThis, { late: WEB });

/** A serializer as it is: Node's default one writes typed arrays in a way that only Node reads. */
function serialize(value) {
  const { Serializer } = require("node:v8");
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return new Uint8Array(serializer.releaseBuffer());
}

function deserialize(bytes) {
  const { Deserializer } = require("node:v8");
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return adopt(deserializer.readValue());
}

/** Errors of our own classes arrive by name, "DurableObjectError [ERR_NO_HANDLER]". */
function refine(error, name) {
  const Class = byName.get(/^(\w+) \[\w+\]$/.exec(name)?.[1]);
  if (Class !== undefined) Object.setPrototypeOf(error, Class.prototype);
}

function showAs(target, inspected) {
  Object.defineProperty(target, util.inspect.custom, { value: inspected, configurable: true });
}

/** Makes the half that talks through `call(number, args)`. */
function createRealm(call, waiting, owes) {
  const errors = createErrors({ intrinsics, refine });
  return createMembrane({
    call,
    waiting,
    owes,
    serialize,
    deserialize,
    intrinsics,
    errors,
    encodePlatform,
    decodePlatform,
    askPlatform,
    signals: createSignals({ send: (message) => call(CALL.SIGNAL, message), create: createSignal }),
    answers,
    data,
    copiesBelow: Number.POSITIVE_INFINITY,
    isProxy: util.types.isProxy,
    inspect: util.inspect,
    context() {},
    resume: () => false,
    leave() {},
    showAs,
  });
}

module.exports = { createRealm, listed: data.listed };
