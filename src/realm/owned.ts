// What ends with an event: once it has been answered and what it waits for has settled.

/** Something that ends. */
interface Part {
  end(): void;
}

export class Owned {
  #parts = new Set<Part>();
  #holders = 0;
  #isOver = false;

  add(part: Part) {
    this.#parts.add(part);
  }

  delete(part: Part) {
    this.#parts.delete(part);
  }

  /** Something of the event can still be called from outside; `release` must follow. */
  hold() {
    this.#holders++;
  }

  release() {
    if (--this.#holders === 0 && this.#isOver) this.#end();
  }

  /** The event is over. */
  endAfter(waits: readonly unknown[]) {
    if (waits.length === 0) queueMicrotask(() => this.#end());
    else Promise.allSettled(waits).then(() => this.#end());
  }

  /** The same of a call, whose result may hold it. */
  endUnlessHeld(waits: readonly unknown[]) {
    this.#isOver = true;
    if (this.#holders === 0) this.endAfter(waits);
  }

  #end() {
    for (const part of [...this.#parts]) part.end();
  }
}
