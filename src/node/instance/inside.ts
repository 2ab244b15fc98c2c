// What a room's methods have of an instance, or of one of its mounts.

import type { Log } from "../../../index.d.ts";
import type { Group } from "./group.ts";
import type { Worker } from "./instance-worker.ts";

class Inside {
  readonly group: Group;
  readonly worker: Worker;
  #parts = new Map<(inside: Inside) => unknown, unknown>();

  /** @param worker the main worker of the group, or the mount that the methods are of */
  constructor(group: Group, worker: Worker) {
    this.group = group;
    this.worker = worker;
  }

  /** The instance's number in the addon. Throws after its end. */
  get instance(): number {
    return this.group.instance;
  }

  get log(): Log {
    return this.worker.log;
  }

  /** Waits for the worker, unless nothing has been asked of it yet that only it can answer. */
  async begun(): Promise<void> {
    if (this.worker.isBegun) await this.worker.lane();
  }

  /** What a room keeps of this instance: `make(inside)`, called once. */
  part<Part>(make: (inside: Inside) => Part): Part {
    if (!this.#parts.has(make)) this.#parts.set(make, make(this));
    return this.#parts.get(make) as Part;
  }
}

export { Inside };
