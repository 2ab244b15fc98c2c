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
  /** Throws, as a recording cannot hold something; `instead` says what to do. */
  refuse(what: string, instead: string): never;
  /** Whether timers take their time. In a replay nothing else is waited for. */
  readonly waits: boolean;
}

/** What makes it up, functions of Node's above all, in that order. */
export type OutsideParts = [
  Outside["keep"],
  Outside["time"],
  Outside["ask"],
  Outside["arrive"],
  waits: boolean,
  Outside["refuse"],
];

let outside: Outside | undefined;
const recorded: ((outside: Outside) => void)[] = [];

/** Calls back when what comes from outside begins to be recorded or replayed. */
export const whenRecorded = (call: (outside: Outside) => void) => void recorded.push(call);

/** Has what comes from outside recorded or replayed from now on. */
export function connectOutside([keep, time, ask, arrive, waits, refuse]: OutsideParts) {
  outside = { keep, time, ask, arrive, waits, refuse };
  const { random } = Math;
  Math.random = () => keep("Math.random", random());
  for (const call of recorded) call(outside);
}

export const outsideOf = () => outside;

/** Throws in a run that is recorded or replayed: neither can have `what`; `instead` says what to do. */
export function refuseToRecord(what: string, instead: string) {
  outside?.refuse(what, instead);
}

/** A random value, or the one of the recording. */
export const kept = <Value>(what: string, value: Value): Value =>
  outside === undefined ? value : outside.keep(what, value);

/** A time that the clock tells, or the one of the recording. */
export const toldTime = (time: number) => (outside === undefined ? time : outside.time());
