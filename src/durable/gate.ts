// The gates of an object, which make code that knows nothing of concurrency right.
//
// The input gate keeps events out: requests, alarms, timers that are due, and what the object has fetched. It is closed
// while a closure runs that asked for it (`blockConcurrencyWhile`, `transaction`), and from a use of storage until the code
// that awaits it has gone on. Storage answers at once, so that is until the microtasks at hand are done: two requests that
// read and then write never see each other half way. Events that wait are let in one by one, each only when the one before
// has gone as far as it can. What a closure waits for itself reaches it.
//
// A closure of `blockConcurrencyWhile` that fails, or takes too long, breaks the input gate, and the object is reset: what
// waits at the gate, and what is under way behind it, fails with the same error, and nothing that the object began goes on.
//
// The output gate keeps effects in: an answer, or a request to somewhere else, waits until all that the object has written
// survives. So writes need not be awaited, and the outside never sees one that is lost. In memory there is nothing to
// wait for.
//
// Code in Node that uses the storage as a guest goes on when Node's microtasks run, which is after those at hand: for as
// long as there are guests, Node is asked when it is done. In a simulation the gates open in random order, and storage
// takes its time: `hold` keeps the gate closed meanwhile.

import { op_after_microtasks, op_durable_block_ms } from "ext:core/ops";
import { confirm } from "ext:miniflare/durable/entries.ts";
import { atRandom, indexOf, isSimulating, startWait, stopWait } from "ext:miniflare/realm/simulation.ts";
import { currentStretch, microtasksDone } from "ext:miniflare/realm/stretch.ts";
import {
  currentContext,
  currentContinuation,
  enterWith,
  gatedContext,
  proceed,
  waitAtGate,
} from "ext:miniflare/realm/context.ts";
import { awaited } from "ext:miniflare/realm/waits.ts";
import type { Wait } from "ext:miniflare/realm/simulation.ts";
import type { Open } from "ext:miniflare/durable/entries.ts";

const TOO_LONG =
  "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.";
const NO_CLOSURE =
  "Failed to execute 'blockConcurrencyWhile' on 'DurableObjectState': parameter 1 is not of type 'Function'.";

/** An event that waits at a gate. */
interface Waiting {
  letIn(): void;
  refuse(error: unknown): void;
}
type Work<Result> = () => Promise<Result>;
/** Calls back once Node's microtasks are done. */
type Soon = (callback: () => void) => void;

let gatesToOpen: InputGate[] = [];

function openGates() {
  microtasksDone();
  const gates = gatesToOpen;
  gatesToOpen = [];
  for (const gate of gates) gate.letIn();
}

export class InputGate {
  #closures = 0;
  #guests = 0;
  #guestUses = 0;
  #holds = 0;
  #soon!: Soon;
  #usedIn = -1;
  /** Who waits, in order: `{ letIn(), refuse(error) }`. */
  #waiting: Waiting[] = [];
  #opens = false;
  /** What rejects the events that are under way. */
  #underWay = new Set<(error: unknown) => void>();
  /** `{ error }` once the gate is broken. */
  #broken: { error: unknown } | undefined;
  #isAborted = false;
  /** Whether an alarm whose handler has failed is delivered again. */
  mayRetryAlarm = true;
  #reset: ((error: unknown) => void) | undefined;

  /** `reset(error)` is called when the gate breaks. Without it the gate never does: a test constructs its object itself. */
  constructor(reset: ((error: unknown) => void) | undefined = undefined) {
    this.#reset = reset;
  }

  get #isOpen() {
    if (this.#closures > 0 || this.#guestUses > 0 || this.#holds > 0) return false;
    return isSimulating() || this.#usedIn !== currentStretch();
  }

  /** Storage was used: closes the gate until the code that awaits the result has gone on. */
  use() {
    // Storage used in the current stretch may still be awaited.
    this.#usedIn = currentStretch();
    if (this.#guests > 0) this.#useByGuest();
  }

  /** Closes the gate until the function that it returns is called. */
  hold() {
    this.#holds++;
    return () => {
      this.#holds--;
      this.#openLater();
    };
  }

  /** Nothing when the gate is open; otherwise a promise of that. At a broken gate it waits for ever. */
  pass(): Promise<void> | undefined {
    return this.#isFree ? undefined : this.#wait(atOnce, never);
  }

  /** Throws for code of an object that was reset. */
  check() {
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  get #isFree() {
    return this.#broken === undefined && this.#isOpen && this.#waiting.length === 0 && !isSimulating();
  }

  /** Delivers to code in Node; `soon(callback)` calls back once Node's microtasks are done. */
  enterGuest<Result>(deliver: () => Result | Promise<Result>, soon: Soon): Promise<Result> {
    return this.enter(async () => {
      this.#guests++;
      this.#soon = soon;
      try {
        return (await this.guard(deliver())) as Result;
      } finally {
        this.#guests--;
      }
    });
  }

  #useByGuest() {
    this.#guestUses++;
    this.#soon(() => {
      this.#guestUses--;
      this.#openLater();
    });
  }

  /**
   * Delivers an event, now or when its turn has come. `deliver` returns a promise; `refuse(error)` does instead of it at a
   * gate that is broken.
   */
  enter<Result>(deliver: Work<Result>, refuse: (error: unknown) => Promise<Result> = rejected): Promise<Result> {
    return this.#isFree ? deliver() : this.#wait(deliver, refuse);
  }

  #wait<Result>(
    deliver: () => Promise<Result> | undefined,
    refuse: (error: unknown) => Promise<Result>,
  ): Promise<Result> {
    if (this.#broken !== undefined) return refuse(this.#broken.error);
    const continuation = currentContinuation();
    const end = waitAtGate("input");
    return new Promise((resolve, reject) => {
      const run = (work: () => Promise<Result> | undefined) => {
        const outcome = proceed(continuation, work);
        if (outcome === undefined) resolve(undefined as Result);
        else outcome.then(resolve, reject);
      };
      const letIn = () => {
        end();
        run(deliver);
      };
      this.#waiting.push({ letIn, refuse: (error) => run(() => refuse(error)) });
      this.#openLater();
    });
  }

  /** What an event's handler comes to, or the error that the gate breaks with before. */
  guard(outcome: unknown): unknown {
    if (typeof (outcome as Partial<Promise<unknown>> | null | undefined)?.then !== "function") return outcome;
    return new Promise((resolve, reject) => {
      const end = (settle: (result: unknown) => void) => (result: unknown) => {
        this.#underWay.delete(reject);
        settle(result);
      };
      this.#underWay.add(reject);
      (outcome as Promise<unknown>).then(end(resolve), end(reject));
    });
  }

  /** Runs `closure` with the gate closed, which breaks when it fails. */
  block<Result>(closure: () => Result | Promise<Result>): Promise<Result> {
    if (typeof closure !== "function") throw new TypeError(NO_CLOSURE);
    this.check();
    let wait: Wait;
    const tooLong = new Promise<never>((_, reject) => {
      wait = startWait(() => reject(new Error(TOO_LONG)), op_durable_block_ms());
    });
    const result = this.runClosed(async () => {
      try {
        return await Promise.race([closure(), tooLong]);
      } catch (error) {
        this.#break(error);
        throw error;
      } finally {
        stopWait(wait);
      }
    });
    awaited("lock", result, "blockConcurrencyWhile", currentContext()?.gates?.binding);
    // The callers that wait for the object get its error; the constructor need not.
    result.catch(() => {});
    return result;
  }

  /** Breaks the gate, because the object itself gives up. */
  abort(reason: unknown, retryAlarm: boolean) {
    this.#isAborted = true;
    this.mayRetryAlarm = retryAlarm;
    this.#break(reason);
  }

  /** Whether the object has given up for this reason. */
  isAbortedBy(reason: unknown) {
    return this.#isAborted && this.#broken?.error === reason;
  }

  #break(error: unknown) {
    if (this.#reset === undefined || this.#broken !== undefined) return;
    this.#broken = { error };
    this.#reset(error);
    const [waiting, underWay] = [this.#waiting, this.#underWay];
    this.#waiting = [];
    this.#underWay = new Set();
    for (const reject of underWay) reject(error);
    for (const { refuse } of waiting) refuse(error);
  }

  /** Runs `closure` with the gate closed. */
  async runClosed<Result>(closure: () => Result | Promise<Result>): Promise<Result> {
    this.#closures++;
    try {
      await undefined;
      return await enterWith({ request: gatedContext(currentContext(), undefined) }, closure);
    } finally {
      this.#closures--;
      this.use();
      this.#openLater();
    }
  }

  /** Lets in the event that has waited longest; none while a closure holds the gate, whose end opens it. */
  letIn() {
    this.#opens = false;
    if (this.#closures > 0 || this.#holds > 0 || this.#waiting.length === 0) return;
    if (this.#isOpen) this.#waiting.splice(isSimulating() ? indexOf(this.#waiting) : 0, 1)[0].letIn();
    this.#openLater();
  }

  #openLater() {
    if (this.#opens || this.#waiting.length === 0) return;
    this.#opens = true;
    if (isSimulating()) return atRandom(() => this.letIn());
    if (gatesToOpen.length === 0) op_after_microtasks(openGates);
    gatesToOpen.push(this);
  }
}

const atOnce = () => undefined;
const never = () => new Promise<never>(() => {});
const rejected = (error: unknown): Promise<never> => Promise.reject(error);

export class OutputGate {
  #open: Open;
  #lose: () => void;
  #hasWritten = false;
  #hasAllowed = false;
  #confirmed: Promise<unknown> | undefined;

  /** `open` is the storage that is written to; `lose` is called when something that was written to it is lost. */
  constructor(open: Open, lose: () => void) {
    this.#open = open;
    this.#lose = lose;
  }

  /** Something was written, which must not be visible outside yet, unless the writer allows it. */
  wrote(options?: { allowUnconfirmed?: boolean }) {
    if (options?.allowUnconfirmed) this.#hasAllowed = true;
    else this.#hasWritten = true;
  }

  /** Code has failed, perhaps since something that was written is lost: it is asked for next, even if it was allowed to be. */
  doubt() {
    this.#hasWritten = true;
  }

  /** Nothing when all that was written survives; otherwise a promise of that, which rejects when it could not be written. */
  pass() {
    if (this.#hasAllowed && !this.#hasWritten) return this.#confirmed;
    this.#hasAllowed = this.#hasWritten = false;
    try {
      const confirmed = confirm(this.#open);
      if (confirmed !== undefined) this.#await(Promise.all([this.#confirmed, confirmed]));
    } catch (error) {
      this.#lose();
      throw error;
    }
    return this.#confirmed;
  }

  #await(confirmed: Promise<unknown>) {
    this.#confirmed = confirmed;
    const forget = () => {
      if (this.#confirmed === confirmed) this.#confirmed = undefined;
    };
    confirmed.then(forget, () => {
      forget();
      this.#lose();
    });
  }
}
