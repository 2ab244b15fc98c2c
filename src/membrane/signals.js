// How an `AbortSignal` crosses: the other realm gets a signal of its own that is aborted when the original is, at once and
// for the same reason. A follower that crosses back is the original.
//
// Of the two, the original alone knows how long it can be aborted: a listener of the follower need not hold it. So
// a follower lives as long as the original does, and nothing here keeps the original.

const ABORT = 0;
const FORGET = 1;

/**
 * Makes one realm's half.
 * @param send calls the other half's `serve`, with its first argument
 * @param create makes a signal of this realm: `{ signal, abort(reason) }`
 */
function createSignals({ send, create }) {
  const originals = new Map();
  const numbers = new WeakMap();
  const followers = new Map();
  const homes = new WeakMap();
  const collected = new FinalizationRegistry(forget);
  let next = 1;
  return { encode, decode, serve, close, mayAbort };

  /** The parts that cross, for a row of `kinds.js`. */
  function encode(signal, membrane) {
    const reason = signal.aborted ? [membrane.encodeThrown(signal.reason)] : null;
    const home = homes.get(signal);
    return home === undefined ? [false, numberOf(signal, membrane), reason] : [true, home, reason];
  }

  function numberOf(signal, membrane) {
    const known = numbers.get(signal);
    if (known !== undefined) return known;
    const number = next++;
    const listener = ({ target }) => tell([ABORT, number, membrane.encodeThrown(target.reason)]);
    numbers.set(signal, number);
    originals.set(number, { reference: new WeakRef(signal), listener });
    collected.register(signal, number);
    if (!signal.aborted) signal.addEventListener("abort", listener, { once: true });
    return number;
  }

  function decode([isHome, number, given], membrane) {
    const reason = given === null ? undefined : membrane.decode(given[0]);
    const original = isHome ? originals.get(number)?.reference.deref() : undefined;
    if (original !== undefined) return original;
    // If the original is gone, a new signal cannot be told from it.
    const follower = isHome ? create() : followerOf(number);
    if (given !== null) follower.abort(reason);
    return follower.signal;
  }

  function followerOf(number) {
    let follower = followers.get(number);
    if (follower === undefined) {
      follower = create();
      followers.set(number, follower);
      homes.set(follower.signal, number);
    }
    return follower;
  }

  function serve([what, number, reason], membrane) {
    const follower = followers.get(number);
    if (what === ABORT) {
      const decoded = membrane.decode(reason);
      return follower?.abort(decoded);
    }
    followers.delete(number);
    if (follower !== undefined) homes.delete(follower.signal);
  }

  function forget(number) {
    originals.delete(number);
    tell([FORGET, number]);
  }

  /** The other realm may be gone by now; there is no listener then. */
  function tell(message) {
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
