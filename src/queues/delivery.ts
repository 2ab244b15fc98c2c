// How batches of messages are delivered: those that are stored, and those that a test dispatches.

import { core } from "ext:core/mod.js";
import { op_queues_take } from "ext:core/ops";
import { now } from "ext:miniflare/realm/context.ts";
import { createBatch } from "ext:miniflare/queues/batch.ts";
import { delayOf, metricsOf } from "ext:miniflare/queues/worker-queue.ts";
import { MESSAGE_TYPE, HOST, host } from "ext:miniflare/realm/port.ts";
import { kept, outsideOf } from "ext:miniflare/realm/outside.ts";
import { isSimulating, someTime } from "ext:miniflare/realm/simulation.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import type { DispatchedMessage, QueueResult } from "../../index.d.ts";
import type { WireValue } from "../wire.ts";
import type { GivenBatch, GivenMessage } from "./batch.ts";
import type { Deliver, Dispatched, Given } from "./queue-event.ts";
import type { Backlog } from "./worker-queue.ts";

/** What the consumer says of a batch, `[number, decision, ...]`, whether its handler threw, and what. */
type Outcome = [decided: WireValue[], failed: boolean, error?: unknown];

/** A stored message as it comes: its parts by turns. */
type StoredMessage = [number: number, id: string, sent: number, failures: number, type: number, content: never];

/** The parts of a stored message: number, id, time, failures, content type, body. */
const PARTS = 6;

const DECODERS: Record<number, (content: never) => unknown> = {
  [MESSAGE_TYPE.TEXT]: (text: string) => text,
  [MESSAGE_TYPE.JSON]: (text: string) => JSON.parse(text),
  [MESSAGE_TYPE.BYTES]: (bytes: Uint8Array) => bytes.buffer,
  [MESSAGE_TYPE.V8]: (bytes: Uint8Array) => core.deserialize(bytes),
};

/** Delivers what Node dispatches. */
export function deliverBatch([what, messages = []]: Dispatched, deliver: Deliver) {
  if (typeof what === "number") return deliverStored(what, deliver);
  if (typeof what === "string") return deliverGiven(what, messages, deliver);
  return deliver({ batch: what, isRequired: false });
}

/** What becomes of a batch without a handler. */
export function withoutHandler({ isRequired }: Given) {
  if (!isRequired) return [];
  const hint =
    worker.handlers === undefined
      ? 'calling addEventListener("queue", ...)'
      : "exporting a default object containing a `queue` function property";
  throw new Error(`No queue handler defined.\nMake sure you're ${hint}.`);
}

function batchOf(given: GivenBatch) {
  return createBatch(given, delayOf, (text) => host(HOST.WARN, text));
}

/**
 * Delivers a stored batch: null when it is not there any more, otherwise `[decided, failed, error]`; `decided` is a list of
 * `[number, decision]`, and `failed` is whether the handler threw `error`.
 */
async function deliverStored(number: number, deliver: Deliver): Promise<Outcome | null> {
  await outsideOf()?.arrive({ kind: "batch", number });
  if (isSimulating()) await someTime();
  const parts = kept("batch", op_queues_take(number) as WireValue[] | null);
  if (parts === null) return null;
  const { given, numbers } = readStored(parts);
  const { batch, ledger } = batchOf(given);
  const decide = (otherwise: boolean): WireValue[] =>
    given.messages.flatMap(({ id }, index) => [numbers[index], ledger.decisionOn(id, otherwise)]);
  try {
    await deliver({ batch, isRequired: true });
    return [decide(true), false];
  } catch (error) {
    return [decide(false), true, error];
  }
}

function readStored([queue, count, bytes, oldest, ...parts]: WireValue[]) {
  const messages: GivenMessage[] = [];
  const numbers: number[] = [];
  for (let index = 0; index < parts.length; index += PARTS) {
    const [number, id, sent, failures, type, content] = parts.slice(index, index + PARTS) as StoredMessage;
    numbers.push(number);
    messages.push({ id, timestamp: new Date(sent), body: DECODERS[type](content), attempts: failures + 1 });
  }
  return {
    given: { queue: queue as string, metadata: { metrics: metricsOf([count, bytes, oldest] as Backlog) }, messages },
    numbers,
  };
}

/** Delivers messages of a test's own, and resolves with what the consumer said of them. Rejects with what it threw. */
async function deliverGiven(queue: string, messages: DispatchedMessage[], deliver: Deliver): Promise<QueueResult> {
  const { batch, ledger } = batchOf({
    queue,
    metadata: { metrics: { backlogCount: messages.length, backlogBytes: 0 } },
    messages: messages.map((message, index) => ({
      id: `${queue}-${index}`,
      timestamp: new Date(now()),
      attempts: 1,
      ...message,
    })),
  });
  await deliver({ batch, isRequired: true });
  return ledger.result();
}
