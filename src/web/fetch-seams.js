// Where other rooms take part in a worker's `fetch`. A room puts its own functions in the place of these when it loads.

export const seams = {
  /** A fetch begins, still on the stack of its caller. Returns what the others are given; what it throws rejects it. */
  begin() {},
  /** Waited for before anything is sent, when it returns a promise. */
  ready(context) {},
  /** Before each hop; `urls` is the chain so far, the hop's own URL last. What it throws rejects the fetch. */
  hop(context, urls) {},
  /**
   * Answers a hop in the place of the network: undefined, or an answer or a promise of one. What it throws is the `cause`
   * of `TypeError: fetch failed`.
   *
   * A hop is `{ method, url, headers, body, length, signal }`: headers are a list of `[name, value]`, a body is null, a
   * string, bytes or a stream, of `length` bytes where that is known. An answer is `{ status, statusText, headers, body }`.
   * `send(hop)` sends it to the network after all, and resolves with the answer.
   */
  answer(context, hop, send) {},
  /**
   * Sends a hop that asks a server to upgrade to a WebSocket. Resolves with the parts of the answer as native code has them,
   * and the socket, or null if the server has answered otherwise.
   */
  upgrade: undefined,
  /** The response is there, and the worker about to get it. Waited for when it returns a promise. */
  end(context) {},
  /** How deep the event that fetches is nested in others: the value of the header `MF-Loop`. */
  depth: (context) => 1,
};
