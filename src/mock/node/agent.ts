// The mock that `createFetchMock()` makes: undici's MockAgent, in all that a worker's `fetch` can tell. Which interceptors
// an origin has, and whether a request that none of them takes may use the network.

import { types } from "node:util";
import { binding } from "../../node/binding/binding.ts";
import { describe } from "../../node/errors.ts";
import { ClientDestroyedError, InvalidArgumentError, MockNotMatchedError, UndiciError } from "./mock-errors.ts";
import { MockInterceptor } from "./interceptor.ts";
import { Interceptors } from "./interceptors.ts";
import { chain, matchValue, search, STAGES } from "./matching.ts";
import { tellNearest } from "./nearest.ts";

/** How the worker's side asks, whichever copy of this package a test runner has given the mock to. */
const ANSWER = Symbol.for("miniflare-rs.mock.answer");

/** Its number in the addon, by which a worker's turn finds interceptors; so that every copy knows it, too. */
const NUMBER = Symbol.for("miniflare-rs.mock.number");

const collected = new FinalizationRegistry((number) => binding.mockClose(number));

/** A request that the mock has nothing to say about. */
const NETWORK = undefined;

class MockPool {
  #interceptors;
  #close;

  constructor(interceptors, close) {
    this.#interceptors = interceptors;
    this.#close = close;
  }

  intercept(options) {
    return new MockInterceptor(options, this.#interceptors);
  }

  /** Forgets the pool and its interceptors. */
  async close() {
    this.#close();
  }
}

class MockAgent {
  /** By an origin's normal form, or by a pattern: `{ shown, interceptors, pool }`; `shown` is what `get()` was given. */
  #pools = new Map();
  #tables = 0;
  #netConnect = true;
  #active = true;
  #closed = false;
  #recording;
  /** The dispatcher that Node's own requests had when this mock was made. */
  #before = globalThis[Symbol.for("undici.globalDispatcher.1")];
  #number = binding.mockOpen();

  constructor() {
    collected.register(this, this.#number);
  }

  get [NUMBER]() {
    return this.#number;
  }

  get(origin) {
    const key = originKey(origin);
    return (this.#pools.get(key) ?? this.#open(key, origin)).pool;
  }

  #open(key, shown, shared = typeof key === "string" ? this.#byPattern(key) : undefined) {
    const interceptors = shared?.interceptors ?? new Interceptors(this.#number, this.#tables++);
    const pool = new MockPool(interceptors, () => this.#forget(key));
    const entry = { shown, interceptors, pool };
    this.#pools.set(key, entry);
    if (typeof key === "string") interceptors.link(key);
    return entry;
  }

  #forget(key) {
    const interceptors = this.#pools.get(key)?.interceptors;
    if (interceptors === undefined) return;
    this.#pools.delete(key);
    if (typeof key === "string") binding.mockUnlink(this.#number, key);
    if (![...this.#pools.values()].some((other) => other.interceptors === interceptors)) interceptors.forget();
  }

  /** The first pool whose pattern takes the origin. */
  #byPattern(origin) {
    for (const [key, entry] of this.#pools) {
      if (typeof key !== "string" && matchValue(key, origin) === true) return entry;
    }
  }

  /** The interceptors of an origin. One that a pattern took is a pool of its own from then on, as undici has it. */
  #interceptorsOf(origin) {
    const entry = this.#pools.get(origin);
    if (entry !== undefined) return entry.interceptors;
    const shared = this.#byPattern(origin);
    return shared === undefined ? undefined : this.#open(origin, origin, shared).interceptors;
  }

  activate() {
    this.#active = true;
  }

  deactivate() {
    this.#active = false;
  }

  get isMockActive() {
    return this.#active;
  }

  enableNetConnect(matcher = undefined) {
    if (matcher === undefined) {
      this.#netConnect = true;
    } else if (typeof matcher === "string" || typeof matcher === "function" || types.isRegExp(matcher)) {
      this.#netConnect = Array.isArray(this.#netConnect) ? [...this.#netConnect, matcher] : [matcher];
    } else {
      throw new InvalidArgumentError("Unsupported matcher. Must be one of String|Function|RegExp.");
    }
  }

  disableNetConnect() {
    this.#netConnect = false;
  }

  /**
   * Keeps what servers answer to requests that no interceptor takes in a file, and replays it from there.
   * @param options `{ mode }`: "missing" replays what the file has and records the rest, "all" records everything anew,
   *   "none" only replays
   */
  record(file, options = undefined) {
    const { Recording } = require("./recording.ts");
    this.#recording = new Recording(file, options);
    return this;
  }

  pendingInterceptors() {
    const all = [...this.#pools.values()].flatMap(({ shown, interceptors }) =>
      [...interceptors].map(({ state }) => ({ ...state, origin: shown })),
    );
    return all.filter(({ pending }) => pending);
  }

  assertNoPendingInterceptors({ pendingInterceptorsFormatter } = {}) {
    const pending = this.pendingInterceptors();
    if (pending.length === 0) return;
    const formatter = pendingInterceptorsFormatter ?? require("./mock-table.ts");
    const count = pending.length === 1 ? "1 interceptor is pending" : `${pending.length} interceptors are pending`;
    throw new UndiciError(`${count}:\n\n${formatter.format(pending)}`.trim());
  }

  /** As a dispatcher of undici: for the tests' own requests, with `setGlobalDispatcher(fetchMock)`. */
  dispatch(options, handler) {
    return require("./mock-dispatch.ts").dispatch(this, options, handler, this.#before);
  }

  /** Requests of the test's own, as undici's dispatchers have them. */
  request(options, callback = undefined) {
    return require("./undici.ts").request.call(this, options, callback);
  }

  stream(options, factory, callback = undefined) {
    return require("./undici.ts").stream.call(this, options, factory, callback);
  }

  /** Ends the mock for good: a request that asks it afterwards fails. */
  async close() {
    this.#closed = true;
    this.#pools.clear();
    binding.mockClose(this.#number);
  }

  /**
   * What an interceptor answers, `NETWORK` when the request may go there, `{ keep }` when what comes of it is to be
   * recorded; or a promise of one of these.
   * @param session where replies that come later are kept
   */
  [ANSWER](request, session) {
    if (this.#closed) throw new ClientDestroyedError();
    if (!this.#active) return NETWORK;
    const interceptors = this.#interceptorsOf(request.origin);
    if (interceptors === undefined) return this.#unmatched(request, 0);
    return this.#search(interceptors, request, session, request.found);
  }

  #search(interceptors, request, session, found) {
    const first = search(interceptors, request, found);
    return chain(first, (one) => this.#found(one, interceptors, request, session));
  }

  #found(one, interceptors, request, session) {
    if (typeof one === "number") return this.#unmatched(request, one);
    // While a matcher was waited for, another request may have come first.
    if (one.state.consumed) return this.#search(interceptors, request, session);
    try {
      return one.answer(request, session);
    } finally {
      if (one.state.consumed) interceptors.retire(one);
    }
  }

  #unmatched(request, stage) {
    if (this.#recording === undefined) return this.#unanswered(request, stage);
    return chain(this.#recording.answer(request), (answer) => answer ?? this.#unanswered(request, stage));
  }

  #unanswered(request, stage) {
    const refused = this.#refusal(request.origin);
    if (refused === undefined) return NETWORK;
    const error = new MockNotMatchedError(notMatched(STAGES[stage], request, refused));
    throw tellNearest(error, request, [...this.#poolsFor(request.origin), ...(this.#recording?.pools ?? [])]);
  }

  /** All pools, those of an origin first. */
  #poolsFor(origin) {
    const own = ([key]) => Number(key === origin);
    const pools = [...this.#pools].sort((a, b) => own(b) - own(a));
    const shared = new Set();
    return pools
      .filter(([, { interceptors }]) => !shared.has(interceptors) && shared.add(interceptors))
      .map(([key, { interceptors }]) => ({ origin: key, interceptors: interceptors.withUsed() }));
  }

  /** Why a request may not use the network; undefined when it may. */
  #refusal(origin) {
    if (this.#netConnect === true) return undefined;
    if (this.#netConnect === false) return "net.connect disabled";
    const { host } = new URL(origin);
    const enabled = this.#netConnect.some((matcher) => matchValue(matcher, host) === true);
    return enabled ? undefined : "net.connect is not enabled for this origin";
  }
}

/** undici's words for a request that no interceptor took, and may not use the network. */
function notMatched(part, request, refused) {
  const values = {
    path: () => request.sortedPath,
    method: () => request.method,
    body: () => request.knownBody,
    headers: () => JSON.stringify(request.headers),
  };
  const subsequent = `subsequent request to origin ${request.origin} was not allowed (${refused})`;
  return `Mock dispatch not matched for ${part} '${values[part]()}': ${subsequent}`;
}

/** What an origin is kept by: a string's normal form, or the pattern itself. */
function originKey(origin) {
  if (typeof origin === "function" || types.isRegExp(origin)) return origin;
  if (typeof origin !== "string" && typeof origin?.href !== "string") {
    throw new InvalidArgumentError(`origin must be a string, a URL, a RegExp or a function, got ${describe(origin)}`);
  }
  const url = new URL(origin);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new InvalidArgumentError("Invalid URL protocol: the URL must start with `http:` or `https:`.");
  }
  if (url.pathname !== "/" || url.search || url.hash) throw new InvalidArgumentError("invalid url");
  return url.origin;
}

const createFetchMock = () => new MockAgent();
const isFetchMock = (value) => typeof value?.[ANSWER] === "function";

export { ANSWER, createFetchMock, isFetchMock, NETWORK, NUMBER };
