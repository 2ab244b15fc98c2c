// The file of a recording: a line of JSON for each entry, in the order in which things happened. Each is written when it happens,
// so that the file is complete up to the moment at which its process is killed.

import fs from "node:fs";
import path from "node:path";
import { InstanceError } from "../errors.ts";
import type { Json } from "./values.ts";

const VERSION = 1;

/** The first line. */
export interface Head {
  recording: number;
  seed: number;
  /** In milliseconds since the epoch. */
  time: number;
  /** Of the instance, with stand-ins for what lives in Node. */
  options: Json;
}

/** When something has arrived: after how many steps of the simulation, and at what time. */
interface Arrival {
  step: number;
  time: number;
}

/** What has come of a call. */
export interface Outcome {
  value?: Json;
  error?: Json;
}

/** An event that has come from outside. */
export interface EventEntry extends Arrival {
  event: Json;
}
/** A call of something outside, and its answer unless that comes later. */
export interface AskEntry extends Outcome {
  ask: number;
  what: string;
  given: Json;
  later?: true;
}
/** The later answer to a call. */
export interface SettleEntry extends Arrival, Outcome {
  settle: number;
}
/** A random value. */
export interface KeptEntry {
  kept: string;
  value: Json;
}
/** The time from a step on. */
export interface TimeEntry {
  from: number;
  time: number;
}

/** What an event has failed with; events count from 0. It has no place in the order of the others. */
interface FailureEntry {
  failed: number;
  message: string;
}

/** What a replay goes through in its order. */
export type Entry = EventEntry | AskEntry | SettleEntry | KeptEntry | TimeEntry;

export interface Recording {
  head: Head;
  entries: Entry[];
  /** The message of the first event's error; undefined if none has failed. */
  failure: string | undefined;
}

/** Writes a recording. */
class RecordingWriter {
  #file: number;

  constructor(file: string, head: Omit<Head, "recording">) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    this.#file = fs.openSync(file, "w");
    this.#line({ recording: VERSION, ...head });
  }

  write(entry: Entry | FailureEntry): void {
    if (this.#file >= 0) this.#line(entry);
  }

  #line(content: object): void {
    fs.writeSync(this.#file, `${JSON.stringify(content)}\n`);
  }

  close(): void {
    if (this.#file >= 0) fs.closeSync(this.#file);
    this.#file = -1;
  }
}

/** The head and the entries of a recording. A last line that is incomplete is of a process that was killed. */
function readRecording(file: string): Recording {
  const lines = textOf(file).split("\n");
  lines.pop();
  const [head, ...rest] = lines.map(parsed);
  if (head?.recording === VERSION) {
    const all = rest as (Entry | FailureEntry)[];
    const entries = all.filter((entry): entry is Entry => !("failed" in entry));
    const failures = all.filter((entry) => "failed" in entry);
    const [first] = failures.sort((one, other) => one.failed - other.failed);
    return { head: head as Head, entries, failure: first?.message };
  }
  const found = head?.recording === undefined ? "no recording" : `a recording of version ${head.recording}`;
  throw new InstanceError(
    "ERR_REPLAY",
    `"${file}" contains ${found}, and this version of miniflare-rs replays version ${VERSION}. Record again with the option simulate: { seed, record }.`,
  );
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const remedy = "The option simulate: { replay } takes a file that simulate: { seed, record } has written.";
    throw new InstanceError("ERR_REPLAY", `The recording cannot be read (${(error as Error).message}). ${remedy}`, {
      cause: error,
    });
  }
}

/** A line of a recording; undefined for one of another file. */
function parsed(line: string): Partial<Head & (Entry | FailureEntry)> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export { readRecording, RecordingWriter };
