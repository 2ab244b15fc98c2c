// Requests in, responses out. The hot path: what a handler answers without waiting leaves in the same turn.

import { op_answer, op_host } from "ext:core/ops";
import { atRandom, isSimulating } from "ext:miniflare/realm/simulation.js";
import { microtasksDone } from "ext:miniflare/realm/stretch.js";
import { leave, RequestContext, switchTo } from "ext:miniflare/realm/context.js";
import { describeThrown, fetchError, messageOf } from "ext:miniflare/realm/realm-errors.js";
import { FUNCTIONS } from "ext:miniflare/worker/globals.js";
import { fetchForNode, OUTBOUND } from "ext:miniflare/worker/outside-fetch.js";
import { fetchTarget } from "ext:miniflare/worker/rooms.js";
import { ExecutionContext, FetchEvent, hasListeners, settleWaits, stateOf } from "ext:miniflare/web/events.js";
import {
  depthOf,
  isResponse,
  requestFromWire,
  responseToWire,
  setCf,
} from "ext:miniflare/membrane/worker/worker-request.js";
import { decode, encode, encodeThrown, HOST } from "ext:miniflare/membrane/worker/worker-realm.js";
import { worker } from "ext:miniflare/realm/worker.js";

const ANSWERED = 0;
const FAILED = 1;
const BROKEN = 2;

/** Takes a request, or a call of `fetch`; in a simulation its turn comes later. */
export function dispatch(...event) {
  if (event[2] === OUTBOUND) fetchForNode(event[0], ...event.slice(3));
  else if (isSimulating()) atRandom(() => deliver(...event));
  else deliver(...event);
}

/**
 * Dispatches a request, which came `now`, to a target and answers event `id`. `target` is null for the worker's own
 * handler, or what a room takes (`fetchTarget`), such as an object. `nesting` is `[depth, pipelineDepth]` of what a worker asks for;
 * `isAbortable` says that the caller has a signal.
 */
function deliver(id, now, target, method, url, headers, body, cf, nesting, isAbortable) {
  const state = { waits: [], passThrough: false, spare: undefined };
  microtasksDone();
  try {
    switchTo(arrivalContext(now, headers, nesting));
    const follow = isAbortable ? (cancel) => followSignal(id, cancel) : undefined;
    const request = requestFromWire(method, url, headers, body, decode, follow);
    if (isAbortable) holdRequest(id, request);
    if (cf !== undefined) setCf(request, decode(cf));
    if (target === null && (worker.proxies || nesting !== undefined)) state.spare = request.clone();
    const response = target === null ? respond(request, state) : fetchTarget(target, request);
    if (isResponse(response)) return answer(id, response, state);
    settle(id, Promise.resolve(response), state);
  } catch (error) {
    fail(id, error, state);
  } finally {
    leave();
  }
}

// The caller's signal aborts the request's, whenever that is. The request is held until it is answered, and as long as
// somebody reads the answer's body; from then on, whoever has the request or its signal keeps both.
const held = new Map();
const cancels = new WeakMap();
const requestOf = new WeakMap();
const forgotten = new FinalizationRegistry((id) => {
  held.delete(id);
  op_host(HOST.FORGET_SIGNAL, [id]);
});

function holdRequest(id, request) {
  held.set(id, request);
  forgotten.register(request, id);
}

/** The worker looks at the signal of a request. */
function followSignal(id, cancel) {
  const given = op_host(HOST.SIGNAL, [id]);
  if (given !== undefined) return cancel(decode(given[0]));
  const request = requestHeld(id);
  cancels.set(request, cancel);
  requestOf.set(request.signal, request);
}

function requestHeld(id) {
  const request = held.get(id);
  return request instanceof WeakRef ? request.deref() : request;
}

/** The caller has given the request up, for a reason. */
export function abort(id, reason) {
  cancels.get(requestHeld(id))?.(reason);
}

/** The request is answered; how the answer's body crosses, which holds the request while it does. */
function letGo(id) {
  const request = held.get(id);
  if (request === undefined) return encode;
  held.set(id, new WeakRef(request));
  return (source) => {
    requestOf.set(source, request);
    return encode(source);
  };
}

/** The context of a request: what another worker or an object asked for says how it is nested, others in a header. */
function arrivalContext(now, headers, nesting) {
  if (nesting === undefined) return new RequestContext(now, depthOf(headers), 1);
  return new RequestContext(now, nesting[0], nesting[1]);
}

/** The worker's response, or a promise of it; undefined when nothing handled the request. */
function respond(request, state) {
  const { handlers, env } = worker;
  if (handlers === undefined) return respondClassic(request, state);
  if (typeof handlers.fetch !== "function") return noHandler(state);
  const response = handlers.fetch(request, env, new ExecutionContext(state));
  return response === undefined ? unanswered(state) : response;
}

function respondClassic(request, state) {
  if (!hasListeners("fetch")) return noHandler(state);
  const event = new FetchEvent("fetch", { request });
  const eventState = stateOf(event);
  eventState.waits = state.waits;
  try {
    globalThis.dispatchEvent(event);
  } finally {
    eventState.dispatched = true;
    state.passThrough = eventState.passThrough;
  }
  return eventState.response ?? unanswered(state);
}

function finish(id, response, state) {
  if (isResponse(response)) return answer(id, response, state);
  try {
    if (response !== undefined) wrongType();
    settle(id, unanswered(state), state);
  } catch (error) {
    fail(id, error, state);
  }
}

function settle(id, response, state) {
  response.then(
    (settled) => finish(id, settled, state),
    (error) => fail(id, error, state),
  );
}

function answer(id, response, state) {
  try {
    const parts = responseToWire(response, letGo(id));
    const waits = state.waits;
    const waiter = waits.length === 0 ? null : encode(() => settleWaits(waits));
    const answered = [ANSWERED, parts[0], parts[1], parts[2], parts[3], waiter];
    if (response.encodeBody !== "automatic") answered.push(response.encodeBody);
    op_answer(id, answered);
  } catch (error) {
    answerError(id, error);
  }
}

/** Whatever has become of the realm, an event is answered. */
function answerError(id, error) {
  let answer;
  try {
    answer = [FAILED, encodeThrown(error)];
  } catch (failure) {
    answer = [BROKEN, messageOf(failure)];
  }
  op_answer(id, answer);
}

function fail(id, error, state) {
  if (!state.passThrough) {
    letGo(id);
    return answerError(id, error);
  }
  op_host(HOST.WARN, [describeThrown(error)]);
  state.passThrough = false;
  if (state.spare === undefined) answerError(id, noUpstream());
  else settle(id, passOn(state), state);
}

/** Nothing here has answered: the request goes on to the server it is for. */
function passOn(state) {
  const request = state.spare;
  state.spare = undefined;
  return FUNCTIONS.fetch(request);
}

function noUpstream() {
  const text = "No upstream to pass-through to specified.\nMake sure you've set the `upstream` option.";
  return fetchError("ERR_NO_UPSTREAM", text);
}

function responseHint() {
  return worker.handlers === undefined
    ? "calling `event.respondWith()` with a `Response` or `Promise<Response>` in your handler"
    : "returning a `Response` in your handler";
}

function wrongType() {
  const hint = responseHint();
  throw fetchError(
    "ERR_RESPONSE_TYPE",
    `Fetch handler didn't respond with a Response object.\nMake sure you're ${hint}.`,
  );
}

function noHandler(state) {
  if (state.spare !== undefined) return passOn(state);
  const hint =
    worker.handlers === undefined
      ? 'calling addEventListener("fetch", ...)'
      : "exporting a default object containing a `fetch` function property";
  const text = `No fetch handler defined and no upstream to proxy to specified.\nMake sure you're ${hint}.`;
  throw fetchError("ERR_NO_HANDLER", text);
}

function unanswered(state) {
  if (state.spare !== undefined) return passOn(state);
  if (state.passThrough) {
    state.passThrough = false;
    throw noUpstream();
  }
  const hint = responseHint();
  const text = `No fetch handler responded and no upstream to proxy to specified.\nMake sure you're ${hint}.`;
  throw fetchError("ERR_NO_RESPONSE", text);
}
