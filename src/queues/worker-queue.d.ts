// The contract of `worker-queue.js`: queues to send messages to, each over a backend.

import type * as miniflare from "../../index.d.ts";
import type { WireValue } from "../node/binding/raw.d.ts";

/** How queues are reached. Answers that are numbers are those that `later` makes promises of. */
export interface QueueBackend {
  /** Called before each use. */
  begin(): void;
  /** Called before messages are sent; a promise when there is something to wait for. */
  depart(): Promise<void> | undefined | void;
  /** Called after each use; a promise when there is something to wait for. */
  advance(): Promise<void> | undefined | void;
  /** Sends `[content type, content, delay, ...]`; answers as `metrics` does. */
  send(name: string, messages: WireValue[]): WireValue;
  /** `[messages, bytes, time of the oldest]`. */
  metrics(name: string): WireValue;
  /** Called when messages have been sent. */
  sent(): void;
  later(number: number): Promise<WireValue>;
  /** The bytes of a clone. */
  serialize(value: unknown): Uint8Array;
  defaultType(): miniflare.QueueContentType;
  /** The numbers of content types. */
  types: Readonly<Record<string, number>>;
}

export interface WorkerQueue extends miniflare.Queue {}
export const WorkerQueue: {
  readonly prototype: WorkerQueue;
  new (name: string, backend: QueueBackend, delay?: number): WorkerQueue;
};
