// Queues and Workers Sites, used as a suite in ES modules uses them. Compiled by `npm run types`, never run.

import {
  type DispatchedMessage,
  type Message,
  type MessageBatch,
  Miniflare,
  type Queue,
  type QueueBinding,
  type QueueConsumerOptions,
  type QueueContentType,
  type QueueMetrics,
  type QueueResult,
  type QueueRetryOptions,
  type QueueSendOptions,
  type QueueSendRequest,
  type QueueSendResult,
} from "miniflare-rs";

interface Job {
  id: number;
}

const producer: QueueBinding = { name: "JOBS", queueName: "jobs", deliveryDelay: 5 };
const consumer: QueueConsumerOptions = {
  queueName: "jobs",
  maxBatchSize: 10,
  maxWaitMs: 100,
  maxRetries: 0,
  maxConcurrency: 2,
  retryDelay: 1,
  deadLetterQueue: "failed",
};
const mf = new Miniflare({
  queueBindings: [producer, { name: "OTHER", queueName: "other" }],
  queueConsumers: ["other", consumer],
  queuesPersist: "./queues",
  sitePath: "public",
  ratelimits: { LIMIT: { simple: { limit: 1, period: 60 } } },
  versionMetadata: { binding: "VERSION", tag: "v1" },
  analyticsEngineDatasets: { EVENTS: { dataset: "events" } },
  secretsStoreSecrets: { KEY: { storeId: "store", secretName: "name", value: "secret" } },
  hyperdrives: { DB: "postgres://localhost/db" },
  remoteBindings: { AI: "Workers AI" },
  email: { send_email: [{ name: "MAIL", allowed_sender_addresses: ["a@example.com"] }] },
  assets: { directory: "public", binding: "ASSETS", htmlHandling: "none", runWorkerFirst: ["/api/*"] },
  siteInclude: ["*.html"],
  siteExclude: ["draft"],
});

export async function send(): Promise<void> {
  const queue: Queue<Job> = await mf.getQueue<Job>("jobs");
  const contentType: QueueContentType = "json";
  const options: QueueSendOptions = { contentType, delaySeconds: 60 };
  const sent: QueueSendResult = await queue.send({ id: 1 }, options);
  const requests: QueueSendRequest<Job>[] = [{ body: { id: 2 }, contentType: "v8" }];
  await queue.sendBatch(new Set(requests), { delaySeconds: 1 });
  const metrics: QueueMetrics = await queue.metrics();
  console.log(sent.metadata.metrics.backlogCount, metrics.backlogBytes, metrics.oldestMessageTimestamp?.getTime());
}

export async function dispatch(batch: MessageBatch<Job>): Promise<void> {
  const messages: DispatchedMessage<Job>[] = [{ body: { id: 1 } }, { id: "a", timestamp: new Date(), attempts: 2, body: { id: 2 } }];
  const result: QueueResult = await mf.dispatchQueue("jobs", messages);
  const waited: [string] = await mf.dispatchQueue<[string]>(batch);
  console.log(result.ackAll, result.retryBatch.delaySeconds, result.explicitAcks, result.retryMessages[0]?.msgId, waited);
}

export function consume(batch: MessageBatch<Job>): void {
  const retry: QueueRetryOptions = { delaySeconds: 5 };
  for (const message of batch.messages as readonly Message<Job>[]) {
    if (message.body.id > 1) message.retry(retry);
    else message.ack();
    console.log(message.id, message.timestamp.getTime(), message.attempts, batch.metadata.metrics.backlogCount);
  }
  batch.ackAll();
  batch.retryAll(retry);
}

// @ts-expect-error: a consumer names its queue
export const wrong = new Miniflare({ queueConsumers: [{ maxBatchSize: 1 }] });
