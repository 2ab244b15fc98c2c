// Batches of messages as events of the worker. How they are delivered is in the lazy script (`bundle.ts`).

import { load } from "ext:miniflare/realm/lazy.ts";
import { QueueEvent } from "ext:miniflare/web/events.ts";
import { settleWithWaits } from "ext:miniflare/web/module-event.ts";
import type { DispatchedMessage, MessageBatch } from "../../index.d.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/queues/bundle.ts": typeof import("./bundle.ts");
  }
}

/** What is given of an event: a batch, and whether it is an error that nothing handles it. */
export interface Given {
  batch: MessageBatch;
  isRequired: boolean;
}

/** What Node dispatches, and how one event is delivered. */
export type Dispatched = [what: number | string | MessageBatch, messages?: DispatchedMessage[]];
export type Deliver = (given: Given) => Promise<unknown>;

export const bundle = () => load("ext:miniflare/queues/bundle.ts");

/**
 * The row of batches. Node dispatches the number of a stored batch; or the name of a queue and messages; or an object, which
 * the handler gets as it is.
 */
export const QUEUE = {
  name: "queue",
  from: (...given: Dispatched) => given as never as Given,
  make: ({ batch }: Given) => batch,
  makeEvent: ({ batch }: Given) => new QueueEvent("queue", { batch }),
  traced: ({ batch }: Given) => ({ batchSize: batch.messages.length, queue: batch.queue }),
  unhandled: (given: Given) => bundle().withoutHandler(given),
  settle: settleWithWaits,
  conclude: (given: unknown, deliver: Deliver) => bundle().deliverBatch(given as Dispatched, deliver),
};
