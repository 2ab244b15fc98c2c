// An interceptor: what it waits for, what it replies and how often. `intercept()` gives a `MockInterceptor`, `reply()`
// adds the interceptor and gives its `MockScope`.

import { stringify } from "node:querystring";
import { types } from "node:util";
import { describe } from "../../node/errors.ts";
import type * as api from "../../../index.d.ts";
import { jsonOf } from "./mock-data.ts";
import { InvalidArgumentError } from "./mock-errors.ts";
import type { Interceptors } from "./interceptors.ts";
import { chain } from "./matching.ts";
import type { Awaitable, BodyMatcher, HeaderMatchers, MatchKey } from "./matching.ts";
import type { MockRequest } from "./mock-request.ts";
import {
  contentOf,
  headerRecord,
  headerText,
  isCallback,
  isIterable,
  lengthHeader,
  replyData,
  statusText,
} from "./reply.ts";
import type { Callback, DataOrCallback, MockResponse, ReplyData, ReplyDefaults } from "./reply.ts";
import type { Session } from "./session.ts";

/** What an interceptor waits for, as `intercept()` was given it. */
interface InterceptorKey extends MatchKey {
  query: api.MockInterceptorOptions["query"];
}

/** An error, or the callback that makes a reply of a request, which both a reply takes the place of. */
interface Unreplied extends Partial<Record<keyof ReplyData, undefined>> {
  error?: unknown;
  callback?: Callback<ReplyData>;
}

type GivenData = Unreplied | (ReplyData & Pick<Unreplied, "error" | "callback">);

/** An interceptor as undici keeps it, and `pendingInterceptors()` shows it. */
export interface InterceptorState extends InterceptorKey {
  timesInvoked: number;
  times: number;
  persist: boolean;
  consumed: boolean;
  pending: boolean;
  delay?: number;
  data: GivenData;
}

/** Requests that an interceptor remembers, the last ones, and bytes of their bodies. */
const MOST_CALLS = 1000;
const MOST_CALL_BYTES = 64 * 1024 * 1024;

const isMatcher = (value: unknown) => typeof value === "string" || typeof value === "function" || types.isRegExp(value);

function checkMatcher(name: string, value: unknown): asserts value is api.MockMatcher {
  if (isMatcher(value)) return;
  throw new InvalidArgumentError(`${name} must be a string, a RegExp or a function, got ${describe(value)}`);
}

/** What `intercept()` was called with, as it is matched. */
function keyOf(options: api.MockInterceptorOptions): InterceptorKey {
  if (typeof options !== "object" || options === null) throw new InvalidArgumentError("opts must be an object");
  const { path, method = "GET", body, headers, query } = options;
  if (path === undefined) throw new InvalidArgumentError("opts.path must be defined");
  checkMatcher("opts.method", method);
  if (body !== undefined && typeof body !== "object") checkMatcher("opts.body", body);
  return {
    path: typeof path === "string" ? pathOf(path, query) : path,
    method: typeof method === "string" ? method.toUpperCase() : method,
    body: bodyMatcher(body as BodyMatcher | undefined),
    headers: headerMatchers(headers),
    query,
  };
}

/** A body as it is now: what the test does to bytes or JSON later is nothing to the interceptor. */
function bodyMatcher(body: BodyMatcher | undefined): BodyMatcher | undefined {
  if (typeof body !== "object" || body === null || types.isRegExp(body)) return body;
  if (body instanceof Uint8Array) return Buffer.isBuffer(body) ? Buffer.from(body) : new Uint8Array(body);
  const json = jsonOf(body);
  return json === undefined ? body : JSON.parse(json);
}

function pathOf(path: string, query: InterceptorKey["query"]): string {
  if (!query) {
    const { pathname, search } = new URL(path, "data://");
    return pathname + search;
  }
  if (path.includes("?") || path.includes("#")) {
    throw new Error('Query params cannot be passed when url already contains "?" or "#".');
  }
  const text = stringify(query);
  return text ? `${path}?${text}` : path;
}

function headerMatchers(headers: api.MockInterceptorOptions["headers"]): HeaderMatchers | undefined {
  if (headers === undefined || typeof headers === "function") return headers;
  if (typeof headers !== "object" || headers === null) {
    throw new InvalidArgumentError(`opts.headers must be an object or a function, got ${describe(headers)}`);
  }
  const matchers = Object.fromEntries<api.MockMatcher>(
    isIterable<api.MockMatcher>(headers) ? headers : Object.entries(headers),
  );
  for (const [name, value] of Object.entries(matchers)) checkMatcher(`opts.headers["${name}"]`, value);
  return matchers;
}

class MockInterceptor implements api.MockInterceptor {
  #key: InterceptorKey;
  #interceptors: Interceptors;
  #defaults: ReplyDefaults = { headers: {}, trailers: {}, contentLength: false };

  /** @param interceptors where the interceptor goes when it is told what to reply */
  constructor(options: api.MockInterceptorOptions, interceptors: Interceptors) {
    this.#key = keyOf(options);
    this.#interceptors = interceptors;
  }

  reply(callback: Callback<api.MockReply>): MockScope;
  reply(statusCode: number, data?: DataOrCallback, responseOptions?: api.MockResponseOptions): MockScope;
  reply(
    ...args: [
      callback: number | Callback<api.MockReply>,
      data?: DataOrCallback,
      responseOptions?: api.MockResponseOptions,
    ]
  ): MockScope {
    const callback = args[0];
    if (typeof callback !== "function") return this.#add(replyData(this.#defaults, ...args));
    return this.#add({ callback: (request) => chain(callback(request), (result) => this.#resolve(result)) });
  }

  /** The data that an options callback returned. */
  #resolve(result: api.MockReply): ReplyData {
    if (typeof result !== "object" || result === null) {
      throw new InvalidArgumentError("reply options callback must return an object");
    }
    return replyData(this.#defaults, result.statusCode, result.data, result.responseOptions);
  }

  replyWithError(error: unknown): MockScope {
    if (error === undefined) throw new InvalidArgumentError("error must be defined");
    return this.#add({ error });
  }

  defaultReplyHeaders(headers: api.MockHeaders | Headers): this {
    if (headers === undefined) throw new InvalidArgumentError("headers must be defined");
    this.#defaults = { ...this.#defaults, headers: headerRecord("headers", headers) };
    return this;
  }

  defaultReplyTrailers(trailers: Record<string, string>): this {
    if (trailers === undefined) throw new InvalidArgumentError("trailers must be defined");
    this.#defaults = { ...this.#defaults, trailers: headerRecord("trailers", trailers) };
    return this;
  }

  replyContentLength(): this {
    this.#defaults = { ...this.#defaults, contentLength: true };
    return this;
  }

  #add(data: GivenData): MockScope {
    const interceptor = new Interceptor(this.#key, data, this.#defaults.contentLength);
    this.#interceptors.add(interceptor);
    return new MockScope(interceptor);
  }
}

class MockScope implements api.MockScope {
  #interceptor: Interceptor;

  constructor(interceptor: Interceptor) {
    this.#interceptor = interceptor;
  }

  delay(waitInMs: number): this {
    this.#interceptor.state.delay = positive("waitInMs", waitInMs);
    return this;
  }

  persist(): this {
    this.#interceptor.state.persist = true;
    return this;
  }

  times(repeatTimes: number): this {
    this.#interceptor.state.times = positive("repeatTimes", repeatTimes);
    return this;
  }

  /** The requests it answered, the first first; of very many, the last. */
  calls(): api.MockCall[] {
    return this.#interceptor.calls.map((request) => request.call());
  }
}

function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`${name} must be a valid integer > 0`);
}

class Interceptor {
  #calls: { request: MockRequest; size: number }[] = [];
  #callBytes = 0;
  #countsContent: boolean;
  declare readonly state: InterceptorState;
  /** Its number among those of an origin. */
  declare number: number;

  constructor({ path, method, body, headers, query }: InterceptorKey, data: GivenData, countsContent: boolean) {
    // Written out, all have one shape, which reads faster.
    this.state = {
      timesInvoked: 0,
      times: 1,
      persist: false,
      consumed: false,
      path,
      method,
      body,
      headers,
      query,
      pending: true,
      data: { error: null, ...data },
    };
    this.#countsContent = countsContent;
  }

  /**
   * Answers a request: `{ status, statusText, headers, content }`, or a promise of it. Throws what it replies with as an
   * error, and what a callback throws: one that throws leaves the interceptor unused.
   * @param session where a reply that is delayed waits
   */
  answer(request: MockRequest, session: Session): Awaitable<MockResponse> {
    this.state.timesInvoked++;
    this.#remember(request);
    const data = this.#data(request);
    this.#use();
    return chain(data, (resolved) => this.#deliver(resolved, request, session));
  }

  #remember(request: MockRequest): void {
    const size = request.knownBody?.length ?? 0;
    this.#calls.push({ request, size });
    this.#callBytes += size;
    while (this.#calls.length > 1 && (this.#calls.length > MOST_CALLS || this.#callBytes > MOST_CALL_BYTES)) {
      this.#callBytes -= this.#calls.shift()?.size ?? 0;
    }
  }

  /** The requests that were answered, for a history. */
  get calls(): MockRequest[] {
    return this.#calls.map(({ request }) => request);
  }

  #data(request: MockRequest): Awaitable<GivenData> {
    const { callback } = this.state.data;
    if (callback === undefined) return this.state.data;
    const keep = (data: ReplyData) => (this.state.data = { ...this.state.data, ...data });
    return chain(chain(request.options(), callback), keep);
  }

  #use(): void {
    const { state } = this;
    state.consumed = !state.persist && state.timesInvoked >= state.times;
    state.pending = state.timesInvoked < state.times;
  }

  #deliver(data: GivenData, request: MockRequest, session: Session): Awaitable<MockResponse> {
    if (data.statusCode === undefined) throw data.error;
    const give = () => chain(this.#content(data.data, request), (content) => this.#reply(data, content));
    return this.state.delay === undefined ? give() : session.wait(this.state.delay).then(give);
  }

  #content(data: DataOrCallback, request: MockRequest): Awaitable<string | Uint8Array> {
    if (!isCallback(data)) return contentOf(data);
    return chain(chain(request.options(), data), contentOf);
  }

  #reply({ statusCode: status, data, headers }: ReplyData, content: string | Uint8Array): MockResponse {
    const length = this.#countsContent && isCallback(data) ? lengthHeader(content) : undefined;
    const text = headerText(length === undefined ? headers : { ...length, ...headers });
    return { status, statusText: statusText(status), headers: text, content };
  }
}

export type { Interceptor };
export { MockInterceptor, MockScope };
