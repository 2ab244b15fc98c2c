// The mock that `createFetchMock()` makes: undici's MockAgent, in all that a worker's `fetch` can tell. Which interceptors
// an origin has, and whether a request that none of them takes may use the network.

import { types } from "node:util";
import type * as api from "../../../index.d.ts";
import { binding } from "../../node/binding/binding.ts";
import { describe } from "../../node/errors.ts";
import { REFUSAL } from "../../node/instance/refusal.ts";
import { ClientDestroyedError, InvalidArgumentError, MockNotMatchedError, UndiciError } from "./mock-errors.ts";
import { MockInterceptor } from "./interceptor.ts";
import type { Interceptor } from "./interceptor.ts";
import { Interceptors } from "./interceptors.ts";
import { chain, matchValue, search, STAGES } from "./matching.ts";
import type { Awaitable, Found } from "./matching.ts";
import type { DispatchOptions, Handler } from "./mock-dispatch.ts";
import type { MockRequest } from "./mock-request.ts";
import { tellNearest } from "./nearest.ts";
import type { ComparedPool } from "./nearest.ts";
import type { Recording, ToRecord } from "./recording.ts";
import type { MockResponse } from "./reply.ts";
import type { Session } from "./session.ts";

/** How the worker's side asks, whichever copy of this package a test runner has given the mock to. */
const ANSWER = Symbol.for("miniflare-rs.mock.answer");

/** Its number in the addon, by which a worker's turn finds interceptors; so that every copy knows it, too. */
const NUMBER = Symbol.for("miniflare-rs.mock.number");

const collected = new FinalizationRegistry((number: number) => binding.mockClose(number));

/** A request that the mock has nothing to say about. */
const NETWORK = undefined;

export type MockAnswer = MockResponse | ToRecord | typeof NETWORK;

/** Answers a request, now or later. */
export type Ask = (request: MockRequest, session: Session) => Awaitable<MockAnswer>;

/** A mock, of whichever copy of this package. */
export interface Answering extends api.FetchDispatcher {
  [ANSWER]: Ask;
}

type Origin = Parameters<api.MockAgent["get"]>[0];

/** An origin's normal form, or a pattern. */
type OriginKey = Exclude<Origin, URL>;

/** `shown` is what `get()` was given. */
interface Entry {
  shown: Origin;
  interceptors: Interceptors;
  pool: MockPool;
}

type RequestCallback = (error: Error | null, response: api.MockAgentResponse) => void;
type StreamFactory = Parameters<api.MockAgent["stream"]>[1];
type StreamCallback = Parameters<api.MockAgent["stream"]>[2];
type StreamEnd = { opaque: unknown; trailers: Record<string, string> };

type HostMatcher = NonNullable<Parameters<api.MockAgent["enableNetConnect"]>[0]>;

class MockPool implements api.MockPool {
  #interceptors: Interceptors;
  #close: () => void;

  constructor(interceptors: Interceptors, close: () => void) {
    this.#interceptors = interceptors;
    this.#close = close;
  }

  intercept(options: api.MockInterceptorOptions): MockInterceptor {
    return new MockInterceptor(options, this.#interceptors);
  }

  /** Forgets the pool and its interceptors. */
  async close(): Promise<void> {
    this.#close();
  }
}

class MockAgent implements api.MockAgent, Answering {
  #pools = new Map<OriginKey, Entry>();
  #tables = 0;
  #netConnect: boolean | HostMatcher[] = true;
  #active = true;
  #closed = false;
  #recording: Recording | undefined;
  /** The dispatcher that Node's own requests had when this mock was made. */
  #before: api.FetchDispatcher | undefined = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1"));
  #number = binding.mockOpen();

  constructor() {
    collected.register(this, this.#number);
  }

  get [NUMBER](): number {
    return this.#number;
  }

  get(origin: Origin): MockPool {
    const key = originKey(origin);
    return (this.#pools.get(key) ?? this.#open(key, origin)).pool;
  }

  #open(key: OriginKey, shown: Origin, shared = typeof key === "string" ? this.#byPattern(key) : undefined): Entry {
    const interceptors = shared?.interceptors ?? new Interceptors(this.#number, this.#tables++);
    const pool = new MockPool(interceptors, () => this.#forget(key));
    const entry = { shown, interceptors, pool };
    this.#pools.set(key, entry);
    if (typeof key === "string") interceptors.link(key);
    return entry;
  }

  #forget(key: OriginKey): void {
    const interceptors = this.#pools.get(key)?.interceptors;
    if (interceptors === undefined) return;
    this.#pools.delete(key);
    if (typeof key === "string") binding.mockUnlink(this.#number, key);
    if (![...this.#pools.values()].some((other) => other.interceptors === interceptors)) interceptors.forget();
  }

  /** The first pool whose pattern takes the origin. */
  #byPattern(origin: string): Entry | undefined {
    for (const [key, entry] of this.#pools) {
      if (typeof key !== "string" && matchValue(key, origin) === true) return entry;
    }
  }

  /** The interceptors of an origin. One that a pattern took is a pool of its own from then on, as undici has it. */
  #interceptorsOf(origin: string): Interceptors | undefined {
    const entry = this.#pools.get(origin);
    if (entry !== undefined) return entry.interceptors;
    const shared = this.#byPattern(origin);
    return shared === undefined ? undefined : this.#open(origin, origin, shared).interceptors;
  }

  activate(): void {
    this.#active = true;
  }

  deactivate(): void {
    this.#active = false;
  }

  get isMockActive(): boolean {
    return this.#active;
  }

  enableNetConnect(matcher: HostMatcher | undefined = undefined): void {
    if (matcher === undefined) {
      this.#netConnect = true;
    } else if (typeof matcher === "string" || typeof matcher === "function" || types.isRegExp(matcher)) {
      this.#netConnect = Array.isArray(this.#netConnect) ? [...this.#netConnect, matcher] : [matcher];
    } else {
      throw new InvalidArgumentError("Unsupported matcher. Must be one of String|Function|RegExp.");
    }
  }

  disableNetConnect(): void {
    this.#netConnect = false;
  }

  /**
   * Keeps what servers answer to requests that no interceptor takes in a file, and replays it from there.
   * @param options `{ mode }`: "missing" replays what the file has and records the rest, "all" records everything again,
   *   "none" only replays
   */
  record(file: string, options: api.RecordOptions | undefined = undefined): this {
    const { Recording } = require("./recording.ts") as typeof import("./recording.ts");
    this.#recording = new Recording(file, options);
    return this;
  }

  pendingInterceptors(): api.PendingInterceptor[] {
    const all = [...this.#pools.values()].flatMap(({ shown, interceptors }) =>
      [...interceptors].map(({ state }) => ({ ...state, origin: shown })),
    );
    return all.filter(isPending);
  }

  assertNoPendingInterceptors({
    pendingInterceptorsFormatter,
  }: NonNullable<Parameters<api.MockAgent["assertNoPendingInterceptors"]>[0]> = {}): void {
    const pending = this.pendingInterceptors();
    if (pending.length === 0) return;
    const formatter = pendingInterceptorsFormatter ?? (require("./mock-table.ts") as typeof import("./mock-table.ts"));
    const count = pending.length === 1 ? "1 interceptor is pending" : `${pending.length} interceptors are pending`;
    throw new UndiciError(`${count}:\n\n${formatter.format(pending)}`.trim());
  }

  /** As a dispatcher of undici: for the tests' own requests, with `setGlobalDispatcher(fetchMock)`. */
  dispatch(options: DispatchOptions, handler: Handler): boolean {
    const { dispatch } = require("./mock-dispatch.ts") as typeof import("./mock-dispatch.ts");
    return dispatch(this, options, handler, this.#before);
  }

  /** Requests of the test's own, as undici's dispatchers have them. */
  request(options: api.MockAgentRequest): Promise<api.MockAgentResponse>;
  request(options: api.MockAgentRequest, callback: RequestCallback): void;
  request(options: api.MockAgentRequest, callback: RequestCallback | undefined = undefined) {
    return undici().request.call(this, options, callback);
  }

  stream(options: api.MockAgentRequest, factory: StreamFactory): Promise<StreamEnd>;
  stream(options: api.MockAgentRequest, factory: StreamFactory, callback: StreamCallback): void;
  stream(options: api.MockAgentRequest, factory: StreamFactory, callback: StreamCallback | undefined = undefined) {
    return undici().stream.call(this, options, factory, callback);
  }

  /** Ends the mock for good: a request that asks it afterwards fails. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#pools.clear();
    binding.mockClose(this.#number);
  }

  /**
   * What an interceptor answers, `NETWORK` when the request may go there, `{ keep }` when what comes of it is to be
   * recorded; or a promise of one of these.
   * @param session where replies that come later are kept
   */
  [ANSWER](request: MockRequest, session: Session): Awaitable<MockAnswer> {
    if (this.#closed) throw new ClientDestroyedError();
    if (!this.#active) return NETWORK;
    const interceptors = this.#interceptorsOf(request.origin);
    if (interceptors === undefined) return this.#unmatched(request, 0);
    return this.#search(interceptors, request, session, request.found);
  }

  #search(interceptors: Interceptors, request: MockRequest, session: Session, found?: Found): Awaitable<MockAnswer> {
    const first = search(interceptors, request, found);
    return chain(first, (one) => this.#found(one, interceptors, request, session));
  }

  #found(
    one: Interceptor | number,
    interceptors: Interceptors,
    request: MockRequest,
    session: Session,
  ): Awaitable<MockAnswer> {
    if (typeof one === "number") return this.#unmatched(request, one);
    // While a matcher was waited for, another request may have come first.
    if (one.state.consumed) return this.#search(interceptors, request, session);
    try {
      return one.answer(request, session);
    } finally {
      if (one.state.consumed) interceptors.retire(one);
    }
  }

  #unmatched(request: MockRequest, stage: number): Awaitable<MockAnswer> {
    if (this.#recording === undefined) return this.#unanswered(request, stage);
    return chain(this.#recording.answer(request), (answer) => answer ?? this.#unanswered(request, stage));
  }

  #unanswered(request: MockRequest, stage: number): typeof NETWORK {
    const refused = this.#refusal(request.origin);
    if (refused === undefined) return NETWORK;
    const error = new MockNotMatchedError(notMatched(STAGES[stage], request, refused));
    throw tellNearest(error, request, [...this.#poolsFor(request.origin), ...(this.#recording?.pools ?? [])]);
  }

  /** All pools, those of an origin first. */
  #poolsFor(origin: string): ComparedPool[] {
    const own = ([key]: [OriginKey, Entry]) => Number(key === origin);
    const pools = [...this.#pools].sort((a, b) => own(b) - own(a));
    const shared = new Set<Interceptors>();
    return pools
      .filter(([, { interceptors }]) => !shared.has(interceptors) && shared.add(interceptors))
      .map(([key, { interceptors }]) => ({ origin: key, interceptors: interceptors.withUsed() }));
  }

  /** Why a request may not use the network; undefined when it may. */
  #refusal(origin: string): string | undefined {
    return this.#refusalOfHost(() => new URL(origin).host);
  }

  /** The same for a connection that a worker opens itself. */
  [REFUSAL](host: string): string | undefined {
    const refused = this.#refusalOfHost(() => host);
    return refused && `connection to ${host} was not allowed (${refused})`;
  }

  #refusalOfHost(hostOf: () => string): string | undefined {
    if (this.#netConnect === true) return undefined;
    if (this.#netConnect === false) return "net.connect disabled";
    const host = hostOf();
    const enabled = this.#netConnect.some((matcher) => matchValue(matcher, host) === true);
    return enabled ? undefined : "net.connect is not enabled for this origin";
  }
}

const undici = () => require("./undici.ts") as typeof import("./undici.ts");

function isPending<State extends { pending: boolean }>(state: State): state is State & { pending: true } {
  return state.pending;
}

/** undici's words for a request that no interceptor took, and may not use the network. */
function notMatched(part: (typeof STAGES)[number], request: MockRequest, refused: string): string {
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
function originKey(origin: Origin): OriginKey {
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

const createFetchMock = (): MockAgent => new MockAgent();
const isFetchMock = (value: api.FetchDispatcher): value is Answering =>
  ANSWER in value && typeof value[ANSWER] === "function";

/** A mock's number in the addon; 0 for other dispatchers, which have none. */
const numberOf = (mock: api.FetchDispatcher & { [NUMBER]?: number }): number => mock[NUMBER] ?? 0;

export { ANSWER, createFetchMock, isFetchMock, NETWORK, numberOf };
