// Deliveries of an instance: batches that are due go to the worker that consumes their queue, and what it says of them is
// stored. When they are due is up to the clock of the instance: `broker.rs`.
//
// Nothing that a worker or a log throws ends this.

import timers from "node:timers";
const { setTimeout } = timers;
import { binding, waiting } from "../../node/binding/binding.ts";
import { later } from "../../node/binding/later.ts";
import { describeThrown, QueueError } from "../../node/errors.ts";
import { FATE } from "../../protocol.ts";
import { consumersOf } from "./options.ts";
import type { Log, QueueConsumerOptions } from "../../../index.d.ts";
import type { WireValue } from "../../node/binding/exports.d.ts";
import type { Group } from "../../node/instance/group.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { BatchOutcome, Control } from "../../worker/contract.ts";

/** What holds for consumers that do not say it, as in Miniflare 2. */
const DEFAULTS = { maxBatchSize: 5, maxWaitMs: 1000, maxRetries: 2, retryDelay: 0 };
/** For how many milliseconds a store that cannot be asked is left alone. The pause doubles each time, up to the longest. */
const PAUSE = 2_000;
const LONGEST_PAUSE = 8_000;
/** A worker that was reloaded, or ended, while it had a batch: the batch has not failed. */
const ENDED = new Set(["ERR_RELOADED", "ERR_DISPOSED"]);
/** The instance has been disposed of. */
const GONE = new Set(["ERR_NOT_OPEN", "ERR_DISPOSED"]);

interface Consumer {
  settings: QueueConsumerOptions;
  worker: Worker;
}

/** Whether Node is to be kept alive for batches, and those to be delivered, `queue, batch` each. */
type Due = [expects: boolean, ...batches: WireValue[]];

class Deliveries {
  #group: Group;
  #consumers = new Map<string, Consumer>();
  #runs = false;
  #expects = false;

  constructor(group: Group) {
    this.#group = group;
  }

  /** The worker that consumes a queue. */
  consumer(queue: string): Worker | undefined {
    return this.#consumers.get(queue)?.worker;
  }

  /** Delivers to the consumers that the workers have by now. */
  update(): void {
    this.#consumers = consumersIn(this.#group);
    this.#consume([...this.#consumers.values()].map(({ settings }) => wireOf(settings)));
    if (!this.#runs) this.#run();
    this.look();
  }

  /** Learns of messages that a script sends. */
  watch(script: Worker): void {
    script.running?.watchQueues(() => this.look());
  }

  /** Messages have been sent: Node stays alive if they are delivered soon. */
  look(): void {
    this.#expect(binding.queuesExpects(this.#group.instance));
  }

  #consume(consumers: WireValue[]): void {
    binding.queuesConsume(this.#group.instance, consumers);
  }

  async #run(): Promise<void> {
    this.#runs = true;
    for (;;) {
      const due = await this.#due();
      if (due === null) break;
      const [expects, ...batches] = due;
      this.#expect(expects);
      for (let index = 0; index < batches.length; index += 2) {
        this.#deliver(batches[index] as string, batches[index + 1] as number);
      }
    }
    this.#expect(false);
    this.#runs = false;
  }

  /** Waits for what is due; null after the end of the instance. */
  async #due(): Promise<Due | null> {
    let told: string | undefined;
    for (let pause = PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const answer = binding.queuesDue(this.#group.instance);
        return (typeof answer === "number" ? await later(answer, false) : answer) as Due | null;
      } catch (error) {
        if (isOneOf(GONE, error)) return null;
        this.#expect(false);
        const { message } = error as Error;
        if (told !== message) this.#sayOutage(message, pause);
        told = message;
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
      }
    }
  }

  #sayOutage(reason: string, pause: number): void {
    const again = `which is tried again in ${pause / 1000} s`;
    this.#say("warn", `Messages of queues cannot be delivered at the moment, ${again}: ${reason}`);
  }

  #expect(expected: boolean): void {
    if (this.#expects === expected) return;
    this.#expects = expected;
    waiting(expected ? 1 : -1);
  }

  async #deliver(queue: string, batch: number): Promise<void> {
    try {
      const decided = await this.#decided(queue, batch);
      const answer = binding.queuesSettle(this.#group.instance, batch, decided);
      const fates = (typeof answer === "number" ? await later(answer) : answer) as WireValue[];
      for (let index = 0; index < fates.length; index += 2) {
        this.#sayFate(queue, fates[index] as string, fates[index + 1] as number);
      }
    } catch (error) {
      if (!isOneOf(GONE, error)) this.#tell(queue, error);
    }
  }

  /** What the consumer says of a batch, `[number, decision, ...]`; null when all of it is to be delivered again. */
  async #decided(queue: string, batch: number): Promise<WireValue[] | null> {
    const worker = this.consumer(queue);
    if (worker === undefined) return [];
    const control = worker.control ?? (await this.#loaded(worker));
    if (control === undefined) return [];
    try {
      const outcome = await handlerOf(control)(batch);
      // What it was of was restored to an earlier state meanwhile.
      if (outcome === null) return [];
      this.#sayOutcome(queue, worker, outcome);
      return outcome[0];
    } catch (error) {
      if (isOneOf(ENDED, error)) return [];
      this.#tell(queue, error);
      return null;
    }
  }

  /** A worker that cannot be loaded consumes nothing until it is. The calls that wait for it are told why. */
  async #loaded(worker: Worker) {
    try {
      return (await worker.lane()).control;
    } catch (error) {
      if (!isOneOf(GONE, error)) this.#consume([]);
      return undefined;
    }
  }

  #sayOutcome(queue: string, { log }: Worker, [decided, failed, error]: BatchOutcome): void {
    const decisions = decided.filter((_, index) => index % 2 === 1);
    if (failed) this.#tell(queue, error);
    else if (decisions.includes(true)) this.#say("info", `${queue} (${decisions.length} Messages) OK`, log);
  }

  #sayFate(queue: string, id: string, fate: number): void {
    const { maxRetries = DEFAULTS.maxRetries, deadLetterQueue } = this.#consumers.get(queue)?.settings ?? {};
    if (fate === FATE.AGAIN) this.#say("debug", `Retrying message "${id}"...`);
    else if (fate === FATE.MOVED)
      this.#say("warn", `Moving message "${id}" to dead letter queue "${deadLetterQueue}"...`);
    else this.#say("warn", `Dropped message "${id}" after ${maxRetries + 1} failed attempts!`);
  }

  /** Tells of what a consumer threw, or why a delivery could not be stored. */
  #tell(queue: string, thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(describeThrown(thrown));
    const stack = `${queue} Consumer: ${describeThrown(error)}`;
    this.#group.main.report(
      Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true }),
    );
  }

  #say(level: "debug" | "info" | "warn", text: string, log: Log = this.#group.main.log): void {
    try {
      log[level](text);
    } catch (error) {
      process.emitWarning(error as Error);
    }
  }
}

const handlers = new WeakMap<Control, Control["queue"]>();

/** The function that delivers a batch to a worker: to ask for it is a call of the worker, too. */
function handlerOf(control: Control): Control["queue"] {
  const handler = handlers.get(control) ?? control.queue;
  handlers.set(control, handler);
  return handler;
}

const isOneOf = (codes: ReadonlySet<string>, error: unknown): boolean =>
  codes.has(String((error as Partial<NodeJS.ErrnoException> | null | undefined)?.code));

/** The consumers of all workers, by the names of their queues. */
function consumersIn({ workers }: Group): Map<string, Consumer> {
  const all = workers.flatMap((worker) => consumersOf(worker.options).map((settings) => ({ settings, worker })));
  return new Map(all.map((consumer) => [consumer.settings.queueName, consumer]));
}

/** Refuses two consumers of one queue, and a queue that is the one for its own dead letters. */
function checkConsumers({ workers }: Group): void {
  const known = new Set<string>();
  for (const { queueName, deadLetterQueue } of workers.flatMap(({ options }) => consumersOf(options))) {
    if (known.has(queueName)) {
      const text = `Queue "${queueName}" has two consumers.\nName it once among the options "queueConsumers" of all workers.`;
      throw new QueueError("ERR_CONSUMER_ALREADY_SET", text);
    }
    known.add(queueName);
    if (deadLetterQueue !== queueName) continue;
    const text = `Dead letter queue for queue "${queueName}" cannot be itself.\nName another queue as its "deadLetterQueue".`;
    throw new QueueError("ERR_DEAD_LETTER_QUEUE_CYCLE", text);
  }
}

/** A consumer as the addon takes it: see `consume` in `calls.rs`. */
function wireOf(consumer: QueueConsumerOptions): WireValue {
  const { queueName, maxConcurrency, deadLetterQueue } = consumer;
  const { maxBatchSize, maxWaitMs, maxRetries, retryDelay } = { ...DEFAULTS, ...consumer };
  return [queueName, maxBatchSize, maxWaitMs, maxRetries, deadLetterQueue, maxConcurrency, retryDelay];
}

export { checkConsumers, Deliveries };
