// The life of an object: it is over once the object was forgotten, as an evicted one is, and has no event to handle any
// more, or once it was reset. Its timers end with it.

export class Life {
  #events = 0;
  #isForgotten = false;
  #isCut = false;

  get isOver() {
    return this.#isCut || (this.#isForgotten && this.#events === 0);
  }

  /** An event is delivered; `finish` must follow. */
  begin() {
    this.#events++;
  }

  finish() {
    this.#events--;
  }

  /** Ends it, once the events that are under way are handled. */
  end() {
    this.#isForgotten = true;
  }

  /** Ends it at once. */
  cut() {
    this.#isCut = true;
  }
}
