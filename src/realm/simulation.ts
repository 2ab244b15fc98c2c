// Simulation: what could happen in many orders happens in one that a seed decides.
//
// Requests, alarms, answers of objects, completions of storage and timers are tasks. Once Node and the worker have gone
// as far as they can, one of the tasks that could happen now is chosen and done, then the next. The gates decide what
// could happen; the seed decides what does. Timers keep the order of their times among each other. They need not wait:
// any may come while there are other tasks. When there are only timers left, the first waits for its time.

/** Numbers of simulated timers are beyond those of others. */
const FIRST_TIMER = 2 ** 30;
/** The longest time that a timer can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

import { connectOutside, outsideOf } from "ext:miniflare/realm/outside.ts";
import type { OutsideFunctions } from "ext:miniflare/realm/outside.ts";

/** A timer of the simulation. */
interface Timer {
  id: number;
  /** When it is due, in milliseconds. */
  due: number;
  delay: number;
  repeats: boolean;
  callback: () => void;
}

/** What `startWait` returns, for `stopWait`. */
export type Wait = unknown;
/** Calls back later; the callback returns whether it has done anything. */
type Later = (callback: () => boolean) => void;

let startWaiting: (callback: () => void, milliseconds: number) => Wait;
let stopWaiting: (wait: never) => void;
let random: (() => number) | undefined;
let afterNode: Later;
let isWaiting = false;
/** The wait for the first timer. */
let idle: { wait: Wait; isOver: boolean } | undefined;
const tasks: (() => void)[] = [];
/** In the order of their times, which count from the beginning. */
const timers: Timer[] = [];
let now = 0;
let nextTimer = FIRST_TIMER;

export const isSimulating = () => random !== undefined;

/**
 * Simulates from now on. `soon(callback)` calls back once Node's microtasks are done.
 * @param outside given if the run is recorded or replayed
 */
export function simulate(seed: number, soon: Later, outside?: OutsideFunctions) {
  random = generator(seed);
  afterNode = soon;
  if (outside !== undefined && outsideOf() === undefined) connectOutside(outside);
}

/** How to wait for a time: `start(callback, milliseconds)` returns what `stop` takes. */
export function waitBy<Wait>(
  start: (callback: () => void, milliseconds: number) => Wait,
  stop: (wait: Wait) => void,
): void {
  startWaiting = start;
  stopWaiting = stop;
}

/** Calls back after some time of the clock, even in a simulation; what `stopWait` takes. */
export const startWait = (callback: () => void, milliseconds: number) => startWaiting(callback, milliseconds);
export const stopWait = (wait: Wait) => stopWaiting(wait as never);

/** Does `task`, which must not throw, when its turn has come. */
export function atRandom(task: () => void) {
  tasks.push(task);
  proceed();
}

/** Resolves when its turn has come. */
export const someTime = () => new Promise<void>((resolve) => atRandom(resolve));

/** A random index of a list. */
export const indexOf = ({ length }: readonly unknown[]) => Math.floor((random as () => number)() * length);

/** Calls back in the order of times, and again and again if it `repeats`; the timer's number. */
export function startTimer(callback: () => void, delay: number, repeats: boolean) {
  const id = nextTimer++;
  plan({ id, due: now + Math.max(delay, 0), delay, repeats, callback });
  proceed();
  return id;
}

export function clearTimer(id: number) {
  const index = timers.findIndex((timer) => timer.id === id);
  if (index >= 0) timers.splice(index, 1);
}

function plan(timer: Timer) {
  const index = timers.findIndex(({ due }) => due > timer.due);
  timers.splice(index < 0 ? timers.length : index, 0, timer);
}

function proceed() {
  if (isWaiting) return;
  isWaiting = true;
  endIdle();
  afterNode(step);
}

function step() {
  isWaiting = false;
  if (tasks.length > 0) choose();
  if (tasks.length > 0) proceed();
  else if (timers.length > 0 && !isWaiting) beIdle(Math.min(timers[0].due - now, LONGEST));
  return true;
}

/** Waits for the first timer. In a run that is recorded, or replayed, its turn comes among those of other steps. */
function beIdle(milliseconds: number) {
  const own: { wait: Wait; isOver: boolean } = { wait: undefined, isOver: false };
  idle = own;
  const end = () => {
    if (own.isOver) return false;
    own.isOver = true;
    fire();
    return true;
  };
  own.wait = startWaiting(outsideOf() === undefined ? end : () => afterNode(end), milliseconds);
}

function endIdle() {
  if (idle === undefined || idle.isOver) return;
  idle.isOver = true;
  stopWaiting(idle.wait as never);
}

function choose() {
  const index = Math.floor((random as () => number)() * (tasks.length + (timers.length > 0 ? 1 : 0)));
  if (index === tasks.length) return fire();
  const [task] = tasks.splice(index, 1);
  task();
}

/** The first timer's turn has come. */
function fire() {
  const timer = timers.shift();
  if (timer === undefined) return;
  now = Math.max(now, timer.due);
  if (timer.repeats) plan({ ...timer, due: now + Math.max(timer.delay, 1) });
  proceed();
  timer.callback();
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function generator(seed: number) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
