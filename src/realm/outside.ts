// What a simulated worker has from outside, when the run is recorded or replayed: Node keeps a journal of it
// (`src/node/replay/`), and answers in the place of what is asked here. Otherwise nothing of this is in the way.

/** A part of a question or an event, as JSON can represent it. */
type Part = string | number | boolean | null | readonly Part[] | { readonly [name: string]: Part };

export interface Outside {
  /** A value that differs from run to run: the given one, or that of the recording. */
  keep<Value>(what: string, value: Value): Value;
  /** The time, in milliseconds since the epoch. */
  time(): number;
  /** Asks something outside; `answer` does so, unless the answer is in the recording. */
  ask<Answer>(what: string, given: Part, answer: () => Promise<Answer>): Promise<Answer>;
  /** Waits for the turn of an event that has arrived. */
  arrive(event: Part): Promise<void>;
}

/** The functions of Node's that make it up, in that order. */
export type OutsideFunctions = [Outside["keep"], Outside["time"], Outside["ask"], Outside["arrive"]];

let outside: Outside | undefined;

/** Has what comes from outside recorded or replayed from now on. */
export function connectOutside([keep, time, ask, arrive]: OutsideFunctions) {
  outside = { keep, time, ask, arrive };
  const { random } = Math;
  Math.random = () => keep("Math.random", random());
}

export const outsideOf = () => outside;

/** A random value, or the one of the recording. */
export const kept = <Value>(what: string, value: Value): Value =>
  outside === undefined ? value : outside.keep(what, value);

/** A time that the clock tells, or the one of the recording. */
export const toldTime = (time: number) => (outside === undefined ? time : outside.time());
