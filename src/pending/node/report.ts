// The report of `mf.pending()`: what the workers tell, with places in the user's files instead of stacks, and as a text.

import { inspect } from "node:util";
import { undisposed } from "../../node/instance/references.ts";
import { placesIn } from "./places.ts";
import type { PendingEvent, PendingReport, PendingStub, PendingWait } from "../../../index.d.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { PendingInWorker } from "../../wire.ts";
import type { Place } from "./places.ts";

const HINT = "(the option trackPending: true shows what it waits for)";

class Report implements PendingReport {
  readonly events: PendingEvent[];
  readonly stubs: PendingStub[];

  constructor(events: PendingEvent[], stubs: PendingStub[]) {
    this.events = events;
    this.stubs = stubs;
  }

  /** For people: a line for each event, each wait and each stub. */
  toString(): string {
    const lines = this.events.flatMap(linesOf);
    if (this.stubs.length > 0) lines.push("RPC stubs that were not disposed of:");
    for (const { at, function: name } of this.stubs) lines.push(`  from a call${placeText(at, name)}`);
    return lines.length === 0 ? "Nothing is pending." : lines.join("\n");
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

function linesOf(event: PendingEvent): string[] {
  const { isAnswered, isTracked, ms, type, waits, what, worker } = event;
  const of = worker === undefined ? "" : ` of worker "${worker}"`;
  const state = isAnswered ? "is answered and goes on" : "is not answered";
  const first = `${type}${what && ` ${what}`}${of} ${state}${ms === undefined ? "" : ` after ${Math.round(ms)} ms`}`;
  if (!isTracked) return [`${first} ${HINT}`];
  return [first, ...waits.map((wait) => `  waits for ${waitText(wait)}`)];
}

function waitText({ type, what, due, at, function: name }: PendingWait): string {
  const when = due === undefined ? "" : `, due at ${due.toISOString()}`;
  return `${type}${what && ` ${what}`}${when}${placeText(at, name)}`;
}

const placeText = (at: string | undefined, name: string | undefined): string =>
  at === undefined ? "" : ` at ${at}${name === undefined ? "" : ` (${name})`}`;

/** Of all workers of an instance; of a worker that does not track, the requests alone. */
export function reportOf(workers: readonly Worker[]): PendingReport {
  const stubs = undisposed().map((stack): PendingStub => placeOf(placesIn(stack)));
  return new Report(workers.flatMap(eventsOf), stubs);
}

function eventsOf(worker: Worker): PendingEvent[] {
  const name = worker.name === undefined ? {} : { worker: worker.name };
  const isTracked = worker.options.trackPending === true;
  const tracked = isTracked ? (worker.running?.pending() ?? []) : [];
  // What a test fetches is no event of the worker.
  const others = worker.unanswered.filter(({ type }) => !isTracked || type === "outbound");
  return [
    ...tracked.map((event) => ({ ...name, ...eventOf(event) })),
    ...others.map((request) => ({ ...name, ...request, isAnswered: false, isTracked, waits: [] })),
  ];
}

function eventOf({ kind, what, ms, isAnswered, waits, awaits }: PendingInWorker): PendingEvent {
  const known = waits.map(({ kind: type, what, ms, due, stack }): PendingWait => {
    const places = placesIn(stack);
    return { type, what, ms, ...(due === undefined ? {} : { due: new Date(due) }), ...placeOf(places) };
  });
  return { type: kind, what, ms, isAnswered, isTracked: true, waits: [...known, ...promisesOf(awaits, known)] };
}

/** Where promises are awaited, once each; not where it is known what for. */
function promisesOf(awaits: readonly string[], known: readonly PendingWait[]): PendingWait[] {
  const seen = new Set(known.map(({ at }) => lineOf(at)));
  const promises: PendingWait[] = [];
  for (const stack of awaits) {
    const place = placeOf(placesIn(stack));
    if (place.at === undefined || seen.has(lineOf(place.at))) continue;
    seen.add(lineOf(place.at));
    promises.push({ type: "promise", what: "", ...place });
  }
  return promises;
}

const lineOf = (at: string | undefined): string | undefined => at?.replace(/:\d+$/, "");

/** The first place, and the others as what led to it. */
function placeOf([first, ...callers]: readonly Place[]): Pick<PendingStub, "at" | "function" | "calledFrom"> {
  if (first === undefined) return { calledFrom: [] };
  const { at, name } = first;
  return { at, ...(name === undefined ? {} : { function: name }), calledFrom: callers.map((caller) => caller.at) };
}
