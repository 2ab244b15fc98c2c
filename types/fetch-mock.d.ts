// The mock of outbound fetches: undici's MockAgent as suites use it through Miniflare, and what this package adds.

/** What a text is compared with: itself, a RegExp that is tested, or a function that returns (or resolves to) `true`. */
export type MockMatcher<Value = string> = string | RegExp | ((value: Value) => boolean | Promise<boolean>);

/** Headers of a reply. A value that is a list is sent as one header, its items joined by `,`; cookies one by one. */
export type MockHeaders = Record<string, string | number | string[]>;

/** Which requests an interceptor takes. */
export interface MockInterceptorOptions {
  /** Path and query, as `/items?page=1`. The order of the query's parameters does not matter. */
  path: MockMatcher;
  /** Default: `"GET"`. */
  method?: MockMatcher;
  /**
   * The body. Strings and RegExps are compared with its text, bytes with its bytes, other objects with its JSON; `null`
   * takes requests without a body. A function gets what `fetch` was called with.
   */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are of many kinds, and the test knows which one it sends
  body?: MockMatcher<any> | Uint8Array | object | null;
  /** Headers that must be there, as they are now, or a function that gets all of them, names in lower case. */
  headers?: Record<string, MockMatcher> | Headers | ((headers: Record<string, string>) => boolean | Promise<boolean>);
  /** Parameters that are added to `path`, if that is a string without a query. */
  query?: Record<string, string | number | boolean | string[] | undefined>;
}

/** A request as callbacks see it. */
export interface MockRequestOptions {
  /** Path and query. */
  path: string;
  /** As `https://example.com`. */
  origin: string;
  method: string;
  /** What `fetch` was called with: `null`, a string, bytes, a `Blob`, a `FormData` or a stream. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are of many kinds, and the test knows which one it sends
  body: any;
  /** Names as they were written. */
  headers: Record<string, string>;
  maxRedirections: number;
}

/** A request that an interceptor has answered. */
export interface MockCall {
  url: string;
  path: string;
  origin: string;
  method: string;
  /** Text or bytes; `undefined` if it was a stream that nothing asked for. */
  body: string | Uint8Array | null | undefined;
  headers: Record<string, string>;
}

export interface MockResponseOptions {
  headers?: MockHeaders | Headers;
  trailers?: Record<string, string>;
}

/** Content of a reply: text, bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`), or what is sent as JSON. */
export type MockReplyData = string | object | number | boolean | null;

/** What an options callback returns. */
export interface MockReply {
  /** An integer from 200 to 999. */
  statusCode: number;
  data?: MockReplyData | ((request: MockRequestOptions) => MockReplyData | Promise<MockReplyData>);
  responseOptions?: MockResponseOptions;
}

/** How often, and how late, an interceptor replies. */
export interface MockScope {
  /** Replies after this many milliseconds, an integer above 0. */
  delay(waitInMs: number): MockScope;
  /** Replies to every request that matches. */
  persist(): MockScope;
  /** Replies to this many requests, an integer above 0. Default: 1. */
  times(repeatTimes: number): MockScope;
  /** The requests it has answered, the first first: of more than 1,000 the last 1,000, fewer if bodies exceed 64 MB. */
  calls(): MockCall[];
}

/** An interceptor before it is told what to reply. */
export interface MockInterceptor {
  /** Replies with what the callback returns, or resolves to. */
  reply(callback: (request: MockRequestOptions) => MockReply | Promise<MockReply>): MockScope;
  /** Replies with a status, the content that the callback returns, or resolves to, and headers. */
  reply(
    statusCode: number,
    callback: (request: MockRequestOptions) => MockReplyData | Promise<MockReplyData>,
    responseOptions?: MockResponseOptions,
  ): MockScope;
  /**
   * Replies with a status, content and headers.
   * @param statusCode an integer from 200 to 999
   * @param data default: `""`
   * @throws InvalidArgumentError for what can be no reply
   */
  reply(statusCode: number, data?: MockReplyData, responseOptions?: MockResponseOptions): MockScope;
  /** Makes `fetch` reject with `TypeError: fetch failed`, and this as its `cause`. */
  replyWithError(error: unknown): MockScope;
  /** Headers of the replies that follow. */
  defaultReplyHeaders(headers: MockHeaders | Headers): MockInterceptor;
  /** Trailers of the replies that follow. */
  defaultReplyTrailers(trailers: Record<string, string>): MockInterceptor;
  /** Gives the replies that follow a `content-length`. */
  replyContentLength(): MockInterceptor;
}

/** The interceptors of an origin. */
export interface MockPool {
  /**
   * Describes requests that are to be answered; `reply()` says how.
   * @throws InvalidArgumentError for options that can match nothing
   */
  intercept(options: MockInterceptorOptions): MockInterceptor;
  /** Forgets the origin and its interceptors. */
  close(): Promise<void>;
}

/** An interceptor that has not been used, as `pendingInterceptors()` shows it. */
export interface PendingInterceptor extends MockInterceptorOptions {
  origin: string | URL | RegExp | ((origin: string) => boolean);
  pending: true;
  persist: boolean;
  times: number;
  timesInvoked: number;
  consumed: boolean;
  delay?: number;
  // biome-ignore lint/suspicious/noExplicitAny: as undici shows it
  data: any;
}

/** Draws the pending interceptors for the error of `assertNoPendingInterceptors()`. */
export interface PendingInterceptorsFormatter {
  format(pendingInterceptors: readonly PendingInterceptor[]): string;
}

export interface RecordOptions {
  /**
   * `"missing"`, the default, replays what the file has and records the rest; `"all"` records everything anew; `"none"`
   * only replays.
   */
  mode?: "missing" | "all" | "none";
}

/** What an interceptor that came near a request has and the request has not. */
export interface NearestInterceptor {
  /** As `GET https://example.com/thing`. */
  interceptor: string;
  /** As `the method is 'POST'`. */
  differences: string[];
}

/**
 * The `cause` of the `TypeError: fetch failed` of a request that no interceptor takes and that may not use the network.
 * Its message is undici's.
 */
export interface MockNotMatchedError extends Error {
  name: "MockNotMatchedError";
  code: "UND_MOCK_ERR_MOCK_NOT_MATCHED";
  /** The interceptors that came nearest, up to three; the stack tells of them as well. */
  nearest?: NearestInterceptor[];
}

/** A request as undici's `request()` and `stream()` take it. */
export interface MockAgentRequest {
  /** As `"https://example.com"`. */
  origin: string | URL;
  /** Path and query. */
  path: string;
  /** Default: `"GET"`. */
  method?: string;
  headers?: Record<string, string | string[]> | string[] | null;
  body?: string | Uint8Array | NodeJS.ReadableStream | null;
  signal?: AbortSignal | null;
  /** Handed on to the response. */
  opaque?: unknown;
  throwOnError?: boolean;
  highWaterMark?: number;
}

/** A response as undici's `request()` gives it. */
export interface MockAgentResponse {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  trailers: Record<string, string>;
  body: NodeJS.ReadableStream & {
    readonly bodyUsed: boolean;
    text(): Promise<string>;
    json(): Promise<unknown>;
    blob(): Promise<Blob>;
    arrayBuffer(): Promise<ArrayBuffer>;
  };
  opaque: unknown;
  context: object;
}

/** What `createFetchMock()` returns; see {@link createFetchMock}. */
export interface MockAgent {
  /**
   * The interceptors of an origin: one as `"https://example.com"`, or all that a RegExp or a function takes.
   * @throws InvalidArgumentError for a URL with a path, or of another protocol than `http:` and `https:`
   */
  get(origin: string | URL | RegExp | ((origin: string) => boolean)): MockPool;
  /** Lets the mock answer again. It does from the start. */
  activate(): void;
  /** Sends every request to the network, as if there were no mock. */
  deactivate(): void;
  readonly isMockActive: boolean;
  /**
   * Which requests that no interceptor takes may use the network: all, or those to a host (`"localhost:8080"`). Hosts
   * of several calls add up. All may at the start.
   */
  enableNetConnect(host?: string | RegExp | ((host: string) => boolean)): void;
  /** Makes every request fail that no interceptor takes. */
  disableNetConnect(): void;
  /** The interceptors that still wait for a request. */
  pendingInterceptors(): PendingInterceptor[];
  /** @throws UndiciError with a table of the interceptors that still wait for a request */
  assertNoPendingInterceptors(options?: { pendingInterceptorsFormatter?: PendingInterceptorsFormatter }): void;
  /**
   * Records what servers answer to requests that no interceptor takes, and replays it from the file from then on. The
   * network may be used for that even after `disableNetConnect()`.
   * @param file JSON; relative to the current folder of the process. Its folder is made if it is not there.
   * @throws UndiciError when the file is no recording
   * @example
   * const fetchMock = createFetchMock().record("fixtures/api.json", { mode: process.env.CI ? "none" : "missing" });
   */
  record(file: string, options?: RecordOptions): MockAgent;
  /**
   * As a dispatcher of undici, for the test's own requests: `setGlobalDispatcher(fetchMock)`. What no interceptor takes
   * goes to the dispatcher that was there before.
   */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ from version to version
  dispatch(options: any, handler: any): boolean;
  /**
   * Makes a request of the test's own, as undici's dispatchers do. What no interceptor takes goes to Node's dispatcher.
   * @throws InvalidArgumentError for an origin that is no URL, or a path that is no string
   */
  request(options: MockAgentRequest): Promise<MockAgentResponse>;
  request(options: MockAgentRequest, callback: (error: Error | null, response: MockAgentResponse) => void): void;
  /** The same; the body is written to what `factory` makes. */
  stream(
    options: MockAgentRequest,
    factory: (head: Omit<MockAgentResponse, "body" | "trailers">) => NodeJS.WritableStream,
  ): Promise<{ opaque: unknown; trailers: Record<string, string> }>;
  stream(
    options: MockAgentRequest,
    factory: (head: Omit<MockAgentResponse, "body" | "trailers">) => NodeJS.WritableStream,
    callback: (error: Error | null, end: { opaque: unknown; trailers: Record<string, string> }) => void,
  ): void;
  /** Ends the mock: requests that ask it from now on fail. */
  close(): Promise<void>;
}

/**
 * Anything with the `dispatch` of undici's dispatchers, versions 5 to 7: a `MockAgent`, a `ProxyAgent`, an `Agent`.
 */
export interface FetchDispatcher {
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ from version to version
  dispatch(options: any, handler: any): boolean;
}
