// The state of a Durable Object that the test itself constructs: the storage that the object of this id has in the worker,
// and gates of its own around it, which are the worker's too.

import { AsyncLocalStorage } from "node:async_hooks";
import { describe } from "../errors.ts";
import { web } from "../http/fetch-classes.ts";
import { currentIn } from "./current.ts";
import { GUEST } from "../../durable/node/guest.ts";
import type { DurableObjectId, DurableObjectStorage } from "../../../index.d.ts";
import type { GuestState } from "../../worker/contract.ts";

let guestOf: (state: unknown) => GuestState | undefined;
/** Whose event the code at hand belongs to. */
const events = new AsyncLocalStorage<GuestState>();

class TestState {
  readonly id: DurableObjectId;
  readonly storage: DurableObjectStorage;
  readonly props = {};
  #guest: GuestState;

  /**
   * @param guest of the worker: the `state` this one stands for; `run(work)` runs an event behind its gates, which what the
   *   event fetches passes by `depart()` and `arrive()`
   */
  constructor(id: DurableObjectId, guest: GuestState) {
    this.#guest = guest;
    this.id = id;
    this.storage = guest.state.storage;
  }

  static {
    guestOf = (state) => {
      if (typeof state !== "object" || state === null) return undefined;
      return #guest in state ? state.#guest : (Reflect.get(state, GUEST) as GuestState | undefined);
    };
  }

  get exports(): unknown {
    return currentIn()?.workersModule().exports;
  }

  /** Objects live on while anything is pending: there is nothing to wait for. */
  waitUntil(_promise: unknown) {}

  blockConcurrencyWhile<Result>(closure: () => Result | Promise<Result>): Promise<Result> {
    return this.#guest.state.blockConcurrencyWhile(closure);
  }
}
Object.defineProperty(TestState, "name", { value: "DurableObjectState" });

/** Runs `work` as an event of the object that was constructed with this state, and waits for all that it has written. */
async function runWithGates<Result>(state: unknown, work: () => Result | Promise<Result>): Promise<Result> {
  const guest = guestOf(state);
  // What Node loads within an event refers to it for ever: https://nodejs.org/api/async_context.html
  void web.Response;
  if (guest !== undefined) return guest.run(() => events.run(guest, work));
  const text =
    "runWithMiniflareDurableObjectGates() takes a state that getMiniflareDurableObjectState() has given, or the test has constructed";
  throw new TypeError(`${text}, got ${describe(state)}`);
}

/** Fetches as a part of the event at hand, if there is one. */
async function fetchWithGates<Answer>(fetch: () => Answer | Promise<Answer>): Promise<Answer> {
  const guest = events.getStore();
  if (guest === undefined) return fetch();
  await guest.depart();
  const response = await fetch();
  await guest.arrive();
  return response;
}

export { fetchWithGates, runWithGates, TestState };
