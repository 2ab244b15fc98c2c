// The types of `signals.js`.

import type { WireValue } from "../node/binding/exports.d.ts";
import type { Membrane } from "./membrane.js";

/** A signal's parts: whether it is the receiver's, its number among signals, and `[reason]` once it is aborted. */
export type SignalParts = [isHome: boolean, number: number, reason: [WireValue] | null];

/** How signals of one realm cross. */
export interface Signals {
  encode(signal: AbortSignal, membrane: Membrane): SignalParts;
  decode(parts: SignalParts, membrane: Membrane): AbortSignal;
  serve(message: WireValue[], membrane: Membrane): void;
  close(): void;
  /** Whether one of this realm's signals is followed and may still be aborted. */
  mayAbort(): boolean;
}

/** What makes one realm's half. */
export interface SignalsRealm {
  send(message: WireValue[]): void;
  create(): { signal: AbortSignal; abort(reason?: unknown): void };
}

export function createSignals(realm: SignalsRealm): Signals;
