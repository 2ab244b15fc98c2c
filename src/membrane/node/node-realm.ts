// Node's half of the membrane: what one lane's proxies are made with.

import util from "node:util";
import { isBytes, isData, isSmall, listed } from "../membrane-data.ts";
import { createMembrane } from "../membrane.ts";
import { createIntrinsics, WEB } from "../intrinsics.ts";
import { createErrors } from "../membrane-errors.ts";
import { createSignals } from "../signals.ts";
import { createKinds } from "../kinds.ts";
import { answers } from "../../web/sources.ts";
import { adopt } from "../../node/env/adopt.ts";
import { byName } from "../../node/errors.ts";
import { CALL } from "../../protocol.ts";
import type { Kinds } from "../kinds.ts";
import type { Membrane, Realm } from "../membrane.ts";

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
    data: { isBytes, isData, isSmall, listed },
    copiesBelow: Number.POSITIVE_INFINITY,
    isProxy: util.types.isProxy,
    inspect: util.inspect,
    context() {},
    resume: () => false,
    leave() {},
    showAs,
  });
}

export { listed };
export { createKinds, createRealm, serialize };
