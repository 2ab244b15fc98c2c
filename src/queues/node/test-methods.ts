// The methods for tests that call handlers of batches by hand, under the names that suites of Workers import from
// `cloudflare:test`.

import { describe } from "../../node/errors.ts";
import type * as contract from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";

type Ledger = { result(): contract.QueueResult };

/** What the consumer has said of a batch that `createMessageBatch` has made. */
const ledgers = new WeakMap<contract.MessageBatch, Ledger>();

/** Makes the methods. `wait` is what `waitOnExecutionContext` does. */
function testMethods(wait: (inside: Inside, context: contract.ExecutionContext) => Promise<void>) {
  return {
    /** A batch to call the handler of queues with. */
    createMessageBatch<Body = unknown>(
      { log }: Inside,
      queue: string,
      messages: contract.DispatchedMessage<Body>[],
    ): contract.MessageBatch<Body> {
      checkMessages("createMessageBatch", messages);
      const { createBatch } = require("../batch.ts") as typeof import("../batch.ts");
      const { delayOf } = require("../worker-queue.ts") as typeof import("../worker-queue.ts");
      const given = messages.map((message, index) => ({
        id: `${queue}-${index}`,
        timestamp: new Date(),
        attempts: 1,
        ...message,
      }));
      const metadata = { metrics: { backlogCount: messages.length, backlogBytes: 0 } };
      const { batch, ledger } = createBatch({ queue: String(queue), metadata, messages: given }, delayOf, (text) =>
        log.warn(text),
      );
      ledgers.set(batch, ledger);
      return batch as contract.MessageBatch<Body>;
    },

    /** Waits for a context, and resolves with what the handler has said of the batch. */
    async getQueueResult(
      inside: Inside,
      batch: contract.MessageBatch,
      context: contract.ExecutionContext,
    ): Promise<contract.QueueResult> {
      const ledger = ledgers.get(batch);
      if (ledger === undefined) {
        throw new TypeError(`getQueueResult() takes a batch of createMessageBatch(), got ${describe(batch)}`);
      }
      await wait(inside, context);
      return ledger.result();
    },
  };
}

function checkMessages(method: string, messages: unknown): void {
  if (Array.isArray(messages) && messages.every(isMessage)) return;
  throw new TypeError(`${method}() takes messages, an array like [{ body: "text" }], got ${describe(messages)}`);
}

const isMessage = (message: unknown) => typeof message === "object" && message !== null && "body" in message;

export { checkMessages, testMethods };
