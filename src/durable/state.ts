// What an object is constructed with.

import type * as miniflare from "../../index.d.ts";
import type { InputGate } from "./gate.ts";

export class DurableObjectState implements miniflare.DurableObjectState {
  declare readonly id: miniflare.DurableObjectId;
  declare readonly storage: miniflare.DurableObjectStorage;
  #gate: InputGate;

  /** @param id undefined for a state that code in Node makes */
  constructor(id: miniflare.DurableObjectId | undefined, storage: miniflare.DurableObjectStorage, gate: InputGate) {
    this.#gate = gate;
    this.id = id as miniflare.DurableObjectId;
    this.storage = storage;
  }

  /** Objects live on while anything is pending: there is nothing to wait for. */
  waitUntil(_promise: unknown) {}

  blockConcurrencyWhile<Result>(closure: () => Result | Promise<Result>) {
    return this.#gate.block(closure);
  }
}
