// Events of sockets on their way to the other realm: a list of values, and the outbox that gathers what goes in one call.
//
// A message is its data, text or bytes; any other event begins with a number.

import { sizeOf } from "./end.ts";
import type { SocketEvent, Soon } from "./end.ts";

/** Events as they cross. */
type EventsWire = unknown[];

/** Passes events on that are worth so many bytes. It does not throw. */
type Telling = (events: EventsWire, bytes: number) => void;

/** Events of one socket that follow each other. */
interface Run {
  tell: Telling;
  events: EventsWire;
  bytes: number;
}

const OPEN = 0;
const CLOSE = 1;
const ERROR = 2;
/** Values that a call takes. */
const MOST_VALUES = 1024;

/** Appends an event. */
function write(wire: EventsWire, event: SocketEvent): undefined {
  switch (event[0]) {
    case "message":
      wire.push(typeof event[1] === "string" ? event[1] : new Uint8Array(event[1]));
      return;
    case "close":
      wire.push(CLOSE, event[1], event[2], event[3]);
      return;
    case "error":
      wire.push(ERROR, event[1]);
      return;
    default:
      wire.push(OPEN);
  }
}

function read(wire: EventsWire): SocketEvent[] {
  const events: SocketEvent[] = [];
  for (let index = 0; index < wire.length; index++) {
    const value = wire[index];
    switch (value) {
      case OPEN:
        events.push(["open"]);
        break;
      case CLOSE:
        events.push(["close", wire[index + 1] as number, wire[index + 2] as string, wire[index + 3] as boolean]);
        index += 3;
        break;
      case ERROR:
        events.push(["error", wire[++index]]);
        break;
      default:
        events.push(["message", typeof value === "string" ? value : bufferOf(value as Uint8Array<ArrayBuffer>)]);
    }
  }
  return events;
}

const bufferOf = (bytes: Uint8Array<ArrayBuffer>) =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;

/** Whether events are nothing but texts, which cross as they are. */
function isText(events: EventsWire): events is string[] {
  for (let index = 0; index < events.length; index++) if (typeof events[index] !== "string") return false;
  return true;
}

/** What is to be told to the other realm, in the order in which it came, whatever sockets it is of. */
class Outbox {
  #runs: Run[] = [];
  #together: Soon;

  constructor(together: Soon) {
    this.#together = together;
  }

  put(tell: Telling, event: SocketEvent) {
    const run = this.#runOf(tell);
    write(run.events, event);
    run.bytes += sizeOf(event);
  }

  /** Calls back after what is in it. */
  after(callback: () => void) {
    this.#add({ tell: callback, events: [], bytes: 0 });
  }

  #runOf(tell: Telling): Run {
    const last = this.#runs.at(-1);
    if (last !== undefined && last.tell === tell && last.events.length < MOST_VALUES) return last;
    return this.#add({ tell, events: [], bytes: 0 });
  }

  #add(run: Run): Run {
    if (this.#runs.push(run) === 1) this.#together(() => this.#flush());
    return run;
  }

  #flush() {
    const runs = this.#runs;
    this.#runs = [];
    for (const { tell, events, bytes } of runs) tell(events, bytes);
  }
}

export { isText, Outbox, read, write };
export type { EventsWire };
