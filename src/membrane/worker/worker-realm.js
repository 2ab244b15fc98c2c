// The worker's half of the membrane.

import { core } from "ext:core/mod.js";
import { op_host, op_host_copies_below } from "ext:core/ops";
import { currentContext, leave, resume } from "ext:miniflare/realm/context.js";
import {
  askPlatform,
  createSignal,
  decodePlatform,
  encodePlatform,
} from "ext:miniflare/membrane/worker/worker-platform.js";
import { CONSOLE, understudyOf } from "ext:miniflare/realm/lazy.js";

const data = core.loadExtScript("ext:miniflare/membrane/membrane-data.js");
const { CALL, createMembrane } = core.loadExtScript("ext:miniflare/membrane/membrane.js");
const { createIntrinsics } = core.loadExtScript("ext:miniflare/membrane/intrinsics.js");
const { inspect } = understudyOf(CONSOLE);
const CUSTOM_INSPECT = Symbol.for("Deno.privateCustomInspect");
const { createErrors } = core.loadExtScript("ext:miniflare/membrane/membrane-errors.js");
const { createSignals } = core.loadExtScript("ext:miniflare/membrane/signals.js");
const { answers } = core.loadExtScript("ext:miniflare/membrane/sources.js");

/** The host calls of this half; the numbers are shared with `src/worker/lane.rs` and `src/node/instance/lane.js`. */
export const HOST = {
  MEMBRANE: 3,
  CONSOLE: 4,
  UNHANDLED: 5,
  WARN: 6,
  FETCH: 8,
  MOCK: 9,
  ALARM_FAILED: 10,
  OUTBOUND: 12,
  SIGNAL: 13,
  FORGET_SIGNAL: 15,
};

/** Node's call with what another worker answered; the lower numbers are the membrane's. */
export const FETCHED = 3;

/** V8 here writes version 16, which differs from Node's 15 only for buffers of 4 GiB and more. */
const NODE_FORMAT = 15;

function serialize(value) {
  const bytes = core.serialize(value);
  bytes[1] = NODE_FORMAT;
  return bytes;
}

/** The frames of the user's code; ours would only be in the way. */
function stackOf(error) {
  const stack = error.stack;
  return typeof stack === "string"
    ? stack
        .split("\n")
        .filter((line) => !OUR_FRAME.test(line))
        .join("\n")
    : stack;
}

const OUR_FRAME = /^\s+at .*\(?ext:[^)]*\)?$/;

let membrane;

/** What makes code out of text stays here: handed over as Node's own, it would run a worker's text in Node. */
const CODE_MAKERS = new Set(["Function", "AsyncFunction", "GeneratorFunction", "AsyncGeneratorFunction", "eval"]);

function sharedIntrinsics(late) {
  const { nameOf, byName } = createIntrinsics(globalThis, { late });
  const shared = (name) => (CODE_MAKERS.has(name) ? undefined : name);
  return { byName, nameOf: (object) => shared(nameOf(object)) };
}

/** The membrane of this realm, made once its globals are complete; `late` are the names of those that are not made yet. */
export function connect(late) {
  const intrinsics = sharedIntrinsics(late);
  const call = (number, args) => op_host(HOST.MEMBRANE, [number, ...args]);
  membrane = createMembrane({
    call,
    serialize,
    deserialize: (bytes) => core.deserialize(bytes),
    intrinsics,
    encodePlatform,
    decodePlatform,
    askPlatform,
    signals: createSignals({ send: (message) => call(CALL.SIGNAL, message), create: createSignal }),
    errors: createErrors({ intrinsics, stackOf }),
    answers,
    data,
    copiesBelow: op_host_copies_below(),
    isProxy: core.isProxy,
    inspect: (object) => inspect(object),
    showAs: (target, inspected) =>
      void Object.defineProperty(target, CUSTOM_INSPECT, { value: inspected, configurable: true }),
    context: currentContext,
    resume,
    leave,
    waiting() {},
    owes() {},
  });
}

export const encode = (value) => membrane.encode(value);
/** Of what was thrown, or a promise rejected with: something that Node can read, whatever it is. */
export const encodeThrown = (value) => membrane.encodeThrown(value);
export const decode = (wire) => membrane.decode(wire);
export const serve = (call, args) => membrane.serve(call, args);
/** Makes an object cross as itself from now on, even when it is nothing but data. Returns its number. */
export const live = (object) => membrane.number(object);
