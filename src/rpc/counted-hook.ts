// A hook that is one of several references to the same thing, which ends with the last of them.

import type { Hook, Path } from "./hook.ts";

/** What the references share: how many there are, and what is done after the last. */
export interface Counted {
  count: number;
  end(): void;
}

export abstract class CountedHook<Shared extends Counted = Counted> implements Hook {
  protected readonly shared: Shared;
  #isDisposed = false;

  constructor(shared: Shared) {
    this.shared = shared;
    shared.count++;
  }

  abstract send(path: Path, args: unknown[] | undefined): Promise<unknown>;
  abstract dup(): Hook;

  dispose() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (--this.shared.count === 0) this.shared.end();
  }
}
