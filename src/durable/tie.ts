// What ties a stub to the life of the object that it has reached. Once that life has failed (it was reset, or never began since its
// constructor threw), the stub fails with the same error for good, as in Workers: `get(id)` gives a stub of the next life.

import type { Reach } from "ext:miniflare/realm/remote.ts";
import type { InputGate } from "./gate.ts";

export class Tie {
  /** How the object is reached by this stub; undefined before its first member is used. */
  reach: Reach | undefined;
  #gate: InputGate | undefined;
  #failure: { error: unknown } | undefined;

  /** @throws the error that the life of the object has ended with */
  check() {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#gate?.check();
  }

  /** The stub has reached the object behind this gate. */
  reached(gate: InputGate) {
    this.#gate = gate;
  }

  /** The object that the stub stands for has failed. */
  fail(error: unknown) {
    this.#failure ??= { error };
  }

  /** Notes an error of an object in another worker, which says whether it has been reset. */
  note(error: unknown) {
    if ((error as { durableObjectReset?: unknown } | null | undefined)?.durableObjectReset === true) this.fail(error);
  }
}
