// What the room of queues adds to an instance in Node.

import { describe } from "../../node/errors.ts";
import { methods as waitMethods } from "../../web/node/test-methods.ts";
import { consumersOf, usesQueues } from "./options.ts";
import { checkMessages, testMethods } from "./test-methods.ts";
import { USAGE as usage } from "../usage.ts";
import type { DispatchedMessage, MessageBatch, Queue, QueueResult } from "../../../index.d.ts";
import type { Group } from "../../node/instance/group.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { Deliveries } from "./deliveries.ts";

const EXPERIMENTAL = "Queues are experimental. There may be breaking changes in the future.";

/** The deliveries of each instance with consumers. */
const deliveries = new WeakMap<Group, Deliveries>();

/** A queue to send messages to, whether it is bound or not. */
async function getQueue<Body = unknown>(inside: Inside, name: string): Promise<Queue<Body>> {
  await inside.begun();
  const { openQueue } = require("./queue-backend.ts") as typeof import("./queue-backend.ts");
  return openQueue(String(name), inside, () => deliveries.get(inside.group)?.look());
}

/** Calls the handler with messages of a queue, or with a batch as it is. */
function dispatchQueue(inside: Inside, queue: string, messages: DispatchedMessage[]): Promise<QueueResult>;
function dispatchQueue<Waits extends unknown[]>(inside: Inside, batch: MessageBatch): Promise<Waits>;
async function dispatchQueue(
  inside: Inside,
  given: MessageBatch | string,
  messages: DispatchedMessage[] | undefined = undefined,
): Promise<unknown> {
  const { control } = await inside.worker.lane();
  const { run } = inside.group;
  if (typeof given === "object" && given !== null) {
    run?.refuse("a batch that is an object of the test", "Call dispatchQueue() with the name of a queue and messages.");
    return control.queue(given);
  }
  if (typeof given !== "string") {
    throw new TypeError(`dispatchQueue() takes a batch, or the name of a queue and messages, got ${describe(given)}`);
  }
  const consumer = deliveries.get(inside.group)?.consumer(given) ?? inside.worker;
  checkMessages("dispatchQueue", messages);
  const { control: own } = await consumer.lane();
  const dispatch = () => own.queue(given, messages as DispatchedMessage[]);
  if (run === undefined) return dispatch();
  return run.event({ kind: "queue", queue: given, given: run.data(messages, "messages") }, dispatch);
}

const methods = { dispatchQueue, getQueue, ...testMethods(waitMethods.waitOnExecutionContext) };

/** A queue has one consumer. */
function check(group: Group): void {
  for (const { options, log } of group.workers) if (usesQueues(options)) log.warn(EXPERIMENTAL);
  if (group.workers.every(({ options }) => consumersOf(options).length === 0)) return;
  const { checkConsumers } = require("./deliveries.ts") as typeof import("./deliveries.ts");
  checkConsumers(group);
}

/** Delivers what is sent to the consumers of all workers, once the main worker is bound. */
function bind(group: Group, script: Worker): void {
  if (script === group.main) deliver(group);
  deliveries.get(group)?.watch(script);
}

function deliver(group: Group): void {
  const known = deliveries.get(group);
  if (known === undefined && group.workers.every(({ options }) => consumersOf(options).length === 0)) return;
  const { Deliveries } = require("./deliveries.ts") as typeof import("./deliveries.ts");
  const all = known ?? new Deliveries(group);
  deliveries.set(group, all);
  all.update();
}

export { bind, check, methods, usage };
