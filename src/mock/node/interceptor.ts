// An interceptor: what it waits for, what it replies and how often. `intercept()` gives a `MockInterceptor`, `reply()`
// adds the interceptor and gives its `MockScope`.

import { stringify } from "node:querystring";
import { types } from "node:util";
import { describe } from "../../node/errors.ts";
import { jsonOf } from "./mock-data.ts";
import { InvalidArgumentError } from "./mock-errors.ts";
import { chain } from "./matching.ts";
import { contentOf, headerRecord, headerText, lengthHeader, replyData, statusText } from "./reply.ts";

/** Requests that an interceptor remembers, the last ones, and bytes of their bodies. */
const MOST_CALLS = 1000;
const MOST_CALL_BYTES = 64 * 1024 * 1024;

const isMatcher = (value) => typeof value === "string" || typeof value === "function" || types.isRegExp(value);

function checkMatcher(name, value) {
  if (isMatcher(value)) return;
  throw new InvalidArgumentError(`${name} must be a string, a RegExp or a function, got ${describe(value)}`);
}

/** What `intercept()` was called with, as it is matched. */
function keyOf(options) {
  if (typeof options !== "object" || options === null) throw new InvalidArgumentError("opts must be an object");
  const { path, method = "GET", body, headers, query } = options;
  if (path === undefined) throw new InvalidArgumentError("opts.path must be defined");
  checkMatcher("opts.method", method);
  if (body !== undefined && typeof body !== "object") checkMatcher("opts.body", body);
  return {
    path: typeof path === "string" ? pathOf(path, query) : path,
    method: typeof method === "string" ? method.toUpperCase() : method,
    body: bodyMatcher(body),
    headers: headerMatchers(headers),
    query,
  };
}

/** A body as it is now: what the test does to bytes or JSON later is nothing to the interceptor. */
function bodyMatcher(body) {
  if (typeof body !== "object" || body === null || types.isRegExp(body)) return body;
  if (body instanceof Uint8Array) return Buffer.isBuffer(body) ? Buffer.from(body) : new Uint8Array(body);
  const json = jsonOf(body);
  return json === undefined ? body : JSON.parse(json);
}

function pathOf(path, query) {
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

function headerMatchers(headers) {
  if (headers === undefined || typeof headers === "function") return headers;
  if (typeof headers !== "object" || headers === null) {
    throw new InvalidArgumentError(`opts.headers must be an object or a function, got ${describe(headers)}`);
  }
  const isIterable = typeof headers[Symbol.iterator] === "function";
  const matchers = Object.fromEntries(isIterable ? headers : Object.entries(headers));
  for (const [name, value] of Object.entries(matchers)) checkMatcher(`opts.headers["${name}"]`, value);
  return matchers;
}

class MockInterceptor {
  #key;
  #interceptors;
  #defaults = { headers: {}, trailers: {}, contentLength: false };

  /** @param interceptors where the interceptor goes when it is told what to reply */
  constructor(options, interceptors) {
    this.#key = keyOf(options);
    this.#interceptors = interceptors;
  }

  reply(...args) {
    const callback = args[0];
    if (typeof callback !== "function") return this.#add(replyData(this.#defaults, ...args));
    return this.#add({ callback: (request) => chain(callback(request), (result) => this.#resolve(result)) });
  }

  /** The data that an options callback returned. */
  #resolve(result) {
    if (typeof result !== "object" || result === null) {
      throw new InvalidArgumentError("reply options callback must return an object");
    }
    return replyData(this.#defaults, result.statusCode, result.data, result.responseOptions);
  }

  replyWithError(error) {
    if (error === undefined) throw new InvalidArgumentError("error must be defined");
    return this.#add({ error });
  }

  defaultReplyHeaders(headers) {
    if (headers === undefined) throw new InvalidArgumentError("headers must be defined");
    this.#defaults = { ...this.#defaults, headers: headerRecord("headers", headers) };
    return this;
  }

  defaultReplyTrailers(trailers) {
    if (trailers === undefined) throw new InvalidArgumentError("trailers must be defined");
    this.#defaults = { ...this.#defaults, trailers: headerRecord("trailers", trailers) };
    return this;
  }

  replyContentLength() {
    this.#defaults = { ...this.#defaults, contentLength: true };
    return this;
  }

  #add(data) {
    const interceptor = new Interceptor(this.#key, data, this.#defaults.contentLength);
    this.#interceptors.add(interceptor);
    return new MockScope(interceptor);
  }
}

class MockScope {
  #interceptor;

  constructor(interceptor) {
    this.#interceptor = interceptor;
  }

  delay(waitInMs) {
    this.#interceptor.state.delay = positive("waitInMs", waitInMs);
    return this;
  }

  persist() {
    this.#interceptor.state.persist = true;
    return this;
  }

  times(repeatTimes) {
    this.#interceptor.state.times = positive("repeatTimes", repeatTimes);
    return this;
  }

  /** The requests it answered, the first first; of very many, the last. */
  calls() {
    return this.#interceptor.calls.map((request) => request.call());
  }
}

function positive(name, value) {
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`${name} must be a valid integer > 0`);
}

class Interceptor {
  #calls = [];
  #callBytes = 0;
  #countsContent;

  constructor({ path, method, body, headers, query }, data, countsContent) {
    /** As undici keeps it, and `pendingInterceptors()` shows it. Written out, all have one shape, which reads faster. */
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
  answer(request, session) {
    this.state.timesInvoked++;
    this.#remember(request);
    const data = this.#data(request);
    this.#use();
    return chain(data, (resolved) => this.#deliver(resolved, request, session));
  }

  #remember(request) {
    const size = request.knownBody?.length ?? 0;
    this.#calls.push({ request, size });
    this.#callBytes += size;
    while (this.#calls.length > 1 && (this.#calls.length > MOST_CALLS || this.#callBytes > MOST_CALL_BYTES)) {
      this.#callBytes -= this.#calls.shift().size;
    }
  }

  /** The requests that were answered, for a history. */
  get calls() {
    return this.#calls.map(({ request }) => request);
  }

  #data(request) {
    const { callback } = this.state.data;
    if (callback === undefined) return this.state.data;
    const keep = (data) => (this.state.data = { ...this.state.data, ...data });
    return chain(chain(request.options(), callback), keep);
  }

  #use() {
    const { state } = this;
    state.consumed = !state.persist && state.timesInvoked >= state.times;
    state.pending = state.timesInvoked < state.times;
  }

  #deliver(data, request, session) {
    if (data.statusCode === undefined) throw data.error;
    const give = () => chain(this.#content(data.data, request), (content) => this.#reply(data, content));
    return this.state.delay === undefined ? give() : session.wait(this.state.delay).then(give);
  }

  #content(data, request) {
    if (typeof data !== "function") return contentOf(data);
    return chain(chain(request.options(), data), contentOf);
  }

  #reply({ statusCode: status, data, headers }, content) {
    const length = this.#countsContent && typeof data === "function" ? lengthHeader(content) : undefined;
    const text = headerText(length === undefined ? headers : { ...length, ...headers });
    return { status, statusText: statusText(status), headers: text, content };
  }
}

export { MockInterceptor, MockScope };
