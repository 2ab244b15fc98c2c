// The queues that a worker sends to, over the ops of its instance.

import { op_queues_metrics, op_queues_send } from "ext:core/ops";
import { advance, countInternalSubrequest, countOperation, depart } from "ext:miniflare/realm/context.ts";
import { later } from "ext:miniflare/realm/waits.ts";
import { USAGE } from "ext:miniflare/queues/usage.ts";
import { MESSAGE_TYPE } from "ext:miniflare/realm/port.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { WorkerQueue } from "ext:miniflare/queues/worker-queue.ts";
import { refuseClones, serialize } from "ext:miniflare/web/clone.ts";
import type { QueueBackend } from "./worker-queue.ts";

refuseClones([WorkerQueue]);

/** Node's function that is called when messages have been sent, if it delivers any. */
let told: (() => void) | undefined;

/** The place of the number that is counted. */
const [MESSAGES] = USAGE.counts.keys();
/** Items of a list of messages that each takes. */
const ITEMS = 3;

const common: Omit<QueueBackend, "send"> = {
  // Messages can be sent outside of requests.
  begin: countInternalSubrequest,
  depart,
  advance,
  metrics: op_queues_metrics,
  later,
  sent: () => told?.(),
  serialize,
  defaultType: () => (worker.flags.has("queues_json_messages") ? "json" : "v8"),
  types: MESSAGE_TYPE,
};

/** What the queue of a binding is over. */
const backendOf = (binding: string): QueueBackend => ({
  ...common,
  send(name, messages) {
    countOperation(USAGE, binding, MESSAGES, messages.length / ITEMS);
    return op_queues_send(name, messages);
  },
});

export const queueNamed = (binding: string, name: string, delay: number) =>
  new WorkerQueue(name, backendOf(binding), delay);

export const tell = (sent: () => void) => void (told = sent);
