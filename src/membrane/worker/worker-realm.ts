// The worker's half of the membrane.

import { core } from "ext:core/mod.js";
import { op_host, op_host_copies_below } from "ext:core/ops";
import { currentContinuation, leave, resume } from "ext:miniflare/realm/context.ts";
import { beginWait, isTracked } from "ext:miniflare/realm/waits.ts";
import { CONSOLE, stubOf } from "ext:miniflare/realm/lazy.ts";
import { CALL, CLONE, connectPort, HOST } from "ext:miniflare/realm/port.ts";
import { createMembrane } from "ext:miniflare/membrane/membrane.ts";
import { createIntrinsics } from "ext:miniflare/membrane/intrinsics.ts";
import { isBytes, isData, isSmall, listed } from "ext:miniflare/membrane/membrane-data.ts";
import { createKinds } from "ext:miniflare/membrane/kinds.ts";
import { createErrors } from "ext:miniflare/membrane/membrane-errors.ts";
import { createSignals } from "ext:miniflare/membrane/signals.ts";
import { answers } from "ext:miniflare/web/sources.ts";
import type { WireValue } from "../../wire.ts";
import type { Intrinsics } from "../intrinsics.ts";
import type { Kind } from "../kinds.ts";

const { inspect } = stubOf(CONSOLE);
const CUSTOM_INSPECT = Symbol.for("Deno.privateCustomInspect");
const { newSignal, signalAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");

function serialize(value: unknown) {
  const bytes = core.serialize(value);
  bytes[1] = CLONE.VERSION;
  return bytes;
}

/** A signal of this realm, and what aborts it. */
function createSignal() {
  const signal = newSignal();
  return { signal, abort: (reason?: unknown) => signal[signalAbort](reason) };
}

/** The frames of the user's code; ours would only be in the way. */
function stackOf(error: Error): unknown {
  const stack = error.stack;
  return typeof stack === "string"
    ? stack
        .split("\n")
        .filter((line) => !OUR_FRAME.test(line))
        .join("\n")
    : stack;
}

const OUR_FRAME = /^\s+at .*\(?ext:[^)]*\)?$/;

/** What makes code out of text stays here: handed over as Node's own, it would run a worker's text in Node. */
const CODE_MAKERS = new Set(["Function", "AsyncFunction", "GeneratorFunction", "AsyncGeneratorFunction", "eval"]);

function sharedIntrinsics(late: readonly string[]): Intrinsics {
  const { nameOf, byName } = createIntrinsics(globalThis, { late });
  const shared = (name: string | undefined) => (CODE_MAKERS.has(name as string) ? undefined : name);
  return { byName, nameOf: (object: object) => shared(nameOf(object)) };
}

/** What ends the waits for promises of Node, by their numbers, if that is tracked. */
const ends = new Map<number, () => void>();

function waiting(delta: number, number: number, isOfSender = false) {
  if (delta < 0) {
    ends.get(number)?.();
    ends.delete(number);
  } else if (isTracked()) {
    ends.set(number, isOfSender ? beginWait("stream", ["of Node"]) : beginWait("node", ["promise"]));
  }
}

/**
 * Makes the membrane of this realm, once its globals are complete.
 * @param kinds the rooms' rows of `kinds.ts`
 * @param late the names of globals that are not made yet
 */
export function connect(kinds: readonly Kind[], late: readonly string[]) {
  const intrinsics = sharedIntrinsics(late);
  const call = (number: number, args: WireValue[]) => op_host(HOST.MEMBRANE, [number, ...args]);
  const membrane = createMembrane({
    call,
    serialize,
    deserialize: (bytes) => core.deserialize(bytes),
    intrinsics,
    kinds: createKinds(kinds),
    signals: createSignals({ send: (message) => call(CALL.SIGNAL, message), create: createSignal }),
    errors: createErrors({ intrinsics, stackOf }),
    answers,
    data: { isBytes, isData, isSmall, listed },
    copiesBelow: op_host_copies_below(),
    isProxy: core.isProxy,
    inspect: (object) => inspect(object),
    showAs: (target, inspected) =>
      void Object.defineProperty(target, CUSTOM_INSPECT, { value: inspected, configurable: true }),
    context: currentContinuation,
    resume: resume as (context: unknown) => boolean,
    leave,
    waiting,
    owes() {},
  });
  connectPort(membrane);
}
