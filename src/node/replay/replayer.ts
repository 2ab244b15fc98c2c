// Replays a run: events, answers, random values and the time are those of a recording, each at the step of the simulation at
// which it was there. The first thing that is not as recorded ends the replay.

import { isDeepStrictEqual } from "node:util";
import { isPromise } from "node:util/types";
import { disposed, InstanceError } from "../errors.ts";
import { live } from "./live.ts";
import { readRecording } from "./recording.ts";
import { responseOf } from "./responses.ts";
import { stepOf, Turns } from "./turns.ts";
import { decode, isLive } from "./values.ts";
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
  begin(number: number): void;
  reject(reason: unknown): void;
}

type IsQuiet = (isKnown: (debt: object | string) => boolean) => Promise<boolean>;

class Replayer implements Journal {
  readonly seed: number;
  /** The message of the error that the first event of those that failed has failed with. */
  readonly failure: string | undefined;
  readonly waits = false;
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

  #isQuiet: IsQuiet;
  #isLooking = false;
  #isClosed = false;
  #events = 0;
  /** The entry after which only time passes, and what is called when it has its turn. */
  #last: number;
  #whenLast: (() => void)[] = [];
  /** What Node owes the workers until its turn has come. */
  #own = new WeakSet<object>();

  /** @param isQuiet whether no worker does anything any more, nor waits for anything but for what is known */
  constructor(file: string, isQuiet: IsQuiet) {
    this.#isQuiet = isQuiet;
    const { head, entries, failure } = readRecording(file);
    this.#file = file;
    this.#entries = entries;
    this.failure = failure;
    this.#last = entries.findLastIndex(isQuestion);
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
    let index = this.#next;
    while (this.#isTime(this.#entries[index])) index++;
    const arrival = this.#entries[index];
    if (arrival !== undefined && "step" in arrival && arrival.step <= this.#steps) {
      this.#passTime();
      return this.#letIn(arrival);
    }
    const step = this.#planned.shift();
    if (step === undefined) {
      void this.#look(this.#next);
      return false;
    }
    this.#passTime();
    if (stepOf(step)) this.#steps++;
    return true;
  }

  /** There is nothing to do. If that stays so while events are under way, the worker does less than it did. */
  async #look(at: number): Promise<void> {
    if (this.#isLooking || this.#guards.size === 0) return;
    this.#isLooking = true;
    const isKnown = (debt: object | string) => typeof debt === "object" && this.#own.has(debt);
    const isQuiet = await this.#isQuiet(isKnown).catch(() => false);
    this.#isLooking = false;
    if (this.#isClosed || this.#failure !== undefined || this.#guards.size === 0) return;
    if (!isQuiet || at !== this.#next || this.#planned.length > 0) return this.#turns.plan();
    const [event] = this.#waiting;
    this.#fail(event === undefined ? "nothing more to do" : shownEvent(event.event));
  }

  own(debt: object): void {
    this.#own.add(debt);
  }

  /** Whether it was there. */
  #letIn(entry: EventEntry | SettleEntry): boolean {
    if ("settle" in entry) {
      this.#pass();
      this.#time = entry.time;
      const { resolve, reject } = this.#asked.get(entry.settle) as Deferred;
      this.#asked.delete(entry.settle);
      this.#answer(entry, resolve, reject);
      return true;
    }
    const index = this.#waiting.findIndex(({ event }) => isDeepStrictEqual(event, entry.event));
    if (index < 0) return false;
    this.#pass();
    this.#time = entry.time;
    const [{ begin }] = this.#waiting.splice(index, 1);
    begin(this.#events++);
    return true;
  }

  /** The next entry has its turn. */
  #pass(): void {
    if (this.#next++ === this.#last) for (const call of this.#whenLast.splice(0)) call();
  }

  /** Calls back when the last entry of the recording has its turn. */
  whenLast(call: () => void): void {
    this.#whenLast.push(call);
  }

  #answer({ value, error }: Outcome, resolve: (value: unknown) => void, reject: (reason: unknown) => void): void {
    if (error !== undefined) reject(this.#decode(error));
    else resolve(this.#decode(value));
  }

  /** @param actual what there is now in the place of an object that is used again */
  #decode(recorded: Json | undefined, actual?: unknown): unknown {
    const tagged = recorded as Record<string, Json | undefined> | null | undefined;
    if (tagged?.$ === "response") return responseOf(tagged);
    if (tagged?.$ === "live" && isLive(actual)) return live(this, actual as object, tagged.path as string, true);
    return decode(recorded, (value, path) => live(this, value, path));
  }

  /** The time that the step which comes now has. */
  #passTime(): void {
    for (let entry = this.#entries[this.#next]; this.#isTime(entry); entry = this.#entries[++this.#next]) {
      this.#time = entry.time;
    }
  }

  /** Whether an entry is a time that a step has had which is over, or comes now. */
  #isTime(entry: Entry | undefined): entry is TimeEntry {
    return entry !== undefined && "from" in entry && entry.from <= this.#steps;
  }

  keep<Value>(what: string, _value: Value): Value {
    const entry = this.#take((entry): entry is KeptEntry => "kept" in entry && entry.kept === what, what);
    return this.#decode(entry.value) as Value;
  }

  ask(what: string, given: Json, answer: () => unknown, again = false): unknown {
    const isIt = (entry: Entry): entry is AskEntry =>
      "ask" in entry && entry.what === what && isDeepStrictEqual(entry.given, asRead(given));
    const entry = this.#take(isIt, called(what, given));
    const actual = again ? outcomeOf(answer) : undefined;
    if (entry.later) {
      const answer = new Promise((resolve, reject) => {
        this.#asked.set(entry.ask, { resolve, reject });
        this.#turns.plan();
      });
      this.own(answer);
      return answer;
    }
    if (entry.error !== undefined) throw this.#decode(entry.error);
    return this.#decode(entry.value, actual);
  }

  #take<Wanted extends Entry>(isIt: (entry: Entry) => entry is Wanted, asked: string): Wanted {
    if (this.#failure !== undefined) throw this.#failure;
    this.#passTime();
    const entry = this.#entries[this.#next];
    if (entry === undefined || !isIt(entry)) throw this.#fail(asked);
    this.#pass();
    return entry;
  }

  arrive(event: Json): Promise<number> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const wanted = asRead(event);
    const isLeft = this.#entries.some(
      (entry, index) => index >= this.#next && "event" in entry && isDeepStrictEqual(entry.event, wanted),
    );
    if (!isLeft && comesByItself(event)) return this.#never();
    if (!isLeft) return Promise.reject(this.#fail(shownEvent(event), (entry) => "event" in entry));
    const turn = new Promise<number>((begin, reject) => {
      this.#waiting.push({ event: wanted, begin, reject });
      this.#turns.plan();
    });
    this.own(turn);
    return turn;
  }

  #never(): Promise<never> {
    const never = new Promise<never>(() => {});
    this.own(never);
    return never;
  }

  failed(): void {}

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
    this.#isClosed = true;
    this.#planned = [];
    for (const { reject } of this.#waiting) reject(disposed());
    this.#waiting = [];
  }
}

/** What a call comes to now, which nothing waits for; the worker has what is recorded. */
function outcomeOf(answer: () => unknown): unknown {
  try {
    const result = answer();
    if (isPromise(result)) result.catch(() => {});
    return result;
  } catch {
    return undefined;
  }
}

/** Whether an event comes by itself: in the run that was recorded it would have come later. */
function comesByItself(event: Json): boolean {
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
