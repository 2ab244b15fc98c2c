// Timers and waiting. When each timer is due is known to the lane; here is what it calls, and in which request. A
// callback must be a function: a worker compiles no text.

import { core } from "ext:core/mod.js";
import { op_timer_clear, op_timer_start } from "ext:core/ops";
import { clearTimer, isSimulating, startTimer, waitBy } from "ext:miniflare/realm/simulation.ts";
import { beginWait, isTracked } from "ext:miniflare/realm/waits.ts";
import { extend } from "ext:miniflare/web/interface.ts";
import { reportError } from "ext:miniflare/web/rejections.ts";
import { currentContinuation, moveTime, requireContext, switchTo } from "ext:miniflare/realm/context.ts";
import { createScheduler } from "ext:miniflare/web/scheduler.ts";
import type { Continuation } from "ext:miniflare/realm/context.ts";

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { AbortController, AbortSignal } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const { long } = webidl.converters;

type Callback = (...args: unknown[]) => unknown;

interface Timer {
  id: number;
  callback: Callback;
  args: unknown[];
  repeats: boolean;
  continuation: Continuation | undefined;
  /** Ends the wait, if that is tracked. */
  end: (() => void) | undefined;
}

/** What each timer calls, by its number: `{ id, callback, args, repeats, continuation }`. */
const timers = new Map<number, Timer>();

function start(callback: Callback, delay: number, args: unknown[], repeats: boolean) {
  const end = isTracked() ? beginWait("timer", [`${delay} ms`], repeats ? undefined : Math.max(delay, 0)) : undefined;
  const timer: Timer = { id: 0, callback, args, repeats, continuation: currentContinuation(), end };
  timer.id = isSimulating() ? startTimer(() => fire(timer), delay, repeats) : startReal(timer, delay);
  return timer.id;
}

function startReal(timer: Timer, delay: number) {
  const id = op_timer_start(delay, timer.repeats);
  timers.set(id, timer);
  return id;
}

function clear(id: number) {
  timers.get(id)?.end?.();
  if (timers.delete(id)) op_timer_clear(id);
  else clearTimer(id);
}

waitBy(
  (callback, delay) =>
    startReal({ callback, args: [], repeats: false, continuation: undefined } as unknown as Timer, delay),
  clear,
);

/** A timer was due at a moment, in milliseconds since the epoch. */
export function fireTimer(id: number, due: number) {
  const timer = timers.get(id) as Timer;
  if (!timer.repeats) timers.delete(id);
  fire(timer, due);
}

/** The gate of the object whose timer it is may keep it out for a while. */
function fire(timer: Timer, due?: number) {
  if (!timer.repeats) timer.end?.();
  const closed = timer.continuation?.request?.gates?.input?.pass();
  if (closed === undefined) call(timer, due);
  else closed.then(() => call(timer, due));
}

/** Timers of an object end with its life. For the code that goes on it is the moment at which its timer was due. */
function call({ id, callback, args, continuation }: Timer, due?: number) {
  const context = continuation?.request;
  if (context?.gates?.life.isOver) return clear(id);
  if (due !== undefined) moveTime(context, due);
  const outer = switchTo(continuation);
  try {
    Reflect.apply(callback, globalThis, args);
  } catch (error) {
    reportError(error);
  } finally {
    switchTo(outer);
  }
}

export function setTimeout(callback: Callback, delay: unknown = 0, ...args: unknown[]) {
  requireContext("globalTimers");
  assertCallback("setTimeout", callback);
  return start(callback, long(delay), args, false);
}

export function setInterval(callback: Callback, delay: unknown = 0, ...args: unknown[]) {
  requireContext("globalTimers");
  assertCallback("setInterval", callback);
  return start(callback, long(delay), args, true);
}

export function clearTimeout(id: unknown = 0) {
  requireContext("globalTimers");
  clear(long(id));
}

export function clearInterval(id: unknown = 0) {
  requireContext("globalTimers");
  clear(long(id));
}

function assertCallback(name: string, callback: unknown) {
  if (typeof callback !== "function") throw wrongType(name, "WorkerGlobalScope", "Function");
}

function wrongType(method: string, target: string, type: string) {
  return new TypeError(`Failed to execute '${method}' on '${target}': parameter 1 is not of type '${type}'.`);
}

extend(AbortSignal, {
  /** Upstream's own would abort outside of the request that made it. */
  timeout(...args: unknown[]) {
    if (args.length === 0) throw wrongType("timeout", "AbortSignal", "integer");
    const delay = webidl.converters["unsigned long long"](args[0], undefined, undefined, { enforceRange: true });
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    start(abort, delay, [], false);
    return controller.signal;
  },
});

export const { Scheduler, scheduler } = createScheduler({
  DOMException,
  begin: () => requireContext("globalTimers"),
  start: (callback, delay) => start(callback, delay, [], false),
  clear,
  toLong: (value) => long(value),
});
