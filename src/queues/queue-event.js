// Batches of messages as events of the worker: those that are stored, and those that a test dispatches.

import { core } from "ext:core/mod.js";
import { op_queues_take } from "ext:core/ops";
import { now } from "ext:miniflare/realm/context.js";
import { load } from "ext:miniflare/realm/lazy.js";
import { MESSAGE_TYPE, HOST, host } from "ext:miniflare/realm/port.js";
import { isSimulating, someTime } from "ext:miniflare/realm/simulation.js";
import { worker } from "ext:miniflare/realm/worker.js";
import { QueueEvent, settleWaits } from "ext:miniflare/web/events.js";

/** The parts of a stored message: number, id, time, failures, content type, body. */
const PARTS = 6;

const DECODERS = {
  [MESSAGE_TYPE.TEXT]: (text) => text,
  [MESSAGE_TYPE.JSON]: (text) => JSON.parse(text),
  [MESSAGE_TYPE.BYTES]: (bytes) => bytes.buffer,
  [MESSAGE_TYPE.V8]: (bytes) => core.deserialize(bytes),
};

/**
 * The row of batches. Node dispatches the number of a stored batch; or the name of a queue and messages; or an object, which
 * the handler gets as it is.
 */
export const QUEUE = {
  name: "queue",
  from: (...given) => given,
  make: ({ batch }) => batch,
  makeEvent: ({ batch }) => new QueueEvent("queue", { batch }),
  unhandled({ isRequired }) {
    if (!isRequired) return [];
    const hint =
      worker.handlers === undefined
        ? 'calling addEventListener("queue", ...)'
        : "exporting a default object containing a `queue` function property";
    throw new Error(`No queue handler defined.\nMake sure you're ${hint}.`);
  },
  settle(result, { waits }) {
    if (result !== undefined) waits.push(result);
    return settleWaits(waits);
  },
  conclude([what, messages], deliver) {
    if (typeof what === "number") return deliverStored(what, deliver);
    if (typeof what === "string") return deliverGiven(what, messages, deliver);
    return deliver({ batch: what, isRequired: false });
  },
};

function createBatch(given) {
  const { delayOf } = load("ext:miniflare/queues/worker-queue.js");
  return load("ext:miniflare/queues/batch.js").createBatch(given, delayOf, (text) => host(HOST.WARN, text));
}

/**
 * Delivers a stored batch: null when it is not there any more, otherwise `[decided, failed, error]`; `decided` is a list of
 * `[number, decision]`, and `failed` is whether the handler threw `error`.
 */
async function deliverStored(number, deliver) {
  if (isSimulating()) await someTime();
  const parts = op_queues_take(number);
  if (parts === null) return null;
  const { given, numbers } = readStored(parts);
  const { batch, ledger } = createBatch(given);
  const decide = (otherwise) =>
    given.messages.flatMap(({ id }, index) => [numbers[index], ledger.decisionOn(id, otherwise)]);
  try {
    await deliver({ batch, isRequired: true });
    return [decide(true), false];
  } catch (error) {
    return [decide(false), true, error];
  }
}

function readStored([queue, count, bytes, oldest, ...parts]) {
  const { metricsOf } = load("ext:miniflare/queues/worker-queue.js");
  const [messages, numbers] = [[], []];
  for (let index = 0; index < parts.length; index += PARTS) {
    const [number, id, sent, failures, type, content] = parts.slice(index, index + PARTS);
    numbers.push(number);
    messages.push({ id, timestamp: new Date(sent), body: DECODERS[type](content), attempts: failures + 1 });
  }
  return { given: { queue, metadata: { metrics: metricsOf([count, bytes, oldest]) }, messages }, numbers };
}

/** Delivers messages of a test's own, and resolves with what the consumer said of them. Rejects with what it threw. */
async function deliverGiven(queue, messages, deliver) {
  const { batch, ledger } = createBatch({
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
