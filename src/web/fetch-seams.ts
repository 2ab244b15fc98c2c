// Where other rooms take part in a worker's `fetch`. A room puts its own functions in the place of these when it loads.

import type { RequestContext } from "ext:miniflare/realm/context.ts";
import type { BodySource, HeaderList, Signal } from "../upstream.d.ts";

/** The request of a hop. */
export interface Hop {
  method: string;
  url: string;
  headers: HeaderList;
  body: HopBody;
  /** Of the body, in bytes, where that is known. */
  length: number | null;
  /** What the body was made of, if it can be made of that again. */
  source: BodySource | null;
  signal: Signal | null;
  /** The header that names encodings, if it is the runtime's. */
  encodings?: [name: string, value: string];
  /** Ends the hop, and its body. */
  callOff?: (reason?: unknown) => void;
  /** What the source of the body failed with. */
  bodyFailure?: { error: unknown };
}

export type HopBody = string | Uint8Array<ArrayBuffer> | ReadableStream | null;

/** The answer to a hop. */
export interface Answer {
  status: number;
  statusText: string;
  headers: HeaderList;
  body: HopBody;
}

export type Send = (hop: Hop) => Promise<Answer>;
type Context = RequestContext | undefined;
type Waiting = Promise<unknown> | undefined;

interface Seams {
  begin(): Context;
  ready(context: Context): Waiting;
  hop(context: Context, urls: readonly string[]): void;
  answer(context: Context, hop: Hop, send: Send): Answer | Promise<Answer | undefined> | undefined;
  end(context: Context): Waiting;
  depth(context: Context): number;
}

export const seams: Seams = {
  /** A fetch begins, still on the stack of its caller. Returns what the others are given; what it throws rejects it. */
  begin: () => undefined,
  /** Waited for before anything is sent, when it returns a promise. */
  ready: (context) => undefined,
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
  answer: (context, hop, send) => undefined,
  /** The response is there, and the worker about to get it. Waited for when it returns a promise. */
  end: (context) => undefined,
  /** How deep the event that fetches is nested in others: the value of the header `MF-Loop`. */
  depth: (context) => 1,
};
