// Replays a run: events, answers, random values and the time are those of a recording, each at the step of the simulation at
// which it was there. The first thing that is not as recorded ends the replay.

import { isDeepStrictEqual } from "node:util";
import { disposed, InstanceError } from "../errors.ts";
import { live } from "./live.ts";
import { readRecording } from "./recording.ts";
import { responseOf } from "./responses.ts";
import { stepOf, Turns } from "./turns.ts";
import { decode } from "./values.ts";
import type { Journal } from "./journal.ts";
import type { AskEntry, Entry, EventEntry, KeptEntry, Outcome, SettleEntry, TimeEntry } from "./recording.ts";
import type { Json } from "./values.ts";

interface Deferred {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}
/** An event that is there, and may be before its turn. */
interface Waiting {
  event: Json;
  begin(): void;
  reject(reason: unknown): void;
}

class Replayer implements Journal {
  readonly seed: number;
  #file: string;
  #entries: Entry[];
  /** The entry that comes next. */
  #next = 0;
  #time: number;
  #steps = 0;
  #turns = new Turns(() => this.#proceed());
  #planned: (() => boolean)[] = [];
  /** Calls whose answers come later, by their numbers. */
  #asked = new Map<number, Deferred>();
  #waiting: Waiting[] = [];
  #failure: InstanceError | undefined;
  /** What rejects the results of events. */
  #guards = new Set<(reason: unknown) => void>();

  constructor(file: string) {
    const { head, entries } = readRecording(file);
    this.#file = file;
    this.#entries = entries;
    this.seed = head.seed;
    this.#time = head.time;
  }

  time(): number {
    return this.#time;
  }

  soon(step: () => boolean): void {
    this.#planned.push(step);
    this.#turns.plan();
  }

  /** Lets in what has arrived before the next step; if that is nothing, or is over, does a step. */
  #proceed(): boolean {
    if (this.#failure !== undefined) return false;
    const entry = this.#entries[this.#next];
    if (entry !== undefined && "step" in entry && entry.step <= this.#steps) return this.#letIn(entry);
    const step = this.#planned.shift();
    if (step === undefined) return false;
    this.#passTime();
    if (stepOf(step)) this.#steps++;
    return true;
  }

  /** Whether it was there. */
  #letIn(entry: EventEntry | SettleEntry): boolean {
    if ("settle" in entry) {
      this.#next++;
      this.#time = entry.time;
      const { resolve, reject } = this.#asked.get(entry.settle) as Deferred;
      this.#asked.delete(entry.settle);
      this.#pass(entry, resolve, reject);
      return true;
    }
    const index = this.#waiting.findIndex(({ event }) => isDeepStrictEqual(event, entry.event));
    if (index < 0) return false;
    this.#next++;
    this.#time = entry.time;
    const [{ begin }] = this.#waiting.splice(index, 1);
    begin();
    return true;
  }

  #pass({ value, error }: Outcome, resolve: (value: unknown) => void, reject: (reason: unknown) => void): void {
    if (error !== undefined) reject(this.#decode(error));
    else resolve(this.#decode(value));
  }

  #decode(recorded: Json | undefined): unknown {
    const tagged = recorded as Record<string, Json | undefined> | null | undefined;
    if (tagged?.$ === "response") return responseOf(tagged);
    return decode(recorded, (value, path) => live(this, value, path));
  }

  /** The time that the step which comes now has. */
  #passTime(): void {
    for (;;) {
      const entry = this.#entries[this.#next] as TimeEntry | undefined;
      if (entry?.from === undefined || entry.from > this.#steps) return;
      this.#time = entry.time;
      this.#next++;
    }
  }

  keep<Value>(what: string, _value: Value): Value {
    const entry = this.#take((entry): entry is KeptEntry => "kept" in entry && entry.kept === what, what);
    return this.#decode(entry.value) as Value;
  }

  ask(what: string, given: Json, _answer: () => unknown): unknown {
    const isIt = (entry: Entry): entry is AskEntry =>
      "ask" in entry && entry.what === what && isDeepStrictEqual(entry.given, asRead(given));
    const entry = this.#take(isIt, called(what, given));
    if (entry.later) {
      return new Promise((resolve, reject) => {
        this.#asked.set(entry.ask, { resolve, reject });
        this.#turns.plan();
      });
    }
    if (entry.error !== undefined) throw this.#decode(entry.error);
    return this.#decode(entry.value);
  }

  #take<Wanted extends Entry>(isIt: (entry: Entry) => entry is Wanted, asked: string): Wanted {
    if (this.#failure !== undefined) throw this.#failure;
    this.#passTime();
    const entry = this.#entries[this.#next];
    if (entry === undefined || !isIt(entry)) throw this.#fail(asked);
    this.#next++;
    return entry;
  }

  arrive(event: Json): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const wanted = asRead(event);
    const isLeft = this.#entries.some(
      (entry, index) => index >= this.#next && "event" in entry && isDeepStrictEqual(entry.event, wanted),
    );
    if (!isLeft && isOwn(event)) return new Promise(() => {});
    if (!isLeft) return Promise.reject(this.#fail(shownEvent(event), (entry) => "event" in entry));
    return new Promise((begin, reject) => {
      this.#waiting.push({ event: wanted, begin, reject });
      this.#turns.plan();
    });
  }

  guard<Result>(result: Promise<Result>): Promise<Result> {
    if (this.#failure !== undefined) {
      result.catch(() => {});
      return Promise.reject(this.#failure);
    }
    return new Promise((resolve, reject) => {
      this.#guards.add(reject);
      result.finally(() => this.#guards.delete(reject)).then(resolve, reject);
    });
  }

  /** Ends the replay: the error says what comes next in the recording, of all entries or of those of a kind. */
  #fail(asked: string, isOfKind: (entry: Entry) => boolean = isQuestion): InstanceError {
    const found = this.#entries.findIndex((entry, index) => index >= this.#next && isOfKind(entry));
    const index = found < 0 ? this.#entries.length : found;
    const recorded = found < 0 ? "the recording ends here" : `recorded is ${shown(this.#entries[index])}`;
    const text = `The run leaves the recording "${this.#file}" at entry ${index + 1}: ${recorded}, and now there is ${asked}.`;
    this.#failure = new InstanceError("ERR_REPLAY", `${text} Replay the code that was recorded, or record again.`);
    for (const reject of this.#guards) reject(this.#failure);
    return this.#failure;
  }

  close(): void {
    this.#planned = [];
    for (const { reject } of this.#waiting) reject(disposed());
    this.#waiting = [];
  }
}

/** Whether an event comes by itself: in the run that was recorded it would have come later. */
function isOwn(event: Json): boolean {
  const { kind, isForced } = event as Record<string, Json | undefined>;
  return kind === "batch" || (kind === "alarm" && isForced === false);
}

const isQuestion = (entry: Entry) => !("from" in entry);

/** As it is after it has been in the file. */
const asRead = (json: Json): Json => JSON.parse(JSON.stringify(json));

function shown(entry: Entry): string {
  if ("event" in entry) return shownEvent(entry.event);
  if ("ask" in entry) return called(entry.what, entry.given);
  if ("settle" in entry) return `the answer to call ${entry.settle + 1}`;
  return "kept" in entry ? entry.kept : "a step";
}

function called(what: string, given: Json): string {
  if (given === null) return what;
  return `${what}(${Array.isArray(given) ? given.map((one) => JSON.stringify(one)).join(", ") : JSON.stringify(given)})`;
}

const shownEvent = (event: Json): string => `the event ${JSON.stringify(event)}`;

export { Replayer };
