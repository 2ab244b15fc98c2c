// What tests ask of objects from outside the worker, beyond requests.

import { op_durable_stored } from "ext:core/ops";
import { flushAlarms } from "ext:miniflare/durable/alarms.ts";
import {
  abortAll,
  deliverAlarmOf,
  evict,
  evictAll,
  isHere,
  livingIds,
  objectOf,
  storageOf,
  storageOver,
} from "ext:miniflare/durable/objects.ts";
import { loseSockets } from "ext:miniflare/durable/sockets.ts";
import { DurableObjectState } from "ext:miniflare/durable/state.ts";
import { DurableObjectStorage } from "ext:miniflare/durable/storage.ts";
import { enter, eventContext } from "ext:miniflare/realm/context.ts";
import { live } from "ext:miniflare/realm/port.ts";
import type { Soon, Work } from "ext:miniflare/durable/object-calls.ts";

/** An object's storage, opened again if something that was written to it is lost. */
async function soundStorageOf(binding: string, hex: string) {
  const known = storageOf(binding, hex);
  if (known.opening !== undefined) await known.opening;
  try {
    await known.gates.output.pass();
    return known;
  } catch {
    const fresh = storageOf(binding, hex);
    if (fresh.opening !== undefined) await fresh.opening;
    return fresh;
  }
}

/** The object, which crosses as itself. */
function asLive<Live extends object>(object: Live) {
  live(object);
  return object;
}

export const outside = {
  /** The storage of an object, whose writes have been confirmed when they resolve. */
  async objectStorage(binding: string, hex: string) {
    const { open, gates, alarm, kind } = await soundStorageOf(binding, hex);
    return new DurableObjectStorage(open, gates, alarm, kind, true);
  },
  /** The digits of the ids of a binding's objects that live or have stored something, in order. */
  async objectIds(binding: string) {
    return [...new Set([...livingIds(binding), ...(await op_durable_stored(binding))])].sort();
  },
  /** Forgets an object, and its sockets too if they are to close; whether it lived. */
  evictObject(binding: string, hex: string, closes: boolean) {
    const lived = evict(binding, hex);
    if (closes) loseSockets(binding, hex);
    return lived;
  },
  evictObjects: evictAll,
  abortObjects: abortAll,
  /** Runs `work(instance, state)`, code in Node, as an event of an object. */
  async runWithObject<Result>(
    binding: string,
    hex: string,
    work: Work<Result>,
    soon: Soon,
    name?: string,
  ): Promise<Result> {
    const run: Work<Result> = (instance, state) => {
      live(instance);
      live(state);
      return work(instance, state);
    };
    const { opening } = storageOf(binding, hex, name);
    if (opening !== undefined) await opening;
    return enter(eventContext(), () => objectOf(binding, hex).run(run, soon));
  },
  /**
   * What code in Node constructs a class with: a state over the storage of an object, with gates of its own. `run(work)` runs
   * an event behind them; what the event asks of others goes when `depart()` says so, and comes when `arrive()` does. For as
   * long as the state is there, Node is asked when its code has gone on.
   */
  async stateForGuest(binding: string, hex: string, soon: Soon) {
    const { open, alarm, kind } = await soundStorageOf(binding, hex);
    const { gates } = storageOver(open, binding, hex);
    const { input, output } = gates;
    const state = new DurableObjectState(undefined, new DurableObjectStorage(open, gates, alarm, kind), input);
    const stays = () => new Promise<never>(() => {});
    input.enterGuest(stays, soon).catch(() => {});
    const run = async <Result>(work: () => Result | Promise<Result>) => {
      try {
        return await input.enter(async () => work());
      } finally {
        await output.pass();
      }
    };
    return { state: asLive(state), run, depart: () => output.pass(), arrive: () => input.pass() };
  },
  /** Delivers the alarms that are set, of this worker's objects that `ids`, `[binding, id]` each, name; of all without. */
  flushAlarms(ids: [binding: string, hex: string][] | undefined, onlyDue: boolean) {
    const chosen = ids && new Set(ids.map(String));
    const isChosen = (binding: string, hex: string) => isHere(binding) && (chosen?.has(`${binding},${hex}`) ?? true);
    return flushAlarms(isChosen, onlyDue, deliverAlarmOf);
  },
};
