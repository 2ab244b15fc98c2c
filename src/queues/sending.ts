// The queues that a worker sends to, over the ops of its instance.

import { op_later, op_queues_metrics, op_queues_send } from "ext:core/ops";
import { advance, countInternalSubrequest, depart } from "ext:miniflare/realm/context.ts";
import { MESSAGE_TYPE } from "ext:miniflare/realm/port.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { WorkerQueue } from "ext:miniflare/queues/worker-queue.ts";
import { refuseClones, serialize } from "ext:miniflare/web/clone.ts";
import type { QueueBackend } from "./worker-queue.ts";

refuseClones([WorkerQueue]);

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

export const queueNamed = (name: string, delay: number) => new WorkerQueue(name, backend, delay);

export const tell = (sent: () => void) => void (told = sent);
