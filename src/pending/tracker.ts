// What the events of this worker wait for. It is noted where the runtime begins to wait, with the stack of that moment, whose
// text V8 makes when somebody reads it. Beside this, hooks of V8's note each `await` and `then` in the code of an event, so
// that a promise which nothing will ever settle is found, too.

import { core } from "ext:core/mod.js";
import { op_clock_now } from "ext:core/ops";
import { currentContext } from "ext:miniflare/realm/context.ts";
import { elapsed, lastOperation } from "ext:miniflare/realm/usage.ts";
import { trackWith } from "ext:miniflare/realm/waits.ts";
import type { Payer } from "ext:miniflare/realm/usage.ts";
import type { PendingInWorker } from "../wire.ts";

/** Where code stood: the stack of that moment, as a property that V8 computes when it is read. */
interface Place {
  stack?: unknown;
}

interface Wait {
  kind: string;
  what: readonly unknown[];
  since: number;
  due: number | undefined;
  place: Place;
}

interface TrackedEvent {
  kind: string;
  what: readonly string[];
  since: number;
  isAnswered: boolean;
}

/** What is known of an event. */
interface Entry {
  event: TrackedEvent | undefined;
  waits: Set<Wait>;
  /** Where its code awaits promises, by the promises that V8 makes for that. */
  awaits: Map<object, Place>;
}

/** Frames of a stack. Those of the runtime come before those of the user. */
const FRAMES = 24;
/** Promises that one event may await at a time, and that are noted. */
const MOST_AWAITS = 10_000;
const NOW = Number.NaN;

/** The one that V8 looks at, whatever a script makes of the global. */
const ErrorClass = Error as ErrorConstructor & { stackTraceLimit: number; captureStackTrace(target: object): void };
const { captureStackTrace } = ErrorClass;

const entries = new Map<Payer, Entry>();
const awaiting = new WeakMap<object, Entry>();

function here(): Place {
  const place: Place = {};
  const { stackTraceLimit } = ErrorClass;
  Reflect.set(ErrorClass, "stackTraceLimit", FRAMES);
  captureStackTrace(place);
  Reflect.set(ErrorClass, "stackTraceLimit", stackTraceLimit);
  return place;
}

function entryOf(payer: Payer): Entry {
  let entry = entries.get(payer);
  if (entry === undefined) {
    entry = { event: undefined, waits: new Set(), awaits: new Map() };
    entries.set(payer, entry);
  }
  return entry;
}

function event(payer: Payer, kind: string, what: readonly string[]) {
  entryOf(payer).event = { kind, what, since: elapsed(), isAnswered: false };
  return () => void entries.delete(payer);
}

function answered(payer: Payer) {
  const known = entries.get(payer)?.event;
  if (known !== undefined) known.isAnswered = true;
}

function wait(kind: string, what: readonly unknown[], delay?: number) {
  const payer = currentContext()?.payer;
  if (payer === undefined) return () => {};
  const entry = entryOf(payer);
  const due = delay === undefined ? undefined : op_clock_now(NOW) + delay;
  const begun: Wait = { kind, what, since: elapsed(), due, place: here() };
  entry.waits.add(begun);
  return () => {
    entry.waits.delete(begun);
    if (entry.event === undefined && entry.waits.size === 0) entries.delete(payer);
  };
}

function operation() {
  const [kind, count, binding] = lastOperation();
  return wait(kind, [count, "of", binding]);
}

/** V8 makes a promise. One that has a parent is made by `await` or `then`, for when the parent is settled. */
function made(promise: object, parent: object | undefined) {
  if (parent === undefined) return;
  const payer = currentContext()?.payer;
  const entry = payer && entries.get(payer);
  if (entry?.event === undefined || entry.awaits.size >= MOST_AWAITS) return;
  entry.awaits.set(promise, here());
  awaiting.set(promise, entry);
}

/**
 * The code after `await`, or the callback of `then`, is about to run. A promise that V8 makes of a value which is awaited has a
 * parent, too: it is resolved at once.
 */
function continues(promise: object) {
  awaiting.get(promise)?.awaits.delete(promise);
}

/** Keeps note from now on. */
export function track() {
  trackWith({ event, answered, wait, operation });
  core.setPromiseHooks(made, continues, undefined, continues);
}

/** The text of a stack; a script may have made something else of it. */
function textOf(place: Place): string {
  try {
    const { stack } = place;
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
}

/** What each event waits for that is under way. */
export function report(): PendingInWorker[] {
  const now = elapsed();
  const pending: PendingInWorker[] = [];
  for (const { event: known, waits, awaits } of entries.values()) {
    if (known === undefined) continue;
    pending.push({
      kind: known.kind,
      what: known.what.join(" "),
      ms: now - known.since,
      isAnswered: known.isAnswered,
      waits: [...waits].map(({ kind, what, since, due, place }) => ({
        kind,
        what: what.filter((word) => word !== undefined && word !== "").join(" "),
        ms: now - since,
        due,
        stack: textOf(place),
      })),
      awaits: [...awaits.values()].map(textOf),
    });
  }
  return pending;
}
