// The contract of `storage.js`: an object's storage, over the ops of a realm.

import type * as miniflare from "../../index.d.ts";
import type { InputGate, OutputGate } from "./gate.js";

export interface DurableObjectStorage extends miniflare.DurableObjectStorage {}
export const DurableObjectStorage: {
  readonly prototype: DurableObjectStorage;
  /**
   * @param open what the ops know the storage by
   * @param alarm what is known of the object's alarm
   * @param isOutside whether each write waits until it is safe, as there is no output gate
   */
  new (
    open: object,
    gates: { input: InputGate; output: OutputGate },
    alarm: { handled: boolean | undefined },
    isOutside?: boolean,
  ): DurableObjectStorage;
};
