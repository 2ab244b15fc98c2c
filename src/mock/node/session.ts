// What one worker has under way with its mock: replies that are delayed, requests of dispatchers. It ends with the worker.

class Session {
  #ends = new Set<() => void>();

  /** A promise for the milliseconds it is given. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = this.add(() => clearTimeout(timer));
      const timer = setTimeout(() => {
        done();
        resolve();
      }, milliseconds);
    });
  }

  /** Calls `end` when the session ends, unless what it returns is called before. */
  add(end: () => void): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  end() {
    for (const end of this.#ends) end();
    this.#ends.clear();
  }
}

export { Session };
