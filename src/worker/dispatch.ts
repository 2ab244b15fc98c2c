// Requests in, responses out. The hot path: what a handler answers without waiting leaves in the same turn.

import { op_answer } from "ext:core/ops";
import { atRandom, isSimulating } from "ext:miniflare/realm/simulation.ts";
import { toldTime } from "ext:miniflare/realm/outside.ts";
import { microtasksDone } from "ext:miniflare/realm/stretch.ts";
import { Continuation, currentContext, leave, RequestContext, switchTo } from "ext:miniflare/realm/context.ts";
import { TrackedAnswer } from "ext:miniflare/worker/tracked-answer.ts";
import { chargeTurn, usageOf } from "ext:miniflare/realm/usage.ts";
import { describeThrown, messageOf } from "ext:miniflare/realm/realm-errors.ts";
import { beginTrace, isTraced, requestEvent } from "ext:miniflare/realm/trace.ts";
import { beginEvent, isTracked } from "ext:miniflare/realm/waits.ts";
import { fetchForNode } from "ext:miniflare/worker/outside-fetch.ts";
import { deliverEvent, deliverTo } from "ext:miniflare/worker/event-kinds.ts";
import { FETCH, noUpstream, passOn, unanswered, wrongType } from "ext:miniflare/worker/fetch-event.ts";
import { fetchTarget, serveCall } from "ext:miniflare/worker/rooms.ts";
import { settleWaits } from "ext:miniflare/web/events.ts";
import {
  cfTextOf,
  depthOf,
  isResponse,
  requestFromWire,
  responseToWire,
  setCf,
} from "ext:miniflare/web/wire-request.ts";
import { ANSWER, decode, encode, encodeThrown, HOST, host, TARGET } from "ext:miniflare/realm/port.ts";
import { deliverWith } from "ext:miniflare/realm/remote.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import type { Sender } from "ext:miniflare/web/sources.ts";
import type { Encode } from "ext:miniflare/realm/port.ts";
import type { Handlers } from "ext:miniflare/realm/worker.ts";
import type { Response as WorkersResponse } from "ext:miniflare/web/response-class.ts";
import type { EventState } from "ext:miniflare/worker/event-kind.ts";
import type { Payer } from "ext:miniflare/realm/usage.ts";
import type { WireValue } from "../wire.ts";

/** Where a dispatch has the number of the JSON of `request.cf`, and behind it the JSON itself the first time. */
const CF_NUMBER = 10;

type Nesting = [depth: number, pipelineDepth: number];
/** A request as Node dispatches it. Of a call of `fetch`, the arguments follow the target. */
type DispatchedEvent = Parameters<typeof deliver>;
/** What is known of a request while it is answered. */
type State = EventState & {
  isAnswered: boolean;
  payer: Payer | undefined;
  /** If what it waits for is tracked. */
  tracked: TrackedAnswer | undefined;
};

/** Takes a request, or a call of `fetch`; in a simulation its turn comes later. */
export function dispatch(...event: DispatchedEvent) {
  if (event[2] === TARGET.CALL) return serve(event[0], event[3] as unknown as unknown[]);
  const number = event[CF_NUMBER] as number | undefined;
  if (number !== undefined) event[CF_NUMBER] = cfTextOf(number, event[CF_NUMBER + 1] as string | undefined);
  if (event[2] === TARGET.OUTBOUND)
    fetchForNode(event[0], ...(event.slice(3) as [input: WireValue, init: WireValue[], length: number | undefined]));
  else if (isSimulating()) atRandom(() => deliver(...event));
  else deliver(...event);
}

/**
 * Dispatches a request, which came `now`, to a target and answers event `id`. `target` is null for the worker's own
 * handler, or what a room takes (`fetchTarget`), such as an object. `nesting` is `[depth, pipelineDepth]` of what a worker asks for;
 * `isAbortable` says that the caller has a signal: true, or 2 for one that ends with the request. `cfText` is the request's `cf`
 * as JSON, and `redirect` how the request follows redirects, unless that is "follow".
 */
function deliver(
  id: number,
  now: number,
  target: unknown,
  method: string,
  url: string,
  headers: string,
  body: WireValue,
  cf?: WireValue,
  nesting?: Nesting,
  isAbortable?: boolean | number,
  cfText?: unknown,
  _json?: unknown,
  redirect?: RequestRedirect,
) {
  const state: State = {
    waits: [],
    passThrough: false,
    spare: undefined,
    isAnswered: false,
    payer: undefined,
    tracked: undefined,
  };
  microtasksDone();
  try {
    const context = arrivalContext(toldTime(now), headers, nesting);
    state.payer = context;
    if (isTracked()) state.tracked = trackedAnswer(context, method, url);
    chargeTurn(context);
    switchTo(new Continuation(context));
    const follow = isAbortable ? (cancel: Cancel) => followSignal(id, cancel, request, state) : undefined;
    const request: Request = requestFromWire(method, url, headers, body, decode, follow, redirect);
    if (isAbortable === true) holdRequest(id, request);
    if (cf !== undefined) setCf(request, decode(cf));
    if (cfText !== undefined) setCf(request, cfText);
    if (isTraced()) recordAnswer(context, request, target, state);
    if (target === null && (worker.proxies || nesting !== undefined)) state.spare = request.clone();
    const response =
      target === null
        ? deliverEvent(FETCH, request, state)
        : isEntrypoint(target)
          ? deliverToEntrypoint(target, request, state)
          : fetchTarget(target, request);
    if (isResponse(response)) return answer(id, response, state);
    settle(id, Promise.resolve(response), state);
  } catch (error) {
    fail(id, error, state);
  } finally {
    leave();
  }
}

/** Serves a call of another worker's as event `id`. */
function serve(id: number, call: unknown[]) {
  microtasksDone();
  serveCall(...call).then(
    (answer) => op_answer(id, answer),
    (error) => answerError(id, error),
  );
}

function trackedAnswer(payer: Payer, method: string, url: string) {
  const end = beginEvent(payer, "fetch", method, url);
  return end && new TrackedAnswer(payer, end);
}

function recordAnswer(context: RequestContext, request: Request, target: unknown, state: State) {
  const entrypoint = target !== null && isEntrypoint(target) ? (target[1] ?? undefined) : undefined;
  state.tracked ??= new TrackedAnswer(context, () => {});
  state.tracked.trace = beginTrace(
    context,
    () => requestEvent(request),
    () => ({ entrypoint }),
  );
}

/** `[null, name, props]`: a named entrypoint, or what a binding gives it. A name that is null is the default one. */
type EntrypointTarget = [none: null, name: string | null, props: WireValue];
const isEntrypoint = (target: unknown): target is EntrypointTarget => (target as unknown[])[0] === null;

deliverWith((exported, request, props) =>
  deliverTo(exported as Handlers, NAMED_FETCH, request, { waits: [], passThrough: false, spare: undefined, props }),
);

function deliverToEntrypoint([, name, props]: EntrypointTarget, request: Request, state: State) {
  state.props = decode(props);
  if (name === null) return deliverEvent(FETCH, request, state);
  const entrypoint = Object.hasOwn(worker.exports, name) ? worker.exports[name] : undefined;
  if (entrypoint === undefined || entrypoint === null) {
    throw new TypeError(`The worker exports no entrypoint "${name}".`);
  }
  return deliverTo(entrypoint as Handlers, NAMED_FETCH, request, state);
}

/** A named entrypoint has no server behind it to go on to. */
const NAMED_FETCH: typeof FETCH = {
  ...FETCH,
  unhandled() {
    throw Object.assign(new Error("Handler does not export a fetch() function."), { remote: true });
  },
};

// The caller's signal aborts the request's, whenever that is. The request is held until it is answered, and as long as
// the answer's body is read; from then on, a reference to the request or its signal keeps both.
type Cancel = (reason: unknown) => void;

const held = new Map<number, Request | WeakRef<Request>>();
const cancels = new WeakMap<Request, Cancel>();
const requestOf = new WeakMap<object, Request | WeakRef<Request>>();
const forgotten = new FinalizationRegistry<number>((id) => {
  held.delete(id);
  host(HOST.FORGET_SIGNAL, id);
});

function holdRequest(id: number, request: Request, isAnswered = false) {
  held.set(id, isAnswered ? new WeakRef(request) : request);
  forgotten.register(request, id);
}

/** The worker looks at the signal of a request. */
function followSignal(id: number, cancel: Cancel, request: Request, { isAnswered }: State) {
  const given = host(HOST.SIGNAL, id) as [reason: WireValue] | undefined;
  if (given !== undefined) return cancel(decode(given[0]));
  if (!held.has(id)) holdRequest(id, request, isAnswered);
  cancels.set(request, cancel);
  requestOf.set(request.signal, request);
}

function requestHeld(id: number) {
  const request = held.get(id);
  return request instanceof WeakRef ? request.deref() : request;
}

/** The caller has given the request up, for a reason. */
export function abort(id: number, reason: unknown) {
  cancels.get(requestHeld(id) as Request)?.(reason);
}

/** The request is answered; how the answer's body crosses, which holds the request while it does. */
function letGo(id: number, state: State): Encode {
  state.isAnswered = true;
  const request = held.get(id);
  if (request === undefined && state.tracked === undefined) return encode;
  return encodeOf(id, request, state.tracked);
}

function encodeOf(
  id: number,
  request: Request | WeakRef<Request> | undefined,
  tracked: TrackedAnswer | undefined,
): Encode {
  if (request !== undefined) held.set(id, new WeakRef(request as Request));
  return (given) => {
    // A socket crosses in the same way.
    const isBody = tracked !== undefined && typeof given === "function";
    const source = isBody ? tracked.follow(given as Sender) : given;
    if (request !== undefined) requestOf.set(source as object, request);
    return encode(source);
  };
}

/** The context of a request: what another worker or an object asked for says how it is nested, others in a header. */
function arrivalContext(now: number, headers: string, nesting: Nesting | undefined) {
  if (nesting === undefined) return new RequestContext(now, depthOf(headers), 1);
  return new RequestContext(now, nesting[0], nesting[1]);
}

function finish(id: number, response: unknown, state: State) {
  if (isResponse(response)) return answer(id, response, state);
  try {
    if (response !== undefined) wrongType();
    settle(id, unanswered(state), state);
  } catch (error) {
    fail(id, error, state);
  }
}

function settle(id: number, response: Promise<unknown>, state: State) {
  response.then(
    (settled) => finish(id, settled, state),
    (error) => fail(id, error, state),
  );
}

function answer(id: number, response: Response, state: State) {
  try {
    const parts = responseToWire(response, letGo(id, state));
    const { waits } = state;
    const payer = state.payer as Payer;
    // A body that is a stream crosses as a function.
    const waiter = waits.length > 0 || Array.isArray(parts[3]) ? waiterOf(payer, waits) : null;
    const answered = [ANSWER.ANSWERED, parts[0], parts[1], parts[2], parts[3], waiter, usageOf(payer)];
    const { encodeBody } = response as WorkersResponse;
    if (parts.length > 4) answered.push(encodeBody, undefined, undefined, parts[4]);
    else if (encodeBody !== "automatic") answered.push(encodeBody);
    op_answer(id, answered);
    if (state.tracked !== undefined) state.tracked.answered(waits, parts.length === 4 ? response.status : undefined);
    // A stream or a socket still belongs to the request.
    if (parts.length === 4 && !Array.isArray(parts[3])) currentContext()?.root.owned?.endAfter(waits);
  } catch (error) {
    if (state.tracked !== undefined) state.tracked.fail(error, state.waits);
    answerError(id, error);
  }
}

/** By which Node asks for what an event waits for, or for its usage so far. */
const waiterOf = (payer: Payer, waits: unknown[]) =>
  encode((isUsage?: boolean) => (isUsage ? usageOf(payer) : settleWaits(waits)));

/** Whatever has become of the realm, an event is answered. */
function answerError(id: number, error: unknown) {
  let answer: WireValue[];
  try {
    answer = [ANSWER.FAILED, encodeThrown(error)];
  } catch (failure) {
    answer = [ANSWER.BROKEN, messageOf(failure)];
  }
  op_answer(id, answer);
}

function fail(id: number, error: unknown, state: State) {
  if (!state.passThrough) {
    if (state.tracked !== undefined) state.tracked.fail(error, state.waits);
    letGo(id, state);
    currentContext()?.root.owned?.endAfter(state.waits);
    return answerError(id, error);
  }
  host(HOST.WARN, describeThrown(error));
  state.tracked?.trace?.failed(error);
  state.passThrough = false;
  if (state.spare === undefined) {
    const failure = noUpstream();
    if (state.tracked !== undefined) state.tracked.fail(failure, state.waits);
    answerError(id, failure);
  } else settle(id, passOn(state), state);
}
