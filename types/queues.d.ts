// `miniflare-rs/queues`, which replaces `@miniflare/queues`.

export { QueueError } from "../index";

/** The default of `maxBatchSize` of a consumer: messages per batch. */
export const DEFAULT_BATCH_SIZE: 5;
/** The default of `maxWaitMs` of a consumer: milliseconds. */
export const DEFAULT_WAIT_MS: 1000;
/** The default of `maxRetries` of a consumer: deliveries after the first one. */
export const DEFAULT_RETRIES: 2;

/** For the `context` of `MiniflareCore`, which does not use it: each instance has its own queues. */
export class QueueBroker {}

/** A name for `MiniflareCore`. It cannot be constructed. */
export class QueuesPlugin {
  private constructor();
}
