// `mf.clock`: a test's hand on the time of an instance. Steered once, time stands still until it is told where to go; on
// its way it stops at each moment that a timer, an alarm or whatever else sleeps until, and lets that go as far as it can.

import timers from "node:timers";
const { setImmediate } = timers;
import { describe, InstanceError } from "../errors.ts";
import { instanceClock } from "../binding/binding.ts";
import { outstanding } from "./lane.ts";
import type * as contract from "../../../index.d.ts";
import type { InstanceClock } from "../binding/binding.ts";
import type { Group } from "./group.ts";
import type { Debt } from "./lane.ts";

/** The last time that a `Date` can have. */
const LAST_TIME = 8.64e15;
/** Turns of Node's loop without a turn of a worker, after which nothing more is to be expected. */
const QUIET_TURNS = 2;
/** For how long, in nanoseconds, a stop lasts while what was woken there waits for the outside. */
const PATIENCE = 10_000_000_000n;
/** Stops of one move: as many as a timer of one second has in eleven days. */
const MOST_STOPS = 1_000_000;

// Test tools put others in their place.
const { hrtime } = process;
const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const iso = (ms: number): string => new Date(ms).toISOString();

class Clock implements contract.Clock {
  #group: Group;
  #moves: Promise<void> = Promise.resolve();

  constructor(group: Group) {
    this.#group = group;
  }

  get #clock(): InstanceClock {
    return instanceClock(this.#group.instance);
  }

  /** What time it is, in whole milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** Goes to a time, a number or a `Date`: forward through all that happens by then, or back with nothing happening. */
  set(time: number | Date): Promise<void> {
    const target = time instanceof Date ? time.getTime() : time;
    if (typeof target === "number" && Math.abs(target) <= LAST_TIME) return this.#move(() => this.#go(target));
    const got = time instanceof Date ? "an invalid Date" : describe(time);
    const text = `clock.set() takes a time, a Date or a number of milliseconds since the epoch, got ${got}`;
    return Promise.reject(new TypeError(text));
  }

  /** Goes forward by so many milliseconds, through all that happens meanwhile. */
  advance(ms: number): Promise<void> {
    if (typeof ms === "number" && ms >= 0 && ms <= 2 * LAST_TIME) return this.#move(() => this.#go(this.now() + ms));
    return Promise.reject(
      new TypeError(`clock.advance() takes a number of milliseconds, 0 at least, got ${describe(ms)}`),
    );
  }

  /** Time flows again, and is the machine's. */
  release(): Promise<void> {
    return this.#move(() => this.#clock.release());
  }

  /** Moves follow each other; each begins when the worker is loaded. */
  #move(move: () => void | Promise<void>): Promise<void> {
    const moved = this.#moves.then(async () => {
      await this.#group.main.lane();
      await move();
    });
    this.#moves = moved.catch(() => {});
    return moved;
  }

  async #go(target: number): Promise<void> {
    const now = this.now();
    this.#clock.set(Math.min(now, target));
    if (target < now) return;
    if (target > LAST_TIME)
      throw new RangeError(`clock.advance() would go beyond the last time there is, ${iso(LAST_TIME)}`);
    const known = new Set(outstanding(this.#group.instance));
    await this.#settle(known);
    for (let stops = 0; this.#clock.step(target); stops++) {
      if (stops === MOST_STOPS) throw this.#stuck(`has stopped ${MOST_STOPS} times for timers and alarms`, target);
      await this.#settle(known);
    }
    await this.#settle(known);
  }

  /** Lets everything go as far as it can: until no worker has a turn any more, and none waits for more than is `known`. */
  async #settle(known: ReadonlySet<Debt>): Promise<void> {
    const start = hrtime.bigint();
    for (let quiet = 0, turns = this.#clock.turns(); quiet < QUIET_TURNS; ) {
      await turnOfLoop();
      const before = turns;
      turns = this.#clock.turns();
      const isBusy = turns !== before || outstanding(this.#group.instance).some((one) => !known.has(one));
      quiet = isBusy ? 0 : quiet + 1;
      if (isBusy && hrtime.bigint() - start > PATIENCE) {
        throw this.#stuck("has waited 10 s for what a timer, an alarm or a request began and has not finished");
      }
    }
  }

  #stuck(why: string, target = this.now()): InstanceError {
    const text = `The clock ${why}. It stands at ${iso(this.now())}, on its way to ${iso(target)}.`;
    return new InstanceError("ERR_CLOCK", text);
  }
}

export { Clock };
