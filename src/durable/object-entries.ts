// What is kept of objects, by their bindings and ids, and how their errors are marked.

import { core } from "ext:core/mod.js";
import type { AlarmState } from "ext:miniflare/durable/alarms.ts";
import type { Open } from "ext:miniflare/durable/entries.ts";
import type { InputGate, OutputGate } from "ext:miniflare/durable/gate.ts";
import type { Life } from "ext:miniflare/durable/life.ts";
import type { DurableObjectStorage, StorageKind } from "ext:miniflare/durable/storage.ts";

/** What events and effects of an object pass. */
export interface ObjectGates {
  input: InputGate;
  output: OutputGate;
  life: Life;
  binding: string;
}

/** The storage that an object has or will have, with the gates before it. */
export interface StorageEntry {
  gates: ObjectGates;
  open: Open;
  alarm: AlarmState;
  kind: StorageKind;
  storage: DurableObjectStorage;
  opening?: Promise<void> | undefined;
}

export type ById<Entry> = Map<string, Entry>;
export type ByBinding<Entry> = Map<string, ById<Entry>>;

/** What a map has for an object, created if it is missing. */
export function entryOf<Entry>(map: ByBinding<Entry>, binding: string, hex: string, create: () => Entry) {
  let ofBinding = map.get(binding);
  if (ofBinding === undefined) map.set(binding, (ofBinding = new Map()));
  let entry = ofBinding.get(hex);
  if (entry === undefined) ofBinding.set(hex, (entry = create()));
  return entry;
}

/** Marks an error as the object's (`remote`) for the caller, as Workers do. */
export const markRemote = (error: unknown) => mark(error, "remote");

/** Sets a property of an error to true. */
export function mark(error: unknown, property: string) {
  if (core.isNativeError(error)) {
    Reflect.defineProperty(error, property, { value: true, writable: true, enumerable: true, configurable: true });
  }
}
