// Records a run: whatever comes from outside is written down before a worker has it.

import { isPromise } from "node:util/types";
import { disposed, InstanceError } from "../errors.ts";
import { live } from "./live.ts";
import { encodeOptions } from "./recorded-options.ts";
import { RecordingWriter } from "./recording.ts";
import { isResponse, takeResponse } from "./responses.ts";
import { stepOf, Turns } from "./turns.ts";
import { encode, isLive, unrecordable } from "./values.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Journal } from "./journal.ts";
import type { Json } from "./values.ts";

class Recorder implements Journal {
  readonly seed: number;
  readonly waits = true;
  #file: RecordingWriter;
  #now: () => number;
  #time: number;
  #steps = 0;
  #asked = 0;
  #events = 0;
  /** Steps, answers and events, in the order in which they came. */
  #queue: (() => void)[] = [];
  /** What rejects events that wait for their turns. */
  #waiting = new Set<(reason: unknown) => void>();
  #turns = new Turns(() => this.#proceed());

  constructor({ seed, record }: { seed: number; record: string }, options: MiniflareOptions, now: () => number) {
    this.seed = seed;
    this.#now = now;
    this.#time = now();
    this.#file = new RecordingWriter(record, { seed, time: this.#time, options: encodeOptions(options) });
  }

  time(): number {
    return this.#time;
  }

  #proceed(): boolean {
    this.#queue.shift()?.();
    return this.#queue.length > 0;
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#inTurn(() => {
        this.#waiting.delete(reject);
        resolve();
      });
    });
  }

  #inTurn(work: () => void): void {
    this.#queue.push(work);
    this.#turns.plan();
  }

  soon(step: () => boolean): void {
    this.#inTurn(() => {
      const time = this.#now();
      if (time !== this.#time) this.#file.write({ from: this.#steps, time });
      this.#time = time;
      if (stepOf(step)) this.#steps++;
    });
  }

  keep<Value>(what: string, value: Value): Value {
    this.#file.write({ kept: what, value: encode(value, what) });
    return value;
  }

  ask(what: string, given: Json, answer: () => unknown): unknown {
    const ask = this.#asked++;
    let result: unknown;
    try {
      result = answer();
    } catch (error) {
      this.#file.write({ ask, what, given, error: encode(error, what) });
      throw error;
    }
    if (isPromise(result)) {
      this.#file.write({ ask, what, given, later: true });
      return this.#settled(ask, what, result);
    }
    if (isResponse(result)) throw unrecordable(what, "a Response without a promise");
    this.#file.write({ ask, what, given, value: encode(result, what) });
    return this.#passed(result, what);
  }

  #settled(settle: number, what: string, result: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        const { thrown, recorded } = takenError(error, what);
        this.#inTurn(() => {
          this.#file.write({ settle, ...this.#arrival(), error: recorded });
          reject(thrown);
        });
      };
      this.#taken(what, result).then(({ value, recorded }) => {
        this.#inTurn(() => {
          this.#file.write({ settle, ...this.#arrival(), value: recorded });
          resolve(value);
        });
      }, fail);
    });
  }

  /** A result, as the worker gets it and as it is recorded. */
  async #taken(what: string, result: Promise<unknown>): Promise<{ value: unknown; recorded: Json }> {
    const value = await result;
    if (!isResponse(value)) return { value: this.#passed(value, what), recorded: encode(value, what) };
    const { recorded, again } = await takeResponse(value);
    return { value: again(), recorded };
  }

  #passed(value: unknown, path: string): unknown {
    return isLive(value) && !isResponse(value) ? live(this, value as object, path) : value;
  }

  #arrival() {
    this.#time = this.#now();
    return { step: this.#steps, time: this.#time };
  }

  async arrive(event: Json): Promise<number> {
    await this.#turn();
    this.#file.write({ event, ...this.#arrival() });
    return this.#events++;
  }

  failed(number: number, error: unknown): void {
    // What ends a worker is thrown nowhere in it.
    if (!(error instanceof InstanceError)) this.#file.write({ failed: number, message: messageOf(error) });
  }

  guard<Result>(result: Promise<Result>): Promise<Result> {
    return result;
  }

  own(): void {}

  close(): void {
    this.#queue = [];
    for (const reject of this.#waiting) reject(disposed());
    this.#waiting.clear();
    this.#file.close();
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}

/** What a promise is broken with, and how it is recorded; an error that says so if it cannot be. */
function takenError(thrown: unknown, what: string): { thrown: unknown; recorded: Json } {
  try {
    return { thrown, recorded: encode(thrown, what) };
  } catch (error) {
    return { thrown: error, recorded: encode(error, what) };
  }
}

export { Recorder };
