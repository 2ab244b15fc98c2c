// Alarms: an object's own calls about its alarm, and the delivery of those that are due.
//
// One lane at a time watches for the alarms of a binding. A delivery is an event of the object as a request is: it waits
// for the gate, and constructs the object when it does not live. What it throws is reported, and it is delivered again. That it
// begins is stored before the handler is called: a handler that ends the process is not called for ever.

import {
  op_durable_alarm,
  op_durable_alarm_name,
  op_durable_alarm_retries,
  op_durable_alarms_deliver,
  op_durable_alarms_due,
  op_durable_alarms_postpone,
  op_durable_alarms_scheduled,
  op_durable_alarms_watch,
} from "ext:core/ops";
import { COUNT, count } from "ext:miniflare/durable/usage.ts";
import { ALARM, ALARM_TIME, encodeThrown, HOST, host } from "ext:miniflare/realm/port.ts";
import type { Open } from "ext:miniflare/durable/entries.ts";

/** The last time that a `Date` can have, in milliseconds since the epoch. */
const LAST_TIME = 8.64e15;

const SPENT_TEXT = "The process ended each time while the alarm was handled.";

const FACET = "Facets have no alarms: set the alarm of the object that they belong to.";
const NO_HANDLER = "Your Durable Object class must have an alarm() handler in order to call setAlarm()";

/** The number that this worker watches by, once it does, and whether it delivers on its own. */
let watcher = 0;
let watches = false;

/** What is known of an object's alarm. */
export interface AlarmState {
  handled: boolean | undefined;
  /** The name of the object, as far as it is known. It is stored with the alarm, which may construct the object. */
  name?: string | undefined;
  /** Whether the object is within another one: then it has no alarm. */
  isFacet?: boolean;
}
/** Delivers the alarm of an object; whether it did. */
type Deliver = (binding: string, hex: string, isForced: boolean) => Promise<boolean>;
type Report = (binding: string, hex: string, failure: AlarmFailure) => void;
/** What a handler of alarms is called with. */
export interface AlarmInfo {
  retryCount: number;
  isRetry: boolean;
  /** What `setAlarm()` was called with, in milliseconds since the epoch. */
  scheduledTime: number;
}

/** `handled` is whether the object has an `alarm()`; undefined while that is unknown. */
export function getAlarm(open: Open, { handled }: AlarmState) {
  count(COUNT.READS);
  const time = op_durable_alarm(open, ALARM.GET, 0);
  return time === ALARM_TIME.NONE || handled === false ? null : time;
}

export function setAlarm(open: Open, time: unknown, { name, isFacet }: AlarmState) {
  if (isFacet) throw new Error(FACET);
  const milliseconds = timeOf(time);
  if (name !== undefined) op_durable_alarm_name(open, name);
  count(COUNT.WRITES);
  op_durable_alarm(open, ALARM.SET, milliseconds);
}

/** Completes what is known of an object whose alarm is delivered. */
export function recallName(open: Open, alarm: AlarmState) {
  alarm.name ??= op_durable_alarm_name(open, null) ?? undefined;
}

export function deleteAlarm(open: Open) {
  count(COUNT.DELETES);
  op_durable_alarm(open, ALARM.DELETE, 0);
}

export function requireHandler({ handled }: AlarmState) {
  if (handled === false) throw new Error(NO_HANDLER);
}

function timeOf(time: unknown) {
  const milliseconds = time instanceof Date ? time.getTime() : time;
  if (typeof milliseconds !== "number" || Number.isNaN(milliseconds) || milliseconds > LAST_TIME) {
    const what = "a time, a Date or a number of milliseconds since the epoch";
    const got = typeof time === "object" && time !== null ? `${time}` : `${String(time)} (${typeof time})`;
    throw new TypeError(`setAlarm() takes ${what}, got ${got}`);
  }
  if (milliseconds <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
  return milliseconds;
}

/**
 * Makes this worker the one that delivers the alarms of `bindings`; on its own, as they are due, if `isEnabled`.
 * @param deliver `(binding, hex, isForced)`
 * @param report `(binding, hex, failure)` of a delivery without a caller that awaits it, an `AlarmFailure`
 */
export function watchAlarms(bindings: string[], isEnabled: boolean, deliver: Deliver, report: Report) {
  watcher = op_durable_alarms_watch(watcher, bindings);
  if (!isEnabled || watches) return;
  watches = true;
  deliverWhenDue(deliver, report).catch(({ message }) => {
    host(HOST.WARN, `Alarms of Durable Objects cannot be delivered: ${message}`);
  });
}

async function deliverWhenDue(deliver: Deliver, report: Report) {
  for (;;) {
    const due = await op_durable_alarms_due(watcher);
    if (due.length === 0) break;
    for (const [binding, hex] of names(due)) {
      settled(binding, hex, deliver(binding, hex, false)).catch((failure) => report(binding, hex, failure));
    }
  }
  watches = false;
}

/**
 * Delivers the alarms that are set, one after the other in the order of their times. `isChosen` says whose, `onlyDue`
 * leaves out what is not due. `{ count, errors }`: how many were handled, and what was thrown by the others.
 */
export async function flushAlarms(
  isChosen: (binding: string, hex: string) => boolean,
  onlyDue: boolean,
  deliver: Deliver,
) {
  let count = 0;
  const errors: unknown[] = [];
  for (const [binding, hex] of names(await op_durable_alarms_scheduled(onlyDue))) {
    if (!isChosen(binding, hex) || !op_durable_alarms_deliver(watcher, binding, hex, true)) continue;
    try {
      if (await settled(binding, hex, deliver(binding, hex, true))) count++;
    } catch (failure) {
      errors.push((failure as AlarmFailure).error);
    }
  }
  return { count, errors };
}

async function settled(binding: string, hex: string, delivery: Promise<boolean>) {
  try {
    return await delivery;
  } catch (error) {
    if (error instanceof AlarmFailure) throw error;
    // It was not delivered, or that is unknown: the object cannot be read or written.
    throw new AlarmFailure(error, null, op_durable_alarms_postpone(binding, hex));
  } finally {
    op_durable_alarms_deliver(watcher, binding, hex, false);
  }
}

export type { AlarmFailure };

/** Why an alarm was not handled. */
class AlarmFailure {
  declare readonly error: unknown;
  declare readonly retries: number | null;
  declare readonly wait: number | null;

  /**
   * `retries` is how many deliveries there had been before, null when the handler is not to blame; `wait` in how many
   * milliseconds the next one is, null when there is none.
   */
  constructor(error: unknown, retries: number | null, wait: number | null) {
    this.error = error;
    this.retries = retries;
    this.wait = wait;
  }
}

/**
 * Delivers an object's alarm if it is due, or `isForced`; whether it did. Throws an `AlarmFailure` when it is not handled.
 * @param mayRetry whether a handler that has failed is called again
 * @param confirm waits until what was written is safe, with the object's gate closed; undefined when it is
 */
export async function deliverAlarm(
  open: Open,
  isForced: boolean,
  confirm: () => Promise<unknown> | undefined,
  handle: (info: AlarmInfo) => unknown,
  mayRetry: () => boolean,
) {
  const scheduledTime = op_durable_alarm(open, ALARM.GET, 0);
  const retries = op_durable_alarm(open, ALARM.BEGIN, isForced ? Infinity : 0);
  if (retries === ALARM_TIME.NONE) return false;
  if (retries === ALARM_TIME.SPENT) throw new AlarmFailure(new Error(SPENT_TEXT), op_durable_alarm_retries(), null);
  const unconfirmed = confirm();
  if (unconfirmed !== undefined) await unconfirmed;
  try {
    await handle({ retryCount: retries, isRetry: retries > 0, scheduledTime });
  } catch (error) {
    if (!mayRetry()) {
      op_durable_alarm(open, ALARM.SUCCEED, 0);
      throw new AlarmFailure(error, retries, null);
    }
    const wait = op_durable_alarm(open, ALARM.FAIL, 0);
    throw new AlarmFailure(error, retries, wait === ALARM_TIME.NONE ? null : wait);
  }
  op_durable_alarm(open, ALARM.SUCCEED, 0);
  return true;
}

function* names(flat: string[]): Generator<[binding: string, hex: string]> {
  for (let index = 0; index < flat.length; index += 2) yield [flat[index], flat[index + 1]];
}

/** Tells Node of a delivery that has failed. */
export function reportAlarm(binding: string, hex: string, { error, retries, wait }: AlarmFailure) {
  host(HOST.ALARM_FAILED, binding, hex, retries, wait, encodeThrown(error));
}
