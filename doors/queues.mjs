// `miniflare-rs/queues` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/queues.js";

export const { DEFAULT_BATCH_SIZE, DEFAULT_RETRIES, DEFAULT_WAIT_MS, QueueBroker, QueueError, QueuesPlugin } = door;
export default door;
