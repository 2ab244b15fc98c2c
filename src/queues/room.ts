// The queues that this worker sends to, and the batches that it consumes.

import { bundle, QUEUE } from "ext:miniflare/queues/queue-event.ts";
import type { WorkerQueue } from "./worker-queue.ts";

type Bound = [binding: string, queue: string, delay: number];

export const room = {
  name: "queues",
  empty: { queues: [] },
  /** `queues` is `[binding, queue, delay]` each. */
  bind: ({ queues }: { queues: Bound[] }) =>
    queues.map(([binding, name, delay]): [string, WorkerQueue] => [binding, bundle().queueNamed(binding, name, delay)]),
  events: [QUEUE],
  control: {
    watchQueues: (sent: () => void) => bundle().tell(sent),
  },
};
