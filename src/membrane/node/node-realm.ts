// Node's half of the membrane: what one lane's proxies are made with.

import util from "node:util";
import * as data from "../membrane-data.js";
import { createMembrane } from "../membrane.js";
import { createIntrinsics, WEB } from "../intrinsics.js";
import { createErrors } from "../membrane-errors.js";
import { createSignals } from "../signals.js";
import { createKinds } from "../kinds.js";
import { answers } from "../../web/sources.js";
import { adopt } from "../../node/env/adopt.ts";
import { byName } from "../../node/errors.ts";
import { CALL } from "../../protocol.js";
import type { Kinds } from "../kinds.js";
import type { Membrane, Realm } from "../membrane.js";

const intrinsics = createIntrinsics(globalThis, { late: WEB });

/** A serializer as it is: Node's default one writes typed arrays in a way that only Node reads. */
function serialize(value: unknown): Uint8Array {
  const { Serializer } = require("node:v8") as typeof import("node:v8");
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return new Uint8Array(serializer.releaseBuffer());
}

function deserialize(bytes: Uint8Array): unknown {
  const { Deserializer } = require("node:v8") as typeof import("node:v8");
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return adopt(deserializer.readValue());
}

/** Errors of our own classes arrive by name, "DurableObjectError [ERR_NO_HANDLER]". */
function refine(error: Error, name: string): void {
  const Class = byName.get(/^(\w+) \[\w+\]$/.exec(name)?.[1] ?? "");
  if (Class !== undefined) Object.setPrototypeOf(error, Class.prototype);
}

function showAs(target: object, inspected: () => unknown): void {
  Object.defineProperty(target, util.inspect.custom, { value: inspected, configurable: true });
}

/** A signal of Node's, and what aborts it. */
function createSignal() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason: unknown) => controller.abort(reason) };
}

/** Makes the half that talks through `call(number, args)`, with kinds of `createKinds`. */
function createRealm(kinds: Kinds, call: Realm["call"], waiting: Realm["waiting"], owes: Realm["owes"]): Membrane {
  const errors = createErrors({ intrinsics, refine });
  return createMembrane({
    call,
    waiting,
    owes,
    serialize,
    deserialize,
    intrinsics,
    errors,
    kinds,
    signals: createSignals({ send: (message) => void call(CALL.SIGNAL, message), create: createSignal }),
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

export const listed = data.listed;
export { createKinds, createRealm, serialize };
