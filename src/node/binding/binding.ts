// Node's way to the addon. A room calls the functions that the addon exports for it as they are (`binding.kvGet`); those
// that belong to no room, and those that take another form here, have a name of their own.

import { binding, snapshot } from "./addon.ts";
import type { Place, WireValue } from "./exports.d.ts";

/** Answers the calls of workers. */
type Host = (lane: number, call: number, args: WireValue[]) => WireValue;

/** Gives the addon what workers of this copy of the package call, `host(lane, call, args)`. The number it goes by. */
const setup = (host: Host): number => binding.setup(host, snapshot);

let waitingCount = 0;

/** Node stays alive while someone waits for a worker. */
function waiting(delta: number): void {
  const before = waitingCount > 0;
  waitingCount += delta;
  const after = waitingCount > 0;
  if (before !== after) binding.keepAlive(after);
}

/** Digits of Durable Objects' ids, as the worker makes them too. */
const objectIds = {
  idFromName: (objects: string, name: string): string => binding.durableIdFromName(objects, name),
  uniqueId: (objects: string, now: number): string => binding.durableIdUnique(objects, now),
  parseId(objects: string, text: string): string {
    const { id, problem } = binding.durableIdParse(objects, text);
    if (id !== undefined) return id;
    throw new TypeError(problem);
  },
};

/** When a cron expression is due after a moment, in milliseconds since 1970. Throws what is wrong with it. */
const nextCron = (expression: string, after: number): number | null => binding.nextCron(expression, after);

/** A scheduler of cron expressions on the clock of an instance, by number: see `crons.rs`. */
const openCrons = (instance: number): number => binding.cronsOpen(instance);
/** What it waits for from now on; how many of them will be due at all. */
const setCrons = (scheduler: number, expressions: string[]): number => binding.cronsSet(scheduler, expressions);
const dueCrons = (scheduler: number): WireValue => binding.cronsDue(scheduler);
const closeCrons = (scheduler: number): void => binding.cronsClose(scheduler);

/** The value of a TOML document. Throws what is wrong with it. */
const parseToml = (text: string): unknown => JSON.parse(binding.parseToml(text));

/** What the lanes of an instance share outlives them: its data stays when its worker is reloaded. */
const openInstance = (): number => binding.openInstance();
/** Where its rooms store from now on, `places` by the rooms' names. */
const settleStores = (instance: number, places: Record<string, Place>): void => binding.settleStores(instance, places);
/** What an instance has stored, remembered by a number, and brought back. */
const clearStores = (instance: number) => binding.clearStores(instance);
const takeSnapshot = (instance: number): number => binding.takeSnapshot(instance);
const restoreSnapshot = (instance: number, snapshot: number): WireValue => binding.restoreSnapshot(instance, snapshot);
const forgetSnapshot = (instance: number, snapshot: number): void => binding.forgetSnapshot(instance, snapshot);
const closeInstance = (instance: number): void => binding.closeInstance(instance);

/** The clock of an instance; times are in milliseconds since 1970. */
export interface InstanceClock {
  now(): number;
  /** Makes it stand still and show this time. */
  set(ms: number): void;
  /** Lets it flow again. */
  release(): void;
  /** Moves it on to the next moment that something sleeps until; false when there is none before `target`. */
  step(target: number): boolean;
  /** How many turns the workers of the instance have had. */
  turns(): number;
}

const instanceClock = (instance: number): InstanceClock => ({
  now: () => binding.clockNow(instance),
  set: (ms) => binding.clockSet(instance, ms),
  release: () => binding.clockRelease(instance),
  step: (target) => binding.clockStep(instance, target),
  turns: () => binding.clockTurns(instance),
});

export {
  binding,
  closeCrons,
  closeInstance,
  dueCrons,
  forgetSnapshot,
  instanceClock,
  nextCron,
  objectIds,
  openCrons,
  openInstance,
  parseToml,
  restoreSnapshot,
  setCrons,
  settleStores,
  setup,
  clearStores,
  takeSnapshot,
  waiting,
};
