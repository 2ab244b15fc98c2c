// Node's way to the addon. A room calls the functions that the addon exports for it as they are (`binding.kvGet`); those
// that belong to no room, and those that take another form here, have a name of their own.

import { binding, snapshot } from "./addon.ts";

/** Gives the addon what workers of this copy of the package call, `host(lane, call, args)`. The number it goes by. */
const setup = (host) => binding.setup(host, snapshot);

let waitingCount = 0;

/** Node stays alive while someone waits for a worker. */
function waiting(delta) {
  const before = waitingCount > 0;
  waitingCount += delta;
  const after = waitingCount > 0;
  if (before !== after) binding.keepAlive(after);
}

/** Digits of Durable Objects' ids, as the worker makes them too. */
const objectIds = {
  idFromName: (objects, name) => binding.durableIdFromName(objects, name),
  uniqueId: (objects, now) => binding.durableIdUnique(objects, now),
  parseId(objects, text) {
    const { id, problem } = binding.durableIdParse(objects, text);
    if (problem === undefined) return id;
    throw new TypeError(problem);
  },
};

/** When a cron expression is due after a moment, in milliseconds since 1970. Throws what is wrong with it. */
const nextCron = (expression, after) => binding.nextCron(expression, after);

/** A scheduler of cron expressions on the clock of an instance, by number: see `crons.rs`. */
const openCrons = (instance) => binding.cronsOpen(instance);
/** What it waits for from now on; how many of them will be due at all. */
const setCrons = (scheduler, expressions) => binding.cronsSet(scheduler, expressions);
const dueCrons = (scheduler) => binding.cronsDue(scheduler);
const closeCrons = (scheduler) => binding.cronsClose(scheduler);

/** The value of a TOML document. Throws what is wrong with it. */
const parseToml = (text) => JSON.parse(binding.parseToml(text));

/** What the lanes of an instance share outlives them: its data stays when its worker is loaded anew. */
const openInstance = () => binding.openInstance();
/** Where its rooms store from now on, `places` by the rooms' names. */
const settleStores = (instance, places) => binding.settleStores(instance, places);
/** What an instance has stored, remembered by a number, and brought back. */
const takeSnapshot = (instance) => binding.takeSnapshot(instance);
const restoreSnapshot = (instance, snapshot) => binding.restoreSnapshot(instance, snapshot);
const forgetSnapshot = (instance, snapshot) => binding.forgetSnapshot(instance, snapshot);
const closeInstance = (instance) => binding.closeInstance(instance);

/** The clock of an instance. */
const instanceClock = (instance) => ({
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
  takeSnapshot,
  waiting,
};
