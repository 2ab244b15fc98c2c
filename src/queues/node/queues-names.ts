// `miniflare-rs/queues`: what suites import to construct a `MiniflareCore`.

import { QueueError } from "../../node/errors.ts";
import { QueuesPlugin } from "../../node/names/plugin-classes.ts";

/** What consumers get unless the options say something else. */
const DEFAULT_BATCH_SIZE = 5;
const DEFAULT_WAIT_MS = 1000;
const DEFAULT_RETRIES = 2;

/** `MiniflareCore` takes one, and needs none: each instance has its own queues. */
class QueueBroker {}

export { DEFAULT_BATCH_SIZE, DEFAULT_RETRIES, DEFAULT_WAIT_MS, QueueBroker, QueueError, QueuesPlugin };
