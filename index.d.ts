// The public contract of miniflare-rs: what index.js and index.mjs export, and what users may rely on.
//
// The web types (Request, Response, URL, EventTarget, ...) are the global ones: they come from "@types/node" or from
// TypeScript's library "DOM". Only what works is declared; docs/options.md and docs/api.md say the same with more
// words.

import type { FetchDispatcher, MockAgent } from "./types/fetch-mock";

export type * from "./types/fetch-mock";

// ---- Options

/** A type of module, as `import` and `require` of a worker give it. */
export type ModuleRuleType = "ESModule" | "CommonJS" | "Text" | "Data" | "CompiledWasm";

/** Which files are modules of which type. */
export interface ModuleRule {
  /**
   * What the files are: `ESModule` and `CommonJS` are JavaScript; of the others the default export is a string
   * (`Text`), an `ArrayBuffer` (`Data`) or a `WebAssembly.Module` (`CompiledWasm`).
   */
  type: ModuleRuleType;
  /** Globs that are matched against the absolute path; a star crosses folders. */
  include: string[];
  /** Whether later rules of the same type, the default one included, stay in force. Default: `false`. */
  fallthrough?: boolean;
}

/** The class behind a Durable Object binding. */
export interface DurableObjectOptions {
  /** The name under which the script exports the class. */
  className: string;
  /**
   * The worker that exports it: a mount, or the main worker by its `name`. Its objects live there, and get the bindings
   * of that worker. Default: the worker that the binding belongs to.
   */
  scriptName?: string;
}

/** What a service binding stands for: a mount, or the main worker by its `name`; or a function in Node. */
export type ServiceBinding =
  | string
  | {
      service: string;
      /** Accepted; every environment is the same worker. */
      environment?: string;
    }
  | ((request: Request) => globalThis.Response | Promise<globalThis.Response>);

/** Options of a mounted worker: those of any worker but mounts of its own. `log` and `rootPath` work as for others. */
export type MountOptions = Omit<MiniflareOptions, "mounts" | "log">;

/**
 * Options of {@link Miniflare}. All are optional. A value of a wrong type makes the methods reject with an
 * {@link OptionsError}; names that are not known are ignored.
 */
export interface MiniflareOptions {
  // Script

  /** The script's text. It cannot import other modules unless `scriptPath` says where it lies. */
  script?: string;
  /** The file of the script, relative to `rootPath`. Read at the start and at every reload. */
  scriptPath?: string;
  /** The folder that relative paths in options start from. Default: the process's current folder. */
  rootPath?: string;
  /** Whether a missing script is an error, `ERR_NO_SCRIPT`. Default: `true`. */
  scriptRequired?: boolean;
  /**
   * Whether the script is a module worker, with exported handlers, or a service worker, with `addEventListener`.
   * Default: `false`, a service worker.
   */
  modules?: boolean;
  /**
   * The types of imported files, tried in order before the defaults: ESModule for `.mjs`, CommonJS for `.js` and
   * `.cjs`. A file that no rule matches cannot be imported (`ERR_MODULE_RULE`).
   *
   * @example
   * modulesRules: [{ type: "Text", include: ["*.txt"] }]
   */
  modulesRules?: ModuleRule[];

  // Files with options

  /**
   * A `wrangler.toml` whose keys stand for options, those that are not given here; `true` means the one in `rootPath`,
   * if it is there. Default: none.
   *
   * @throws {MiniflareCoreError} `ERR_INVALID_CONFIG`, from the methods, when it is not TOML
   */
  wranglerConfigPath?: boolean | string;
  /** The environment of `wrangler.toml` whose keys replace those outside. */
  wranglerConfigEnv?: string;
  /**
   * A `package.json` whose `main`, or `module` of a module worker, is the script if no other option names one; `true`
   * means the one in `rootPath`, if it is there. Default: none.
   */
  packagePath?: boolean | string;
  /** A `.env` file of bindings; `true` means the one in `rootPath`, if it is there. Default: none. */
  envPath?: boolean | string;
  /** Whether `envPath` is `true` when nothing names it. Default: `false`. */
  envPathDefaultFallback?: boolean;

  // Builds and watching

  /**
   * A shell command that makes the script. It runs before the script is read, at the start, at `reload()` and when these
   * options change, with `MINIFLARE=1` in its environment and this process's own input and output.
   *
   * @throws {BuildError} from the methods, when it fails
   * @example
   * buildCommand: "esbuild src/worker.ts --bundle --format=esm --outfile=dist/worker.mjs"
   */
  buildCommand?: string;
  /** The folder that `buildCommand` runs in, relative to `rootPath`. Default: `rootPath`. */
  buildBasePath?: string;
  /** Folders whose changes make the build run again, with `watch`. Default: none. */
  buildWatchPaths?: string[];
  /**
   * Whether the worker is loaded anew when a file that it was made of changes. Decided at the start. It keeps Node alive
   * until `dispose()`. Default: `false`.
   */
  watch?: boolean;

  // Cron triggers

  /**
   * Expressions of five fields, or six that begin with seconds, in UTC. Nothing is dispatched until `startScheduler()`.
   *
   * @throws {SchedulerError} `ERR_INVALID_CRON`, from the methods
   * @example
   * crons: ["0 12 * * MON-FRI"]
   */
  crons?: string[];

  // Bindings

  /**
   * Values of `env` in module workers, global variables in service workers. Plain data is copied when the worker is
   * loaded. Functions, classes, and objects that hold such stay where they are: the worker calls them synchronously
   * and sees their changes. Objects of the Web APIs (`Blob`, `FormData`, `AbortSignal`, `CryptoKey`, streams, ...) are
   * usable as what they are.
   *
   * @example
   * bindings: { GREETING: "Hello", PAGE: new Blob(["<h1>Hello</h1>"]), remember: (url) => visits.push(url) }
   */
  bindings?: Record<string, unknown>;
  /** Values of global variables, in both formats, defined before the script runs. They cross as `bindings` do. */
  globals?: Record<string, unknown>;
  /** Files to be compiled, by the name of their binding; each becomes a `WebAssembly.Module`. */
  wasmBindings?: Record<string, string>;
  /** UTF-8 files, by the name of their binding; each becomes a string. */
  textBlobBindings?: Record<string, string>;
  /** Files, by the name of their binding; each becomes an `ArrayBuffer`. */
  dataBlobBindings?: Record<string, string>;
  /**
   * Classes of Durable Objects that the script exports, by the name of their binding. It is the binding, not the
   * class, that ids and storage belong to. Storage is in memory: it survives `reload()` and `setOptions()`, and ends
   * with the instance.
   *
   * @example
   * durableObjects: { COUNTER: "Counter" }
   */
  durableObjects?: Record<string, string | DurableObjectOptions>;
  /**
   * Whether alarms of Durable Objects are delivered when they are due. With `false` they can be set and read, and only
   * {@link Miniflare.flushDurableObjectAlarms} delivers them. Default: `true`.
   */
  durableObjectsAlarms?: boolean;
  /**
   * Where the data and alarms of Durable Objects are kept: `true` is the folder `./.mf/do` below `rootPath`, a string
   * is a path relative to `rootPath`, or the URL of a Redis server; another URL is an error. Default: `false`, memory.
   * A place that cannot be used makes the requests that need it reject with a `StorageError`.
   *
   * @example
   * durableObjectsPersist: "./data"
   * durableObjectsPersist: "redis://localhost:6379"
   */
  durableObjectsPersist?: boolean | string;
  /** Where key-value namespaces are kept, as `durableObjectsPersist`; `true` is `./.mf/kv`. Default: `false`, memory. */
  kvPersist?: boolean | string;
  /** Where caches are kept, as `durableObjectsPersist`; `true` is `./.mf/cache`. Default: `false`, memory. */
  cachePersist?: boolean | string;
  /**
   * What a write in a folder survives when it is told of: `"os"`, the end of the process, `kill -9` included; `"sync"`,
   * a loss of power as well, for which each write waits for the disk. Default: `"os"`.
   */
  durability?: "os" | "sync";
  /**
   * Has what could happen in many orders (requests, alarms, timers, answers of Durable Objects, completions of their
   * storage) happen in one that the seed decides, so that a test can try many and repeat the one that fails. Not for
   * production, nor for measuring. Default: none, and everything happens as soon as it can.
   *
   * @example
   * simulate: { seed: 1 }
   */
  simulate?: { seed: number };

  /**
   * What the worker reaches by `env.NAME.fetch()`: other workers of the instance, or functions in Node that get a
   * {@link Request} and return a `Response`. What they throw, the worker's `fetch()` rejects with.
   *
   * @example
   * serviceBindings: { AUTH: "auth", CLOCK: () => new Response(String(Date.now())) }
   */
  serviceBindings?: Record<string, ServiceBinding>;

  // Several workers

  /**
   * Further workers of this instance, by name, each in an isolate of its own; they share its storage. A string is the
   * folder of a worker, its `rootPath`. `kvPersist`, `cachePersist` and `durableObjectsPersist` are those of the main
   * worker, whatever they say themselves.
   *
   * @throws {MiniflareCoreError} `ERR_MOUNT` and the like, from the methods
   * @example
   * mounts: { auth: { modules: true, scriptPath: "auth.mjs", routes: ["example.com/login*"] } }
   */
  mounts?: Record<string, string | MountOptions>;
  /** The worker's name: what service bindings and `scriptName` of other workers call it. Of a mount: the mount's. */
  name?: string;
  /**
   * Which URLs `dispatchFetch` of the main worker hands to this one: host and path, either of which may begin (host)
   * or end (path) with a star. The most specific route wins; the main worker takes what no route matches. Routes of
   * the main worker itself need a `name`.
   *
   * @throws {RouterError} `ERR_QUERY_STRING`, `ERR_INFIX_WILDCARD`, `ERR_INVALID_ROUTE`, from the methods
   * @example
   * routes: ["example.com/api/*", "*.example.org/*"]
   */
  routes?: string[];

  // Outbound fetch

  /**
   * Answers the worker's outbound fetches in the place of the network: a mock, or any dispatcher of undici.
   *
   * @example
   * const fetchMock = createFetchMock();
   * fetchMock.disableNetConnect();
   * fetchMock.get("https://example.com").intercept({ path: "/thing" }).reply(200, "Mocked response!");
   * const mf = new Miniflare({ scriptPath: "worker.js", fetchMock });
   */
  fetchMock?: MockAgent | FetchDispatcher;
  /**
   * The server that the worker stands in front of, as an absolute URL. Requests are made ones for it, and those that the
   * worker does not answer go on to it: without a handler, with one that returns nothing, or with one that throws after
   * `passThroughOnException()`.
   *
   * @throws {MiniflareCoreError} `ERR_INVALID_UPSTREAM`, from the methods: it is no absolute URL
   * @example
   * upstream: "https://example.com"
   */
  upstream?: string;
  /**
   * Certificates in PEM that `fetch` trusts besides the well-known authorities and those of `NODE_EXTRA_CA_CERTS`: of
   * authorities, or of servers themselves.
   *
   * @throws {OptionsError} `ERR_INVALID_OPTION`, from the methods: there is no certificate in it
   * @example
   * fetchCa: readFileSync("certificates/ca.pem", "utf8")
   */
  fetchCa?: string | string[];
  /** As `fetchCa`, by the paths of the files, relative to `rootPath`. */
  fetchCaPath?: string | string[];
  /**
   * Milliseconds that a server may say nothing, before its answer and between two parts of its body, until the fetch
   * fails with the cause `UND_ERR_HEADERS_TIMEOUT` or `UND_ERR_BODY_TIMEOUT`. Default: 300000, that of
   * [undici](https://undici.nodejs.org/#/docs/api/Client).
   */
  fetchTimeoutMs?: number;

  /**
   * Names of KV namespaces to bind. What they hold survives `reload()` and `setOptions()`; unless `kvPersist` says
   * otherwise, it is in memory and ends with the instance.
   *
   * @example
   * kvNamespaces: ["KV"]
   */
  kvNamespaces?: string[];
  /**
   * Whether caches keep anything. With `false`, `caches` is there and does nothing. Default: `true`.
   */
  cache?: boolean;
  /** Whether the log warns, once, when a cache is used, since `workers.dev` subdomains have none. Default: `false`. */
  cacheWarnUsage?: boolean;

  // Limits

  /**
   * CPU time in milliseconds that the worker may use in one turn, from the moment it is entered until it waits or
   * answers. A worker that uses more is stopped with `ERR_CPU_LIMIT`, and the next request starts it afresh. Time
   * spent waiting does not count. Default: 30000, the limit of
   * [Workers](https://developers.cloudflare.com/workers/platform/limits/#cpu-time).
   */
  cpuLimitMs?: number;
  /**
   * Memory in MB (2^20 bytes) that the worker's heap and buffers may take together, 16 at least. A worker that takes
   * more is stopped with `ERR_HEAP_LIMIT`, and the next request starts it afresh. Each memory of WebAssembly may have as
   * much for itself. Default: 128, the limit of [Workers](https://developers.cloudflare.com/workers/platform/limits/#memory).
   */
  heapLimitMb?: number;
  /**
   * How many subrequests a request may make: calls of `fetch()`, URLs that redirects lead to, calls of a cache's `put`,
   * `match` or `delete`. A whole number; 0 allows none, a negative number or `Infinity` any. One too many rejects with
   * `Error: Too many subrequests. ...`. Default: the environment variable `MINIFLARE_SUBREQUEST_LIMIT`, otherwise 50, or
   * 1000 with the usage model `"unbound"`, as in
   * [Workers](https://developers.cloudflare.com/workers/platform/limits/#subrequests).
   *
   * @example
   * subrequestLimit: 5
   */
  subrequestLimit?: number;
  /**
   * How many requests to Durable Objects, and calls of KV and R2, a request may make. A whole number; 0 allows none, a
   * negative number or `Infinity` any. Default: the environment variable `MINIFLARE_INTERNAL_SUBREQUEST_LIMIT`,
   * otherwise 1000, as in [Workers](https://developers.cloudflare.com/workers/platform/limits/#subrequests).
   */
  internalSubrequestLimit?: number;
  /** Decides how many subrequests a request may make: 50 when `"bundled"`, the default, 1000 when `"unbound"`. */
  usageModel?: "bundled" | "unbound";

  // Time and the global scope

  /**
   * Whether `Date` and `performance.now()` give the actual time while a request is handled. Default: `false`, which
   * gives the time of its last input: when it came, or when `fetch()`, KV, a cache, R2 or a Durable Object answered.
   */
  actualTime?: boolean;
  /**
   * Whether `fetch()`, caches, KV and R2 can be used outside of requests: at the top level of the script. Default:
   * `false`, which throws `Error: Some functionality, such as asynchronous I/O ...`.
   */
  globalAsyncIO?: boolean;
  /**
   * Whether `setTimeout`, `setInterval`, `clearTimeout`, `clearInterval` and `scheduler.wait` can be used outside of
   * requests. Default: `false`, which throws as for `globalAsyncIO`.
   */
  globalTimers?: boolean;
  /**
   * Whether `crypto.getRandomValues` and `crypto.subtle.generateKey` can be used outside of requests. Default: `false`,
   * which throws as for `globalAsyncIO`.
   */
  globalRandom?: boolean;

  // Reports

  /**
   * Where the instance's own messages go. Default: a {@link NoOpLog}. The worker's `console` is Node's in any case.
   */
  log?: Log;
  /**
   * Whether a rejection that the worker does not handle is logged as an error. Default: `false`, which makes it an
   * unhandled rejection of Node's.
   */
  logUnhandledRejections?: boolean;

  /**
   * Whether stacks of the worker's errors name the files and lines that the script was built from, inside the worker and
   * outside, by the source map that each file links with `//# sourceMappingURL=`. Default: `false`.
   */
  sourceMap?: boolean;

  // Compatibility

  /**
   * The day, `YYYY-MM-DD`, whose Workers runtime the script was written for: it decides which flags are on by
   * themselves. Default: `"1970-01-01"`, none.
   */
  compatibilityDate?: string;
  /**
   * Flags that are on, or by the name of their opposite off, whatever the date. Those that have an effect yet are
   * `export_commonjs_default`, `durable_object_fetch_requires_full_url` and `fetch_refuses_unknown_protocols`.
   */
  compatibilityFlags?: string[];
}

// ---- The class

/** Objects of the worker, whose shape only its script knows. */
// biome-ignore lint/suspicious/noExplicitAny: suites read properties and call functions without declaring them
type Live = Record<string, any>;

/** Dispatched by a {@link Miniflare} after each load of the worker. */
export class ReloadEvent extends Event {
  constructor(init: { plugins: Record<string, Partial<MiniflareOptions>>; initial: boolean });
  /** The options in force, as `getPlugins()` gives them. */
  readonly plugins: Record<string, Partial<MiniflareOptions>>;
  /** Whether this is the instance's first load. */
  readonly initial: boolean;
}

type ReloadListener = ((event: ReloadEvent) => void) | { handleEvent(event: ReloadEvent): void };

/**
 * The time of an instance. Once it is set or advanced, it stands still until it is set or advanced again, and all that
 * has to do with time goes by it: `Date`, timers, expiry, alarms.
 *
 * @example
 * await mf.clock.set(new Date("2030-01-01T00:00:00Z"));
 * await mf.dispatchFetch("http://localhost/");
 * await mf.clock.advance(60_000); // fires timers and alarms of this minute, in order
 */
export interface Clock {
  /** What time it is, in whole milliseconds since 1970. */
  now(): number;
  /**
   * Goes to a time, a `Date` or milliseconds since 1970. Forward, it stops wherever a timer or an alarm is due and awaits
   * what happens there; back, nothing happens. Rejects with a `TypeError` for anything else, and with `ERR_CLOCK` when
   * what happens at one moment takes more than 10 s of actual time, or there are more than 1,000,000 such moments.
   */
  set(time: number | Date): Promise<void>;
  /** Goes forward by so many milliseconds, 0 at least, as `set` does. */
  advance(ms: number): Promise<void>;
  /** Time flows again, as the machine's. */
  release(): Promise<void>;
}

/**
 * A Workers script, running in a V8 of its own inside this process.
 *
 * The constructor starts to load the worker and returns at once. It never throws: what goes wrong rejects the methods
 * that are awaited, and is an unhandled rejection if there are none. After `dispose()`, every other method
 * rejects with an {@link InstanceError} `ERR_DISPOSED`.
 *
 * @example
 * const mf = new Miniflare({
 *   modules: true,
 *   script: `export default { fetch: () => new Response("Hello") }`,
 * });
 * const res = await mf.dispatchFetch("http://localhost/");
 * console.log(await res.text()); // Hello
 * await mf.dispose();
 */
export class Miniflare extends EventTarget {
  constructor(options?: MiniflareOptions);

  /** The log in use. */
  readonly log: Log;
  /** The time of the instance, for tests to steer. Mounts share it. */
  readonly clock: Clock;

  /**
   * Sends a request to the worker.
   *
   * @param input an absolute URL or a `Request`, of this package or Node's own; a body that it has is used up
   * @param init as of `new Request(input, init)`, and `cf`
   * @returns the worker's response. Its headers may be changed; a body that is streamed is pulled as it is read.
   * @throws what the worker threw, with its name, message, stack and cause
   * @throws {TypeError} when the arguments make no request: an invalid URL, a body that was already used
   * @throws {FetchError} `ERR_NO_HANDLER`, `ERR_NO_RESPONSE`, `ERR_RESPONSE_TYPE`, `ERR_NO_UPSTREAM`
   * @throws {InstanceError} `ERR_CPU_LIMIT`, `ERR_HEAP_LIMIT`, `ERR_DISPOSED`
   *
   * @example
   * const res = await mf.dispatchFetch("http://localhost/items", { method: "POST", body: "new" });
   */
  dispatchFetch(input: RequestInfo, init?: RequestInit): Promise<Response>;

  /**
   * Sends a scheduled event to the worker.
   *
   * @param scheduledTime milliseconds since 1970; default: now
   * @param cron the expression the handler sees; default: `""`
   * @param url an absolute URL that chooses a mount by its routes; default: this worker
   * @returns what the promises given to `waitUntil()` resolved to, in their order, then what a module's handler
   * returned (unless `undefined`); an empty array when there is no handler
   * @throws what the handler threw, or the first of those promises that rejects
   *
   * @example
   * const [result] = await mf.dispatchScheduled(Date.now(), "0 * * * *");
   */
  dispatchScheduled<WaitUntil extends unknown[] = unknown[]>(
    scheduledTime?: number,
    cron?: string,
    url?: string | URL,
  ): Promise<WaitUntil>;

  /**
   * The options in force, those of files included, by the plugin of Miniflare 2 that each belonged to.
   *
   * @example
   * const { CorePlugin } = await mf.getPlugins();
   * console.log(CorePlugin.compatibilityDate);
   */
  getPlugins(): Promise<Record<string, Partial<MiniflareOptions>>>;

  /** The object that module handlers get as `env`; live, so what is set on it is seen by the worker. */
  getBindings<Bindings = Live>(): Promise<Bindings>;

  /** The worker's global scope; live, and a new one after each load. */
  getGlobalScope(): Promise<Live>;

  /**
   * What the script exports, live: its functions can be called and its classes constructed. Empty for a service
   * worker.
   *
   * @example
   * const { add } = await mf.getModuleExports();
   * console.log(add(1, 2)); // 3
   */
  getModuleExports<Exports = Live>(): Promise<Exports>;

  /**
   * A mounted worker, with the methods of this class; `undefined` when nothing is mounted by that name. It stays the
   * same through reloads. Its `setOptions()` and `reload()` load it alone, and the main worker after it.
   *
   * @example
   * const auth = await mf.getMount("auth");
   * const res = await auth.dispatchFetch("http://localhost/login");
   */
  getMount(name: string): Promise<Miniflare | undefined>;

  /**
   * The namespace of a Durable Object binding, from outside the worker. It stays valid: its stubs reach whichever
   * worker is loaded.
   *
   * @param name the binding's name, a key of the option `durableObjects`
   *
   * @example
   * const ns = await mf.getDurableObjectNamespace("COUNTER");
   * const res = await ns.get(ns.idFromName("a")).fetch("http://localhost/");
   */
  getDurableObjectNamespace(name: string): Promise<DurableObjectNamespace>;

  /**
   * The storage of an object, from outside the worker, whether the object has been constructed or not. It stays valid when
   * the worker is loaded anew.
   *
   * @throws {TypeError} when `id` is none
   *
   * @example
   * const ns = await mf.getDurableObjectNamespace("COUNTER");
   * const storage = await mf.getDurableObjectStorage(ns.idFromName("a"));
   * await storage.put("count", 41);
   */
  getDurableObjectStorage(id: DurableObjectId): Promise<DurableObjectStorage>;

  /**
   * The ids of a binding's objects that live or have stored something, in the order of their digits; without names, which
   * are not stored.
   *
   * @param name the binding's name, a key of the option `durableObjects`
   */
  getDurableObjectIds(name: string): Promise<DurableObjectId[]>;

  /**
   * Calls `work` with an object and its state, as an event of the object: it is constructed if it does not live, its gate
   * is waited for, and while `work` uses the storage no other event comes in between. The instance is the one that
   * requests reach; what is set on it stays.
   *
   * @returns what `work` returns
   * @throws what `work` or the constructor throws; a {@link TypeError} when `id` is none
   *
   * @example
   * const count = await mf.runWithDurableObject(id, async (counter, state) => {
   *   await state.storage.put("count", 41);
   *   return counter.increment();
   * });
   */
  runWithDurableObject<T>(
    id: DurableObjectId,
    work: (instance: Live, state: DurableObjectState) => T | Promise<T>,
  ): Promise<T>;

  /**
   * Has the object forgotten, as Workers do with idle ones: the next event constructs it anew, over what it stored. Events
   * that it is handling go on to their end, and its timers end with them.
   *
   * @returns whether the object lived
   * @throws {TypeError} when `id` is none
   */
  evictDurableObject(id: DurableObjectId): Promise<boolean>;

  /**
   * Begins a simulation with this seed, as the option `simulate` does, without a reload. Durable Objects are constructed
   * anew, so that the same seed gives the same run.
   *
   * @param seed a whole number
   * @throws {OptionsError} `ERR_INVALID_OPTION` when it is none
   *
   * @example
   * const restore = await mf.snapshotStorage();
   * for (let seed = 0; seed < 1000; seed++) {
   *   await restore();
   *   await mf.simulate(seed);
   *   await Promise.all([add(), add(), add()]);
   *   assert.equal(await count(), 3, `seed ${seed}`);
   * }
   */
  simulate(seed: number): Promise<void>;

  /**
   * Remembers all that the instance has stored. The function that it resolves with brings that back, alarms included, as
   * often as it is called; Durable Objects are constructed anew then. What others who share a folder or a Redis server
   * write meanwhile stays, where this instance has not written.
   *
   * @example
   * let restore;
   * before(async () => (restore = await mf.snapshotStorage()));
   * afterEach(() => restore());
   */
  snapshotStorage(): Promise<() => Promise<void>>;

  /**
   * Calls the `alarm()` of the objects that have an alarm set, whether it is due or not, one after the other in the order
   * of their times, and awaits each. Alarms that they set meanwhile wait for the next call. What fails is retried as any
   * alarm is.
   *
   * @param ids whose alarms; default: those of all objects
   * @param options.onlyDue leaves out alarms whose time has not come; default: `false`
   * @returns how many there were
   * @throws what a handler threw, once all have been called; an `AggregateError` when it was several
   *
   * @example
   * await mf.dispatchFetch("http://localhost/subscribe"); // calls storage.setAlarm(Date.now() + 86_400_000)
   * await mf.flushDurableObjectAlarms();
   */
  flushDurableObjectAlarms(ids?: DurableObjectId | DurableObjectId[], options?: { onlyDue?: boolean }): Promise<number>;

  /**
   * A KV namespace, from outside the worker, whether it is bound or not. It stays valid until `dispose()`.
   *
   * @param name the binding's name, as in the option `kvNamespaces`
   *
   * @example
   * const kv = await mf.getKVNamespace("KV");
   * await kv.put("key", "value");
   */
  getKVNamespace(name: string): Promise<KVNamespace>;

  /**
   * The caches, from outside the worker. They stay valid until `dispose()`.
   *
   * @example
   * const caches = await mf.getCaches();
   * await caches.default.put("http://localhost/a", new Response("a", { headers: { "Cache-Control": "max-age=60" } }));
   */
  getCaches(): Promise<CacheStorage>;

  /**
   * Dispatches scheduled events by the option `crons`, from now on and until it is disposed of. Each is logged.
   *
   * @example
   * const scheduler = await mf.startScheduler();
   * await scheduler.dispose();
   */
  startScheduler(): Promise<CronScheduler>;

  /**
   * Loads the worker anew, with a new global scope: reads script, modules and files of bindings from disk again.
   * Requests that are under way are answered by the worker they began in.
   *
   * @throws what went wrong with the load; another `reload()` or a `setOptions()` can repair it
   */
  reload(): Promise<void>;

  /**
   * Puts `options` over those in use and reloads. An option that is not named stays; one that is named as `undefined`
   * is unset. `log` stays the one given to the constructor.
   *
   * @param dispatchReloadEvent whether the event `reload` is dispatched; default: `true`
   * @throws {OptionsError} `ERR_INVALID_OPTION`, and nothing is changed
   * @throws what went wrong with the load; another `setOptions()` can repair it
   */
  setOptions(options: MiniflareOptions, dispatchReloadEvent?: boolean): Promise<void>;

  /**
   * Ends the instance: its worker is thrown away, and requests that are still under way reject with `ERR_DISPOSED`.
   * Responses whose body is in memory can still be read. May be called more than once.
   */
  dispose(): Promise<void>;

  addEventListener(type: "reload", listener: ReloadListener | null, options?: boolean | { once?: boolean }): void;
  removeEventListener(type: "reload", listener: ReloadListener | null, options?: boolean): void;
}

/** What `startScheduler()` gives. It keeps Node alive while there are expressions. */
export interface CronScheduler {
  /** Dispatches no more events. */
  dispose(): Promise<void>;
}

// ---- Requests and responses

/** What a request can be made of. */
export type RequestInfo = string | URL | globalThis.Request;

/** Node's `RequestInit`, and what Workers add to it. */
export interface RequestInit extends globalThis.RequestInit {
  /** The `cf` object that the worker finds on its request; it is copied through JSON. */
  cf?: Record<string, unknown>;
}

/** Node's `ResponseInit`, and what Workers add to it. */
export interface ResponseInit extends globalThis.ResponseInit {
  /** Whether the body is already encoded as its `Content-Encoding` says. Default: `"automatic"`, it is not. */
  encodeBody?: "automatic" | "manual";
  /** The answer to a handshake: the status must be 101, or a `RangeError` is thrown. WebSockets themselves are not there yet. */
  webSocket?: object | null;
  /** What the platform knows of the response. */
  cf?: unknown;
}

/** Node's `Request`, with `cf`. */
export class Request extends globalThis.Request {
  constructor(input: RequestInfo, init?: RequestInit);
  readonly headers: Headers;
  /** The `cf` object it was made with. */
  readonly cf: Record<string, unknown> | undefined;
  readonly clone: () => Request;
  readonly json: <T = unknown>() => Promise<T>;
}

/** Node's `Headers`, with the method that Workers list cookies by. */
export interface Headers extends globalThis.Headers {
  /**
   * Each cookie by itself.
   *
   * @param name `"Set-Cookie"`, in any case
   * @throws `TypeError` for any other name
   * @example
   * response.headers.getAll("Set-Cookie"); // ["a=1; Path=/", "b=2"]
   */
  getAll(name: string): string[];
}

/** Node's `Response`, with what Workers add. `dispatchFetch` answers with one. */
export class Response extends globalThis.Response {
  constructor(body?: ConstructorParameters<typeof globalThis.Response>[0] | null, init?: ResponseInit);
  static json(data: unknown, init?: ResponseInit): Response;
  static redirect(url: string | URL, status?: number): Response;
  readonly headers: Headers;
  /** As given to the constructor, here or in the worker. */
  readonly encodeBody: "automatic" | "manual";
  /**
   * As given to the constructor; `null` otherwise. WebSockets are not there yet: a response of a worker has none, and one
   * that has one cannot be handed to a worker, which is a `TypeError`.
   */
  readonly webSocket: object | null;
  /** As given to the constructor. */
  readonly cf: unknown;
  readonly clone: () => Response;
  readonly json: <T = unknown>() => Promise<T>;
  /**
   * Waits for everything that the worker passed to `waitUntil()` for this request, including what is passed meanwhile.
   *
   * @returns what the promises resolved to, in the order they were passed; an empty array for a response that did not
   * come from `dispatchFetch`
   * @throws the reason of the first promise that rejects
   */
  waitUntil<WaitUntil extends unknown[] = unknown[]>(): Promise<WaitUntil>;
}

// ---- Durable Objects, from outside

export type DurableObjectJurisdiction = "eu" | "fedramp";

/** The id of an object: 32 bytes, shown as 64 hexadecimal digits. */
export interface DurableObjectId {
  /** The name it was derived from, if it came from `idFromName()`. */
  readonly name?: string;
  /** 64 lower-case hexadecimal digits. */
  toString(): string;
  /** Whether both name the same object. */
  equals(other: DurableObjectId): boolean;
}

/** How a value of a KV namespace is wanted; `"text"` when nothing is said. */
export type KVType = "text" | "json" | "arrayBuffer" | "stream";

/** What a value is, by the type it is wanted as. */
export interface KVValues<Value = unknown> {
  text: string;
  json: Value;
  arrayBuffer: ArrayBuffer;
  stream: ReadableStream<Uint8Array>;
}

export interface KVGetOptions<Type extends KVType = KVType> {
  type?: Type;
  /** Seconds that Workers may cache what is read, 60 at least; checked, and without effect here. */
  cacheTtl?: number;
}

export interface KVPutOptions {
  /** When the key expires, in seconds since 1970, at least 60 from now. */
  expiration?: number | string;
  /** In how many seconds the key expires, 60 at least. Beats `expiration`. */
  expirationTtl?: number | string;
  /** Anything that JSON can hold, in 1,024 bytes at most. */
  metadata?: unknown;
}

export interface KVListOptions {
  /** What the names begin with. */
  prefix?: string;
  /** Names of one page, from 1 to 1000. Default: 1000. */
  limit?: number;
  /** The `cursor` of the page before. */
  cursor?: string;
}

export interface KVListKey<Metadata = unknown> {
  name: string;
  /** Seconds since 1970. */
  expiration: number | undefined;
  metadata: Metadata | undefined;
}

export interface KVListResult<Metadata = unknown> {
  keys: KVListKey<Metadata>[];
  /** For the next page; empty when there is none. */
  cursor: string;
  list_complete: boolean;
}

/**
 * Keys and values. Namespaces of the same name, inside and outside the worker, are the same. Every method rejects with a
 * `TypeError` or an `Error` that names what was wrong with its arguments, and with a `StorageError` when the store below
 * fails.
 */
export interface KVNamespace {
  /**
   * The value of a key, `null` when there is none.
   *
   * @example
   * await kv.get("key"); // text
   * await kv.get("key", "json");
   */
  get(key: string, options?: "text" | KVGetOptions<"text">): Promise<string | null>;
  get<Value = unknown>(key: string, options: "json" | KVGetOptions<"json">): Promise<Value | null>;
  get<Type extends KVType>(key: string, options: Type | KVGetOptions<Type>): Promise<KVValues[Type] | null>;
  /** The value of a key with its metadata, each `null` when there is none. */
  getWithMetadata<Metadata = unknown>(
    key: string,
    options?: "text" | KVGetOptions<"text">,
  ): Promise<{ value: string | null; metadata: Metadata | null }>;
  getWithMetadata<Metadata = unknown, Type extends KVType = "text">(
    key: string,
    options: Type | KVGetOptions<Type>,
  ): Promise<{ value: KVValues[Type] | null; metadata: Metadata | null }>;
  /**
   * Puts a value of 25 MiB at most under a key of 512 bytes at most, over what was there.
   *
   * @example
   * await kv.put("key", "value", { expirationTtl: 3600, metadata: { by: "test" } });
   */
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array>,
    options?: KVPutOptions,
  ): Promise<void>;
  /** Takes away what is there, if anything is. */
  delete(key: string): Promise<void>;
  /** A page of names in the order of their UTF-8 bytes, without their values. */
  list<Metadata = unknown>(options?: KVListOptions): Promise<KVListResult<Metadata>>;
}

export interface CacheQueryOptions {
  /** Whether requests of other methods than GET are taken for GET. Default: `false`. */
  ignoreMethod?: boolean;
}

/**
 * Responses by the URL of their request, or its `cf.cacheKey`. Every method rejects with a `TypeError` when what it is
 * given is no absolute URL.
 */
export interface Cache {
  /**
   * Stores a response for as long as its headers say that it is fresh. One that may not be stored, or is stale, is not.
   *
   * @throws {TypeError} for other requests than GET, and for a response of status 206, with `Vary: *`, or of a WebSocket
   */
  put(request: RequestInfo, response: globalThis.Response): Promise<void>;
  /**
   * What was put for a GET request, with `CF-Cache-Status: HIT`; `undefined` when there is nothing. Status 304 when a
   * condition of the request says so, 206 or 416 when it wants a `Range`.
   */
  match(request: RequestInfo, options?: CacheQueryOptions): Promise<Response | undefined>;
  /** Takes away what was put; whether there was anything. */
  delete(request: RequestInfo, options?: CacheQueryOptions): Promise<boolean>;
}

export interface CacheStorage {
  readonly default: Cache;
  /**
   * Another cache, by its name of 1,024 code units at most.
   *
   * @throws {CacheError} `ERR_RESERVED` for the name `default`
   */
  open(name: string): Promise<Cache>;
}

/** A way to an object. Getting one does not construct the object; the first `fetch` does. */
export interface DurableObjectStub {
  readonly id: DurableObjectId;
  readonly name?: string;
  /**
   * Sends a request to the object.
   *
   * @throws what the object or its constructor threw, or what reset the object; errors have `remote: true`
   * @throws {DurableObjectError} `ERR_NO_HANDLER` when it has no `fetch` method, `ERR_RESPONSE_TYPE` when that gives
   * no `Response`
   */
  fetch(input: RequestInfo, init?: RequestInit): Promise<Response>;
}

/**
 * The objects of one binding. Namespaces of the same binding, inside and outside the worker, lead to the same objects.
 */
export interface DurableObjectNamespace {
  /**
   * A new id that no other object has.
   * @throws {TypeError} for a jurisdiction other than `eu` and `fedramp`
   */
  newUniqueId(options?: { jurisdiction?: DurableObjectJurisdiction }): DurableObjectId;
  /** The id that belongs to `name` in this namespace: the same at every call, and in Miniflare 2. */
  idFromName(name: string): DurableObjectId;
  /**
   * The id that `toString()` gave as `hexId`.
   * @throws {TypeError} when it is not 64 hexadecimal digits, or of another namespace
   */
  idFromString(hexId: string): DurableObjectId;
  /**
   * A stub of the object with this id.
   * @throws {TypeError} for an id of another namespace, or what is no id
   */
  get(id: DurableObjectId): DurableObjectStub;
  /**
   * This namespace: jurisdictions have no effect here.
   * @throws {TypeError} for a jurisdiction other than `eu` and `fedramp`
   */
  jurisdiction(jurisdiction: DurableObjectJurisdiction): DurableObjectNamespace;
}

/** What an object is constructed with. */
export interface DurableObjectState {
  readonly id: DurableObjectId;
  readonly storage: DurableObjectStorage;
  /** Does nothing: objects live on while anything is pending. */
  waitUntil(promise: Promise<unknown>): void;
  /** Runs `closure` while no other event reaches the object. */
  blockConcurrencyWhile<T>(closure: () => T | Promise<T>): Promise<T>;
}

/** Accepted for every call of a storage; nothing depends on `noCache`. */
export interface DurableObjectStorageOptions {
  /** Whether other events may reach the object before the result has. Default: `false`. */
  allowConcurrency?: boolean;
  /** Whether answers and requests may leave the object before what this call writes survives. Default: `false`. */
  allowUnconfirmed?: boolean;
  noCache?: boolean;
}

/** Which keys `list()` gives, by the order of their UTF-8 bytes. */
export interface DurableObjectListOptions extends DurableObjectStorageOptions {
  /** The first key, if it is there. Not together with `startAfter`. */
  start?: string;
  /** The key before the first. */
  startAfter?: string;
  /** The key after the last. */
  end?: string;
  prefix?: string;
  /** From the last key to the first. Default: `false`. */
  reverse?: boolean;
  /** How many at most, 1 at least. */
  limit?: number;
}

/**
 * What a storage and a transaction have in common. Values are copied by structured clone. What exceeds a limit is a
 * `RangeError`: 2,048 bytes of a key, 128 KiB of a value, 128 keys in a call
 * ([limits](https://developers.cloudflare.com/durable-objects/platform/limits/)).
 */
export interface DurableObjectOperator {
  /** The value, or `undefined` when there is none. */
  get<T = unknown>(key: string, options?: DurableObjectStorageOptions): Promise<T | undefined>;
  /** The values that there are, ordered by their keys. */
  get<T = unknown>(keys: string[], options?: DurableObjectStorageOptions): Promise<Map<string, T>>;
  put(key: string, value: unknown, options?: DurableObjectStorageOptions): Promise<void>;
  put(entries: Record<string, unknown>, options?: DurableObjectStorageOptions): Promise<void>;
  /** Whether there was a value. */
  delete(key: string, options?: DurableObjectStorageOptions): Promise<boolean>;
  /** How many values there were. */
  delete(keys: string[], options?: DurableObjectStorageOptions): Promise<number>;
  list<T = unknown>(options?: DurableObjectListOptions): Promise<Map<string, T>>;
  /**
   * The time of the object's alarm, in milliseconds since the epoch; `null` when none is set, while it is delivered, and
   * when the class has no `alarm()`.
   */
  getAlarm(options?: DurableObjectStorageOptions): Promise<number | null>;
  /**
   * Has the object's `alarm()` called at a time, in place of the time that was set before. A time that has passed is now.
   *
   * @param time a date, or milliseconds since the epoch
   * @throws {TypeError} for a time of before the epoch, or what is no time
   * @throws {Error} when the class has no `alarm()`
   */
  setAlarm(time: number | Date, options?: DurableObjectStorageOptions): Promise<void>;
  deleteAlarm(options?: DurableObjectStorageOptions): Promise<void>;
}

/** A transaction while it runs; afterwards its methods throw. */
export interface DurableObjectTransaction extends DurableObjectOperator {
  /** Gives up what was written; the transaction still resolves with what its closure returns. */
  rollback(): void;
}

/** The storage of one object. */
export interface DurableObjectStorage extends DurableObjectOperator {
  /** Deletes every key, and the alarm. */
  deleteAll(options?: DurableObjectStorageOptions): Promise<void>;
  /**
   * Runs `closure`, and again for as long as others write what it has read, then commits what it wrote.
   *
   * @returns what `closure` returned
   * @throws what `closure` threw; nothing is written then
   */
  transaction<T>(closure: (transaction: DurableObjectTransaction) => T | Promise<T>): Promise<T>;
  /** Resolves when every write so far is safe. */
  sync(): Promise<void>;
}

// ---- Logs

/** How much a {@link Log} shows: its level and everything before it. */
export enum LogLevel {
  NONE = 0,
  ERROR = 1,
  WARN = 2,
  INFO = 3,
  DEBUG = 4,
  VERBOSE = 5,
}

export interface LogOptions {
  /** Before the level's name. Default: `"mf"`, as in `[mf:inf] ...`. */
  prefix?: string;
  /** After the level's name. Default: none. */
  suffix?: string;
}

/**
 * Prints what an instance tells its user, through `console.log`. Subclasses may override `log` to send it elsewhere.
 *
 * @example
 * new Miniflare({ log: new Log(LogLevel.DEBUG), script })
 */
export class Log {
  /** @param level what is shown; default: `LogLevel.INFO` */
  constructor(level?: LogLevel, options?: LogOptions);
  level: LogLevel;
  /** Prints a line as it is. */
  log(message: string): void;
  logWithLevel(level: LogLevel, message: string): void;
  /**
   * Prints an error with its stack and its causes.
   * @throws the error itself when the level is `NONE`, so that none gets lost
   */
  error(error: Error): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
  verbose(message: string): void;
}

/** A log that prints nothing, and throws the errors it is given. */
export class NoOpLog extends Log {}

// ---- Errors

/** What all errors of this package are. Their `name` is `<class> [<code>]`. */
export class MiniflareError<Code extends string = string> extends Error {
  constructor(code: Code, message?: string, cause?: unknown);
  readonly code: Code;
}

/**
 * - `ERR_NO_SCRIPT`: none of the options names a script
 * - `ERR_INVALID_UPSTREAM`: the option `upstream` is no absolute URL
 * - `ERR_MOUNT_NO_NAME`: a mount's name is empty; `ERR_MOUNT_NESTED`: it has mounts of its own;
 *   `ERR_MOUNT_NAME_MISMATCH`: its option `name` is another; `ERR_MOUNT`: it cannot be loaded, for the `cause`
 * - `ERR_SERVICE_NOT_MOUNTED`: a service binding names a worker that is not there
 * - `ERR_SERVICE_NO_NAME`, `ERR_SERVICE_NAME_MISMATCH`: a service in `wrangler.toml` has no name, or two
 * - `ERR_INVALID_CONFIG`: `wrangler.toml` is not TOML
 */
export class MiniflareCoreError extends MiniflareError<
  | "ERR_NO_SCRIPT"
  | "ERR_INVALID_UPSTREAM"
  | "ERR_MOUNT_NO_NAME"
  | "ERR_MOUNT_NESTED"
  | "ERR_MOUNT_NAME_MISMATCH"
  | "ERR_MOUNT"
  | "ERR_SERVICE_NOT_MOUNTED"
  | "ERR_SERVICE_NO_NAME"
  | "ERR_SERVICE_NAME_MISMATCH"
  | "ERR_INVALID_CONFIG"
> {}

/**
 * The worker did not answer a request: no handler, no response, something that is none, or nobody to pass it on to.
 */
export class FetchError extends MiniflareError<
  "ERR_NO_HANDLER" | "ERR_NO_RESPONSE" | "ERR_RESPONSE_TYPE" | "ERR_NO_UPSTREAM"
> {}

/** The class or the script of a binding is missing, an object did not answer, or it asks for what is not there yet. */
export class DurableObjectError extends MiniflareError<
  | "ERR_CLASS_NOT_FOUND"
  | "ERR_CLASS_CONFLICT"
  | "ERR_SCRIPT_NOT_FOUND"
  | "ERR_NO_HANDLER"
  | "ERR_RESPONSE_TYPE"
  | "ERR_ALARM"
  | "ERR_DESERIALIZATION"
> {}

/**
 * What a store could not do; the message names the place, what was asked of it, and the reason:
 * - `ERR_STORAGE_LOCKED`: another process has the folder open, or another copy of this package in this one
 * - `ERR_STORAGE_CORRUPT`: what is there cannot be read
 * - `ERR_STORAGE_FULL`: no space is left
 * - `ERR_STORAGE_READ_ONLY`: it may not be written
 * - `ERR_STORAGE_NOT_A_FOLDER`: there is a file in its place
 * - `ERR_STORAGE_UNREACHABLE`: a server does not answer
 * - `ERR_STORAGE_CLAIMED`: another process or thread runs the same object
 * - `ERR_STORAGE`: anything else, such as a folder that was deleted while it was in use
 */
export class StorageError extends MiniflareError<
  | "ERR_STORAGE"
  | "ERR_STORAGE_LOCKED"
  | "ERR_STORAGE_CORRUPT"
  | "ERR_STORAGE_FULL"
  | "ERR_STORAGE_READ_ONLY"
  | "ERR_STORAGE_NOT_A_FOLDER"
  | "ERR_STORAGE_UNREACHABLE"
  | "ERR_STORAGE_CLAIMED"
> {}

/**
 * A module cannot be imported; the message names the importer, the specifier and the reason. Or it waits at its top level
 * for what nothing can settle any more, `ERR_MODULE_STALLED`; the message names the file and the line.
 */
export class VMScriptRunnerError extends MiniflareError<
  | "ERR_MODULE_STRING_SCRIPT"
  | "ERR_MODULE_RULE"
  | "ERR_MODULE_UNSUPPORTED"
  | "ERR_MODULE_STALLED"
  | "ERR_CJS_MODULE_UNSUPPORTED"
> {}

/** An option has a value of a wrong type; the message names the option, the value, and what would be right. */
export class OptionsError extends MiniflareError<"ERR_INVALID_OPTION"> {}

/**
 * What ends a worker, or keeps it from running:
 * - `ERR_DISPOSED`: the instance was disposed of
 * - `ERR_RELOADED`: it belonged to a worker that has been reloaded since
 * - `ERR_CPU_LIMIT`, `ERR_HEAP_LIMIT`: it was stopped by its limit; the next request starts it afresh
 * - `ERR_PANIC`: a defect of this package; the next request starts it afresh
 * - `ERR_BROKEN_REALM`: the worker has changed built-ins of its realm, and could not answer; `reload()` makes a new realm
 * - `ERR_CLOCK`: the clock could not go on
 * - `ERR_LOAD`: thrown when the package is loaded and the addon for this platform is missing
 */
export class InstanceError extends MiniflareError<
  | "ERR_DISPOSED"
  | "ERR_RELOADED"
  | "ERR_CPU_LIMIT"
  | "ERR_HEAP_LIMIT"
  | "ERR_PANIC"
  | "ERR_BROKEN_REALM"
  | "ERR_CLOCK"
  | "ERR_LOAD"
> {}

/** A route has a query string, a star in the middle, or is no URL; the message names the route and its worker. */
export class RouterError extends MiniflareError<"ERR_QUERY_STRING" | "ERR_INFIX_WILDCARD" | "ERR_INVALID_ROUTE"> {}
/** Exported for suites that name it; nothing throws it yet. */
export class CacheError extends MiniflareError {}
/** Exported for suites that name it; nothing throws it yet. */
export class QueueError extends MiniflareError {}
/** An expression of the option `crons` is none; the message has it, and the reason. */
export class SchedulerError extends MiniflareError<"ERR_INVALID_CRON"> {}
/** The command of the option `buildCommand` failed. `code` is its exit code; -1 when it was ended or did not start. */
export class BuildError extends Error {
  constructor(code: number, message?: string, cause?: unknown);
  readonly code: number;
}

// ---- Mocks

/**
 * A mock of the network for workers' outbound fetches, with undici's MockAgent API: the option `fetchMock` takes it. One
 * mock may serve several instances.
 *
 * @example
 * const fetchMock = createFetchMock();
 * fetchMock.disableNetConnect();
 * fetchMock.get("https://example.com").intercept({ path: "/thing" }).reply(200, "Mocked response!");
 */
export function createFetchMock(): MockAgent;
