// Mocks of outbound fetches: the parts of undici's MockAgent that suites use through Miniflare, and additions.

/** A value to compare with, a RegExp, or a function that returns `true`, or a promise of it, for a match. */
export type MockMatcher<Value = string> = string | RegExp | ((value: Value) => boolean | Promise<boolean>);

/** Headers of a reply. A list becomes one header whose items are joined with `,`; cookies become separate headers. */
export type MockHeaders = Record<string, string | number | string[]>;

/** Describes the requests that an interceptor matches. */
export interface MockInterceptorOptions {
  /** The path and query, such as `/items?page=1`. The order of the query's parameters does not matter. */
  path: MockMatcher;
  /** The method. Default: `"GET"`. */
  method?: MockMatcher;
  /**
   * The body. Strings and RegExps are compared with its text, bytes with its bytes, other objects with its JSON; `null`
   * matches requests without a body. A function receives the value that was passed to `fetch`. Default: any body.
   */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are of many kinds, and the test knows which one it sends
  body?: MockMatcher<any> | Uint8Array | object | null;
  /**
   * The required headers, copied when `intercept()` is called, or a function that receives all headers with lower-case
   * names. Default: any headers.
   */
  headers?: Record<string, MockMatcher> | Headers | ((headers: Record<string, string>) => boolean | Promise<boolean>);
  /** Parameters that are added to `path`, if that is a string without a query. Default: none. */
  query?: Record<string, string | number | boolean | string[] | undefined>;
}

/** A request, as callbacks receive it. */
export interface MockRequestOptions {
  /** The path and query. */
  path: string;
  /** The origin, such as `https://example.com`. */
  origin: string;
  method: string;
  /** The value that was passed to `fetch`: `null`, a string, bytes, a `Blob`, a `FormData` or a stream. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are of many kinds, and the test knows which one it sends
  body: any;
  /** The headers, with names in their original case. */
  headers: Record<string, string>;
  maxRedirections: number;
}

/** A request that an interceptor has answered. */
export interface MockCall {
  url: string;
  path: string;
  origin: string;
  method: string;
  /** Text or bytes; `undefined` for a stream that neither a matcher nor a callback has read. */
  body: string | Uint8Array | null | undefined;
  headers: Record<string, string>;
}

export interface MockResponseOptions {
  headers?: MockHeaders | Headers;
  trailers?: Record<string, string>;
}

/** The content of a reply: text, bytes (`Buffer`, `Uint8Array`, `ArrayBuffer`), or a value that is sent as JSON. */
export type MockReplyData = string | object | number | boolean | null;

/** The result of an options callback. */
export interface MockReply {
  /** An integer from 200 to 999. */
  statusCode: number;
  data?: MockReplyData | ((request: MockRequestOptions) => MockReplyData | Promise<MockReplyData>);
  responseOptions?: MockResponseOptions;
}

/** Configures how often, and with which delay, an interceptor replies. */
export interface MockScope {
  /** Delays the reply by milliseconds, an integer above 0. */
  delay(waitInMs: number): MockScope;
  /** Replies to every matching request. */
  persist(): MockScope;
  /** Replies to this many requests, an integer above 0. Default: 1. */
  times(repeatTimes: number): MockScope;
  /** Returns the answered requests, oldest first: at most the last 1,000, and fewer if their bodies exceed 64 MB. */
  calls(): MockCall[];
}

/** An interceptor that has no reply yet. */
export interface MockInterceptor {
  /** Replies with the result of a callback, or of the promise that the callback returns. */
  reply(callback: (request: MockRequestOptions) => MockReply | Promise<MockReply>): MockScope;
  /** Replies with a status, with content that a callback or its promise returns, and with headers. */
  reply(
    statusCode: number,
    callback: (request: MockRequestOptions) => MockReplyData | Promise<MockReplyData>,
    responseOptions?: MockResponseOptions,
  ): MockScope;
  /**
   * Replies with a status, content and headers.
   * @param statusCode an integer from 200 to 999
   * @param data default: `""`
   * @throws InvalidArgumentError for an invalid reply
   */
  reply(statusCode: number, data?: MockReplyData, responseOptions?: MockResponseOptions): MockScope;
  /** Makes `fetch` reject with `TypeError: fetch failed`, with this error as its `cause`. */
  replyWithError(error: unknown): MockScope;
  /** Adds headers to the replies that are defined later. */
  defaultReplyHeaders(headers: MockHeaders | Headers): MockInterceptor;
  /** Adds trailers to the replies that are defined later. */
  defaultReplyTrailers(trailers: Record<string, string>): MockInterceptor;
  /** Adds a `content-length` to the replies that are defined later. */
  replyContentLength(): MockInterceptor;
}

/** The interceptors of an origin. */
export interface MockPool {
  /**
   * Describes which requests to match. The interceptor takes effect when `reply()` is called on the result.
   * @throws InvalidArgumentError for options that cannot match
   */
  intercept(options: MockInterceptorOptions): MockInterceptor;
  /** Removes the origin and its interceptors. */
  close(): Promise<void>;
}

/** An interceptor that has not been used up, as `pendingInterceptors()` lists it. */
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

/** Formats the pending interceptors for the error of `assertNoPendingInterceptors()`. */
export interface PendingInterceptorsFormatter {
  format(pendingInterceptors: readonly PendingInterceptor[]): string;
}

export interface RecordOptions {
  /**
   * With `"missing"`, the default, requests in the file are replayed, and all others are recorded; with `"all"`, all
   * requests are recorded again; with `"none"`, requests are only replayed.
   */
  mode?: "missing" | "all" | "none";
}

/** The differences between a request and an interceptor that almost matches it. */
export interface NearestInterceptor {
  /** For example `GET https://example.com/thing`. */
  interceptor: string;
  /** For example `the method is 'POST'`. */
  differences: string[];
}

/**
 * The `cause` of the `TypeError: fetch failed` for a request that no interceptor matches and that may not use the
 * network. Its message is undici's.
 */
export interface MockNotMatchedError extends Error {
  name: "MockNotMatchedError";
  code: "UND_MOCK_ERR_MOCK_NOT_MATCHED";
  /** The nearest interceptors, at most three. The stack lists them too. */
  nearest?: NearestInterceptor[];
}

/** A request, as the argument of undici's `request()` and `stream()`. */
export interface MockAgentRequest {
  /** The origin, such as `"https://example.com"`. */
  origin: string | URL;
  /** The path and query. */
  path: string;
  /** The method. Default: `"GET"`. */
  method?: string;
  headers?: Record<string, string | string[]> | string[] | null;
  body?: string | Uint8Array | NodeJS.ReadableStream | null;
  signal?: AbortSignal | null;
  /** Any value; it is passed on to the response. */
  opaque?: unknown;
  throwOnError?: boolean;
  highWaterMark?: number;
}

/** A response, as the result of undici's `request()`. */
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

/** The result of {@link createFetchMock}. */
export interface MockAgent {
  /**
   * Returns the interceptors of one origin, such as `"https://example.com"`, or of all origins that a RegExp or a
   * function matches.
   * @throws InvalidArgumentError for a URL with a path, or with a protocol other than `http:` and `https:`
   */
  get(origin: string | URL | RegExp | ((origin: string) => boolean)): MockPool;
  /** Turns the mock on again. A new mock is on. */
  activate(): void;
  /** Sends every request to the network, as if there were no mock. */
  deactivate(): void;
  readonly isMockActive: boolean;
  /**
   * Allows requests that no interceptor matches to use the network: all of them, or those to a host
   * (`"localhost:8080"`). Several calls add up. A new mock allows all of them.
   */
  enableNetConnect(host?: string | RegExp | ((host: string) => boolean)): void;
  /** Makes every request fail that no interceptor matches. */
  disableNetConnect(): void;
  /** Returns the interceptors that have not been used up. */
  pendingInterceptors(): PendingInterceptor[];
  /** @throws UndiciError with a table of the interceptors that have not been used up, if there are any */
  assertNoPendingInterceptors(options?: { pendingInterceptorsFormatter?: PendingInterceptorsFormatter }): void;
  /**
   * Records the responses of servers to requests that no interceptor matches, and replays them from a file in later
   * runs. `disableNetConnect()` does not prevent this.
   * @param file a JSON file, relative to the current folder of the process. Its folder is created if it is missing.
   * @throws UndiciError if the file is not a recording
   * @example
   * const fetchMock = createFetchMock().record("fixtures/api.json", { mode: process.env.CI ? "none" : "missing" });
   */
  record(file: string, options?: RecordOptions): MockAgent;
  /**
   * Sends a request of the test, as a dispatcher of undici: `setGlobalDispatcher(fetchMock)`. Requests that no
   * interceptor matches go to the dispatcher that was set before.
   */
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ from version to version
  dispatch(options: any, handler: any): boolean;
  /**
   * Sends a request of the test, as undici's dispatchers do. Requests that no interceptor matches go to Node's
   * dispatcher.
   * @throws InvalidArgumentError if the origin is not a URL, or the path is not a string
   */
  request(options: MockAgentRequest): Promise<MockAgentResponse>;
  request(options: MockAgentRequest, callback: (error: Error | null, response: MockAgentResponse) => void): void;
  /** Sends a request like `request()`, and writes the body to the stream that `factory` returns. */
  stream(
    options: MockAgentRequest,
    factory: (head: Omit<MockAgentResponse, "body" | "trailers">) => NodeJS.WritableStream,
  ): Promise<{ opaque: unknown; trailers: Record<string, string> }>;
  stream(
    options: MockAgentRequest,
    factory: (head: Omit<MockAgentResponse, "body" | "trailers">) => NodeJS.WritableStream,
    callback: (error: Error | null, end: { opaque: unknown; trailers: Record<string, string> }) => void,
  ): void;
  /** Closes the mock; later requests to it fail. */
  close(): Promise<void>;
}

/**
 * Any object with the `dispatch` of undici's dispatchers, versions 5 to 7: a `MockAgent`, a `ProxyAgent`, an `Agent`.
 */
export interface FetchDispatcher {
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types differ from version to version
  dispatch(options: any, handler: any): boolean;
}
