"use strict";
// The interceptors of an origin, in the order they were added. Those whose path is a string are found by it, however
// many there are; only patterns and functions are asked one after the other.

const { sortQuery } = require("./matching.js");

/** Interceptors that are remembered after their use, for the errors of requests that come too late. */
const MOST_USED = 20;

class Interceptors {
  #used = [];
  #all = new Set();
  #byPath = new Map();
  #patterns = new Set();
  #next = 0;

  [Symbol.iterator]() {
    return this.#all.values();
  }

  /** The last that were used up, then all others. */
  *withUsed() {
    yield* this.#used;
    yield* this.#all;
  }

  add(interceptor) {
    interceptor.order = this.#next++;
    this.#all.add(interceptor);
    this.#groupOf(interceptor.state.path, true).add(interceptor);
  }

  /** Takes out an interceptor that was used up. */
  retire(interceptor) {
    if (!this.#all.delete(interceptor)) return;
    this.#used.push(interceptor);
    if (this.#used.length > MOST_USED) this.#used.shift();
    const { path } = interceptor.state;
    const group = this.#groupOf(path);
    group.delete(interceptor);
    if (group.size === 0 && group !== this.#patterns) this.#byPath.delete(sortQuery(path));
  }

  #groupOf(path, create = false) {
    if (typeof path !== "string") return this.#patterns;
    const sorted = sortQuery(path);
    let group = this.#byPath.get(sorted);
    if (group === undefined && create) this.#byPath.set(sorted, (group = new Set()));
    return group;
  }

  /** An iterator of those that may take a request for this path, in order. */
  candidates(sortedPath) {
    const exact = this.#byPath.get(sortedPath);
    if (exact === undefined) return this.#patterns.values();
    if (this.#patterns.size === 0) return exact.values();
    return [...exact, ...this.#patterns].sort((a, b) => a.order - b.order).values();
  }
}

module.exports = { Interceptors };
