// What is recorded of events for tails: the seams between the parts that run events and the room that records them, for a worker
// with the option `tails`. Without it they do nothing.

import { currentContext } from "ext:miniflare/realm/context.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";

/** What an event is, as an item of a tail has it. */
export type TracedEvent = Readonly<Record<string, unknown>>;

/** What runs an event: an entrypoint by its name, the default one without, or an object by its class and the digits of its id. */
export interface TracedBy {
  entrypoint?: string | undefined;
  className?: string;
  id?: string;
}

/** What is recorded of one event. */
export interface Trace {
  /** The event turns out to be one of an object. */
  by(what: TracedBy): void;
  log(level: string, args: unknown[]): void;
  /** A message of a channel of `node:diagnostics_channel`. */
  published(channel: string, message: unknown): void;
  exception(error: unknown): void;
  /** The response is sent, or there is none since the handler has failed. */
  responded(status: number): void;
  failed(error: unknown): void;
  /** Resolves once what the event waits for has settled. */
  settled(waits: readonly unknown[]): Promise<unknown>;
  end(): void;
}

/** Begins what is recorded of an event. */
type Begin = (context: RequestContext, event: TracedEvent, by: TracedBy) => Trace;

let begin: Begin | undefined;
export const traceWith = (given: Begin) => void (begin = given);

/** Whether events are recorded. */
export const isTraced = () => begin !== undefined;

/** What is recorded of the event whose code runs. */
export const currentTrace = (): Trace | undefined => (begin === undefined ? undefined : currentContext()?.root.trace);

/** An event begins, which its caller ends; undefined unless events are recorded. */
export function beginTrace(context: RequestContext, event: () => TracedEvent, by: () => TracedBy): Trace | undefined {
  if (begin === undefined) return undefined;
  return (context.trace = begin(context, event(), by()));
}

/**
 * What becomes of an error of an event's work: it is recorded; or it is if the work throws, since a promise of it is among what the
 * event waits for; or the caller alone is told.
 */
export type Failure = "recorded" | "waited" | "told";

/** Runs the work of an event, which ends once its result and what it waits for have settled. */
export function traced<Result>(
  context: RequestContext,
  event: () => TracedEvent,
  by: () => TracedBy,
  failure: Failure,
  work: () => Result,
): Result {
  const trace = beginTrace(context, event, by);
  return trace === undefined ? work() : follow(trace, context, failure, work);
}

function follow<Result>(trace: Trace, context: RequestContext, failure: Failure, work: () => Result): Result {
  const finish = () => void trace.settled(context.waits ?? []).then(() => trace.end());
  const reject = (error: unknown) => {
    if (failure === "recorded") trace.exception(error);
    finish();
  };
  try {
    const result = work();
    if (result instanceof Promise) result.then(finish, reject);
    else finish();
    return result;
  } catch (error) {
    if (failure !== "told") trace.exception(error);
    finish();
    throw error;
  }
}

/** The same for a request, of which the response is recorded. */
export function tracedFetch(
  context: RequestContext,
  request: Request,
  by: () => TracedBy,
  work: () => Promise<Response>,
): Promise<Response> {
  const trace = beginTrace(context, () => requestEvent(request), by);
  if (trace === undefined) return work();
  const finish = () => void trace.settled(context.waits ?? []).then(() => trace.end());
  // What the work throws is what its promise is broken with.
  const response = (async () => work())();
  response.then(
    ({ status }) => {
      trace.responded(status);
      finish();
    },
    (error) => {
      trace.failed(error);
      finish();
    },
  );
  return response;
}

/** What a request is, as an event. */
export function requestEvent(request: Request): TracedEvent {
  const headers = Object.fromEntries([...request.headers].sort(([one], [other]) => (one < other ? -1 : 1)));
  const { url, method } = request;
  return { request: { url, method, headers, cf: (request as { cf?: unknown }).cf } };
}
