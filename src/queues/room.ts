// The queues that this worker sends to, and the batches that it consumes.

import { op_queues_metrics, op_queues_send } from "ext:core/ops";
import { advance, countInternalSubrequest, countOperation, depart } from "ext:miniflare/realm/context.ts";
import { USAGE } from "ext:miniflare/queues/usage.ts";
import { later } from "ext:miniflare/realm/waits.ts";
import { load, onLoad } from "ext:miniflare/realm/lazy.ts";
import { MESSAGE_TYPE } from "ext:miniflare/realm/port.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { QUEUE } from "ext:miniflare/queues/queue-event.ts";
import { refuseClones, serialize } from "ext:miniflare/web/clone.ts";
import type { QueueBackend, WorkerQueue } from "./worker-queue.ts";

type Bound = [binding: string, queue: string, delay: number];

/** The place of the number that is counted. */
const [MESSAGES] = USAGE.counts.keys();

/** The script with the class. */
const CLASSES = "ext:miniflare/queues/worker-queue.ts";

onLoad(CLASSES, ({ WorkerQueue }) => refuseClones([WorkerQueue]));

/** Node's function that is called when messages have been sent, if it delivers any. */
let told: (() => void) | undefined;

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

/** Items of a list of messages that each takes. */
const ITEMS = 3;

/** What the queue of a binding is over. */
const backendOf = (binding: string): QueueBackend => ({
  ...common,
  send(name, messages) {
    countOperation(USAGE, binding, MESSAGES, messages.length / ITEMS);
    return op_queues_send(name, messages);
  },
});

export const room = {
  name: "queues",
  empty: { queues: [] },
  /** `queues` is `[binding, queue, delay]` each. */
  bind: ({ queues }: { queues: Bound[] }) =>
    queues.map(([binding, name, delay]): [string, WorkerQueue] => [
      binding,
      new (load(CLASSES).WorkerQueue)(name, backendOf(binding), delay),
    ]),
  events: [QUEUE],
  control: {
    watchQueues(sent: () => void) {
      told = sent;
    },
  },
};
