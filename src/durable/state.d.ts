// The contract of `state.js`: what an object is constructed with.

import type * as miniflare from "../../index.d.ts";
import type { InputGate } from "./gate.js";

export class DurableObjectState implements miniflare.DurableObjectState {
  constructor(id: miniflare.DurableObjectId, storage: miniflare.DurableObjectStorage, gate: InputGate);
  readonly id: miniflare.DurableObjectId;
  readonly storage: miniflare.DurableObjectStorage;
  waitUntil(promise: unknown): void;
  blockConcurrencyWhile<Result>(closure: () => Result | Promise<Result>): Promise<Result>;
}
