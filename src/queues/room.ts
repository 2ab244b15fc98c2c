// The queues that this worker sends to, and the batches that it consumes.

import { op_later, op_queues_metrics, op_queues_send } from "ext:core/ops";
import { advance, countInternalSubrequest, depart } from "ext:miniflare/realm/context.ts";
import { load, onLoad } from "ext:miniflare/realm/lazy.ts";
import { MESSAGE_TYPE } from "ext:miniflare/realm/port.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { QUEUE } from "ext:miniflare/queues/queue-event.ts";
import { refuseClones, serialize } from "ext:miniflare/web/clone.ts";
import type { QueueBackend, WorkerQueue } from "./worker-queue.ts";

type Bound = [binding: string, queue: string, delay: number];

/** The script with the class. */
const CLASSES = "ext:miniflare/queues/worker-queue.ts";

onLoad(CLASSES, ({ WorkerQueue }) => refuseClones([WorkerQueue]));

/** Node's function that is called when messages have been sent, if it delivers any. */
let told: (() => void) | undefined;

const backend: QueueBackend = {
  // Messages can be sent outside of requests.
  begin: countInternalSubrequest,
  depart,
  advance,
  send: op_queues_send,
  metrics: op_queues_metrics,
  later: op_later,
  sent: () => told?.(),
  serialize,
  defaultType: () => (worker.flags.has("queues_json_messages") ? "json" : "v8"),
  types: MESSAGE_TYPE,
};

export const room = {
  name: "queues",
  empty: { queues: [] },
  /** `queues` is `[binding, queue, delay]` each. */
  bind: ({ queues }: { queues: Bound[] }) =>
    queues.map(([binding, name, delay]): [string, WorkerQueue] => [
      binding,
      new (load(CLASSES).WorkerQueue)(name, backend, delay),
    ]),
  events: [QUEUE],
  control: {
    watchQueues(sent: () => void) {
      told = sent;
    },
  },
};
