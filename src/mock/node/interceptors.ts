// The interceptors of an origin, in the order they were added. The addon has what of them is data, and finds those that
// come into question for a request.

import { binding } from "../../node/binding/binding.ts";
import type { Interceptor } from "./interceptor.ts";
import type { Found } from "./matching.ts";
import { dataOf } from "./mock-data.ts";
import type { MockRequest } from "./mock-request.ts";

/** Interceptors that are remembered after their use, for the errors of requests that come too late. */
const MOST_USED = 20;

/** The number of no mock. */
const NO_MOCK = 0;

class Interceptors {
  #mock: number;
  #table: number;
  #used: Interceptor[] = [];
  /** By their numbers, which grow. */
  #all = new Map<number, Interceptor>();
  #end = 0;

  /** @param mock its number in the addon, and that of the table that these have there */
  constructor(mock: number, table: number) {
    this.#mock = mock;
    this.#table = table;
  }

  [Symbol.iterator](): MapIterator<Interceptor> {
    return this.#all.values();
  }

  /** The last that were used up, then all others. */
  *withUsed(): Generator<Interceptor> {
    yield* this.#used;
    yield* this;
  }

  /** Above the numbers of all. */
  get end(): number {
    return this.#end;
  }

  /** The interceptor of a number, until it is used up. */
  at(number: number): Interceptor | undefined {
    return this.#all.get(number);
  }

  add(interceptor: Interceptor): void {
    interceptor.number = this.#end++;
    this.#all.set(interceptor.number, interceptor);
    binding.mockAdd(this.#mock, this.#table, interceptor.number, dataOf(interceptor.state));
  }

  /** Takes out an interceptor that was used up. */
  retire(interceptor: Interceptor): void {
    if (!this.#all.delete(interceptor.number)) return;
    this.#used.push(interceptor);
    if (this.#used.length > MOST_USED) this.#used.shift();
    binding.mockRemove(this.#mock, this.#table, interceptor.number);
  }

  /** What there is for a request from an interceptor on, as `search` takes it. */
  find(request: MockRequest, from = 0): Found {
    return binding.mockSearch(this.#mock, this.#table, from, request.path, request.parts) as Found;
  }

  /** Requests to an origin are found these from now on, in the worker's turn already. */
  link(origin: string): void {
    binding.mockLink(this.#mock, this.#table, origin);
  }

  /** No request finds them any more. */
  forget(): void {
    binding.mockForget(this.#mock, this.#table);
    this.#mock = NO_MOCK;
  }
}

export { Interceptors };
