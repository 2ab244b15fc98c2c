// What a simulation has from outside: events, answers, random values and the time. A recorder writes them down, a replayer has
// them from a recording. Both also run the steps of the simulation, which nothing may overtake.

import { unrecorded } from "./values.ts";
import type { Json } from "./values.ts";

/** One journal belongs to an instance, and to all its workers. */
export interface Journal {
  readonly seed: number;
  /** Whether timers take their time. */
  readonly waits: boolean;
  /** The time for the workers, in milliseconds since the epoch. */
  time(): number;
  /** Runs a step when Node's microtasks are done and its turn has come; it returns whether it did anything. */
  soon(step: () => boolean): void;
  /** A value that differs from run to run. */
  keep<Value>(what: string, value: Value): Value;
  /** Calls something outside, in a replay only if that does so `again`. The answer is one that crosses to a worker. */
  ask(what: string, given: Json, answer: () => unknown, again?: boolean): unknown;
  /** An event is there. Resolves to its number when its turn has come. */
  arrive(event: Json): Promise<number>;
  /** The event of a number has failed. */
  failed(number: number, error: unknown): void;
  /** What an event comes to, unless the run leaves the recording. */
  guard<Result>(result: Promise<Result>): Promise<Result>;
  /** A promise, or the request that it answers, which Node owes a worker. */
  own(debt: object): void;
  close(): void;
}

/** What a worker is given: see `src/realm/outside.ts`. */
export type ForWorker = [
  keep: Journal["keep"],
  time: Journal["time"],
  ask: (what: string, given: Json, answer: () => unknown) => unknown,
  arrive: (event: Json) => Promise<unknown>,
  waits: boolean,
  refuse: (what: string, instead: string) => never,
];

function forWorker(journal: Journal): ForWorker {
  return [
    (what, value) => journal.keep(what, value),
    () => journal.time(),
    (what, given, answer) => journal.ask(what, given, answer),
    (event) => journal.arrive(event),
    journal.waits,
    refuse,
  ];
}

function refuse(what: string, instead: string): never {
  throw unrecorded(what, instead);
}

export { forWorker };
