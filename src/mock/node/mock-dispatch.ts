// A mock as a dispatcher of undici, for requests that a test makes itself: `setGlobalDispatcher(fetchMock)` puts it in
// the place of Node's. What no interceptor takes goes to the dispatcher that would be there without it.

import { STATUS_CODES } from "node:http";
import type { Dispatcher } from "undici-7";
import type { FetchDispatcher } from "../../../index.d.ts";
import { ANSWER, NETWORK } from "./agent.ts";
import type { Answering, MockAnswer } from "./agent.ts";
import { classNamed } from "../../node/http/fetch-classes.ts";
import { InvalidArgumentError, UndiciError } from "./mock-errors.ts";
import { isPromise } from "./matching.ts";
import { MockRequest } from "./mock-request.ts";
import type { BodySource } from "./mock-request.ts";
import { isIterable } from "./reply.ts";
import type { MockResponse } from "./reply.ts";
import { Session } from "./session.ts";
import { headersOfText, textOfHeaders } from "../../web/header-text.ts";

/** Where undici, and Node's own copy of it, keep the dispatcher of all requests. */
const GLOBAL = Symbol.for("undici.globalDispatcher.1");

/** The mocks that have let a request through, among its options. */
const PASSED = Symbol("miniflare-rs.mock.passed");

/** A request of undici's, in any version. */
export interface DispatchOptions {
  origin: string | URL;
  path: string;
  method?: string;
  headers?: Flat | Iterable<[string, HeaderValue]> | Record<string, HeaderValue> | null;
  body?: string | Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array | string> | null;
  [PASSED]?: Answering[];
}

/** Names and values in turn. */
type Flat = (string | Buffer)[];
type HeaderValue = string | string[];

/** What is called of a handler: methods of undici 7, or those before it. Errors are what interceptors reply with. */
export interface Handler extends Omit<Dispatcher.DispatchHandler, "onConnect" | "onError" | "onResponseError"> {
  onConnect?(abort: () => void, context: null): void;
  onError?(error: unknown): void;
  onResponseError?(controller: Dispatcher.DispatchController | null, error: unknown): void;
}

type NewHandler = Handler & Required<Pick<Handler, "onRequestStart">>;
type OldHandler = Handler & Required<Pick<Handler, (typeof NEEDED)[number]>>;

/** @param before the dispatcher of all requests from before the mock was made */
function dispatch(
  mock: Answering,
  options: DispatchOptions,
  handler: Handler,
  before: FetchDispatcher | undefined,
): boolean {
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

function answerWith(
  mock: Answering,
  options: DispatchOptions,
  handler: Handler,
  before: FetchDispatcher | undefined,
): boolean {
  if (typeof options !== "object" || options === null) throw new InvalidArgumentError("opts must be an object.");
  if (options[PASSED]?.includes(mock)) return required(before).dispatch(options, handler);
  checkOrigin(options.origin);
  if (typeof options.path !== "string") throw new InvalidArgumentError("path must be a string");
  checkHandler(handler);
  const give = (answer: MockAnswer): void => {
    // What servers answer to a test itself is nothing to record.
    if (answer === NETWORK || answer.keep !== undefined) pass(mock, options, handler, before);
    else deliver(answer, handler);
  };
  const answer = mock[ANSWER](requestOf(options), new Session());
  if (isPromise(answer)) answer.then(give).catch((error) => fail(handler, error));
  else attempt(() => give(answer), handler);
  return true;
}

function checkOrigin(origin: unknown): void {
  if (origin instanceof URL || (typeof origin === "string" && origin !== "")) return;
  throw new InvalidArgumentError("opts.origin must be a non-empty string or URL.");
}

/** Methods that undici before version 7 calls a handler's. A reply needs no connection, and sends no body. */
const NEEDED = ["onError", "onHeaders", "onData", "onComplete"] as const;
const CALLED = ["onConnect", "onBodySent"] as const;

const isNew = (handler: Handler): handler is NewHandler => typeof handler.onRequestStart === "function";

function checkHandler(handler: Handler): asserts handler is NewHandler | OldHandler {
  if (isNew(handler)) return;
  const isMissing = (name: keyof Handler) => typeof handler[name] !== "function";
  const wrong = NEEDED.find(isMissing) ?? CALLED.find((name) => handler[name] !== undefined && isMissing(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`invalid ${wrong} method`);
}

/** What an interceptor replies with as an error goes to the handler. */
function attempt(act: () => void, handler: Handler): void {
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
function pass(mock: Answering, options: DispatchOptions, handler: Handler, before: FetchDispatcher | undefined): void {
  // Node's own comes with its classes.
  if (globalDispatcher() === undefined) void classNamed("Response");
  const current = globalDispatcher();
  const network = required(current === mock ? before : current);
  network.dispatch({ ...options, [PASSED]: [...(options[PASSED] ?? []), mock] }, handler);
}

const globalDispatcher = (): FetchDispatcher | undefined => Reflect.get(globalThis, GLOBAL);

function required(dispatcher: FetchDispatcher | undefined): FetchDispatcher {
  if (dispatcher !== undefined) return dispatcher;
  const text = "There is no dispatcher for requests that the mock lets through";
  throw new UndiciError(`${text}: make the mock after undici, or Node's fetch, has been loaded.`);
}

function requestOf({ origin, path, method = "GET", headers, body = null }: DispatchOptions): MockRequest {
  // A path of two slashes is no host.
  const url = new URL(new URL(origin).origin + path).href;
  const inMemory = body === null || typeof body === "string" || body instanceof Uint8Array;
  return new MockRequest(method, url, flatten(headers), null, inMemory ? body : streamed(body));
}

function streamed(body: AsyncIterable<Uint8Array | string>): BodySource {
  return {
    kind: "stream",
    async drain() {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    },
  };
}

function isFlat(headers: object): headers is Flat {
  return Array.isArray(headers) && !Array.isArray(headers[0]);
}

function flatten(given: DispatchOptions["headers"]): string {
  const headers = given ?? [];
  if (isFlat(headers)) return headers.map(String).join("\n");
  const entries = isIterable<HeaderValue>(headers) ? headers : Object.entries(headers);
  return textOfHeaders(Array.from(entries, ([name, value]): [string, string] => [name, `${value}`]));
}

function deliver({ status, statusText, headers, content }: MockResponse, handler: NewHandler | OldHandler): void {
  const raw = headersOfText(headers)
    .flat()
    .map((text) => Buffer.from(text, "latin1"));
  const text = statusText ?? STATUS_CODES[status];
  if (isNew(handler)) deliverNew(status, raw, text, content, handler);
  else deliverOld(status, raw, text, content, handler);
}

function deliverOld(
  status: number,
  raw: Buffer[],
  text: string,
  content: MockResponse["content"],
  handler: OldHandler,
): void {
  handler.onConnect?.(() => {}, null);
  handler.onHeaders(status, raw, () => {}, text);
  handler.onData(Buffer.from(content));
  handler.onComplete([]);
}

function deliverNew(
  status: number,
  raw: Buffer[],
  text: string,
  content: MockResponse["content"],
  handler: NewHandler,
): void {
  // The fetch of undici 8 reads the raw headers alone.
  const raws = { rawHeaders: raw, rawTrailers: [] };
  const controller = { ...raws, paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} };
  const headers: Record<string, string | string[]> = {};
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

function fail(handler: Handler, error: unknown): void {
  if (typeof handler.onResponseError === "function") handler.onResponseError(null, error);
  else if (typeof handler.onError === "function") handler.onError(error);
  else throw error;
}

export { dispatch };
