// A mock as a dispatcher of undici, for requests that a test makes itself: `setGlobalDispatcher(fetchMock)` puts it in
// the place of Node's. What no interceptor takes goes to the dispatcher that would be there without it.

import { types } from "node:util";
import { STATUS_CODES } from "node:http";
import { ANSWER, NETWORK } from "./agent.ts";
import { web } from "../../node/http/fetch-classes.ts";
import { InvalidArgumentError, UndiciError } from "./mock-errors.ts";
import { MockRequest } from "./mock-request.ts";
import { Session } from "./session.ts";
import { headersOfText, textOfHeaders } from "../../web/header-text.js";

/** Where undici, and Node's own copy of it, keep the dispatcher of all requests. */
const GLOBAL = Symbol.for("undici.globalDispatcher.1");

/** The mocks that have let a request through, among its options. */
const PASSED = Symbol("miniflare-rs.mock.passed");

/** @param before the dispatcher of all requests from before the mock was made */
function dispatch(mock, options, handler, before) {
  if (typeof handler !== "object" || handler === null) throw new InvalidArgumentError("handler must be an object");
  try {
    return answerWith(mock, options, handler, before);
  } catch (error) {
    if (!isNew(handler) && typeof handler.onError !== "function") {
      throw new InvalidArgumentError("invalid onError method");
    }
    fail(handler, error);
    return false;
  }
}

function answerWith(mock, options, handler, before) {
  if (typeof options !== "object" || options === null) throw new InvalidArgumentError("opts must be an object.");
  if (options[PASSED]?.includes(mock)) return required(before).dispatch(options, handler);
  checkOrigin(options.origin);
  if (typeof options.path !== "string") throw new InvalidArgumentError("path must be a string");
  checkHandler(handler);
  const give = (answer) => {
    // What servers answer to a test itself is nothing to record.
    if (answer === NETWORK || answer.keep !== undefined) return pass(mock, options, handler, before);
    deliver(answer, handler);
  };
  const answer = mock[ANSWER](requestOf(options), new Session());
  if (types.isPromise(answer)) answer.then(give).catch((error) => fail(handler, error));
  else attempt(() => give(answer), handler);
  return true;
}

function checkOrigin(origin) {
  if (origin instanceof URL || (typeof origin === "string" && origin !== "")) return;
  throw new InvalidArgumentError("opts.origin must be a non-empty string or URL.");
}

/** Methods that undici before version 7 calls a handler's. A reply needs no connection, and sends no body. */
const NEEDED = ["onError", "onHeaders", "onData", "onComplete"];
const CALLED = ["onConnect", "onBodySent"];

const isNew = (handler) => typeof handler.onRequestStart === "function";

function checkHandler(handler) {
  if (isNew(handler)) return;
  const isMissing = (name) => typeof handler[name] !== "function";
  const wrong = NEEDED.find(isMissing) ?? CALLED.find((name) => handler[name] !== undefined && isMissing(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`invalid ${wrong} method`);
}

/** What an interceptor replies with as an error goes to the handler. */
function attempt(act, handler) {
  try {
    act();
  } catch (error) {
    fail(handler, error);
  }
}

/**
 * Hands a request on to the dispatcher of all requests. That one may lead back here: undici 8 wraps the one that is set, and
 * a mock that was made after this one hands on to what was there before it.
 */
function pass(mock, options, handler, before) {
  // Node's own comes with its classes.
  if (globalThis[GLOBAL] === undefined) void web.Response;
  const current = globalThis[GLOBAL];
  const network = required(current === mock ? before : current);
  network.dispatch({ ...options, [PASSED]: [...(options[PASSED] ?? []), mock] }, handler);
}

function required(dispatcher) {
  if (dispatcher !== undefined) return dispatcher;
  const text = "There is no dispatcher for requests that the mock lets through";
  throw new UndiciError(`${text}: make the mock after undici, or Node's fetch, has been loaded.`);
}

function requestOf({ origin, path, method = "GET", headers, body = null }) {
  // A path of two slashes is no host.
  const url = new URL(new URL(origin).origin + path).href;
  const inMemory = body === null || typeof body === "string" || body instanceof Uint8Array;
  return new MockRequest(method, url, flatten(headers), null, inMemory ? body : streamed(body));
}

function streamed(body) {
  return {
    kind: "stream",
    async drain() {
      const chunks = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    },
  };
}

function flatten(headers = []) {
  const isFlat = Array.isArray(headers) && !Array.isArray(headers[0]);
  if (isFlat) return headers.map(String).join("\n");
  const entries = typeof headers[Symbol.iterator] === "function" ? headers : Object.entries(headers);
  return textOfHeaders(entries);
}

function deliver({ status, statusText, headers, content }, handler) {
  const raw = headersOfText(headers)
    .flat()
    .map((text) => Buffer.from(text, "latin1"));
  const text = statusText ?? STATUS_CODES[status];
  if (isNew(handler)) return deliverNew(status, raw, text, content, handler);
  handler.onConnect?.(() => {}, null);
  handler.onHeaders(status, raw, () => {}, text);
  handler.onData(Buffer.from(content));
  handler.onComplete([]);
}

function deliverNew(status, raw, text, content, handler) {
  // The fetch of undici 8 reads the raw headers alone.
  const raws = { rawHeaders: raw, rawTrailers: [] };
  const controller = { ...raws, paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} };
  const headers = {};
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index].toString("latin1");
    const value = raw[index + 1].toString("latin1");
    headers[name] = name in headers ? [headers[name], value].flat() : value;
  }
  handler.onRequestStart(controller, null);
  handler.onResponseStart?.(controller, status, headers, text);
  handler.onResponseData?.(controller, Buffer.from(content));
  handler.onResponseEnd?.(controller, {});
}

function fail(handler, error) {
  if (typeof handler.onResponseError === "function") return handler.onResponseError(null, error);
  handler.onError(error);
}

export { dispatch };
