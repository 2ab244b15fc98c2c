// How an `AbortSignal` crosses: the other realm gets a signal of its own that is aborted when the original is, at once and
// for the same reason. A follower that crosses back is the original.
//
// Of the two, the original alone knows how long it can be aborted: a listener of the follower need not hold it. So
// a follower lives as long as the original does, and nothing here keeps the original.

import type { WireValue } from "../wire.ts";
import type { Membrane } from "./membrane.ts";

/** A signal's parts: whether it is the receiver's, its number among signals, and `[reason]` once it is aborted. */
type SignalParts = [isHome: boolean, number: number, reason: [WireValue] | null];

/** That a signal is aborted, and why, or that it is gone. */
type SignalMessage = [what: number, number: number, reason?: WireValue];

/** How signals of one realm cross. */
interface Signals {
  encode(signal: AbortSignal, membrane: Membrane): SignalParts;
  decode(parts: SignalParts, membrane: Membrane): AbortSignal;
  serve(message: SignalMessage, membrane: Membrane): void;
  close(): void;
  mayAbort(): boolean;
}

/** A signal of a realm, and what aborts it. */
interface Follower {
  signal: AbortSignal;
  abort(reason?: unknown): void;
}

/** What makes one realm's half. */
interface SignalsRealm {
  send(message: SignalMessage): void;
  create(): Follower;
}

const ABORT = 0;
const FORGET = 1;

/**
 * Makes one realm's half.
 * @param send calls the other half's `serve`, with its first argument
 * @param create makes a signal of this realm: `{ signal, abort(reason) }`
 */
function createSignals({ send, create }: SignalsRealm): Signals {
  const originals = new Map<number, { reference: WeakRef<AbortSignal>; listener: (event: Event) => void }>();
  const numbers = new WeakMap<AbortSignal, number>();
  const followers = new Map<number, Follower>();
  const homes = new WeakMap<AbortSignal, number>();
  const collected = new FinalizationRegistry(forget);
  let next = 1;
  return { encode, decode, serve, close, mayAbort };

  /** The parts that cross, for a row of `kinds.ts`. */
  function encode(signal: AbortSignal, membrane: Membrane): SignalParts {
    const reason: SignalParts[2] = signal.aborted ? [membrane.encodeThrown(signal.reason)] : null;
    const home = homes.get(signal);
    return home === undefined ? [false, numberOf(signal, membrane), reason] : [true, home, reason];
  }

  function numberOf(signal: AbortSignal, membrane: Membrane) {
    const known = numbers.get(signal);
    if (known !== undefined) return known;
    const number = next++;
    const listener = ({ target }: Event) =>
      tell([ABORT, number, membrane.encodeThrown((target as AbortSignal).reason)]);
    numbers.set(signal, number);
    originals.set(number, { reference: new WeakRef(signal), listener });
    collected.register(signal, number);
    if (!signal.aborted) signal.addEventListener("abort", listener, { once: true });
    return number;
  }

  function decode([isHome, number, given]: SignalParts, membrane: Membrane) {
    const reason = given === null ? undefined : membrane.decode(given[0]);
    const original = isHome ? originals.get(number)?.reference.deref() : undefined;
    if (original !== undefined) return original;
    // If the original is gone, a new signal cannot be told from it.
    const follower = isHome ? create() : followerOf(number);
    if (given !== null) follower.abort(reason);
    return follower.signal;
  }

  function followerOf(number: number) {
    let follower = followers.get(number);
    if (follower === undefined) {
      follower = create();
      followers.set(number, follower);
      homes.set(follower.signal, number);
    }
    return follower;
  }

  function serve([what, number, reason]: SignalMessage, membrane: Membrane) {
    const follower = followers.get(number);
    if (what === ABORT) {
      const decoded = membrane.decode(reason);
      return follower?.abort(decoded);
    }
    followers.delete(number);
    if (follower !== undefined) homes.delete(follower.signal);
  }

  function forget(number: number) {
    originals.delete(number);
    tell([FORGET, number]);
  }

  /** The other realm may be gone by now; there is no listener then. */
  function tell(message: SignalMessage) {
    try {
      send(message);
    } catch {}
  }

  /** Whether one of this realm's signals is followed and may still be aborted. */
  function mayAbort() {
    for (const { reference } of originals.values()) if (reference.deref()?.aborted === false) return true;
    return false;
  }

  function close() {
    for (const { reference, listener } of originals.values()) reference.deref()?.removeEventListener("abort", listener);
    originals.clear();
    followers.clear();
  }
}

export { createSignals };
export type { SignalMessage, SignalParts, Signals, SignalsRealm };
