// Something that is made when it is first used, in an environment whose runner has it remember what is stored before that.

export type Restore = () => Promise<void>;

/** What remembers all that it stores. */
interface Remembering {
  /** Resolves to what brings back all that is stored by then. */
  remember(): Promise<Restore>;
}

class Later<Made extends Remembering> {
  #make: (() => Made) | undefined;
  #made: Made | undefined;
  /** What was remembered before anything was made: the beginning, once there is one. */
  #early = new Set<{ restore?: Promise<Restore> }>();

  constructor(make: () => Made) {
    this.#make = make;
  }

  /** What has been made; undefined if nothing has been. */
  get made(): Made | undefined {
    return this.#made;
  }

  /** Makes it, unless it has been made; undefined after the end. */
  get(): Made | undefined {
    if (this.#made !== undefined || this.#make === undefined) return this.#made;
    this.#made = this.#make();
    const restore = this.#early.size === 0 ? undefined : this.#made.remember();
    for (const one of this.#early) one.restore = restore;
    return this.#made;
  }

  async remember(): Promise<Restore> {
    if (this.#made !== undefined) return this.#made.remember();
    const early: { restore?: Promise<Restore> } = {};
    this.#early.add(early);
    return async () => {
      this.#early.delete(early);
      await (await early.restore)?.();
    };
  }

  /** Makes nothing any more. */
  end(): void {
    this.#make = undefined;
  }
}

export { Later };
