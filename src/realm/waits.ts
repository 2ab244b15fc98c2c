// What the worker waits for, as far as that is tracked: the seams between the parts that wait and the room that keeps note of
// it, with the option `trackPending`. Without it they do nothing.

import { op_later } from "ext:core/ops";
import type { WireValue } from "../wire.ts";
import type { Payer } from "ext:miniflare/realm/usage.ts";

/** What is waited for. */
export type WaitKind =
  | "timer"
  | "gate"
  | "lock"
  | "object"
  | "service"
  | "rpc"
  | "fetch"
  | "stream"
  | "node"
  | "operation";

export interface Tracker {
  /** An event begins; `what` are the words of its description. It ends when the function that is returned is called. */
  event(payer: Payer, kind: string, what: readonly string[]): () => void;
  /** An event is answered, and goes on. */
  answered(payer: Payer): void;
  /** The event whose code runs waits for something, until the function that is returned is called. */
  wait(kind: WaitKind, what: readonly unknown[], delay?: number): () => void;
  /** The same for the operation that was counted last. */
  operation(): () => void;
}

let tracker: Tracker | undefined;

export const trackWith = (given: Tracker) => void (tracker = given);

export const isTracked = () => tracker !== undefined;

const nothing = () => {};

/** An event begins, unless nothing is tracked; what ends it. */
export const beginEvent = (payer: Payer, kind: string, method: string, url: string) =>
  tracker === undefined ? undefined : tracker.event(payer, kind, [method, url]);

/** An event is answered, and goes on until something ends it. */
export const eventAnswered = (payer: Payer) => tracker?.answered(payer);

/** Runs the work of an event, which ends with the promise that it returns. */
export function inEvent<Result>(
  payer: Payer,
  kind: string,
  what: () => string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (tracker === undefined) return work();
  const end = tracker.event(payer, kind, [what()]);
  const result = work();
  result.then(end, end);
  return result;
}

/** The event whose code runs waits for something, `delay` milliseconds if that is known; what ends it. */
export const beginWait = (kind: WaitKind, what: readonly unknown[], delay?: number) =>
  tracker === undefined ? nothing : tracker.wait(kind, what, delay);

/** The event whose code runs waits for a promise, which is returned; up to three words say what it is for. */
export function awaited<Wait extends Promise<unknown> | undefined>(
  kind: WaitKind,
  wait: Wait,
  first?: string,
  second?: string,
  third?: string,
): Wait {
  if (tracker === undefined || wait === undefined) return wait;
  const end = tracker.wait(kind, [first, second, third]);
  wait.then(end, end);
  return wait;
}

/** What an op has answered with a number, of the operation that was counted last. */
export function later(number: number): Promise<WireValue> {
  const answer = op_later(number);
  if (tracker !== undefined) {
    const end = tracker.operation();
    answer.then(end, end);
  }
  return answer;
}
