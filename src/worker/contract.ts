// What Node asks of a worker beyond requests, through the membrane: the type of `control.ts`. What is a promise in the worker
// is one in Node.

import type { DispatchedMessage, DurableObjectState, DurableObjectStorage, QueueResult } from "../../index.d.ts";
import type { PendingInWorker, TailTarget, TellEvent, WireValue } from "../wire.ts";

/** The binding of a Durable Object, and the digits of its id. */
export type IdParts = [binding: string, hex: string];

/** The same, with the name that the id was derived from, if it is known. */
export type ObjectParts = [binding: string, hex: string, name?: string];

/** A binding of a Durable Object's class: its name, that of the class, the worker that exports it, and whether it has SQL. */
export type ObjectBinding = [binding: string, className: string, scriptName: string | undefined, hasSql: boolean];

/** Calls back once Node's microtasks are done. */
export type Soon = (callback: () => void) => void;

/** A state that code in Node constructs a class with. */
export interface GuestState {
  state: DurableObjectState;
  /** Runs an event behind the gates of the state. */
  run<T>(work: () => T | Promise<T>): Promise<T>;
  /** Resolves when what the event asks of others may go. */
  depart(): Promise<void>;
  /** Resolves when an answer may come. */
  arrive(): Promise<void>;
}

/** What a consumer says of a batch, `[number, decision, ...]`, whether its handler threw, and what. */
export type BatchOutcome = [decided: WireValue[], failed: boolean, error?: unknown];

export interface Control {
  /** Dispatches a scheduled event; resolves with what its handler waited for. */
  scheduled(scheduledTime: number, cron: string): Promise<unknown[]>;
  /** Delivers a stored batch by its number; null when it is not stored any more. */
  queue(batch: number): Promise<BatchOutcome | null>;
  /** Calls the handler of batches with messages of a queue. */
  queue(queue: string, messages: DispatchedMessage[]): Promise<QueueResult>;
  /** Calls it with an object as it is; resolves with what the handler waited for. */
  queue(batch: object): Promise<unknown[]>;
  /** Tells the request of this number that its caller has given it up. */
  abort(event: number, reason: unknown): void;
  globalScope(): object;
  bindings(): object;
  moduleExports(): object;
  /** The files that the script has imported. */
  moduleFiles(): string[];
  /** Runs a script in the global scope, and returns its value. */
  evaluate(path: string, text: string): unknown;
  /** The state of a promise, 0 while it is pending, 1 if it was kept and 2 if it was broken, and its result. */
  promiseDetails(promise: Promise<unknown>): [state: number, result: unknown];
  /** Simulates with a seed; `outside` has the parts of `src/realm/outside.ts` if the run is recorded or replayed. */
  simulate(seed: number, soon: (step: () => boolean) => void, outside?: readonly unknown[]): void;
  /** Collects what events use that begin from now on, until the function that is returned is called; it returns the figures as JSON. */
  collectUsage(): () => string;
  /** Fails as a defect of the addon would. */
  panic(message: string): never;

  /** What the events under way wait for, with the option `trackPending`. */
  pending(): PendingInWorker[];

  // Of the rooms of email and tails

  /** Calls the `email` handler; resolves with what it waited for. */
  email(message: object): Promise<unknown[]>;
  /** Calls the `tail` handler, with recorded events if a target is given; resolves with what it waited for. */
  tail(items: object[], target?: TailTarget): Promise<unknown[]>;
  /** Records events from now on. */
  recordEvents(tell: TellEvent): void;

  // Of the room of RPC. A path is the names that lead to a member, which is read where there is no message of arguments.

  /** What the script exports, as `ctx.exports` has it. */
  ownExports(): object;
  callEntrypoint(
    entrypoint: { name?: string | undefined; props?: unknown },
    path: readonly string[],
    message: object | undefined,
    nesting?: [depth: number, pipelineDepth: number],
  ): Promise<object>;

  // Of the room of queues

  /** Calls back whenever the worker has sent messages. */
  watchQueues(sent: () => void): void;

  // Of the room of Durable Objects

  /** Calls or reads a member of an object. */
  callObject(
    target: ObjectParts,
    path: readonly string[],
    message: object | undefined,
    depth?: number,
  ): Promise<object>;
  bindClasses(bindings: ObjectBinding[], alarms: boolean, deletesAlarm: boolean): void;
  objectStorage(binding: string, hex: string): Promise<DurableObjectStorage>;
  /** The digits of the ids of a binding's objects that live or have stored something, in order. */
  objectIds(binding: string): Promise<string[]>;
  /** Whether the object lived. */
  evictObject(binding: string, hex: string, closes: boolean): boolean | Promise<boolean>;
  /** `closes` says that their sockets are closed, too. */
  evictObjects(closes: boolean): void;
  /** Resets the objects that live. */
  abortObjects(method: string): void;
  runWithObject<T>(
    binding: string,
    hex: string,
    work: (instance: object, state: DurableObjectState) => T | Promise<T>,
    soon: Soon,
    name?: string,
  ): Promise<T>;
  stateForGuest(binding: string, hex: string, soon: Soon): Promise<GuestState>;
  /** Delivers the alarms that are set, of these objects or of all; how many there were, and what their handlers threw. */
  flushAlarms(ids: IdParts[] | undefined, onlyDue: boolean): Promise<{ count: number; errors: unknown[] }>;
}
