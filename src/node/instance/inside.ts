// What a room's methods have of an instance, or of one of its mounts.

class Inside {
  #parts = new Map();

  /** @param worker the main worker of the group, or the mount that the methods are of */
  constructor(group, worker) {
    this.group = group;
    this.worker = worker;
  }

  /** The instance's number in the addon. Throws after its end. */
  get instance() {
    return this.group.instance;
  }

  get log() {
    return this.worker.log;
  }

  /** Waits for the worker, unless nothing has been asked of it yet that only it can answer. */
  async begun() {
    if (this.worker.isBegun) await this.worker.lane();
  }

  /** What a room keeps of this instance: `make(inside)`, called once. */
  part(make) {
    if (!this.#parts.has(make)) this.#parts.set(make, make(this));
    return this.#parts.get(make);
  }
}

export { Inside };
