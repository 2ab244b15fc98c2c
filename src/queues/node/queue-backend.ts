// Queues from outside the worker: the same class as inside, over the addon.

import { binding } from "../../node/binding/binding.ts";
import { outside } from "../../node/binding/outside.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { serialize } from "../../membrane/node/node-realm.ts";
import { MESSAGE_TYPE } from "../../protocol.ts";
import { WorkerQueue } from "../worker-queue.ts";
import type { Inside } from "../../node/instance/inside.ts";

makeFair(WorkerQueue);

/**
 * The queue of this name. Messages are of the content type that the worker's compatibility date says.
 * @param sent called when messages have been sent
 */
function openQueue(name: string, inside: Inside, sent: () => void): WorkerQueue {
  return new WorkerQueue(name, {
    ...outside,
    send: (queue, messages) => binding.queuesSend(inside.instance, queue, messages),
    metrics: (queue) => binding.queuesMetrics(inside.instance, queue),
    sent,
    serialize: cloned,
    defaultType: () => (inside.worker.flags.includes("queues_json_messages") ? "json" : "v8"),
    types: MESSAGE_TYPE,
  });
}

/** The bytes of a clone. The serializer's own errors have no class. */
function cloned(value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch (error) {
    const { message } = error as Error;
    if (!message.endsWith("could not be cloned.")) throw error;
    throw new DOMException(message, "DataCloneError");
  }
}

export { openQueue };
