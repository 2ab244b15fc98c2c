// What an event uses: CPU time, calls, operations, time at gates. It is counted as it happens, and read when somebody asks.
//
// CPU time is measured by turn (`meter.rs`). A turn is charged to the event whose code was entered last: by a request that
// arrives, a timer, an answer, a call from Node. The figures of an object's events are those of the event that asked it.

import { op_meter_before, op_meter_elapsed, op_meter_now } from "ext:core/ops";
import type { Operations } from "../wire.ts";

/** The figures of operations on one binding: what a room calls them (`Operations`), the binding, and the numbers. */
type Counted = [property: string, binding: string, ...counts: number[]];

/** What is known of an event, times in milliseconds. */
export type Figures = [
  cpu: number,
  subrequests: number,
  internalSubrequests: number,
  gates: number,
  ...operations: Counted[],
];

/** What an event's usage is added to. */
export interface Payer {
  cpu: number;
  /** There with the first figure other than CPU time, whose place in it is filled when it is read. */
  figures: Figures | undefined;
}

const FIRST_OPERATIONS = 4;
/** Those that have begun since Node asked for the usage of all, once for each time that it has. */
const collections = new Set<Payer[]>();

let payer: Payer | undefined;
/** Up to which CPU time of the lane all is charged. */
let charged = 0;

function settle(total: number) {
  if (total <= charged) return;
  if (payer !== undefined) payer.cpu += total - charged;
  charged = total;
}

/** The turn that runs is this event's from its beginning. */
export function chargeTurn(next: Payer) {
  settle(op_meter_before());
  payer = next;
}

/** What runs from now on is this event's. */
export function charge(next: Payer) {
  if (next === payer) return;
  settle(op_meter_now());
  payer = next;
}

/** The figures so far, as JSON, which crosses faster than lists; the CPU time alone of an event that has no others. */
export function usageOf(of: Payer): number | string {
  if (of === payer) settle(op_meter_now());
  const { figures } = of;
  if (figures === undefined) return of.cpu;
  figures[0] = of.cpu;
  return JSON.stringify(figures);
}

/** An event begins, or a part of one. */
export function collect(of: Payer) {
  if (collections.size > 0) for (const collection of collections) collection.push(of);
}

/** Collects the usage of events that begin from now on, until the function that is returned is called; it returns the figures as JSON. */
export function collectUsage(): () => string {
  const collection: Payer[] = [];
  collections.add(collection);
  return () => {
    collections.delete(collection);
    settle(op_meter_now());
    return JSON.stringify(sumOf(collection));
  };
}

function sumOf(payers: Payer[]): Figures {
  const sum: Figures = [0, 0, 0, 0];
  for (const { cpu, figures } of payers) {
    sum[0] += cpu;
    if (figures === undefined) continue;
    const [, subrequests, internal, gates, ...operations] = figures;
    sum[1] += subrequests;
    sum[2] += internal;
    sum[3] += gates;
    for (const [property, binding, ...counts] of operations) {
      const counted = countedIn(sum, property, binding, counts.length);
      for (const [index, count] of counts.entries()) (counted as number[])[index + 2] += count;
    }
  }
  return sum;
}

export function figuresOf(of: Payer): Figures {
  return (of.figures ??= [0, 0, 0, 0]);
}

let last: Operations | undefined;
let lastBinding = "";
let lastPlace = 0;

/** The operation that was counted last: what the room calls it, and its binding. */
export const lastOperation = (): [property: string, count: string, binding: string] => [
  last?.property ?? "operation",
  last?.counts[lastPlace] ?? "",
  lastBinding,
];

/** Adds to a number of the operations on a binding; `place` is that of the number among `counts`. */
export function addOperations(of: Payer, operations: Operations, binding: string, place: number, by: number) {
  last = operations;
  lastBinding = binding;
  lastPlace = place;
  const { property, counts } = operations;
  (countedIn(figuresOf(of), property, binding, counts.length) as number[])[place + 2] += by;
}

/** The numbers of the operations on a binding, of which there are `length`. */
function countedIn(figures: Figures, property: string, binding: string, length: number): Counted {
  for (let index = FIRST_OPERATIONS; index < figures.length; index++) {
    const known = figures[index] as Counted;
    if (known[0] === property && known[1] === binding) return known;
  }
  const counted: Counted = [property, binding];
  for (let count = 0; count < length; count++) counted.push(0);
  figures.push(counted);
  return counted;
}

/** The time, for `addGateTime`. */
export const elapsed = op_meter_elapsed;

/** An event has waited at a gate since a time of `elapsed`. */
export function addGateTime(of: Payer, since: number) {
  figuresOf(of)[3] += op_meter_elapsed() - since;
}
