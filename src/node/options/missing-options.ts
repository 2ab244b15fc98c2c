// Options of Miniflare 2 for rooms that do not exist yet. None is ignored silently: loading the worker logs a warning for each
// option with `standIns`, and its bindings throw an error that names the missing feature.

import { isString, list, number, optional, shape, string, strings } from "./check.ts";
import type { OptionGroup, OptionRows } from "./table.ts";
import type { ConsumerConfig } from "./wrangler.ts";

/** An option for each kind of binding, and one that says where it is stored. */
type SiteOptions = { sitePath: string; siteInclude: string[]; siteExclude: string[] };

interface QueueOptions {
  queueBindings: { name: string; queueName: string }[];
  queueConsumers: (string | Consumer)[];
}

interface Consumer {
  queueName: string;
  maxBatchSize?: number;
  maxWaitMs?: number;
  maxRetries?: number;
  deadLetterQueue?: string;
}

const KV_METHODS = ["get", "getWithMetadata", "list", "put", "delete"];

const producer = shape({ name: string, queueName: string }, 'an object like { name: "BINDING", queueName: "queue" }');
const consumer = shape(
  {
    queueName: string,
    maxBatchSize: optional(number),
    maxWaitMs: optional(number),
    maxRetries: optional(number),
    deadLetterQueue: optional(string),
  },
  'a queue name, or an object like { queueName: "queue" }',
  isString,
);

const queues = {
  plugin: "QueuesPlugin",
  missing: "Queues",
  options: {
    queueBindings: {
      check: list(producer, "an array of queue bindings"),
      needsWorker: true,
      flag: "-q, --queue",
      takes: "array:NAME=QUEUE",
      help: "Queue Bindings",
      wrangler: ({ queues }) => queues?.producers?.map(({ binding, queue }) => ({ name: binding, queueName: queue })),
      standIns: { names: (bindings) => bindings.map(({ name }) => name), methods: ["send", "sendBatch"] },
    },
    queueConsumers: {
      check: list(consumer, "an array of queue consumers"),
      needsWorker: true,
      runsScript: true,
      flag: "--queue-consumer",
      help: "Queue Consumers",
      wrangler: ({ queues }) => queues?.consumers?.map(consumerOf),
      standIns: { names: () => [], methods: [] },
    },
  } satisfies OptionRows<QueueOptions>,
};

/** What is 0 in the file is as if it were absent. */
function consumerOf({
  queue,
  batch_size,
  batch_timeout,
  message_retries,
  dead_letter_queue,
}: ConsumerConfig): Consumer {
  return {
    queueName: queue,
    ...(batch_size && { maxBatchSize: batch_size }),
    ...(batch_timeout && { maxWaitMs: 1000 * batch_timeout }),
    ...(message_retries && { maxRetries: message_retries }),
    ...(dead_letter_queue && { deadLetterQueue: dead_letter_queue }),
  };
}

const sites = {
  plugin: "SitesPlugin",
  missing: "Workers Sites",
  options: {
    sitePath: {
      check: string,
      needsWorker: true,
      label: "Workers Site Path",
      flag: "-s, --site",
      help: "Path to serve Workers Site files from",
      wrangler: "site.bucket",
      standIns: { names: () => ["__STATIC_CONTENT"], methods: KV_METHODS },
    },
    siteInclude: {
      check: strings,
      label: "Workers Site Include",
      flag: "--site-include",
      help: "Glob pattern of site files to serve",
      wrangler: "site.include",
    },
    siteExclude: {
      check: strings,
      label: "Workers Site Exclude",
      flag: "--site-exclude",
      help: "Glob pattern of site files not to serve",
      wrangler: "site.exclude",
    },
  } satisfies OptionRows<SiteOptions>,
};

const groups: OptionGroup[] = [queues, sites];
export default groups;
