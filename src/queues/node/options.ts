// The options of queues.

import { isNumber, isString, list, numeric, optional, shape, string } from "../../node/options/check.ts";
import { place } from "../../node/options/place.ts";
import type { MiniflareOptions, QueueConsumerOptions } from "../../../index.d.ts";
import type { OptionRows } from "../../node/options/table.ts";
import type { ConsumerConfig, ProducerConfig } from "../../node/options/wrangler.ts";

/** The longest delay, in seconds: see `limits.rs`. */
const LONGEST_DELAY = 86_400;

const isWhole = (value: unknown, least: number): value is number => Number.isInteger(value) && Number(value) >= least;
const count = numeric("a whole number, 1 at least", (value) => isWhole(value, 1));
const retries = numeric("a whole number, 0 at least", (value) => isWhole(value, 0));
const milliseconds = numeric("a number of milliseconds, 0 at least", (value) => isNumber(value) && value >= 0);
const delay = numeric(
  `a whole number of seconds from 0 to ${LONGEST_DELAY}`,
  (value) => isWhole(value, 0) && value <= LONGEST_DELAY,
);

const producer = shape(
  { name: string, queueName: string, deliveryDelay: optional(delay) },
  'an object like { name: "BINDING", queueName: "queue" }',
);
const consumer = shape(
  {
    queueName: string,
    maxBatchSize: optional(count),
    maxWaitMs: optional(milliseconds),
    maxRetries: optional(retries),
    maxConcurrency: optional(count),
    retryDelay: optional(delay),
    deadLetterQueue: optional(string),
  },
  'a queue name, or an object like { queueName: "queue" }',
  isString,
);

const options = {
  queueBindings: {
    check: list(producer, "an array of queue bindings"),
    needsWorker: true,
    flag: "-q, --queue",
    takes: "array:NAME=QUEUE",
    help: "Queue Bindings",
    wrangler: ({ queues }) => queues?.producers?.map(producerOf),
  },
  queueConsumers: {
    check: list(consumer, "an array of queue consumers"),
    needsWorker: true,
    runsScript: true,
    flag: "--queue-consumer",
    help: "Queue Consumers",
    wrangler: ({ queues }) => queues?.consumers?.map(consumerOf),
  },
} satisfies OptionRows;

/** Options that Miniflare 2 does not have, as a group of their own. */
const own = {
  options: {
    queuesPersist: {
      check: place,
      keeps: "queues",
      folder: ".mf/queues",
      wrangler: "miniflare.queues_persist",
    },
  } satisfies OptionRows,
};

function producerOf({ binding, queue, delivery_delay }: ProducerConfig) {
  return { name: binding, queueName: queue, ...given({ deliveryDelay: delivery_delay }) };
}

/** Keys have the names of wrangler today, or those that Miniflare 2 read. */
function consumerOf(config: ConsumerConfig): QueueConsumerOptions {
  const seconds = config.max_batch_timeout ?? config.batch_timeout;
  return {
    queueName: config.queue,
    ...given({
      // Miniflare 2 ignored 0 here, too.
      maxBatchSize: config.max_batch_size ?? (config.batch_size || undefined),
      maxWaitMs: seconds === undefined ? undefined : 1000 * seconds,
      maxRetries: config.max_retries ?? config.message_retries,
      // What is null there has no limit.
      maxConcurrency: config.max_concurrency ?? undefined,
      retryDelay: config.retry_delay,
      deadLetterQueue: config.dead_letter_queue,
    }),
  };
}

/** The members that are not undefined. */
function given<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Members]?: Exclude<Members[Name], undefined> };
}

/** What a worker consumes. */
function consumersOf({ queueConsumers = [] }: MiniflareOptions): QueueConsumerOptions[] {
  return queueConsumers.map((consumer) => (typeof consumer === "string" ? { queueName: consumer } : consumer));
}

const usesQueues = ({ queueBindings = [], queueConsumers = [] }: MiniflareOptions): boolean =>
  queueBindings.length > 0 || queueConsumers.length > 0;

export const plugin = "QueuesPlugin";
export const settings = ({ queueBindings = [] }: MiniflareOptions) => ({
  queues: queueBindings.map(({ name, queueName, deliveryDelay = 0 }) => [name, queueName, deliveryDelay]),
});
export { consumersOf, options, own, usesQueues };
