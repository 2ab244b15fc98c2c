// The context of a request: what it has used up, how deeply it is nested, and what time it is for its code.
//
// V8 keeps one value per continuation and brings it back in promise reactions and microtasks. Here that value is a
// `Continuation`: the context of the request, and what a worker has set for code that it calls and for all that this starts.
// It follows a request's code wherever this goes on. What is called back otherwise (by a timer, by Node's side) keeps the
// continuation that it was made in, and enters it again. Outside of all requests there is no context.

import { core, internals } from "ext:core/mod.js";
import { op_clock_now, op_context_limits } from "ext:core/ops";
import { toldTime } from "ext:miniflare/realm/outside.ts";
import { LIMIT } from "ext:miniflare/realm/port.ts";
import { addGateTime, addOperations, charge, collect, elapsed, figuresOf } from "ext:miniflare/realm/usage.ts";
import { beginWait } from "ext:miniflare/realm/waits.ts";
import type { Trace } from "ext:miniflare/realm/trace.ts";
import type { Operations } from "../wire.ts";
import type { Figures } from "ext:miniflare/realm/figures.ts";
import type { Payer } from "ext:miniflare/realm/usage.ts";
import type { Owned } from "ext:miniflare/realm/owned.ts";

const { getAsyncContext, setAsyncContext } = core;

const limits = op_context_limits();
const REQUEST_DEPTH = limits[LIMIT.REQUEST_DEPTH];
const PIPELINE_DEPTH = limits[LIMIT.PIPELINE_DEPTH];
const RECURSION =
  "Subrequest depth limit exceeded. This request recursed through Workers too many times. This can happen e.g. if you have a Worker or Durable Object that calls other Workers or objects recursively.";
const OUTSIDE =
  "Some functionality, such as asynchronous I/O (fetch, Cache API, KV), timeouts (setTimeout, setInterval), and generating random values (crypto.getRandomValues, crypto.subtle.generateKey), can only be performed while handling a request.";

const settings = {
  subrequests: limits[LIMIT.SUBREQUESTS],
  internalSubrequests: limits[LIMIT.INTERNAL_SUBREQUESTS],
  actualTime: false,
  globalAsyncIO: false,
  globalTimers: false,
  globalRandom: false,
};

/** What holds for all requests of a worker, as far as it is given. */
export interface ContextSettings {
  unbound?: boolean;
  subrequests?: number;
  internalSubrequests?: number;
  actualTime?: boolean;
  globalAsyncIO?: boolean;
  globalTimers?: boolean;
  globalRandom?: boolean;
}

/** What may be allowed outside of all requests. */
type Outside = "globalAsyncIO" | "globalTimers" | "globalRandom";

/** A gate, as far as contexts pass it: nothing when it is open, otherwise a promise of that. */
interface Gate {
  pass(): Promise<unknown> | undefined;
}

/** The gates of the object whose code runs. */
export interface Gates {
  /** Open where it is undefined. */
  readonly input: Gate | undefined;
  readonly output: Gate;
  readonly life: { readonly isOver: boolean };
  /** The binding of the object's class. */
  readonly binding?: string;
}

/**
 * Sets what holds for all requests of this worker.
 * @param chosen `{ unbound, subrequests, internalSubrequests, actualTime, globalAsyncIO, globalTimers, globalRandom }`;
 *   limits that are not given are those of the usage model, and a negative one means no limit
 */
export function configure(chosen: ContextSettings) {
  const limit = (number: number | undefined, otherwise: number) =>
    (number as number) < 0 ? Infinity : (number ?? otherwise);
  const most = chosen.unbound ? LIMIT.SUBREQUESTS_UNBOUND : LIMIT.SUBREQUESTS;
  Object.assign(settings, chosen, {
    subrequests: limit(chosen.subrequests, limits[most]),
    internalSubrequests: limit(chosen.internalSubrequests, limits[LIMIT.INTERNAL_SUBREQUESTS]),
  });
}

export class RequestContext implements Payer {
  /** When the request last heard from outside, in milliseconds since the epoch. */
  time: number;
  /** Requests that led to this one, itself included; by way of objects and HTTP, and of service bindings. */
  depth: number;
  pipelineDepth: number;
  subrequests = 0;
  internalSubrequests = 0;
  /** `{ input, output, life }` of the object whose code runs; undefined outside of objects. */
  gates: Gates | undefined;
  /** What the event waits for, if it is one that waits. */
  waits: unknown[] | undefined;
  /** What ends with the event, once it has been answered; undefined without any. */
  owned: Owned | undefined;
  /** What is recorded of the event for tails, if anything. */
  trace: Trace | undefined;
  /** What counts and tells the time for those made from it by `gatedContext`. */
  root: RequestContext = this;
  /** Whose usage this is: its own, or that of the event by which an object is asked. */
  payer: Payer = this;
  cpu = 0;
  figures: Figures | undefined;

  constructor(time: number, depth: number, pipelineDepth: number) {
    if (depth > REQUEST_DEPTH) {
      throw new Error(
        `${RECURSION}\nWorkers and objects can recurse up to ${REQUEST_DEPTH} times.\nIf you're trying to fetch from an origin server, make sure you've set the \`upstream\` option.`,
      );
    }
    if (pipelineDepth > PIPELINE_DEPTH) {
      throw new Error(`${RECURSION}\nService bindings can recurse up to ${PIPELINE_DEPTH} times.`);
    }
    this.time = time;
    this.depth = depth;
    this.pipelineDepth = pipelineDepth;
    collect(this);
  }
}

/** What V8 keeps per continuation. It never changes: code that changes a part enters a copy (`enterWith`). */
export class Continuation {
  /** Undefined outside of all requests. */
  readonly request: RequestContext | undefined;
  /** What `env` of `cloudflare:workers` refers to in place of the bindings, if anything. */
  readonly env: object | undefined;
  /** The same for `exports`. */
  readonly exports: object | undefined;
  /** The values of `AsyncLocalStorage`: each storage followed by its value. Never changed, as it is shared. */
  readonly stores: readonly unknown[] | undefined;

  constructor(
    request: RequestContext | undefined,
    env: object | undefined = undefined,
    exports: object | undefined = undefined,
    stores: readonly unknown[] | undefined = undefined,
  ) {
    this.request = request;
    this.env = env;
    this.exports = exports;
    this.stores = stores;
  }
}

const NOWHERE = new Continuation(undefined);

const NOW = Number.NaN;
const wallTime = () => toldTime(op_clock_now(NOW));

/** The continuation of the code that runs, to be entered again by `proceed` or `resume`; undefined for an empty one. */
export const currentContinuation = getAsyncContext;

/** The context of the code that runs; undefined outside of all requests. */
export const currentContext = () => getAsyncContext()?.request;

/** The context of an event that is delivered to the worker; `depth` counts the requests that led to it. */
export const eventContext = (depth = 1) => new RequestContext(wallTime(), depth, 1);

/** The context of a request to an object, made by the code that runs or from outside. */
export function objectContext() {
  const caller = currentContext();
  return onAccountOf(caller, eventContext((caller?.depth ?? 0) + 1));
}

function onAccountOf(caller: RequestContext | undefined, context: RequestContext) {
  if (caller !== undefined) context.payer = caller.payer;
  return context;
}

/** The context of a request to another worker by a service binding. */
export function serviceContext() {
  const caller = currentContext();
  return onAccountOf(caller, new RequestContext(wallTime(), caller?.depth ?? 1, (caller?.pipelineDepth ?? 0) + 1));
}

/** Runs `work` in the context of a request, with nothing else set, or outside of all. What `work` returns is returned. */
export function enter<Result>(context: RequestContext | undefined, work: () => Result): Result {
  if (context === undefined) return proceed(undefined, work);
  charge(context.payer);
  return proceed(new Continuation(context), work);
}

/** Runs `work` in the current continuation with what `changes` has in place of its own. What `work` returns is returned. */
export function enterWith<Result>(changes: Partial<Continuation>, work: () => Result): Result {
  const { request, env, exports, stores } = { ...(getAsyncContext() ?? NOWHERE), ...changes };
  return proceed(new Continuation(request, env, exports, stores), work);
}

/** Runs `work` in a continuation that was the current one before. What `work` returns is returned. */
export function proceed<Result>(continuation: Continuation | undefined, work: () => Result): Result {
  const outer = switchTo(continuation);
  try {
    return work();
  } finally {
    setAsyncContext(outer);
  }
}

/** Makes `continuation` the one of the code that follows, and returns the one it was, for `switchTo` to bring back. */
export function switchTo(continuation: Continuation | undefined) {
  const outer = getAsyncContext();
  setAsyncContext(continuation);
  return outer;
}

/** Where there is none: enters the continuation that what is called now was made in. Whether `leave` must follow. */
export function resume(continuation: Continuation | undefined) {
  if (continuation === undefined || getAsyncContext() !== undefined) return false;
  const { request } = continuation;
  if (request !== undefined) {
    request.root.time = wallTime();
    charge(request.payer);
  }
  setAsyncContext(continuation);
  return true;
}

export const leave = () => setAsyncContext(undefined);

// What upstream enters for the listeners of events.
Object.assign(internals, { resume, leave });

/**
 * The continuation in which a listener hears of an event, whose code was added in `continuation`. An ordinary request goes on,
 * and its time moves on; an object, or code outside of all requests, hears of each event in a context of its own, nested alike.
 */
export function listenerContinuation(continuation: Continuation = NOWHERE): Continuation {
  const context = continuation.request;
  if (context !== undefined && context.gates === undefined) {
    moveTime(context, wallTime());
    return continuation;
  }
  const own = new RequestContext(wallTime(), context?.depth ?? 1, context?.pipelineDepth ?? 1);
  own.gates = context?.gates;
  return new Continuation(own, continuation.env, continuation.exports, continuation.stores);
}

/** Counts `fetch()`, each redirect that it follows, or a call of a cache's method. Throws when it is one too many. */
export function countSubrequest(count = 1) {
  const context = currentContext();
  if (context === undefined) return;
  const { root } = context;
  root.subrequests += count;
  figuresOf(context.payer).subrequests += count;
  if (root.subrequests <= settings.subrequests) return;
  throw new Error(
    `Too many subrequests. Workers can make up to ${settings.subrequests} subrequests per request.\nA subrequest is a call to fetch(), a redirect, or a call to any Cache API method.`,
  );
}

/** Counts a call of KV, R2 or a Durable Object. Throws when it is one too many. */
export function countInternalSubrequest() {
  const context = currentContext();
  if (context === undefined) return;
  figuresOf(context.payer).internalSubrequests++;
  if (++context.root.internalSubrequests <= settings.internalSubrequests) return;
  throw new Error(
    `Too many API requests by single worker invocation. Workers can make up to ${settings.internalSubrequests} KV and Durable Object requests per invocation.`,
  );
}

/** Adds to a number of the operations on a binding; `place` is that of the number among their `counts`. */
export function countOperation(operations: Operations, binding: string, place: number, by = 1) {
  const context = currentContext();
  if (context !== undefined) addOperations(context.payer, operations, binding, place, by);
}

/** The same for the object whose code runs. */
export function countStorage(operations: Operations, place: number, by = 1) {
  const context = currentContext();
  const binding = context?.gates?.binding;
  if (binding !== undefined) addOperations((context as RequestContext).payer, operations, binding, place, by);
}

/** The event whose code runs waits at a gate, input or output, until the function that is returned is called. */
export function waitAtGate(name: string): () => void {
  const context = currentContext();
  const payer = context?.payer;
  const since = elapsed();
  const end = beginWait("gate", [name, context?.gates?.binding]);
  return () => {
    end();
    if (payer !== undefined) addGateTime(payer, since);
  };
}

/** The same for a promise of an output gate, which is returned. */
export function atGate<Wait extends Promise<unknown> | undefined>(wait: Wait): Wait {
  if (wait === undefined) return wait;
  const end = waitAtGate("output");
  wait.then(end, end);
  return wait;
}

/** Throws outside of all requests, unless `option` allows it: globalAsyncIO, globalTimers or globalRandom. */
export function requireContext(option: Outside) {
  if (currentContext() === undefined && !settings[option]) throw new Error(OUTSIDE);
}

/** A context for a part of what runs in another, with gates of its own. */
export const contextWithin = (context: RequestContext | undefined, gates: Gates): RequestContext | undefined =>
  context && Object.create(context, { gates: { value: gates } });

/** The same with another input gate: one that is undefined is open. */
export function gatedContext(context: RequestContext | undefined, input: Gate | undefined) {
  if (context?.gates === undefined) return context;
  return contextWithin(context, { ...context.gates, input });
}

/**
 * Input has arrived: time has moved on for the request. Nothing, or a promise to wait for, when an object's gate keeps it
 * out.
 */
export function advance() {
  const context = currentContext();
  if (context === undefined) return undefined;
  context.root.time = wallTime();
  charge(context.payer);
  return context.gates?.input?.pass();
}

/**
 * Code of a request goes on, for which time has moved on to a moment, in milliseconds since the epoch; it never goes back.
 */
export function moveTime(context: RequestContext | undefined, moment: number) {
  if (context === undefined) return;
  if (context.root.time < moment) context.root.time = moment;
  charge(context.payer);
}

/** Before something leaves: nothing, or a promise to wait for, while an object has written what could still be lost. */
export const depart = () => atGate(currentContext()?.gates?.output.pass());

/** What time it is for the code that runs: that of its last input, or the actual one outside of all requests. */
export function now() {
  const time = settings.actualTime ? undefined : currentContext()?.time;
  return time === undefined ? wallTime() : op_clock_now(time);
}
