// What an event uses: CPU time, calls, operations, time at gates. It is counted as it happens, and read when somebody asks.
//
// CPU time is measured by turn (`meter.rs`). A turn is charged to the event whose code was entered last: by a request that
// arrives, a timer, an answer, a call from Node. The figures of an object's events are those of the event that asked it.

import { op_meter_before, op_meter_elapsed, op_meter_now } from "ext:core/ops";
import { Figures } from "ext:miniflare/realm/figures.ts";
import type { Operations } from "../wire.ts";

/** What an event's usage is added to. */
export interface Payer {
  /** The CPU time, in milliseconds. */
  cpu: number;
  /** There with the first figure other than CPU time. */
  figures: Figures | undefined;
}

/** Those that have begun since Node asked for the usage of all; a chain, with one for each time that it has. */
interface Collection {
  payers: Payer[];
  next: Collection | undefined;
}
let collections: Collection | undefined;

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

/** The figures so far, as JSON; the CPU time alone of an event that has no others. */
export function usageOf(of: Payer): number | string {
  if (of === payer) settle(op_meter_now());
  return of.figures === undefined ? of.cpu : of.figures.text(of.cpu);
}

/** An event begins, or a part of one. */
export function collect(of: Payer) {
  for (let one = collections; one !== undefined; one = one.next) one.payers.push(of);
}

/** Collects the usage of events that begin from now on, until the function that is returned is called; it returns the figures as JSON. */
export function collectUsage(): () => string {
  const collection: Collection = { payers: [], next: collections };
  collections = collection;
  return () => {
    forget(collection);
    settle(op_meter_now());
    return sumOf(collection.payers);
  };
}

function forget(collection: Collection) {
  if (collections === collection) collections = collection.next;
  for (let one = collections; one !== undefined; one = one.next) {
    if (one.next === collection) one.next = collection.next;
  }
}

function sumOf(payers: Payer[]) {
  const sum = new Figures();
  let cpu = 0;
  for (const { cpu: used, figures } of payers) {
    cpu += used;
    if (figures !== undefined) sum.add(figures);
  }
  return sum.text(cpu);
}

export const figuresOf = (of: Payer): Figures => (of.figures ??= new Figures());

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
  figuresOf(of).count(operations, binding, place, by);
}

/** The time, for `addGateTime`. */
export const elapsed = op_meter_elapsed;

/** An event has waited at a gate since a time of `elapsed`. */
export function addGateTime(of: Payer, since: number) {
  figuresOf(of).gates += op_meter_elapsed() - since;
}
