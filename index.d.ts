// The public contract of miniflare-rs: what index.js and index.mjs export, and what users may rely on.
//
// The web types (Request, Response, URL, EventTarget, ...) are the global ones, from "@types/node" or from TypeScript's
// library "DOM". Only implemented features are declared. docs/options.md and docs/api.md describe them in more detail.

import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { ServerOptions as HttpServerOptions } from "node:https";
import type { FetchDispatcher, MockAgent } from "./types/fetch-mock";

export type * from "./types/fetch-mock";

// ---- Options

/** A type of module that a worker can `import` or `require`. */
export type ModuleRuleType = "ESModule" | "CommonJS" | "Text" | "Data" | "CompiledWasm";

/** Assigns a module type to files. */
export interface ModuleRule {
  /**
   * The type of the files. `ESModule` and `CommonJS` are JavaScript. The default export of the others is a string
   * (`Text`), an `ArrayBuffer` (`Data`) or a `WebAssembly.Module` (`CompiledWasm`).
   */
  type: ModuleRuleType;
  /** Globs that are matched against the absolute path of a file; a star also matches slashes. */
  include: string[];
  /** Whether later rules of the same type, the built-in one included, still apply. Default: `false`. */
  fallthrough?: boolean;
}

/** The class of a Durable Object binding. */
export interface DurableObjectOptions {
  /** The name under which the script exports the class. */
  className: string;
  /**
   * The worker that exports the class: a mount, or the main worker by its `name`. The objects live in that worker and
   * get its bindings. Default: the worker that the binding belongs to.
   */
  scriptName?: string;
  /**
   * Whether each object has a database of SQLite, `ctx.storage.sql`, in which its entries are stored too. Configurations
   * of wrangler say so by `new_sqlite_classes`. Data that was stored without it is not found with it. Default: `false`.
   */
  useSQLite?: boolean;
}

/** A queue that a worker sends messages to. */
export interface QueueBinding {
  /** The name of the binding. */
  name: string;
  queueName: string;
  /** For how many seconds a message waits that has no `delaySeconds`, 0 to 86,400. Default: 0. */
  deliveryDelay?: number;
}

/** A secret of the Secrets Store. The names of Miniflare 4 are accepted as well. */
export interface SecretsStoreSecretOptions {
  storeId?: string;
  secretName?: string;
  store_id?: string;
  secret_name?: string;
  /** The value, which the store has from the start. Default: none; `mf.getSecretsStore(storeId)` can set one. */
  value?: string;
}

/** A store of secrets, as `getSecretsStore` returns it. */
export interface SecretsStore {
  /** Resolves with the value of a secret, or `null`. */
  get(name: string): Promise<string | null>;
  put(name: string, value: string): Promise<void>;
  /** Resolves with whether there was one. */
  delete(name: string): Promise<boolean>;
  /** Resolves with the names of all secrets, in order. */
  list(): Promise<string[]>;
}

/** A data point that a worker has written. */
export interface AnalyticsDataPoint {
  dataset: string;
  /** When it was written, in milliseconds since the epoch, by `mf.clock`. */
  timestamp: number;
  indexes: (string | ArrayBuffer | null)[];
  doubles: number[];
  blobs: (string | ArrayBuffer | null)[];
}

/** A binding by which a worker sends email. */
export interface SendEmailBinding {
  /** The name of the binding. */
  name: string;
  /** The only address that email may go to. Default: any. */
  destination_address?: string;
  /** The addresses that email may go to. Default: any. */
  allowed_destination_addresses?: string[];
  /** The addresses that email may come from. Default: any. */
  allowed_sender_addresses?: string[];
}

/** An email that a worker has sent. */
export interface SentEmail {
  /** The name of the binding that it was sent by. */
  binding: string;
  messageId: string;
  /** When it was sent, in milliseconds since the epoch, by `mf.clock`. */
  timestamp: number;
  from: string;
  to: string[];
  cc: string[];
  bcc: string[];
  /** The whole message, if it was sent as an `EmailMessage`. */
  raw?: string;
  replyTo?: string;
  subject?: string;
  text?: string;
  html?: string;
  headers?: Record<string, string>;
  attachments?: unknown[];
}

/** An email for the `email` handler. */
export interface DispatchedEmail {
  /** The sender of the envelope. */
  from: string;
  /** The recipient of the envelope. */
  to: string;
  /** The whole message: headers, an empty line, and a body. */
  raw: string | Uint8Array;
  /** Headers in place of those of the message. */
  headers?: Record<string, string>;
}

/** What an `email` handler has decided. */
export interface EmailResult {
  /** `"rejected"` after `setReject()`. */
  outcome: "ok" | "rejected";
  rejectReason?: string;
  forwarded: { to: string; headers: Record<string, string> }[];
  replies: { from: string; to: string[]; raw?: string; subject?: string; text?: string; html?: string }[];
}

/** A worker of the instance that gets what is recorded of another one's events: its name, or an entrypoint of it. */
export type TailConsumer =
  | string
  | {
      /** The name of the worker: what it is mounted as, or the `name` of the main worker. */
      service?: string;
      /** The same, as Miniflare 4 calls it. */
      name?: string;
      /** The name of the export that has the `tail` handler. Default: the default export. */
      entrypoint?: string;
      /** What the entrypoint finds in `ctx.props`. Default: `{}`. */
      props?: Record<string, unknown>;
    };

/** An item of a tail, as the `tail` handler gets it; its members are those of Workers' `TraceItem`. */
export interface TailItem {
  scriptName?: string | null;
  outcome?: string;
  event?: unknown;
  eventTimestamp?: number | null;
  logs?: { timestamp: number; level: string; message: unknown }[];
  exceptions?: { timestamp: number; name: string; message: string; stack?: string }[];
  [member: string]: unknown;
}

/** Static assets. Names of Miniflare 4 are accepted as well; those of this package win. */
export interface AssetsOptions {
  /** The folder, relative to `rootPath`. Files above 25 MiB, and links that lead out of it, are not served. */
  directory: string;
  /** The name of a binding whose `fetch` asks the assets alone. Default: none. */
  binding?: string;
  /**
   * How pages are asked for: `/a.html` is at `/a`, and `/a/index.html` at `/a/` (`"auto-trailing-slash"`), both with a slash at
   * their ends (`"force-trailing-slash"`) or without one (`"drop-trailing-slash"`), or at the names of their files (`"none"`).
   * Other forms redirect with status 307. Default: `"auto-trailing-slash"`.
   */
  htmlHandling?: "auto-trailing-slash" | "force-trailing-slash" | "drop-trailing-slash" | "none";
  /**
   * What paths without a file are answered with: status 404 without a body (`"none"`), `/index.html` with status 200
   * (`"single-page-application"`), or the nearest `404.html` upward with status 404 (`"404-page"`). Default: `"none"`.
   */
  notFoundHandling?: "none" | "single-page-application" | "404-page";
  /**
   * Whether the worker answers all requests, or those for these paths: a star matches any text, and a path behind `!` is
   * for the assets in any case. Default: `false`.
   */
  runWorkerFirst?: boolean | string[];
  /** What Miniflare 4 calls `htmlHandling` and `notFoundHandling`. */
  assetConfig?: {
    html_handling?: AssetsOptions["htmlHandling"];
    not_found_handling?: AssetsOptions["notFoundHandling"];
  };
  /** What Miniflare 4 calls `runWorkerFirst`: for all requests, or for paths, of which `asset_worker` are excluded. */
  routerConfig?: {
    invoke_user_worker_ahead_of_assets?: boolean;
    static_routing?: { user_worker: string[]; asset_worker?: string[] };
  };
}

/** How a worker consumes a queue. */
export interface QueueConsumerOptions {
  queueName: string;
  /** The number of messages of a full batch, 1 at least. Default: 5. */
  maxBatchSize?: number;
  /** For how many milliseconds a batch that is not full waits for more messages. Default: 1000. */
  maxWaitMs?: number;
  /** How often a message is delivered again. Default: 2, which means three deliveries. */
  maxRetries?: number;
  /**
   * How many batches are delivered at the same time. Default: one, and a full one beside a batch that was not full when
   * its delivery began, as in Miniflare 2.
   */
  maxConcurrency?: number;
  /** For how many seconds a message that is retried without `delaySeconds` waits, 0 to 86,400. Default: 0. */
  retryDelay?: number;
  /** The queue that gets the messages whose deliveries have all failed. Without it they are dropped, with a warning. */
  deadLetterQueue?: string;
}

/** The target of a service binding: a mount, or the main worker by its `name`; or a function in Node. */
export type ServiceBinding =
  | string
  | {
      service: string;
      /** Accepted and ignored: every environment is the same worker. */
      environment?: string;
      /** The export of the worker that is bound, a class or an object with handlers. Default: the default export. */
      entrypoint?: string;
      /** What the entrypoint finds as `ctx.props`. Default: an empty object. */
      props?: Record<string, unknown>;
    }
  | ((request: Request) => globalThis.Response | Promise<globalThis.Response>);

/** The options of a mounted worker: those of a main worker, except `mounts` and `log`. */
export type MountOptions = Omit<MiniflareOptions, "mounts" | "log">;

/** What is known about the client of a server's request. */
export interface RequestMeta {
  /** The scheme that the client used, for `x-forwarded-proto`. Default: that of the connection. */
  forwardedProto?: string;
  /** The address of the client, for `cf-connecting-ip` and `x-real-ip`. Default: that of the connection. */
  realIp?: string;
  /** `request.cf`. Default: only `clientAcceptEncoding`. */
  cf?: Record<string, unknown>;
}

/**
 * Options of {@link Miniflare}. All are optional. A value of a wrong type makes the methods reject with an
 * {@link OptionsError}; unknown names are ignored.
 */
export interface MiniflareOptions {
  // Script

  /** The text of the script. It cannot import other modules unless `scriptPath` gives its location. */
  script?: string;
  /** The path of the script, a UTF-8 file, relative to `rootPath`. It is read at the start and at every reload. */
  scriptPath?: string;
  /** The folder that relative paths in options are resolved against. Default: the current folder of the process. */
  rootPath?: string;
  /** Whether a missing script is an error, `ERR_NO_SCRIPT`. Default: `true`. */
  scriptRequired?: boolean;
  /**
   * Whether the script is a module worker, which exports its handlers, rather than a service worker, which calls
   * `addEventListener`. Default: `false`.
   */
  modules?: boolean;
  /**
   * The types of imported files. The rules are tried in order, before the built-in ones: ESModule for `.mjs`, CommonJS
   * for `.js` and `.cjs`. A file that matches no rule cannot be imported (`ERR_MODULE_RULE`).
   *
   * @example
   * modulesRules: [{ type: "Text", include: ["*.txt"] }]
   */
  modulesRules?: ModuleRule[];

  // Configuration files

  /**
   * The path of a configuration file of wrangler, whose keys set the options that are not given here. `true` means
   * `wrangler.json`, `wrangler.jsonc` or `wrangler.toml`, in `rootPath` or above it, if there is one. A `main` in TypeScript,
   * or one that imports packages, is built by the project's own esbuild. Default: none.
   *
   * @throws {MiniflareCoreError} `ERR_INVALID_CONFIG`, from the methods, if the file is not valid TOML or JSON
   * @throws {BuildError} from the methods, if `main` cannot be built
   */
  wranglerConfigPath?: boolean | string;
  /** The environment of the configuration file whose keys replace the top-level ones. Default: none. */
  wranglerConfigEnv?: string;
  /**
   * The path of a `package.json` that names the script if no other option does: with `module` for a module worker, with
   * `main` for a service worker. `true` means the one in `rootPath`, if it exists. Default: none.
   */
  packagePath?: boolean | string;
  /** The path of a `.env` file with bindings. `true` means the one in `rootPath`, if it exists. Default: none. */
  envPath?: boolean | string;
  /** Whether `envPath` is `true` if nothing sets it. Default: `false`. */
  envPathDefaultFallback?: boolean;

  // Builds and watching

  /**
   * A shell command that builds the script. It runs before the script is read: at the start, at `reload()` and when
   * these options change. It inherits standard input and output, and `MINIFLARE=1` is set in its environment. Default:
   * none.
   *
   * @throws {BuildError} from the methods, if the command fails
   * @example
   * buildCommand: "esbuild src/worker.ts --bundle --format=esm --outfile=dist/worker.mjs"
   */
  buildCommand?: string;
  /** The working folder of `buildCommand`, relative to `rootPath`. Default: `rootPath`. */
  buildBasePath?: string;
  /** Folders whose changes start the build again, with `watch`; relative to `rootPath`. Default: none. */
  buildWatchPaths?: string[];
  /**
   * Whether to reload the worker when one of its files changes. Evaluated only at the start. Watching keeps Node alive
   * until `dispose()`. Default: `false`.
   */
  watch?: boolean;

  // Cron triggers

  /**
   * Cron expressions with five fields, or six with the seconds first, in UTC. No event is dispatched until
   * `startScheduler()` is called. Default: none.
   *
   * @throws {SchedulerError} `ERR_INVALID_CRON`, from the methods
   * @example
   * crons: ["0 12 * * MON-FRI"]
   */
  crons?: string[];

  // Bindings

  /**
   * Properties of `env` in module workers, global variables in service workers. Plain data is copied when the worker is
   * loaded. Functions, classes, and objects that contain functions are live: the worker calls them synchronously and
   * sees changes to them. Objects of the Web APIs (`Blob`, `FormData`, `AbortSignal`, `CryptoKey`, streams, ...) can be
   * used as such in the worker.
   *
   * @example
   * bindings: { GREETING: "Hello", PAGE: new Blob(["<h1>Hello</h1>"]), remember: (url) => visits.push(url) }
   */
  bindings?: Record<string, unknown>;
  /** Global variables, in both formats, defined before the script runs. Values cross in the same way as `bindings`. */
  globals?: Record<string, unknown>;
  /** Paths of files, keyed by the name of their binding; each file is compiled to a `WebAssembly.Module`. */
  wasmBindings?: Record<string, string>;
  /** Paths of UTF-8 files, keyed by the name of their binding; each file becomes a string. */
  textBlobBindings?: Record<string, string>;
  /** Paths of files, keyed by the name of their binding; each file becomes an `ArrayBuffer`. */
  dataBlobBindings?: Record<string, string>;
  /**
   * Names of Durable Object classes that the script exports, keyed by the name of their binding. Ids and storage belong
   * to the binding, not to the class. Storage survives `reload()` and `setOptions()`; it is in memory and ends with the
   * instance unless `durableObjectsPersist` is set.
   *
   * @example
   * durableObjects: { COUNTER: "Counter" }
   */
  durableObjects?: Record<string, string | DurableObjectOptions>;
  /**
   * Whether alarms of Durable Objects are delivered when they are due. With `false`, alarms can be set and read, but
   * only {@link Miniflare.flushDurableObjectAlarms} delivers them. Default: `true`.
   */
  durableObjectsAlarms?: boolean;
  /**
   * Where the data and alarms of Durable Objects are stored. `true` is the folder `./.mf/do` below `rootPath`. A string
   * is a path relative to `rootPath`, or the URL of a Redis server; any other URL is an error. If the location cannot
   * be used, the requests that need it reject with a {@link StorageError}. Default: `false`, memory.
   *
   * @example
   * durableObjectsPersist: "./data"
   * durableObjectsPersist: "redis://localhost:6379"
   */
  durableObjectsPersist?: boolean | string;
  /** Where KV namespaces are stored, as for `durableObjectsPersist`; `true` is `./.mf/kv`. Default: `false`, memory. */
  kvPersist?: boolean | string;
  /** Where R2 buckets are stored, as for `durableObjectsPersist`; `true` is `./.mf/r2`. Default: `false`, memory. */
  r2Persist?: boolean | string;
  /**
   * Where D1 databases are stored: each is a file of SQLite, `<name>.sqlite3`, in this folder. `true` is `./.mf/d1` below
   * `rootPath`; a string is a path relative to `rootPath`. A Redis server cannot store databases, so its URL is an error.
   * Default: `false`, memory.
   *
   * @example
   * d1Persist: "./data"
   */
  d1Persist?: boolean | string;
  /** Where caches are stored, as for `durableObjectsPersist`; `true` is `./.mf/cache`. Default: `false`, memory. */
  cachePersist?: boolean | string;
  /**
   * What an acknowledged write to a folder survives: with `"os"`, the end of the process, `kill -9` included; with
   * `"sync"`, also a loss of power, and each write waits for the disk. Default: `"os"`.
   */
  durability?: "os" | "sync";
  /**
   * The port at which debuggers connect to the workers of the instance, by the Chrome DevTools Protocol: the first free one
   * from this on, or any with 0. docs/debugging.md describes how to. Default: none; there is no inspector.
   *
   * @example
   * inspectorPort: 9229
   */
  inspectorPort?: number;
  /**
   * The address or name that the inspector listens at. A program that can connect to it can run any code in the worker.
   * Default: `"127.0.0.1"`, for programs of this machine.
   */
  inspectorHost?: string;
  /**
   * Whether the worker waits for a debugger before its script starts, and is paused at its first statement then. Has an effect
   * with `inspectorPort` alone. Default: `false`.
   */
  inspectorBreak?: boolean;
  /**
   * Makes the order of concurrent events deterministic, chosen by the seed, so that a test can try many orders and
   * repeat the one that fails. Concurrent events are requests, alarms, timers, responses of Durable Objects, and
   * completions of their storage. Not for production or measurements. Default: none; everything happens as soon as it
   * can.
   *
   * With `record`, the run is also written to a file: its seed, its events, its random values, and every answer from
   * outside. With `replay`, the run of such a file is repeated step for step, with the answers from the file; when it
   * leaves the recording, methods reject with an {@link InstanceError} with the code `ERR_REPLAY`. The paths are relative
   * to `rootPath`. With `pause` and `inspectorPort`, the worker waits for a debugger, and the replay ends in it: where the
   * error is thrown that an event of the recording has failed with, or at the statement after the last entry if none has.
   *
   * @example
   * simulate: { seed: 1 }
   * @example
   * simulate: { seed: 1, record: "failure.jsonl" }
   * @example
   * simulate: { replay: "failure.jsonl" }
   */
  simulate?: { seed: number; record?: string } | { replay: string; pause?: boolean };

  /**
   * The services that the worker reaches with `env.NAME.fetch()`: other workers of the instance, or functions in Node
   * that receive a {@link Request} and return a `Response`. If a service throws, `fetch()` rejects with the same error.
   *
   * @example
   * serviceBindings: { AUTH: "auth", CLOCK: () => new Response(String(Date.now())) }
   */
  serviceBindings?: Record<string, ServiceBinding>;

  /**
   * Workers of the instance whose `tail` handlers get what is recorded of the events of this one: what they logged, their
   * exceptions and how they ended. Each event is delivered once it is over, with what it waits for. Default: `[]`.
   *
   * @example
   * tails: ["logger"]
   */
  tails?: TailConsumer[];

  // Several workers

  /**
   * Further workers of this instance, keyed by name, each in its own isolate. They share the storage of the instance:
   * their own `kvPersist`, `r2Persist`, `cachePersist`, `d1Persist` and `durableObjectsPersist` are ignored. A string is
   * the folder of a worker, its `rootPath`.
   *
   * @throws {MiniflareCoreError} `ERR_MOUNT` and related codes, from the methods
   * @example
   * mounts: { auth: { modules: true, scriptPath: "auth.mjs", routes: ["example.com/login*"] } }
   */
  mounts?: Record<string, string | MountOptions>;
  /** The name of the worker, for service bindings and `scriptName` of other workers. A mount's name is its key. */
  name?: string;
  /**
   * The URLs for which `dispatchFetch` of the main worker selects this worker: a host, which may begin with a star, and
   * a path, which may end with a star. The most specific route wins; URLs that match no route go to the main worker.
   * Routes of the main worker require a `name`.
   *
   * @throws {RouterError} `ERR_QUERY_STRING`, `ERR_INFIX_WILDCARD`, `ERR_INVALID_ROUTE`, from the methods
   * @example
   * routes: ["example.com/api/*", "*.example.org/*"]
   */
  routes?: string[];

  // Outbound fetch

  /**
   * Answers the worker's outbound fetches instead of the network: a mock, or any dispatcher of undici. Default: none.
   *
   * @example
   * const fetchMock = createFetchMock();
   * fetchMock.disableNetConnect();
   * fetchMock.get("https://example.com").intercept({ path: "/thing" }).reply(200, "Mocked response!");
   * const mf = new Miniflare({ scriptPath: "worker.js", fetchMock });
   */
  fetchMock?: MockAgent | FetchDispatcher;
  /**
   * The server behind the worker, an absolute URL. Requests for other URLs are resolved against it. Requests that the
   * worker does not answer are sent to it: if there is no handler, if the handler returns nothing, or if it throws
   * after `passThroughOnException()`. Default: none.
   *
   * @throws {MiniflareCoreError} `ERR_INVALID_UPSTREAM`, from the methods, if it is not an absolute URL
   * @example
   * upstream: "https://example.com"
   */
  upstream?: string;
  /**
   * Certificates in PEM format that `fetch` trusts in addition to the well-known authorities and those of
   * `NODE_EXTRA_CA_CERTS`. They may be certificates of authorities or of servers. Default: none.
   *
   * @throws {OptionsError} `ERR_INVALID_OPTION`, from the methods, if a text contains no certificate
   * @example
   * fetchCa: readFileSync("certificates/ca.pem", "utf8")
   */
  fetchCa?: string | string[];
  /** Paths of files with certificates as in `fetchCa`, relative to `rootPath`. Default: none. */
  fetchCaPath?: string | string[];
  /**
   * The time in milliseconds that a server may be silent, before its response and between two parts of its body. After
   * that, the fetch fails with a `cause` of code `UND_ERR_HEADERS_TIMEOUT` or `UND_ERR_BODY_TIMEOUT`. Default: 300000,
   * as in [undici](https://undici.nodejs.org/#/docs/api/Client).
   */
  fetchTimeoutMs?: number;

  /**
   * Names of KV namespaces to bind. Their data survives `reload()` and `setOptions()`; it is in memory and ends with
   * the instance unless `kvPersist` is set. Default: none.
   *
   * @example
   * kvNamespaces: ["KV"]
   */
  kvNamespaces?: string[];
  /**
   * Names of R2 buckets to bind. Their objects survive `reload()` and `setOptions()`; they are in memory and end with the
   * instance unless `r2Persist` is set. Default: none.
   *
   * @example
   * r2Buckets: ["BUCKET"]
   */
  r2Buckets?: string[];
  /**
   * Names of D1 databases to bind. Their data survives `reload()` and `setOptions()`; it is in memory and ends with the
   * instance unless `d1Persist` is set. A name that begins with `__D1_BETA__`, as Miniflare 2 requires, binds the
   * database of the rest of the name, with the error texts and the `meta` of Miniflare 2. Default: none.
   *
   * @example
   * d1Databases: ["DB"]
   */
  d1Databases?: string[];

  // Queues

  /**
   * The queues that the worker sends messages to, each bound to a name. Queues with the same name are the same queue in
   * all workers of the instance. Default: none.
   *
   * @example
   * queueBindings: [{ name: "QUEUE", queueName: "my-queue" }]
   */
  queueBindings?: QueueBinding[];
  /**
   * The queues whose messages the worker's `queue` handler gets; a name stands for a consumer with the defaults. A queue
   * has one consumer among the workers of the instance. Default: none.
   *
   * @throws {QueueError} `ERR_CONSUMER_ALREADY_SET`, from the methods, if two workers consume a queue;
   *   `ERR_DEAD_LETTER_QUEUE_CYCLE` if a queue is its own dead letter queue
   * @example
   * queueConsumers: [{ queueName: "my-queue", maxBatchSize: 10, deadLetterQueue: "failed" }]
   */
  queueConsumers?: (string | QueueConsumerOptions)[];
  /**
   * Where messages of queues are stored: `true` for `./.mf/queues` below `rootPath`, a path, or the URL of a Redis
   * server. Default: in memory.
   */
  queuesPersist?: boolean | string;

  // Workers Sites

  /**
   * A folder whose files the worker can read through `__STATIC_CONTENT`, a KV namespace that cannot be written; relative
   * to `rootPath`. It need not exist. `@cloudflare/kv-asset-handler` uses that binding, and the manifest
   * `__STATIC_CONTENT_MANIFEST`. With `watch`, a change in the folder reloads the worker. Default: none.
   */
  sitePath?: string;
  /**
   * Globs of the files that can be read; a glob matches any part of a path, and one with `!` before it leaves out what
   * it matches. If it is given, `siteExclude` only shortens the manifest. Default: all files.
   */
  siteInclude?: string[];
  /** Globs of the files that cannot be read. Default: none. */
  siteExclude?: string[];
  /**
   * A folder of static assets that are served before the worker runs: its path, relative to `rootPath`, or an object. A
   * worker with assets needs no script. With `watch`, a change in the folder reloads the worker. Default: none.
   */
  assets?: string | AssetsOptions;
  /**
   * Rate limits by their bindings: `limit` calls per key in each period of 10 or 60 seconds. Bindings with one `namespaceId`
   * share their counts; by default, it is the name of the binding. Periods follow `mf.clock`. Default: none.
   */
  ratelimits?: Record<string, { simple: { limit: number; period: 10 | 60 }; namespaceId?: string }>;
  /**
   * The binding of the worker's version, an object `{ id, tag, timestamp }`: its name, or an object with its name and values.
   * Default: none. By default, the id is random, the tag is empty, and the timestamp is when the worker was loaded.
   */
  versionMetadata?: string | { binding: string; id?: string; tag?: string; timestamp?: string };
  /** Datasets of Analytics Engine by their bindings; by default, a dataset has the name of its binding. Default: none. */
  analyticsEngineDatasets?: Record<string, { dataset?: string }>;
  /** Secrets of the Secrets Store by their bindings. Default: none. */
  secretsStoreSecrets?: Record<string, SecretsStoreSecretOptions>;
  /**
   * Connection strings of Hyperdrive configurations by their bindings, such as `"postgres://user:password@localhost:5432/db"`.
   * Default: none.
   */
  hyperdrives?: Record<string, string>;
  /**
   * Bindings of services that exist on Cloudflare's network only, with the name of the service, such as
   * `{ AI: "Workers AI" }`. Reading a member of one throws an error that says how to provide it; an object in `bindings`
   * takes its place. Default: those of the configuration file.
   */
  remoteBindings?: Record<string, string>;
  /**
   * Bindings of dynamic workers, which are not implemented: reading a member of one throws an error that says so; an object in
   * `bindings` takes its place. Default: none.
   */
  workerLoaders?: Record<string, object>;
  /** Bindings by which the worker sends email, as wrangler's key `send_email` has them. Default: none. */
  email?: { send_email?: SendEmailBinding[] };
  /** Whether caches store anything. With `false`, `caches` exists and does nothing. Default: `true`. */
  cache?: boolean;
  /** Whether to log a warning, once, when a cache is used: `workers.dev` subdomains have no cache. Default: `false`. */
  cacheWarnUsage?: boolean;

  // Limits

  /**
   * The CPU time in milliseconds that the worker may use in one turn, from the moment it is entered until it waits or
   * is done. A worker that uses more is stopped with `ERR_CPU_LIMIT`; the next request starts a new one. Time spent
   * waiting does not count. Default: 30000, the limit of
   * [Workers](https://developers.cloudflare.com/workers/platform/limits/#cpu-time).
   */
  cpuLimitMs?: number;
  /**
   * The memory in MB (2^20 bytes), at least 16, that the worker's heap and buffers may use together. A worker that uses
   * more is stopped with `ERR_HEAP_LIMIT`; the next request starts a new one. The limit applies to each WebAssembly
   * memory separately. Default: 128, the limit of
   * [Workers](https://developers.cloudflare.com/workers/platform/limits/#memory).
   */
  heapLimitMb?: number;
  /**
   * The number of subrequests that a request may make: calls of `fetch()`, URLs that redirects lead to, calls of `put`,
   * `match` or `delete` of a cache. A whole number; 0 allows none, a negative number or `Infinity` any number. Further
   * subrequests reject with `Error: Too many subrequests. ...`. Default: the environment variable
   * `MINIFLARE_SUBREQUEST_LIMIT`, otherwise 50, or 1000 with the usage model `"unbound"`, as in
   * [Workers](https://developers.cloudflare.com/workers/platform/limits/#subrequests).
   *
   * @example
   * subrequestLimit: 5
   */
  subrequestLimit?: number;
  /**
   * The number of requests to Durable Objects, and of calls of KV, D1 and R2, that a request may make. A whole number; 0
   * allows none, a negative number or `Infinity` any number. Default: the environment variable
   * `MINIFLARE_INTERNAL_SUBREQUEST_LIMIT`, otherwise 1000, as in
   * [Workers](https://developers.cloudflare.com/workers/platform/limits/#subrequests).
   */
  internalSubrequestLimit?: number;
  /** Determines the default of `subrequestLimit`: 50 for `"bundled"`, 1000 for `"unbound"`. Default: `"bundled"`. */
  usageModel?: "bundled" | "unbound";

  // Time and the global scope

  /**
   * Whether `Date` and `performance.now()` return the actual time while a request is handled. With `false` they return
   * the time of its last input: its arrival, or the last response of `fetch()`, KV, D1, a cache, R2 or a Durable Object.
   * Default: `false`.
   */
  actualTime?: boolean;
  /**
   * Whether `fetch()`, caches, KV and R2 can be used outside of requests, at the top level of the script. With `false`
   * they throw `Error: Some functionality, such as asynchronous I/O ...` there. Default: `false`.
   */
  globalAsyncIO?: boolean;
  /**
   * Whether `setTimeout`, `setInterval`, `clearTimeout`, `clearInterval` and `scheduler.wait` can be used outside of
   * requests. With `false` they throw there, as for `globalAsyncIO`. Default: `false`.
   */
  globalTimers?: boolean;
  /**
   * Whether `crypto.getRandomValues` and `crypto.subtle.generateKey` can be used outside of requests. With `false` they
   * throw there, as for `globalAsyncIO`. Default: `false`.
   */
  globalRandom?: boolean;

  // HTTP server

  /** Where `startServer` listens: the name or an address of this machine. Default: all of its addresses. */
  host?: string;
  /** The port that `startServer` listens on, from 0 to 65535; 0 means any free port. Default: 8787. */
  port?: number;
  /**
   * The page that the command opens in the browser once the server listens: `true` for that of the server, or a URL. The
   * API opens nothing; `getOpenURL` returns the page. Default: `false`.
   */
  open?: boolean | string;
  /**
   * Makes the server an HTTPS server with a self-signed certificate, in the folder `.mf/cert` or in the one that is
   * named. Default: `false`.
   */
  https?: boolean | string;
  /** The private key of the HTTPS server, in PEM format. Default: none. */
  httpsKey?: string;
  /** The path of a file as in `httpsKey`, relative to the working directory. Default: none. */
  httpsKeyPath?: string;
  /** The certificate of the key and those between it and its authority, in PEM format. Default: none. */
  httpsCert?: string;
  /** The path of a file as in `httpsCert`, relative to the working directory. Default: none. */
  httpsCertPath?: string;
  /** The authorities that the server trusts when it asks clients for certificates, in PEM format. Default: none. */
  httpsCa?: string;
  /** The path of a file as in `httpsCa`, relative to the working directory. Default: none. */
  httpsCaPath?: string;
  /** Key and certificate in PKCS #12 format. Default: none. */
  httpsPfx?: string | Uint8Array;
  /** The path of a file as in `httpsPfx`, relative to the working directory. Default: none. */
  httpsPfxPath?: string;
  /** The passphrase of the key or of the PFX. Default: none. */
  httpsPassphrase?: string;
  /**
   * Whether `request.cf` of a server's requests is that of this machine's network, fetched from Cloudflare and kept for
   * 30 days in `node_modules/.mf/cf.json`, or in the file that is named. Default: `false`, a placeholder.
   */
  cfFetch?: boolean | string;
  /** What is known about the client of a server's request. Default: the address of the connection, and `cfFetch`. */
  metaProvider?: (request: IncomingMessage) => RequestMeta | Promise<RequestMeta>;
  /** Whether pages that the server has sent load again when the worker is reloaded. Default: `false`. */
  liveReload?: boolean;
  /** Whether log lines of a server's requests contain the CPU time that the process has used. Default: `false`. */
  inaccurateCpu?: boolean;

  // Logging and errors

  /**
   * Receives the messages of the instance. The worker's `console` always prints to Node's. Default: a {@link NoOpLog}.
   */
  log?: Log;
  /**
   * Whether an unhandled rejection of the worker is logged as an error. With `false` it becomes an unhandled rejection
   * of the Node process. Default: `false`.
   */
  logUnhandledRejections?: boolean;

  /**
   * Whether the stacks of the worker's errors name the files and lines that the script was built from, in the worker
   * and in Node, according to the source map that each file links with `//# sourceMappingURL=`. Default: `false`.
   */
  sourceMap?: boolean;
  /**
   * Whether the worker keeps note of what its events wait for, which `pending()` reports. It records a stack for each wait
   * and each `await`, which takes microseconds. Mounts take it over. Default: `false`, and `true` in the environments for
   * Jest and Vitest, which print the report when a test times out.
   */
  trackPending?: boolean;

  // Compatibility

  /**
   * The date, `YYYY-MM-DD`, of the Workers runtime that the script was written for. It determines which flags are on by
   * default. Default: `"1970-01-01"`, none.
   */
  compatibilityDate?: string;
  /**
   * Flags to turn on, or off by the name of their opposite, whatever the date. These have an effect:
   * `export_commonjs_default`, `durable_object_fetch_requires_full_url`, `fetch_refuses_unknown_protocols` and
   * `formdata_parser_supports_files`. Unknown flags are ignored. Default: none.
   */
  compatibilityFlags?: string[];
}

// ---- The class

/** Objects of the worker, whose shape only its script defines. */
// biome-ignore lint/suspicious/noExplicitAny: suites read properties and call functions without declaring them
type Live = Record<string, any>;

/** The event that a {@link Miniflare} dispatches after each load of the worker. */
export class ReloadEvent extends Event {
  constructor(init: { plugins: Record<string, Partial<MiniflareOptions>>; initial: boolean });
  /** The current options, as `getPlugins()` returns them. */
  readonly plugins: Record<string, Partial<MiniflareOptions>>;
  /** Whether this is the instance's first load. */
  readonly initial: boolean;
}

type ReloadListener = ((event: ReloadEvent) => void) | { handleEvent(event: ReloadEvent): void };

/**
 * The clock of an instance. Once a test sets or advances it, time stands still until the test sets or advances it
 * again. `Date`, timers, the expiry of stored data, alarms and cron triggers follow it.
 *
 * @example
 * await mf.clock.set(new Date("2030-01-01T00:00:00Z"));
 * await mf.dispatchFetch("http://localhost/");
 * await mf.clock.advance(60_000); // fires the timers and alarms of this minute, in order
 */
export interface Clock {
  /**
   * Returns the time of the clock, in whole milliseconds since 1970.
   *
   * @throws {InstanceError} `ERR_DISPOSED`
   */
  now(): number;
  /**
   * Moves the clock to a time and stops it there. On the way forward, it stops at each time at which a timer or an
   * alarm is due, and waits for everything that happens then. On the way back, nothing happens.
   *
   * @param time a `Date`, or milliseconds since 1970
   * @throws {TypeError} if `time` is anything else
   * @throws {InstanceError} `ERR_CLOCK` if the events at one time take more than 10 s of actual time, or if there are
   * more than 1,000,000 such times
   */
  set(time: number | Date): Promise<void>;
  /**
   * Moves the clock forward, as `set` does.
   *
   * @param ms milliseconds, at least 0
   * @throws {TypeError} if `ms` is not such a number
   * @throws {RangeError} if the result is later than the last time that a `Date` can represent
   * @throws {InstanceError} `ERR_CLOCK`, as `set` does
   */
  advance(ms: number): Promise<void>;
  /** Lets the clock follow the system's time again. */
  release(): Promise<void>;
}

/** How `profile` samples. */
export interface ProfileOptions {
  /** Microseconds between two samples, from 1 to 1,000,000. Default: 1,000. */
  samplingInterval?: number;
}

/** A profile, as V8 gives it: https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile */
export interface CpuProfile {
  /** The functions that were on the stack, as a tree from the root on. */
  nodes: {
    id: number;
    callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number };
    /** How many samples had the function on top. */
    hitCount?: number;
    /** Ids of nodes. */
    children?: number[];
    deoptReason?: string;
    positionTicks?: { line: number; ticks: number }[];
  }[];
  /** In microseconds, of a clock that starts at any time. */
  startTime: number;
  endTime: number;
  /** Ids of the nodes on top, one for each sample. */
  samples?: number[];
  /** Microseconds between samples. */
  timeDeltas?: number[];
}

/** How `heapProfile` samples. */
export interface HeapProfileOptions {
  /** The average number of bytes between two samples, from 1 to 1,073,741,824. Default: 32,768. */
  samplingInterval?: number;
}

/** A function in a heap profile, with the functions that it has called. */
export interface HeapProfileNode {
  callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number };
  /** Bytes that the function itself has allocated, as estimated from the samples. */
  selfSize: number;
  id: number;
  children: HeapProfileNode[];
}

/** A profile, as V8 gives it: https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#type-SamplingHeapProfile */
export interface HeapProfile {
  head: HeapProfileNode;
  /** Objects that were sampled; `ordinal` grows with time. */
  samples: { size: number; nodeId: number; ordinal: number }[];
}

/** Options of `dispose()`. */
export interface DisposeOptions {
  /** Whether to print what `pending()` reports, by `console.warn`, if there is anything. Default: `false`. */
  reportPending?: boolean;
}

/** What `pending()` reports. As a text (`String(report)`) it has a line for each event, wait and stub. */
export interface PendingReport {
  /** Events that are not over: not answered, or with a body that is not read, or with promises of `waitUntil()`. */
  readonly events: PendingEvent[];
  /** Stubs of RPC that code in this thread got and has not disposed of, including those that were collected. */
  readonly stubs: PendingStub[];
  toString(): string;
}

/** An event that is not over. */
export interface PendingEvent {
  /** The name of the worker, if it has one. */
  worker?: string;
  /**
   * `"fetch"`, `"scheduled"`, `"queue"`, `"email"`, `"tail"`, `"alarm"`, `"rpc"` for a call from outside the worker, or
   * `"outbound"` for a `fetch` of a test in the environments for Jest and Vitest.
   */
  type: string;
  /** The method and URL of a request, the object of an alarm, or the method of a call. */
  what: string;
  /** How long it has been under way, in milliseconds. */
  ms?: number;
  /** Whether it is answered, and only its body or `waitUntil()` goes on. */
  isAnswered: boolean;
  /** Whether the worker has the option `trackPending`. If not, `waits` is empty. */
  isTracked: boolean;
  /** What it waits for, including the events of the worker's own Durable Objects that it has caused. */
  waits: PendingWait[];
}

/** Something that an event waits for. */
export interface PendingWait {
  /**
   * - `"timer"`: a timer, `scheduler.wait()` or `AbortSignal.timeout()`
   * - `"gate"`: a gate of a Durable Object, `"lock"`: its `blockConcurrencyWhile()`
   * - `"object"`, `"service"`: a request to one, `"rpc"`: a call of a method
   * - `"fetch"`: a request to a server or to a mock
   * - `"stream"`: a chunk of a stream that crosses between Node and the worker
   * - `"node"`: a promise of a function in Node
   * - `"kv"`, `"r2"`, `"d1"`, `"queue"`, `"operation"`: an operation of a binding
   * - `"promise"`: any other promise, in an `await` or `then` of the worker's code
   */
  type: string;
  /** What in particular, such as the delay of a timer or the binding of an object; may be empty. */
  what: string;
  /** How long, in milliseconds; not known of promises. */
  ms?: number;
  /** When a timer is due, by the clock of the instance. */
  due?: Date;
  /**
   * The place in the code, `file:line:column`. It is that of the source if the option `sourceMap` is set. Missing if no
   * code of the worker began it.
   */
  at?: string;
  /** The name of the function there, if it has one. */
  function?: string;
  /** The places that led there, the innermost first. */
  calledFrom: string[];
}

/** A stub that was not disposed of. */
export interface PendingStub extends Pick<PendingWait, "at" | "function" | "calledFrom"> {}

/**
 * A Workers script that runs in its own V8 inside this process.
 *
 * The constructor starts to load the worker and returns immediately. It never throws: errors of the load reject the
 * methods, and become an unhandled rejection if no method is awaited. After `dispose()`, every other method rejects
 * with an {@link InstanceError} `ERR_DISPOSED`.
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

  /** The log of the instance. */
  readonly log: Log;
  /** The clock of the instance, which tests can control. Mounts share it. */
  readonly clock: Clock;

  /**
   * Sends a request to the worker's fetch handler.
   *
   * @param input an absolute URL, or a `Request` of this package or of Node, whose body is consumed
   * @param init as for `new Request(input, init)`, and `cf`
   * @returns the response of the worker. Its headers can be changed. A streamed body is pulled while it is read.
   * @throws the error of the worker, with its name, message, stack and cause
   * @throws {TypeError} if the arguments are not a valid request, for example for an invalid URL or a body that was
   * used
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
   * @param cron the expression that the handler receives; default: `""`
   * @param url an absolute URL that selects a mount by its routes; default: this worker
   * @returns the results of the promises passed to `waitUntil()`, in order, followed by the result of a module's
   * handler unless it is `undefined`; an empty array if there is no handler
   * @throws the error of the handler, or the reason of the first of those promises that rejects
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
   * Returns the current options, including those from files, grouped by the Miniflare 2 plugin that each belonged to.
   *
   * @example
   * const { CorePlugin } = await mf.getPlugins();
   * console.log(CorePlugin.compatibilityDate);
   */
  getPlugins(): Promise<Record<string, Partial<MiniflareOptions>>>;

  /**
   * Returns the object that module handlers receive as `env`. It is live: the worker sees changes to it.
   *
   * @example
   * const bindings = await mf.getBindings();
   * bindings.notify = (url) => console.log(url);
   */
  getBindings<Bindings = Live>(): Promise<Bindings>;

  /** Returns the global scope of the worker. It is live, and each load of the worker creates a new one. */
  getGlobalScope(): Promise<Live>;

  /**
   * Returns the exports of the script. They are live: functions can be called and classes constructed. The object is
   * empty for a service worker.
   * @example
   * const { add } = await mf.getModuleExports();
   * console.log(add(1, 2)); // 3
   */
  getModuleExports<Exports = Live>(): Promise<Exports>;

  /**
   * Returns a mounted worker, which has the methods of this class, or `undefined` if there is no mount of that name. It
   * is the same object after a reload. Its `setOptions()` and `reload()` load the mount and then the main worker.
   * @example
   * const auth = await mf.getMount("auth");
   * const res = await auth.dispatchFetch("http://localhost/login");
   */
  getMount(name: string): Promise<Miniflare | undefined>;

  /**
   * Returns the namespace of a Durable Object binding, for use in Node. It stays valid after a reload: its stubs reach
   * the worker that is loaded.
   *
   * @param name the name of the binding, a key of the option `durableObjects`
   * @throws {DurableObjectError} `ERR_CLASS_NOT_FOUND`, from the stubs, if nothing is bound under the name
   *
   * @example
   * const ns = await mf.getDurableObjectNamespace("COUNTER");
   * const res = await ns.get(ns.idFromName("a")).fetch("http://localhost/");
   */
  getDurableObjectNamespace<T = unknown>(name: string): Promise<DurableObjectNamespace<T>>;

  /**
   * Returns a worker of the instance as a service. Its `fetch` and its methods reach the worker that is loaded, also after a
   * reload.
   *
   * @param name the name of a mount, or the option `name` of the main worker. Default: this worker.
   * @param options the entrypoint that is meant. Default: the default export
   * @throws {MiniflareCoreError} `ERR_SERVICE_NOT_MOUNTED` if no worker has the name
   *
   * @example
   * const greeter = await mf.getWorker<{ greet(name: string): string }>();
   * console.log(await greeter.greet("World"));
   */
  getWorker<T = unknown>(name?: string, options?: FetcherOptions): Promise<Fetcher<T>>;

  /**
   * Returns the storage of an object, for use in Node. The object need not have been constructed. The storage stays
   * valid after a reload.
   *
   * @throws {TypeError} if `id` is invalid
   *
   * @example
   * const ns = await mf.getDurableObjectNamespace("COUNTER");
   * const storage = await mf.getDurableObjectStorage(ns.idFromName("a"));
   * await storage.put("count", 41);
   */
  getDurableObjectStorage(id: DurableObjectId): Promise<DurableObjectStorage>;

  /**
   * Returns the ids of the objects of a binding that are live or have stored data, ordered by their digits. The ids
   * have no names, because names are not stored.
   *
   * @param name the name of the binding, a key of the option `durableObjects`
   */
  getDurableObjectIds(name: string): Promise<DurableObjectId[]>;

  /**
   * Calls `work` with an object and its state, as an event of the object. The object is constructed if it is not live.
   * The call waits for the object's input gate, and no other event runs while `work` uses the storage. The instance is
   * the one that requests reach; changes to it persist.
   *
   * @returns the result of `work`
   * @throws the error of `work` or of the constructor
   * @throws {TypeError} if `id` is invalid
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
   * Evicts the object from memory, as Workers do with idle objects; the next event constructs a new instance over the
   * stored data. Events that the object is handling run to their end, and its timers end with them. Sockets that it has
   * accepted with `acceptWebSocket()` stay connected.
   *
   * @param object an id, or a stub
   * @param options `webSockets: "close"` ends the connections too: peers get a close with 1006. Default: `"hibernate"`
   * @returns whether the object was live
   * @throws {TypeError} if `object` or `options` is invalid
   */
  evictDurableObject(
    object: DurableObjectId | DurableObjectStub,
    options?: { webSockets?: "hibernate" | "close" },
  ): Promise<boolean>;

  /** Returns a context to call a handler of `getModuleExports()` with. */
  createExecutionContext(): ExecutionContext;

  /**
   * Resolves when all promises that were passed to `waitUntil()` of the context have settled, including those passed
   * meanwhile. It stops waiting after 30 s, with a warning in the log.
   *
   * @throws the reason of a promise that was rejected, or an `AggregateError` if there are several
   * @throws {TypeError} if the context is not from `createExecutionContext()`
   */
  waitOnExecutionContext(context: ExecutionContext): Promise<void>;

  /**
   * Returns a controller to call the `scheduled` handler with.
   *
   * @param options default: the current time, and `""`
   */
  createScheduledController(options?: { scheduledTime?: Date | number; cron?: string }): ScheduledController;

  /**
   * Returns a batch to call the `queue` handler with.
   *
   * @throws {TypeError} if `messages` is no array of messages
   */
  createMessageBatch<Body = unknown>(queue: string, messages: DispatchedMessage<Body>[]): MessageBatch<Body>;

  /**
   * Waits as `waitOnExecutionContext` does, and resolves with what the handler has said of the batch.
   *
   * @throws {TypeError} if the batch is not from `createMessageBatch()`
   */
  getQueueResult(batch: MessageBatch, context: ExecutionContext): Promise<QueueResult>;

  /**
   * Calls `work` with an object and its state, as `runWithDurableObject` does: the name that suites import from
   * `cloudflare:test`.
   */
  runInDurableObject<T>(
    object: DurableObjectStub | DurableObjectId,
    work: (instance: Live, state: DurableObjectState) => T | Promise<T>,
  ): Promise<T>;

  /**
   * Delivers the alarm of the object immediately if it has one, and awaits its handler.
   *
   * @returns whether there was an alarm
   * @throws the error of the handler
   */
  runDurableObjectAlarm(object: DurableObjectStub | DurableObjectId): Promise<boolean>;

  /**
   * Returns the ids of the objects of a namespace that are live or have stored data, ordered by their digits.
   *
   * @throws {TypeError} if `namespace` is not a namespace
   */
  listDurableObjectIds(namespace: DurableObjectNamespace): Promise<DurableObjectId[]>;

  /**
   * Evicts all objects of the instance, as `evictDurableObject` does.
   *
   * @throws {TypeError} if `options` is invalid
   */
  evictAllDurableObjects(options?: { webSockets?: "hibernate" | "close" }): Promise<void>;

  /** Resets all live objects of the instance, as `state.abort()` does: what waits for them is rejected. */
  abortAllDurableObjects(): Promise<void>;

  /**
   * Deletes everything that the instance has stored, or nothing if it rejects: entries and databases of objects with their
   * alarms and bookmarks, KV namespaces, R2 buckets, caches, D1 databases, messages of queues, the counts of rate limits, data
   * points of Analytics Engine, and secrets. Live objects are reset first, and their sockets close. At a shared place, all
   * that instances have stored there is deleted. Bindings stay valid.
   *
   * @throws {StorageError} if a place cannot be written, or an object is in use in another thread or process
   *
   * @example
   * afterEach(() => mf.reset());
   */
  reset(): Promise<void>;

  /**
   * Starts a simulation with this seed, as the option `simulate` does, without a reload. Durable Objects are
   * constructed again, so that the same seed gives the same run.
   *
   * @param seed a whole number
   * @throws {OptionsError} `ERR_INVALID_OPTION` if it is not a whole number
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
   * Takes a snapshot of everything that the instance has stored, alarms included.
   *
   * @returns a function that restores the snapshot, as often as it is called. Durable Objects are constructed again.
   * Data that others write to a shared folder or Redis server is kept, except where this instance has written too.
   *
   * @example
   * let restore;
   * before(async () => (restore = await mf.snapshotStorage()));
   * afterEach(() => restore());
   */
  snapshotStorage(): Promise<() => Promise<void>>;

  /**
   * Calls `alarm()` of all objects that have an alarm set, whether it is due or not, one after the other in the order
   * of their times. Alarms that the handlers set are left for the next call. Failed alarms are retried like any other
   * alarm.
   *
   * @param ids the objects whose alarms to deliver; default: all objects
   * @param options.onlyDue leaves out alarms that are not due yet; default: `false`
   * @returns the number of alarms
   * @throws the error of a handler, after all have been called; an `AggregateError` if several failed
   *
   * @example
   * await mf.dispatchFetch("http://localhost/subscribe"); // calls storage.setAlarm(Date.now() + 86_400_000)
   * await mf.flushDurableObjectAlarms();
   */
  flushDurableObjectAlarms(ids?: DurableObjectId | DurableObjectId[], options?: { onlyDue?: boolean }): Promise<number>;

  /**
   * Makes an HTTP server for the worker, or an HTTPS server if an option of HTTPS is given. It does not listen yet, and
   * the instance does not close it.
   *
   * @param options those of Node's `createServer`; they override the instance's certificates and the limits that
   *   docs/server.md lists
   * @throws {InstanceError} `ERR_CERTIFICATE`; Node's error `ENOENT` if a file of a certificate is missing
   */
  createServer(options?: HttpServerOptions): Promise<HttpServer>;

  /**
   * Starts a server that listens where the options `host` and `port` say. `dispose()` closes it and its connections.
   *
   * @param options as for `createServer`
   * @returns the server, once it listens
   * @throws {InstanceError} `ERR_LISTEN` if it cannot listen there; what `createServer` throws
   * @example
   * const mf = new Miniflare({ scriptPath: "worker.mjs", modules: true, port: 0 });
   * const server = await mf.startServer();
   * const { port } = server.address();
   */
  startServer(options?: HttpServerOptions): Promise<HttpServer>;

  /**
   * Returns a KV namespace, for use in Node. It need not be bound. It stays valid until `dispose()`.
   *
   * @param name the name of the binding, as in the option `kvNamespaces`
   *
   * @example
   * const kv = await mf.getKVNamespace("KV");
   * await kv.put("key", "value");
   */
  getKVNamespace(name: string): Promise<KVNamespace>;
  /**
   * Returns an R2 bucket, for use in Node. It need not be bound. It stays valid until `dispose()`.
   *
   * @param name the name of the binding, as in the option `r2Buckets`
   *
   * @example
   * const bucket = await mf.getR2Bucket("BUCKET");
   * await bucket.put("key", "value");
   */
  getR2Bucket(name: string): Promise<R2Bucket>;

  /**
   * Returns a D1 database, for use in Node. It need not be bound. It stays valid until `dispose()`.
   *
   * @param name the name of the binding, as in the option `d1Databases`
   *
   * @example
   * const db = await mf.getD1Database("DB");
   * await db.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)");
   */
  getD1Database(name: string): Promise<D1Database>;

  /**
   * Returns the data points that workers of the instance have written to Analytics Engine, in their order.
   *
   * @param dataset the name of a dataset; by default, those of all datasets are returned
   *
   * @example
   * const [{ blobs }] = await mf.getAnalyticsDataPoints("events");
   */
  getAnalyticsDataPoints(dataset?: string): Promise<AnalyticsDataPoint[]>;

  /**
   * Returns a store of the Secrets Store, to set the secrets that workers read.
   *
   * @param id the id of the store, as in `storeId` of the option `secretsStoreSecrets`
   *
   * @example
   * await (await mf.getSecretsStore("store")).put("api-key", "secret");
   */
  getSecretsStore(id: string): Promise<SecretsStore>;

  /**
   * Calls the `email` handler of the worker with a message, and returns what the handler decided.
   *
   * @returns resolves once the handler and what it passed to `waitUntil()` have settled; rejects with what they throw, and
   *   if the worker has no `email` handler
   * @throws {TypeError} for a message without `from`, `to` or `raw`
   *
   * @example
   * const { forwarded } = await mf.dispatchEmail({ from: "a@example.com", to: "b@example.com", raw: "Subject: Hi\r\n\r\nText" });
   */
  dispatchEmail(email: DispatchedEmail): Promise<EmailResult>;

  /** Returns the emails that workers of the instance have sent, in their order. None of them leaves the machine. */
  getSentEmails(): Promise<SentEmail[]>;

  /**
   * Calls the `tail` handler of the worker with items.
   *
   * @returns resolves with what the handler passed to `waitUntil()`; rejects with what it throws, and if there is none
   */
  dispatchTail<Waits extends unknown[] = unknown[]>(items: TailItem[]): Promise<Waits>;

  /**
   * Returns a queue, to send messages to from Node. It need not be bound. It stays valid until `dispose()`.
   *
   * @param name the name of the queue, as in `queueName` of the option `queueBindings`
   *
   * @example
   * const queue = await mf.getQueue("my-queue");
   * await queue.send({ id: 1 });
   */
  getQueue<Body = unknown>(name: string): Promise<Queue<Body>>;

  /**
   * Calls the `queue` handler of the worker that consumes a queue, otherwise of this one, with messages of that queue,
   * and returns which of them it acknowledged or wants to have delivered again. Nothing is stored or delivered again.
   *
   * @returns resolves once the handler and what it passed to `waitUntil()` have settled; rejects with what they throw, and
   *   if the worker has no `queue` handler
   *
   * @example
   * const { retryMessages } = await mf.dispatchQueue("my-queue", [{ id: "a", body: "text" }]);
   */
  dispatchQueue(queue: string, messages: DispatchedMessage[]): Promise<QueueResult>;
  /**
   * Calls the `queue` handler of this worker with an object, as it is.
   *
   * @returns resolves with the results of what was passed to `waitUntil()`, and of the handler if it returned a value
   */
  dispatchQueue<WaitUntil extends unknown[] = unknown[]>(batch: MessageBatch): Promise<WaitUntil>;

  /**
   * Returns the caches, for use in Node. They stay valid until `dispose()`.
   *
   * @example
   * const caches = await mf.getCaches();
   * await caches.default.put("http://localhost/a", new Response("a", { headers: { "Cache-Control": "max-age=60" } }));
   */
  getCaches(): Promise<CacheStorage>;

  /**
   * Starts to dispatch scheduled events according to the option `crons`, until the scheduler is disposed of. Each event
   * is logged. The scheduler follows `clock`.
   *
   * @example
   * const scheduler = await mf.startScheduler();
   * await scheduler.dispose();
   */
  startScheduler(): Promise<CronScheduler>;

  /**
   * Starts a REPL of Node's on standard input and output, in the worker's global scope, where `env` has the bindings.
   * docs/command-line.md describes it. I/O, timers and random values need `globalAsyncIO`, `globalTimers` and
   * `globalRandom`.
   *
   * @returns once the REPL has begun. It ends by `.exit` or with its input, and leaves the instance as it is
   */
  startREPL(): Promise<void>;

  /**
   * Returns the page that the option `open` names: the URL itself, or that of a server at the options `host` and `port`.
   *
   * @returns `undefined` if `open` is not set
   */
  getOpenURL(): Promise<string | undefined>;

  /**
   * Returns the address at which a debugger connects to the worker, by the option `inspectorPort`. It is there before the
   * script runs, and stays when the worker is reloaded.
   *
   * @returns such as `ws://127.0.0.1:9229/api` for a worker with the name "api"
   * @throws a `MiniflareCoreError` with the code `ERR_NO_INSPECTOR` without that option
   */
  getInspectorURL(): Promise<URL>;

  /**
   * Calls a function, and returns what the worker uses for all events that begin until it has ended: also those whose results
   * have no `usage`, such as scheduled events, batches of queues, alarms, email, and calls of methods. The figures are those of the
   * end of `work`, so it has to await what is to be counted.
   *
   * @param work called at once; a promise that it returns is awaited
   * @throws what `work` throws; `InstanceError` with the code of its end if the worker ends or is reloaded meanwhile
   *
   * @example
   * const { kv } = await mf.usage(() => mf.dispatchScheduled());
   */
  usage(work: () => unknown): Promise<Usage>;

  /**
   * Samples what the worker runs while a function does, and returns the profile. Saved as JSON in a file whose name ends with
   * `.cpuprofile`, it opens in Chrome DevTools and VS Code. Time in which nothing of the worker runs is not sampled.
   *
   * @param work called at once; a promise that it returns is awaited
   * @throws what `work` throws; `InstanceError` with `ERR_PROFILING` if the worker, or Node itself, is being profiled already, and
   *   with the code of its end if the worker ends or is reloaded meanwhile
   *
   * @example
   * const profile = await mf.profile(() => mf.dispatchFetch("http://localhost/slow"));
   * await writeFile("slow.cpuprofile", JSON.stringify(profile));
   */
  profile(work: () => unknown, options?: ProfileOptions): Promise<CpuProfile>;

  /**
   * Samples what the worker allocates while a function runs, and returns by which functions the objects were made that are still
   * there at the end. Saved as JSON in a file whose name ends with `.heapprofile`, it opens in Chrome DevTools and VS Code.
   *
   * @param work called at once; a promise that it returns is awaited
   * @throws what `work` throws; `InstanceError` with `ERR_PROFILING` if such a profile of the worker is being taken already, and with
   *   the code of its end if the worker ends or is reloaded meanwhile
   *
   * @example
   * const profile = await mf.heapProfile(() => mf.dispatchFetch("http://localhost/large"));
   * await writeFile("large.heapprofile", JSON.stringify(profile));
   */
  heapProfile(work: () => unknown, options?: HeapProfileOptions): Promise<HeapProfile>;

  /**
   * Writes what is on the heap of the worker to a file, which Chrome DevTools opens. Its name has to end with `.heapsnapshot`
   * for that.
   *
   * @returns the absolute path of the file
   * @throws Node's error if the file cannot be written
   */
  heapSnapshot(path: string): Promise<string>;

  /**
   * Loads the worker again, with a new global scope. The script, modules and files of bindings are read from disk
   * again. Pending requests are answered by the previous worker.
   *
   * @throws the error of the load; another `reload()` or `setOptions()` can repair it
   */
  reload(): Promise<void>;

  /**
   * Merges `options` into the current ones and reloads. Options that are not named stay as they are; `undefined` unsets
   * an option. `log` remains the one that was passed to the constructor.
   *
   * @param dispatchReloadEvent whether to dispatch the event `reload`; default: `true`
   * @throws {OptionsError} `ERR_INVALID_OPTION`; then nothing is changed
   * @throws the error of the load; another `setOptions()` can repair it
   */
  setOptions(options: MiniflareOptions, dispatchReloadEvent?: boolean): Promise<void>;

  /**
   * Reports what each request and other event waits for that is under way in the workers of this instance, with the place
   * in the code that waits, and which stubs of RPC this thread has not disposed of. Requires the option `trackPending`:
   * without it, the report names the requests that have no answer, and nothing else.
   *
   * @example
   * console.log(String(mf.pending()));
   */
  pending(): PendingReport;

  /**
   * Ends the instance and discards its worker. Pending requests reject with `ERR_DISPOSED`. Responses whose body is in
   * memory can still be read. Can be called more than once.
   */
  dispose(options?: DisposeOptions): Promise<void>;

  addEventListener(type: "reload", listener: ReloadListener | null, options?: boolean | { once?: boolean }): void;
  removeEventListener(type: "reload", listener: ReloadListener | null, options?: boolean): void;
}

/** The result of `startScheduler()`. It keeps Node alive while there are expressions. */
export interface CronScheduler {
  /** Stops dispatching events. */
  dispose(): Promise<void>;
}

// ---- Requests and responses

/** The input of a `Request`. */
export type RequestInfo = string | URL | globalThis.Request;

/** Node's `RequestInit`, with the additions of Workers. */
export interface RequestInit extends globalThis.RequestInit {
  /** The `cf` object of the worker's request; it is copied through JSON. */
  cf?: Record<string, unknown>;
}

/** Node's `ResponseInit`, with the additions of Workers. */
export interface ResponseInit extends globalThis.ResponseInit {
  /** Whether the body is already encoded as its `Content-Encoding` states: `"manual"` if so. Default: `"automatic"`. */
  encodeBody?: "automatic" | "manual";
  /** The socket of a response to a WebSocket handshake. The status must be 101, otherwise a `RangeError` is thrown. */
  webSocket?: WebSocket | null;
  /** Information of the platform about the response. */
  cf?: unknown;
}

/** Node's `Request`, with `cf`. */
export class Request extends globalThis.Request {
  constructor(input: RequestInfo, init?: RequestInit);
  readonly headers: Headers;
  /** The `cf` object that was passed to the constructor. */
  readonly cf: Record<string, unknown> | undefined;
  readonly clone: () => Request;
  readonly json: <T = unknown>() => Promise<T>;
}

/** Node's `Headers`, with `getAll` of Workers. */
export interface Headers extends globalThis.Headers {
  /**
   * Returns each cookie separately.
   *
   * @param name `"Set-Cookie"`, in any case
   * @throws {TypeError} for any other name
   * @example
   * response.headers.getAll("Set-Cookie"); // ["a=1; Path=/", "b=2"]
   */
  getAll(name: string): string[];
}

/** Node's `Response`, with the additions of Workers. `dispatchFetch` resolves with one. */
export class Response extends globalThis.Response {
  constructor(body?: ConstructorParameters<typeof globalThis.Response>[0] | null, init?: ResponseInit);
  static json(data: unknown, init?: ResponseInit): Response;
  static redirect(url: string | URL, status?: number): Response;
  readonly headers: Headers;
  /** The value that was passed to the constructor, in Node or in the worker. */
  readonly encodeBody: "automatic" | "manual";
  /**
   * The socket of a response to a WebSocket handshake, otherwise `null`. If the worker has responded with one, this is
   * the other end of its pair: add listeners, call `accept()`, then send.
   */
  readonly webSocket: WebSocket | null;
  /** The value that was passed to the constructor. */
  readonly cf: unknown;
  readonly clone: () => Response;
  readonly json: <T = unknown>() => Promise<T>;
  /**
   * Waits for all promises that the worker passed to `waitUntil()` for this request, including those that it passes in
   * the meantime.
   *
   * @returns the results of the promises, in the order in which they were passed; an empty array if the response did
   * not come from `dispatchFetch`
   * @throws the reason of the first promise that rejects
   */
  waitUntil<WaitUntil extends unknown[] = unknown[]>(): Promise<WaitUntil>;
  /**
   * What the worker has used for this request so far. The figures are final once the body has been read and the promises
   * passed to `waitUntil()` have settled; until then, each read of this property gives the figures of that moment. All are
   * zero if the response did not come from a dispatch.
   *
   * @example
   * const res = await mf.dispatchFetch("http://localhost/");
   * await res.text();
   * console.log(res.usage.cpuMs < 10, res.usage.kv.ITEMS?.reads);
   */
  readonly usage: Usage;
}

/**
 * What a worker has used for an event, and for the events of its own Durable Objects that this event has caused. Requests to
 * other workers count as subrequests; their usage is their own.
 */
export interface Usage {
  /**
   * CPU time, in milliseconds: of the turns in which the event's code ran, with what the runtime did for it. Each turn is
   * measured to 0.1 ms. While several events run at a time, a turn is charged to the event whose code was entered last.
   */
  readonly cpuMs: number;
  /** Time for which the event has waited at gates of Durable Objects, in milliseconds of actual time. */
  readonly gateMs: number;
  /** Calls of `fetch()` and of caches, and redirects: what the option `subrequestLimit` limits. */
  readonly subrequests: number;
  /** Calls of bindings such as KV, R2, D1, queues and Durable Objects: what the option `internalSubrequestLimit` limits. */
  readonly internalSubrequests: number;
  /** Operations on KV namespaces, by binding. As below, there are entries for those bindings alone that were used. */
  readonly kv: Readonly<Record<string, { reads: number; writes: number; deletes: number; lists: number } | undefined>>;
  /** Operations on R2 buckets, by binding: those of class A (put, list, multipart uploads), of class B (head, get), deletes. */
  readonly r2: Readonly<Record<string, { classA: number; classB: number; deletes: number } | undefined>>;
  /** Statements on D1 databases, by binding, with the rows that they have read and written. */
  readonly d1: Readonly<Record<string, { queries: number; rowsRead: number; rowsWritten: number } | undefined>>;
  /**
   * Operations on the storage of Durable Objects, by the binding of their class: keys read, written and deleted, lists, and
   * the rows that SQL has read and written. Alarms count as keys.
   */
  readonly durableObjects: Readonly<Record<string, StorageUsage | undefined>>;
  /** Messages sent to queues, by binding. */
  readonly queues: Readonly<Record<string, { messages: number } | undefined>>;
}

/** Operations on the storage of the objects of a class. */
export interface StorageUsage {
  reads: number;
  writes: number;
  deletes: number;
  lists: number;
  rowsRead: number;
  rowsWritten: number;
}

// ---- Queues

/** How the body of a message is stored: text, bytes, JSON, or V8's structured clone. */
export type QueueContentType = "text" | "bytes" | "json" | "v8";

/** Options of a message. */
export interface QueueSendOptions {
  /**
   * `text` takes a string, `bytes` a buffer or a view of one, `json` what JSON has, `v8` what can be cloned. Default: `v8`;
   * `json` from the compatibility date 2024-03-18 on.
   */
  contentType?: QueueContentType;
  /** For how many seconds it is not delivered, 0 to 86,400. Default: that of the binding. */
  delaySeconds?: number;
}

/** A message among others. */
export interface QueueSendRequest<Body = unknown> extends QueueSendOptions {
  body: Body;
}

/** What waits in a queue or is being delivered. */
export interface QueueMetrics {
  backlogCount: number;
  /** Bytes of the bodies. */
  backlogBytes: number;
  /** When the oldest message was sent; absent if there is none. */
  oldestMessageTimestamp?: Date;
}

/** What `send` and `sendBatch` resolve with. */
export interface QueueSendResult {
  metadata: { metrics: QueueMetrics };
}

/** A queue, to send messages to. */
export interface Queue<Body = unknown> {
  /**
   * Sends a message. It is copied at once.
   *
   * @param body at most 128,000 bytes as they are stored ([limits](https://developers.cloudflare.com/queues/platform/limits/))
   * @returns resolves when the message is safe, according to the option `durability`
   * @throws {TypeError} for `undefined`, an unknown content type, a body of another type, or a wrong delay; a
   *   `DataCloneError` for what cannot be cloned
   */
  send(body: Body, options?: QueueSendOptions): Promise<QueueSendResult>;
  /**
   * Sends messages, all of them or none.
   *
   * @param messages 1 to 100 messages, of at most 256,000 bytes together
   * @param options the delay of messages that have none of their own
   */
  sendBatch(
    messages: Iterable<QueueSendRequest<Body>>,
    options?: Pick<QueueSendOptions, "delaySeconds">,
  ): Promise<QueueSendResult>;
  /** Returns what waits in the queue or is being delivered. */
  metrics(): Promise<QueueMetrics>;
}

/** When a message is delivered again. */
export interface QueueRetryOptions {
  /** In how many seconds at the earliest, 0 to 86,400. Default: `retryDelay` of the consumer. */
  delaySeconds?: number;
}

/** A message, as a consumer gets it. */
export interface Message<Body = unknown> {
  readonly id: string;
  /** When it was sent. */
  readonly timestamp: Date;
  readonly body: Body;
  /** How often it has been delivered, this time included. */
  readonly attempts: number;
  /** Acknowledges the message: it is not delivered again, even if the handler throws. */
  ack(): void;
  /** Has the message delivered again. */
  retry(options?: QueueRetryOptions): void;
}

/** Messages that are delivered together. */
export interface MessageBatch<Body = unknown> {
  readonly queue: string;
  readonly messages: readonly Message<Body>[];
  readonly metadata: { metrics: QueueMetrics };
  /** Acknowledges all messages on which nothing has been decided. */
  ackAll(): void;
  /** Has all messages delivered again on which nothing has been decided. */
  retryAll(options?: QueueRetryOptions): void;
}

/** The third argument of module handlers. */
export interface ExecutionContext {
  waitUntil(promise: unknown): void;
  passThroughOnException(): void;
}

/** The first argument of `scheduled` handlers. */
export interface ScheduledController {
  /** In milliseconds since 1970. */
  readonly scheduledTime: number;
  readonly cron: string;
  /** Has no effect here: failed events are not repeated. */
  noRetry(): void;
}

/** A message that `dispatchQueue` delivers. */
export interface DispatchedMessage<Body = unknown> {
  /** Default: the name of the queue and its position. */
  id?: string;
  /** Default: the current time. */
  timestamp?: Date;
  /** Default: 1. */
  attempts?: number;
  body: Body;
}

/** What a consumer said of messages. */
export interface QueueResult {
  outcome: "ok";
  /** Whether it called `batch.ackAll()`. */
  ackAll: boolean;
  /** Whether it called `batch.retryAll()`, and with which delay. */
  retryBatch: { retry: boolean; delaySeconds?: number };
  /** The ids of messages on which it called `ack()`. */
  explicitAcks: string[];
  /** The messages on which it called `retry()`, and with which delay. */
  retryMessages: { msgId: string; delaySeconds?: number }[];
}

// ---- KV, caches and Durable Objects, in Node

/** The event of a socket whose peer has closed. */
export interface CloseEvent extends Event {
  /** 1005 without a code, 1006 if the connection was lost. */
  readonly code: number;
  readonly reason: string;
  /** Whether the peer has closed, and the connection was not lost. */
  readonly wasClean: boolean;
}

/** The event of a socket whose connection has failed. */
export interface ErrorEvent extends Event {
  readonly error: unknown;
  readonly message: string;
}

/** The types of the events of a `WebSocket`, by their names. */
export interface WebSocketEventMap {
  /** Only for sockets of `new WebSocket()`. */
  open: Event;
  message: MessageEvent;
  close: CloseEvent;
  error: ErrorEvent;
}

/**
 * One end of a WebSocket connection, as in Workers: `dispatchFetch` gives the client's end of the socket that the worker
 * has returned. Events that arrive before `accept()` wait for it.
 */
export interface WebSocket extends EventTarget {
  /** 0 while a socket of `new WebSocket()` connects, 1 when open, 2 once either end has closed, 3 once both have. */
  readonly readyState: 0 | 1 | 2 | 3;
  /** The URL of a socket of `new WebSocket()`, otherwise `null`. */
  readonly url: string | null;
  /** The subprotocol that the server has chosen, or `""`; `null` for sockets of pairs. */
  readonly protocol: string | null;
  /** The extensions that the server has chosen, or `""`; `null` for sockets of pairs. */
  readonly extensions: string | null;
  /** Whether bytes arrive as an `ArrayBuffer`, the default in Node, or as a `Blob`. */
  binaryType: "arraybuffer" | "blob";
  onopen: ((event: WebSocketEventMap["open"]) => void) | null;
  onmessage: ((event: WebSocketEventMap["message"]) => void) | null;
  onclose: ((event: WebSocketEventMap["close"]) => void) | null;
  onerror: ((event: WebSocketEventMap["error"]) => void) | null;
  /**
   * Begins to dispatch events. Those that have arrived are dispatched before this returns.
   *
   * @param options `allowHalfOpen` keeps the socket from answering a close by itself, which only sockets of workers do,
   *   with the compatibility flag `web_socket_auto_reply_to_close`
   * @throws {TypeError} if the socket was used in a response or constructed by `new WebSocket()`
   */
  accept(options?: { allowHalfOpen?: boolean }): void;
  /**
   * Sends a message. Views and buffers are copied, and a value of another type is sent as its text.
   *
   * @throws {TypeError} before `accept()`, and after `close()`
   * @throws {Error} while more than 64 MiB wait for the peer
   */
  send(message: string | ArrayBuffer | ArrayBufferView | Blob): void;
  /**
   * Closes this end. The peer gets the event `close`; this end gets one when the peer closes in turn.
   *
   * @param code 1000 to 4999, but for 1004, 1005, 1006 and 1015; without it the peer gets 1005
   * @param reason requires a code
   * @throws {TypeError} for other codes, before `accept()`, and when called again
   */
  close(code?: number, reason?: string): void;
  /**
   * Attaches a clone of a value to the connection. If a Durable Object has accepted the socket with `acceptWebSocket()`,
   * the attachment survives the eviction of the object.
   *
   * @throws {DOMException} `DataCloneError` if the value cannot be cloned
   * @throws {Error} if it is larger than 16,384 bytes when serialized
   *   ([Workers](https://developers.cloudflare.com/durable-objects/best-practices/websockets/))
   */
  serializeAttachment(value: unknown): void;
  /** Returns a clone of the value that was attached last, or `null`. */
  deserializeAttachment<T = unknown>(): T | null;
  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: ((event: WebSocketEventMap[Type]) => void) | { handleEvent(event: WebSocketEventMap[Type]): void } | null,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: ((event: WebSocketEventMap[Type]) => void) | { handleEvent(event: WebSocketEventMap[Type]): void } | null,
    options?: Parameters<EventTarget["removeEventListener"]>[2],
  ): void;
}

export type DurableObjectJurisdiction = "eu" | "us" | "fedramp" | "fedramp-high";

/** The id of an object: 32 bytes, shown as 64 hexadecimal digits. */
export interface DurableObjectId {
  /** The name that the id was derived from, if it was created by `idFromName()`. An object whose stub had it knows it too. */
  readonly name?: string;
  /** The jurisdiction that the id was made with. */
  readonly jurisdiction?: DurableObjectJurisdiction;
  /** Returns 64 lower-case hexadecimal digits. */
  toString(): string;
  /** Returns whether both ids are of the same object. */
  equals(other: DurableObjectId): boolean;
}

/** The type as which a value of a KV namespace is read. Default: `"text"`. */
export type KVType = "text" | "json" | "arrayBuffer" | "stream";

/** The result for each type. */
export interface KVValues<Value = unknown> {
  text: string;
  json: Value;
  arrayBuffer: ArrayBuffer;
  stream: ReadableStream<Uint8Array>;
}

export interface KVGetOptions<Type extends KVType = KVType> {
  type?: Type;
  /** The time in seconds, at least 60, that Workers may cache the value. It is validated, but has no effect here. */
  cacheTtl?: number;
}

export interface KVPutOptions {
  /** When the key expires, in seconds since 1970; at least 60 seconds from now. */
  expiration?: number | string;
  /** The seconds until the key expires, at least 60. Takes precedence over `expiration`. */
  expirationTtl?: number | string;
  /** Any value that JSON can represent, in at most 1,024 bytes. */
  metadata?: unknown;
}

export interface KVListOptions {
  /** The prefix of the names. Default: none. */
  prefix?: string;
  /** The maximum number of names on a page, from 1 to 1000. Default: 1000. */
  limit?: number;
  /** The `cursor` of the previous page. */
  cursor?: string;
}

export interface KVListKey<Metadata = unknown> {
  name: string;
  /** Seconds since 1970; `undefined` if the key does not expire. */
  expiration: number | undefined;
  metadata: Metadata | undefined;
}

export interface KVListResult<Metadata = unknown> {
  keys: KVListKey<Metadata>[];
  /** The cursor for the next page; empty if there is none. */
  cursor: string;
  list_complete: boolean;
}

/** The HTTP metadata of an object. As headers, the names are those of HTTP, and `cacheExpiry` is `cache-expiry` or `expires`. */
export interface R2HTTPMetadata {
  contentType?: string;
  contentLanguage?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  cacheControl?: string;
  cacheExpiry?: Date;
}

/** A condition of `get` and `put`. Without an object, `etagMatches` and `uploadedAfter` do not hold, and the others do. */
export interface R2Conditional {
  /** The etag, or one of several; `"*"` is any. Quotes around it do not count. */
  etagMatches?: string | string[];
  /** Not this etag, or none of these. */
  etagDoesNotMatch?: string | string[];
  /** Uploaded before this time. Not checked if `etagMatches` is given. */
  uploadedBefore?: Date;
  /** Uploaded after this time. Not checked if `etagDoesNotMatch` is given. */
  uploadedAfter?: Date;
  /** Whether times are compared in whole seconds, as with a `Headers` object. Default: `false`. */
  secondsGranularity?: boolean;
}

/** Bytes of an object: whole numbers. `suffix`, the number of last bytes, takes precedence over the others. */
export interface R2Range {
  /** Default: 0. */
  offset?: number;
  /** Default: up to the end. */
  length?: number;
  suffix?: number;
}

export interface R2GetOptions {
  /** `get` returns an object without a body if the condition does not hold. `Headers` are those of a request. */
  onlyIf?: R2Conditional | Headers;
  /** The part that is wanted. Of `Headers`, a `Range` of one part counts; others are ignored. Default: all. */
  range?: R2Range | Headers;
  /** The key that the object was stored with: 32 bytes, or 64 lower-case hexadecimal digits. */
  ssecKey?: string | ArrayBuffer | ArrayBufferView;
}

export interface R2MultipartOptions {
  httpMetadata?: R2HTTPMetadata | Headers;
  /** At most 8,192 bytes of names and values in UTF-8. */
  customMetadata?: Record<string, string>;
  /** A name that is kept. Default: `"Standard"`. */
  storageClass?: "Standard" | "InfrequentAccess";
  /** A key without which the object cannot be read, as in {@link R2GetOptions}. The stored value is not encrypted. */
  ssecKey?: string | ArrayBuffer | ArrayBufferView;
}

/** At most one digest may be given, as bytes or hexadecimal digits; a value with another is refused. */
export interface R2PutOptions extends R2MultipartOptions {
  /** `put` stores nothing and returns `null` if the condition does not hold. `Headers` are those of a request. */
  onlyIf?: R2Conditional | Headers;
  md5?: string | ArrayBuffer | ArrayBufferView;
  sha1?: string | ArrayBuffer | ArrayBufferView;
  sha256?: string | ArrayBuffer | ArrayBufferView;
  sha384?: string | ArrayBuffer | ArrayBufferView;
  sha512?: string | ArrayBuffer | ArrayBufferView;
}

export interface R2ListOptions {
  /** The maximum number of objects and folded prefixes on a page, from 1 to 1000. Default: 1000. */
  limit?: number;
  /** The prefix of the keys. Default: none. */
  prefix?: string;
  /** The `cursor` of the previous page. */
  cursor?: string;
  /** Keys with this text after the prefix are folded into one entry of `delimitedPrefixes`. Default: none. */
  delimiter?: string;
  /** Only keys after this one. */
  startAfter?: string;
  /**
   * The metadata that the objects have; at most 100 per page then. Without the compatibility flag `r2_list_honor_include`,
   * they have all of it.
   */
  include?: ("httpMetadata" | "customMetadata")[];
}

export interface R2Objects {
  objects: R2Object[];
  truncated: boolean;
  /** The cursor for the next page; `undefined` if there is none. */
  cursor: string | undefined;
  delimitedPrefixes: string[];
}

/** Digests of a value, in a new buffer with each read. `md5` is always there, except for objects uploaded in parts. */
export interface R2Checksums {
  readonly md5: ArrayBuffer | undefined;
  readonly sha1: ArrayBuffer | undefined;
  readonly sha256: ArrayBuffer | undefined;
  readonly sha384: ArrayBuffer | undefined;
  readonly sha512: ArrayBuffer | undefined;
  /** Returns the digests that are there, as hexadecimal digits. */
  toJSON(): Record<string, string>;
}

/** What is known of an object. */
export interface R2Object {
  key: string;
  /** Unique for each write: 32 characters. */
  version: string;
  /** Bytes of the whole value. */
  size: number;
  /** The MD5 of the value in hexadecimal digits; for an object uploaded in parts, a digest and the number of parts. */
  etag: string;
  /** The etag in double quotes, as in headers. */
  httpEtag: string;
  /** By the clock of the instance. */
  uploaded: Date;
  httpMetadata: R2HTTPMetadata;
  customMetadata: Record<string, string>;
  /** The bytes that `get` delivers; `undefined` for an empty object and in the results of other methods. */
  range: { offset: number; length: number } | undefined;
  readonly checksums: R2Checksums;
  readonly storageClass: string;
  /** The MD5 of the `ssecKey` in Base64. */
  readonly ssecKeyMd5: string | undefined;
  /** Sets the headers of `httpMetadata`. */
  writeHttpMetadata(headers: Headers): void;
}

/** An object with its body, which can be read once: as a stream, or by one of the methods. */
export interface R2ObjectBody extends R2Object {
  readonly body: ReadableStream<Uint8Array>;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  json<Value = unknown>(): Promise<Value>;
  blob(): Promise<Blob>;
}

export interface R2UploadedPart {
  partNumber: number;
  etag: string;
}

/** An object that is uploaded in parts. Its parts are no object before `complete()`. */
export interface R2MultipartUpload {
  readonly key: string;
  readonly uploadId: string;
  /**
   * Uploads a part, and replaces the one with the same number.
   *
   * @param partNumber from 1 to 10000
   * @param value in a worker, a stream must have a known length: the body of a request or response, or the readable side of
   *   a `FixedLengthStream`
   */
  uploadPart(
    partNumber: number,
    value: string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream,
    options?: { ssecKey?: string | ArrayBuffer | ArrayBufferView },
  ): Promise<R2UploadedPart>;
  /** Deletes the parts. */
  abort(): Promise<void>;
  /** Makes the object, in the order of the parts' numbers. All parts but the last have one size, at least 5 MiB. */
  complete(parts: R2UploadedPart[]): Promise<R2Object>;
}

/**
 * An R2 bucket. Buckets of the same name are the same, in Node and in the worker. Every method rejects with a `TypeError`
 * or an `Error` that describes an invalid argument, and with a {@link StorageError} if the underlying store fails. A key is
 * at most 1,024 bytes in UTF-8.
 */
export interface R2Bucket {
  /** Returns what is known of an object, or `null` if there is none. */
  head(key: string): Promise<R2Object | null>;
  /**
   * Returns an object with its body; without a body if `onlyIf` does not hold; or `null` if there is none.
   *
   * @example
   * const object = await bucket.get("key", { range: { offset: 0, length: 100 } });
   * const text = await object?.text();
   */
  get(key: string, options?: R2GetOptions & { onlyIf?: undefined }): Promise<R2ObjectBody | null>;
  get(key: string, options: R2GetOptions): Promise<R2ObjectBody | R2Object | null>;
  /**
   * Stores an object, and replaces the previous one; returns `null` if `onlyIf` does not hold.
   *
   * @param value at most 4,995,000,000 bytes; on a Redis server, 32,000,000
   *
   * @example
   * await bucket.put("key", "value", { httpMetadata: { contentType: "text/plain" } });
   */
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream | null,
    options?: R2PutOptions & { onlyIf?: undefined },
  ): Promise<R2Object>;
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream | null,
    options: R2PutOptions,
  ): Promise<R2Object | null>;
  /** Deletes objects, if they exist: all or none, at most 1,000. */
  delete(keys: string | string[]): Promise<void>;
  /** Returns one page of objects, in the order of their keys' UTF-8 bytes, without their values. */
  list(options?: R2ListOptions): Promise<R2Objects>;
  /** Begins an upload in parts. */
  createMultipartUpload(key: string, options?: R2MultipartOptions): Promise<R2MultipartUpload>;
  /** Returns an upload that was begun before, without checking that it exists. */
  resumeMultipartUpload(key: string, uploadId: string): R2MultipartUpload;
}

/**
 * A KV namespace. Namespaces of the same name are the same, in Node and in the worker. Every method rejects with a
 * `TypeError` or an `Error` that describes an invalid argument, and with a {@link StorageError} if the underlying store
 * fails.
 */
export interface KVNamespace {
  /**
   * Returns the value of a key, or `null` if there is none.
   *
   * @example
   * await kv.get("key"); // text
   * await kv.get("key", "json");
   */
  get(key: string, options?: "text" | KVGetOptions<"text">): Promise<string | null>;
  get<Value = unknown>(key: string, options: "json" | KVGetOptions<"json">): Promise<Value | null>;
  get<Type extends KVType>(key: string, options: Type | KVGetOptions<Type>): Promise<KVValues[Type] | null>;
  /** Returns the value of a key with its metadata, each `null` if there is none. */
  getWithMetadata<Metadata = unknown>(
    key: string,
    options?: "text" | KVGetOptions<"text">,
  ): Promise<{ value: string | null; metadata: Metadata | null }>;
  getWithMetadata<Metadata = unknown, Type extends KVType = "text">(
    key: string,
    options: Type | KVGetOptions<Type>,
  ): Promise<{ value: KVValues[Type] | null; metadata: Metadata | null }>;
  /**
   * Stores a value, and replaces the previous one.
   *
   * @param key at most 512 bytes in UTF-8
   * @param value at most 25 MiB ([limits](https://developers.cloudflare.com/kv/platform/limits/))
   *
   * @example
   * await kv.put("key", "value", { expirationTtl: 3600, metadata: { by: "test" } });
   */
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array>,
    options?: KVPutOptions,
  ): Promise<void>;
  /** Deletes a key, if it exists. */
  delete(key: string): Promise<void>;
  /** Returns one page of names, in the order of their UTF-8 bytes, without their values. */
  list<Metadata = unknown>(options?: KVListOptions): Promise<KVListResult<Metadata>>;
}

/** A value that a column holds. Blobs arrive as arrays of bytes. */
export type D1Value = number | string | null | number[];

/** What a statement has done. */
export interface D1Meta {
  /** Always `"miniflare.db"`. */
  served_by: string;
  /** The time that the statement took, in milliseconds; 0 while a test steers the clock of the instance. */
  duration: number;
  /** The number of rows that were inserted, updated or deleted, by triggers and foreign keys too. */
  changes: number;
  /** The row id of the last row that was inserted into the database. */
  last_row_id: number;
  /** Whether rows, or the size of the database, have changed. */
  changed_db: boolean;
  /** The size of the database in bytes, without free pages. */
  size_after: number;
  /** An estimate of the number of rows that were read: the steps of scans, and at least the number of results. */
  rows_read: number;
  /** The number of rows that were written, without those of indexes, which Workers add. */
  rows_written: number;
  [name: string]: unknown;
}

export interface D1Result<Row = unknown> {
  success: true;
  meta: D1Meta;
  results: Row[];
  error?: never;
}

export interface D1ExecResult {
  /** The number of lines that were executed. */
  count: number;
  /** The time that they took, in milliseconds. */
  duration: number;
}

/**
 * A statement of SQL with values for its parameters. The methods that execute it reject with an `Error` whose message
 * begins with `D1_ERROR: ` and whose `cause` has the text of SQLite.
 */
export interface D1PreparedStatement {
  /**
   * Returns a statement with values for the parameters `?` and `?1`, at most 100. Booleans become 1 and 0. Numbers are
   * bound as `REAL`; the type of a column makes integers of them.
   *
   * @param values numbers, strings, booleans, `null`, buffers and views, and arrays of bytes
   * @throws {Error} `D1_TYPE_ERROR` for other values
   *
   * @example
   * db.prepare("SELECT * FROM notes WHERE id = ?").bind(1);
   */
  bind(...values: unknown[]): D1PreparedStatement;
  /**
   * Executes the statement, and resolves with the value of a column in the first row, or with `null` if there is no row.
   *
   * @throws {Error} `D1_COLUMN_NOTFOUND` if there is a row without this column
   */
  first<Value = unknown>(column: string): Promise<Value | null>;
  /** Executes the statement, and resolves with the first row, or with `null` if there is none. */
  first<Row = Record<string, unknown>>(): Promise<Row | null>;
  /** Executes the statement, and resolves with its rows, as objects, and its meta data. */
  run<Row = Record<string, unknown>>(): Promise<D1Result<Row>>;
  /** The same as `run()`. */
  all<Row = Record<string, unknown>>(): Promise<D1Result<Row>>;
  /** Executes the statement, and resolves with its rows, as arrays, after an array with the names of the columns. */
  raw<Row = unknown[]>(options: { columnNames: true }): Promise<[string[], ...Row[]]>;
  /** Executes the statement, and resolves with its rows, as arrays. */
  raw<Row = unknown[]>(options?: { columnNames?: false }): Promise<Row[]>;
}

/** A sequence of queries. There is one copy of each database here, so all sessions see the same data. */
export interface D1DatabaseSession {
  /** Returns a statement, which is compiled when it is executed. */
  prepare(query: string): D1PreparedStatement;
  /** Executes statements in one transaction, as {@link D1Database.batch} does. */
  batch<Row = unknown>(statements: D1PreparedStatement[]): Promise<D1Result<Row>[]>;
  /**
   * Returns a text that represents the state which the last query has seen, and that grows with each query. Before the
   * first query, it is the bookmark that the session began with, or `null`.
   */
  getBookmark(): string | null;
}

/**
 * A D1 database: SQLite with the rules and [limits](https://developers.cloudflare.com/d1/platform/limits/) of Workers.
 * Databases of the same name are the same, in Node and in the worker. Methods reject with a {@link StorageError} if the
 * file of a database cannot be used.
 */
export interface D1Database {
  /** Returns a statement, which is compiled when it is executed. It has at most 100,000 bytes. */
  prepare(query: string): D1PreparedStatement;
  /**
   * Executes statements in one transaction, and resolves with the result of each. If one fails, none has an effect.
   *
   * @example
   * await db.batch([
   *   db.prepare("INSERT INTO notes (text) VALUES (?)").bind("one"),
   *   db.prepare("SELECT * FROM notes"),
   * ]);
   */
  batch<Row = unknown>(statements: D1PreparedStatement[]): Promise<D1Result<Row>[]>;
  /**
   * Executes the lines of a text in one transaction. Each line has whole statements, without parameters.
   *
   * @throws {Error} `D1_EXEC_ERROR` with the text of SQLite
   */
  exec(query: string): Promise<D1ExecResult>;
  /**
   * Returns a session.
   *
   * @param constraintOrBookmark `"first-primary"`, `"first-unconstrained"` (the default), or a bookmark
   */
  withSession(constraintOrBookmark?: string | null): D1DatabaseSession;
  /** Resolves with the whole database as the content of a file of SQLite. */
  dump(): Promise<ArrayBuffer>;
}

/** A step of the history of a database. */
export interface D1Migration {
  /** Identifies the migration: one of this name is applied once. */
  name: string;
  /** Texts of SQL, each with one or more statements. */
  queries: string[];
}

/**
 * Applies migrations to a database, each in one transaction, if they have not been applied yet. The names of those that
 * have been are recorded in a table, as `wrangler d1 migrations apply` does it.
 *
 * @param db a database of an instance, in Node or in the worker
 * @param migrations a folder, whose files `*.sql` are applied in the order of the numbers that their names begin with,
 *   or migrations in the order given
 * @param table the name of the table. Default: `d1_migrations`
 * @returns the names of the migrations that this call has applied
 * @throws {Error} if the folder cannot be read, or a migration fails: its effects are rolled back, and the error names it
 *
 * @example
 * await applyD1Migrations(await mf.getD1Database("DB"), "./migrations");
 */
export function applyD1Migrations(
  db: D1Database,
  migrations: string | URL | readonly D1Migration[],
  table?: string,
): Promise<string[]>;

/**
 * Reads the migrations of a folder, for {@link applyD1Migrations}: for a set-up that passes them on to where the folder
 * cannot be read, such as a test in a worker. The queries of each are its single statements.
 *
 * @param folder the folder, whose files `*.sql` are read in the order of the numbers that their names begin with
 * @throws {Error} if the folder cannot be read
 *
 * @example
 * const migrations = await readD1Migrations("./migrations");
 * await applyD1Migrations(await mf.getD1Database("DB"), migrations);
 */
export function readD1Migrations(folder: string | URL): Promise<D1Migration[]>;

export interface CacheQueryOptions {
  /** Whether to treat requests with other methods as GET. Default: `false`. */
  ignoreMethod?: boolean;
}

/**
 * Responses, keyed by the URL of their request or by its `cf.cacheKey`. Every method rejects with a `TypeError` if its
 * argument is not an absolute URL.
 */
export interface Cache {
  /**
   * Stores a response for as long as its headers declare it fresh. A response that must not be stored, or that is
   * stale, is silently left out.
   *
   * @throws {TypeError} for methods other than GET, and for a response with status 206, with `Vary: *`, or with a
   * WebSocket
   */
  put(request: RequestInfo, response: globalThis.Response): Promise<void>;
  /**
   * Returns the response that was stored for a GET request, with `CF-Cache-Status: HIT`, or `undefined` if there is
   * none. The status is 304 if a condition of the request holds, and 206 or 416 if the request has a `Range`.
   */
  match(request: RequestInfo, options?: CacheQueryOptions): Promise<Response | undefined>;
  /** Deletes a response. Returns whether there was one. */
  delete(request: RequestInfo, options?: CacheQueryOptions): Promise<boolean>;
}

export interface CacheStorage {
  readonly default: Cache;
  /**
   * Returns another cache.
   *
   * @param name at most 1,024 code units
   * @throws {CacheError} `ERR_RESERVED` for the name `default`
   */
  open(name: string): Promise<Cache>;
}

/** The members of a class that are none of its methods for RPC. */
type EventMembers =
  | "alarm"
  | "connect"
  | "ctx"
  | "env"
  | "fetch"
  | "webSocketClose"
  | "webSocketError"
  | "webSocketMessage";

/** What a call by RPC returns: a promise, whose members can be called before it is settled. */
export type RpcResult<T> = Promise<T> & RpcMembers<T>;

/** A value as it arrives by RPC: functions and targets are stubs. */
export type RpcReceived<T> = T extends (...args: infer Args) => infer Result
  ? ((...args: Args) => RpcResult<RpcReceived<Awaited<Result>>>) & Disposable
  : T;

/** The members of a class or a target that calls by RPC reach: methods, and properties as promises. */
export type RpcMembers<T> = T extends object
  ? {
      [Name in Exclude<keyof T, EventMembers | symbol>]: T[Name] extends (...args: infer Args) => infer Result
        ? (...args: Args) => RpcResult<RpcReceived<Awaited<Result>>>
        : Promise<Awaited<T[Name]>>;
    }
  : unknown;

/**
 * A worker of an instance as a service, as in a service binding. Beside `fetch`, it has the methods of the entrypoint, whose
 * class or object is `T`.
 */
export type Fetcher<T = unknown> = RpcMembers<T> & {
  /**
   * Sends a request to the entrypoint.
   *
   * @throws the error of the handler
   */
  fetch(input: RequestInfo, init?: RequestInit): Promise<Response>;
};

/** Which entrypoint of a worker is meant. */
export interface FetcherOptions {
  /** The name of the export. Default: the default export. */
  entrypoint?: string;
  /** What the entrypoint finds as `ctx.props`. Default: an empty object. */
  props?: Record<string, unknown>;
}

/** A stub of an object of the class `T`: `fetch`, and the methods of the class. */
export type DurableObjectStubOf<T> = DurableObjectStub & RpcMembers<T>;

/** A reference to an object. Creating a stub does not construct the object; the first `fetch` or call does. */
export interface DurableObjectStub {
  readonly id: DurableObjectId;
  readonly name?: string;
  /**
   * Sends a request to the object.
   *
   * @throws the error of the object or its constructor, or the error that reset the object; errors have `remote: true`
   * @throws {DurableObjectError} `ERR_NO_HANDLER` if the class has no `fetch` method, `ERR_RESPONSE_TYPE` if that does
   * not return a `Response`
   */
  fetch(input: RequestInfo, init?: RequestInit): Promise<Response>;
}

/** The objects of one binding. Namespaces of the same binding refer to the same objects, in Node and in the worker. */
export interface DurableObjectNamespace<T = unknown> {
  /**
   * Returns a new, unique id.
   * @throws {TypeError} for an unknown jurisdiction, and for another one than that of the namespace
   */
  newUniqueId(options?: { jurisdiction?: DurableObjectJurisdiction }): DurableObjectId;
  /** Returns the id for `name` in this namespace: the same for every call, and the same as in Miniflare 2. */
  idFromName(name: string): DurableObjectId;
  /**
   * Returns the id whose `toString()` is `hexId`.
   * @throws {TypeError} if it is not 64 hexadecimal digits, or belongs to another namespace
   */
  idFromString(hexId: string): DurableObjectId;
  /**
   * Returns a stub for the object with this id.
   * @param options accepted; has no effect
   * @throws {TypeError} if the id is invalid or belongs to another namespace
   */
  get(id: DurableObjectId, options?: DurableObjectGetOptions): DurableObjectStubOf<T>;
  /**
   * Returns a stub for the object with the id that `idFromName()` returns.
   * @param options accepted; has no effect
   */
  getByName(name: string, options?: DurableObjectGetOptions): DurableObjectStubOf<T>;
  /**
   * Returns the namespace of the ids with a jurisdiction. They differ from those of other jurisdictions, and from those
   * without one; a namespace without a jurisdiction takes all of them.
   * @throws {TypeError} for an unknown jurisdiction
   */
  jurisdiction(jurisdiction?: DurableObjectJurisdiction | null): DurableObjectNamespace<T>;
}

/** Where an object is to be, and how it is reached. These hints have no effect here. */
export interface DurableObjectGetOptions {
  locationHint?: string;
  routingMode?: string;
}

/**
 * The objects within an object, by name. They run in the same worker and end with the object. Of a class without `useSQLite`,
 * all methods throw an `Error`.
 */
export interface DurableObjectFacets {
  /**
   * Returns a stub of a facet, which is constructed by the first use of a stub.
   *
   * @param name at most 256 bytes
   * @param getStartupOptions says what to construct; called once for each life of the facet
   * @throws {TypeError} for a name that is empty or too long
   * @throws {Error} in an object that is the third within another
   */
  get(name: string, getStartupOptions: () => FacetStartupOptions | Promise<FacetStartupOptions>): FacetStub;
  /** Ends the life of a facet. Its calls, and the stubs that there are, fail with the reason. What it has stored stays. */
  abort(name: string, reason?: unknown): void;
  /** Ends the life of a facet, and deletes what it and the facets within it have stored. */
  delete(name: string): void;
  /**
   * Gives the facet `to` what the facet `from`, and those within it, have committed. What `to` had before is deleted, and its
   * life ends.
   *
   * @throws {Error} if `from` is within a transaction
   */
  clone(from: string, to: string): void;
}

/** What a facet is constructed from. */
export interface FacetStartupOptions {
  /** What `ctx.exports` has for a class of Durable Objects; called with `{ props }`, it gives the facet a `ctx.props`. */
  class: unknown;
  /** What the facet finds as `ctx.id`. Default: that of the object that it is in. */
  id?: DurableObjectId | string;
}

/** A stub of a facet: its members are those of the facet, by RPC. */
export interface FacetStub {
  fetch(input: RequestInfo, init?: RequestInit): Promise<Response>;
  // biome-ignore lint/suspicious/noExplicitAny: which methods there are is the class's.
  [method: string]: any;
}

/** The state that an object is constructed with. */
export interface DurableObjectState {
  readonly id: DurableObjectId;
  readonly storage: DurableObjectStorage;
  /**
   * Objects within the object, each with a database of its own.
   *
   * @throws {Error} for a state that a test has constructed
   */
  readonly facets: DurableObjectFacets;
  /** An empty object. */
  readonly props: object;
  /** What the script exports, as `ctx.exports` of handlers; undefined without the flag `enable_ctx_exports`. */
  readonly exports: unknown;
  /** Has no effect: objects stay alive while anything is pending. */
  waitUntil(promise: Promise<unknown>): void;
  /**
   * Runs `closure` while no other event reaches the object. If the closure throws, or takes longer than 30 s, the
   * object is reset, as in
   * [Workers](https://developers.cloudflare.com/durable-objects/api/state/#blockconcurrencywhile).
   *
   * @returns the result of `closure`
   * @throws the error of `closure`
   */
  blockConcurrencyWhile<T>(closure: () => T | Promise<T>): Promise<T>;
  /**
   * Resets the object at once: its pending events, and calls that wait for it, fail with `reason`, its sockets are closed
   * with 1006, and its storage refuses further calls. The next event constructs the object again.
   *
   * @param reason default: an `Error`; another value becomes the text of one
   * @param options `retryAlarm: false` keeps an alarm whose handler aborts from being delivered again
   * @throws `reason`, so that no code behind the call runs
   */
  abort(reason?: unknown, options?: { retryAlarm?: boolean }): never;
  /**
   * Accepts a socket, instead of its `accept()`. Its events go to the methods `webSocketMessage(socket, message)`,
   * `webSocketClose(socket, code, reason, wasClean)` and `webSocketError(socket, error)` of the object. The socket stays
   * connected if the object is evicted, and the next event constructs the object again.
   *
   * @param tags at most 10, of at most 256 characters; equal ones count once
   * @throws {Error} if the socket, or the other one of its pair, was used before; if a tag is too long, or there are too
   *   many; if the object has 32,768 sockets already
   *   ([Workers](https://developers.cloudflare.com/durable-objects/api/state/#acceptwebsocket))
   */
  acceptWebSocket(socket: WebSocket, tags?: string[]): void;
  /**
   * Returns the accepted sockets whose peer is still connected: the newest first, or with a tag, the oldest first. A
   * connection is the same object each time, until the object is evicted.
   */
  getWebSockets(tag?: string): WebSocket[];
  /**
   * Returns the tags that the socket was accepted with.
   *
   * @throws {Error} if it was not accepted with `acceptWebSocket()`
   */
  getTags(socket: WebSocket): string[];
  /**
   * Has messages that equal the request answered with the response, without a call of the object. Without an argument,
   * nothing is answered any more.
   *
   * @throws {RangeError} if the request or the response has more than 2,048 bytes
   */
  setWebSocketAutoResponse(pair?: WebSocketRequestResponsePair): void;
  /** Returns what `setWebSocketAutoResponse()` has set, or `null`. */
  getWebSocketAutoResponse(): WebSocketRequestResponsePair | null;
  /** Returns when a message of the socket was last answered automatically, or `null`. */
  getWebSocketAutoResponseTimestamp(socket: WebSocket): Date | null;
  /**
   * Limits the time that handlers of sockets' events may take. What takes longer is reported as an error, and is not
   * waited for any more.
   *
   * @param milliseconds at most 604,800,000 (7 days); without it or with 0, there is no limit
   */
  setHibernatableWebSocketEventTimeout(milliseconds?: number): void;
  /** Returns what `setHibernatableWebSocketEventTimeout()` has set, or `null`. */
  getHibernatableWebSocketEventTimeout(): number | null;
}

/** A message, and how it is answered: for `setWebSocketAutoResponse()`. A class of workers. */
export interface WebSocketRequestResponsePair {
  readonly request: string;
  readonly response: string;
}

/** Options of every call of a storage. */
export interface DurableObjectStorageOptions {
  /** Whether other events may reach the object while the call is pending. Default: `false`. */
  allowConcurrency?: boolean;
  /** Whether responses and requests may leave the object before the call's writes are safe. Default: `false`. */
  allowUnconfirmed?: boolean;
  /** Accepted; has no effect. */
  noCache?: boolean;
}

/** Selects the keys that `list()` returns. Keys are ordered by their UTF-8 bytes. */
export interface DurableObjectListOptions extends DurableObjectStorageOptions {
  /** The first key, inclusive. Cannot be combined with `startAfter`. */
  start?: string;
  /** The first key, exclusive. */
  startAfter?: string;
  /** The last key, exclusive. */
  end?: string;
  prefix?: string;
  /** Whether to list in descending order. Default: `false`. */
  reverse?: boolean;
  /** The maximum number of keys, at least 1. Default: all. */
  limit?: number;
}

/**
 * The methods that a storage and a transaction have in common. Values are copied by structured clone. A call that
 * exceeds a limit rejects with a `RangeError`: 2,048 bytes per key, 128 KiB per value, 128 keys per call
 * ([limits](https://developers.cloudflare.com/durable-objects/platform/limits/)).
 */
export interface DurableObjectOperator {
  /** Returns the value, or `undefined` if there is none. */
  get<T = unknown>(key: string, options?: DurableObjectStorageOptions): Promise<T | undefined>;
  /** Returns the existing values, ordered by their keys. */
  get<T = unknown>(keys: string[], options?: DurableObjectStorageOptions): Promise<Map<string, T>>;
  /**
   * Stores a value.
   * @throws a `DataCloneError` for a value that cannot be cloned
   */
  put(key: string, value: unknown, options?: DurableObjectStorageOptions): Promise<void>;
  /** Stores several values, all or none. */
  put(entries: Record<string, unknown>, options?: DurableObjectStorageOptions): Promise<void>;
  /** Deletes a value. Returns whether there was one. */
  delete(key: string, options?: DurableObjectStorageOptions): Promise<boolean>;
  /** Deletes several values. Returns how many there were. */
  delete(keys: string[], options?: DurableObjectStorageOptions): Promise<number>;
  /** Returns the values of a range of keys, ordered by their keys. */
  list<T = unknown>(options?: DurableObjectListOptions): Promise<Map<string, T>>;
  /**
   * Returns the time of the object's alarm, in milliseconds since 1970. Returns `null` if no alarm is set, while it is
   * delivered, and if the class has no `alarm()`.
   */
  getAlarm(options?: DurableObjectStorageOptions): Promise<number | null>;
  /**
   * Sets the time at which the object's `alarm()` is called, and replaces the previous one. A time in the past means
   * now.
   *
   * @param time a `Date`, or milliseconds since 1970
   * @throws {TypeError} for an invalid time, or a time before 1970
   * @throws {Error} if the class has no `alarm()`
   */
  setAlarm(time: number | Date, options?: DurableObjectStorageOptions): Promise<void>;
  /** Deletes the object's alarm, if it is set. */
  deleteAlarm(options?: DurableObjectStorageOptions): Promise<void>;
}

/** A running transaction. After its end, the methods throw. */
export interface DurableObjectTransaction extends DurableObjectOperator {
  /** Discards the writes of the transaction, which still resolves with the result of its closure. */
  rollback(): void;
}

/** The storage of one object. */
export interface DurableObjectStorage extends DurableObjectOperator {
  /**
   * Deletes all keys, and the alarm. For a class with `useSQLite` it deletes all tables, and the alarm only with the
   * compatibility flag `delete_all_deletes_alarm`, which is on since 2026-02-24.
   *
   * @throws {Error} within a transaction
   */
  deleteAll(options?: DurableObjectStorageOptions): Promise<void>;
  /**
   * Runs `closure` and commits its writes. Runs it again if others have written in the meantime what it has read. For a
   * class with `useSQLite` it runs once, SQL takes part, and transactions may be within each other.
   *
   * @returns the result of `closure`
   * @throws the error of `closure`; then nothing is written
   */
  transaction<T>(closure: (transaction: DurableObjectTransaction) => T | Promise<T>): Promise<T>;
  /** Resolves when all previous writes are safe. */
  sync(): Promise<void>;
  /**
   * The object's database.
   * @throws {Error} for a class without `useSQLite`
   */
  readonly sql: SqlStorage;
  /**
   * The entries, without promises; the same as those of the other methods.
   * @throws {Error} for a class without `useSQLite`
   */
  readonly kv: SyncKvStorage;
  /**
   * Runs `closure`, and undoes what it has written if it throws. May be called within itself.
   *
   * @returns the result of `closure`; a promise is returned as it is, and what follows its first `await` is not undone
   * @throws the error of `closure`, and `Error` for a class without `useSQLite`
   */
  transactionSync<T>(closure: () => T): T;
  /**
   * Returns a bookmark of the state that was committed last, for a class with `useSQLite`. From the first call on, the
   * states of all commits are kept, for 30 days of the instance's clock: in memory, or beside the database in the folder of
   * `durableObjectsPersist`, where they survive a restart. Bookmarks are in the order of states.
   *
   * @throws {Error} for the first bookmark of an object within a transaction
   */
  getCurrentBookmark(): Promise<string>;
  /**
   * Returns the bookmark of the state that was in force at a time.
   *
   * @param time a `Date`, or milliseconds since 1970
   * @throws {Error} for a time before states were kept
   */
  getBookmarkForTime(time: number | Date): Promise<string>;
  /**
   * Has the object start from a state when it is constructed again, with SQL, entries and the alarm.
   *
   * @returns the bookmark that undoes it
   * @throws {Error} for a bookmark of another object, or of a state that is not kept
   */
  onNextSessionRestoreBookmark(bookmark: string): Promise<string>;
  /**
   * Returns a value that stands for a state of this object: for that of a bookmark, or the one that was committed last. It is
   * plain data, so calls can pass it, and another object of the instance can start from the state.
   *
   * @throws {Error} for a bookmark of another object, or of a state that is not kept
   */
  snapshot(options?: DurableObjectSnapshotOptions): Promise<DurableObjectSnapshot>;
  /**
   * Has the object start from a state when it is constructed again: from one of its own by a bookmark, or from that of a
   * snapshot, which may be another object's.
   *
   * @returns the bookmark that undoes it
   * @throws {Error} for a state that is not known, or not kept any more
   */
  onNextSessionRestore(target: DurableObjectSnapshot | string): Promise<string>;
}

/** Of which state a snapshot is. */
export interface DurableObjectSnapshotOptions {
  /** Default: the state that was committed last. */
  bookmark?: string;
}

/** Stands for a state of the database of an object. */
export interface DurableObjectSnapshot {
  readonly database: string;
  readonly bookmark: string;
}

/** A value of SQL: `INTEGER` and `REAL`, `TEXT`, `BLOB`, `NULL`. */
export type SqlStorageValue = number | string | ArrayBuffer | null;

/**
 * The SQLite database of a Durable Object. What is written without an `await` between is one transaction, with the entries
 * and the alarm; responses wait until it is committed.
 */
export interface SqlStorage {
  /**
   * Executes a text of SQL. What it writes is written when this returns. Of several statements, the bindings and the rows
   * are those of the last one.
   *
   * @param bindings numbers, which are bound as `REAL`; texts; buffers; `null` and `undefined` as `NULL`; all others as
   *   texts
   * @throws {Error} with the text of SQLite, such as `no such table: t: SQLITE_ERROR`
   * @throws {TypeError} for a `bigint` or a symbol
   */
  exec<T extends Record<string, SqlStorageValue> = Record<string, SqlStorageValue>>(
    query: string,
    ...bindings: unknown[]
  ): SqlStorageCursor<T>;
  /** Bytes of the database, without free pages. */
  readonly databaseSize: number;
  /** The class of cursors, for `instanceof`. */
  readonly Cursor: unknown;
  /** For `instanceof`. */
  readonly Statement: unknown;
}

/** The rows of a statement, which are read as they are asked for. All methods go on with the same rows. */
export interface SqlStorageCursor<T extends Record<string, SqlStorageValue>> {
  next(): IteratorResult<T, undefined>;
  /** Returns the rows that are left. */
  toArray(): T[];
  /**
   * Returns the only row.
   * @throws {Error} if there is none, or another one
   */
  one(): T;
  /** Returns the rows that are left as arrays of all columns, those with equal names too. */
  raw<U extends SqlStorageValue[]>(): SqlStorageRawIterator<U>;
  /** The names of the columns, in order. */
  readonly columnNames: string[];
  /** Rows that have been read so far, counted by scans and by rows returned; this differs from what Workers bill. */
  readonly rowsRead: number;
  /** Rows of tables and of indexes that have been written. */
  readonly rowsWritten: number;
  [Symbol.iterator](): IterableIterator<T, undefined>;
}

/** Rows as arrays. */
export interface SqlStorageRawIterator<T extends SqlStorageValue[]> {
  next(): IteratorResult<T, undefined>;
  toArray(): T[];
  [Symbol.iterator](): IterableIterator<T, undefined>;
}

/** Selects the keys that `kv.list()` returns. */
export type SyncKvListOptions = Omit<DurableObjectListOptions, keyof DurableObjectStorageOptions>;

/** The entries of a Durable Object with `useSQLite`, without promises. */
export interface SyncKvStorage {
  get<T = unknown>(key: string): T | undefined;
  /** @throws a `DataCloneError` for a value that cannot be cloned */
  put(key: string, value: unknown): void;
  /** Deletes a value. Returns whether there was one. */
  delete(key: string): boolean;
  /** Iterates over a range of keys. The iterator throws once another one has begun. */
  list<T = unknown>(options?: SyncKvListOptions): IterableIterator<[string, T]>;
}

// ---- Logs

/** How much a {@link Log} prints: messages of its level and of all levels above it in this list. */
export enum LogLevel {
  NONE = 0,
  ERROR = 1,
  WARN = 2,
  INFO = 3,
  DEBUG = 4,
  VERBOSE = 5,
}

export interface LogOptions {
  /** The text before the name of the level. Default: `"mf"`, as in `[mf:inf] ...`. */
  prefix?: string;
  /** The text after the name of the level. Default: none. */
  suffix?: string;
}

/**
 * Prints the messages of an instance with `console.log`. Subclasses may override `log` to send them elsewhere.
 *
 * @example
 * new Miniflare({ log: new Log(LogLevel.DEBUG), script })
 */
export class Log {
  /** @param level the messages to print; default: `LogLevel.INFO` */
  constructor(level?: LogLevel, options?: LogOptions);
  level: LogLevel;
  /** Prints a line unchanged. All other methods call it. */
  log(message: string): void;
  /** Prints a message with the name of its level, if the log prints that level. */
  logWithLevel(level: LogLevel, message: string): void;
  /**
   * Prints an error with its stack and its causes.
   * @throws the error itself if the level is `NONE`, so that no error is lost
   */
  error(error: Error): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
  verbose(message: string): void;
}

/** A log that prints nothing. Its `error` throws the error. */
export class NoOpLog extends Log {}

// ---- Errors

/** The base class of all errors of this package. Their `name` is `<class> [<code>]`. */
export class MiniflareError<Code extends string = string> extends Error {
  constructor(code: Code, message?: string, cause?: unknown);
  readonly code: Code;
}

/**
 * The worker cannot be loaded:
 * - `ERR_NO_SCRIPT`: no option names a script
 * - `ERR_INVALID_UPSTREAM`: the option `upstream` is not an absolute URL
 * - `ERR_MOUNT_NO_NAME`: the name of a mount is empty
 * - `ERR_MOUNT_NESTED`: a mount has mounts of its own
 * - `ERR_MOUNT_NAME_MISMATCH`: the `name` option of a mount differs from its key
 * - `ERR_MOUNT`: a mount cannot be loaded; the reason is the `cause`
 * - `ERR_SERVICE_NOT_MOUNTED`: a service binding names a worker that does not exist
 * - `ERR_SERVICE_NO_NAME`, `ERR_SERVICE_NAME_MISMATCH`: a service in `wrangler.toml` has no name, or two different ones
 * - `ERR_INVALID_CONFIG`: `wrangler.toml` is not valid TOML
 *
 * or `ERR_NO_INSPECTOR`: it has none, without the option `inspectorPort`
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
  | "ERR_NO_INSPECTOR"
> {}

/**
 * The worker did not answer a request:
 * - `ERR_NO_HANDLER`: it has no fetch handler
 * - `ERR_NO_RESPONSE`: the handler returned nothing
 * - `ERR_RESPONSE_TYPE`: the handler returned something other than a `Response`
 * - `ERR_NO_UPSTREAM`: the handler threw after `passThroughOnException()`, and there is no upstream
 */
export class FetchError extends MiniflareError<
  "ERR_NO_HANDLER" | "ERR_NO_RESPONSE" | "ERR_RESPONSE_TYPE" | "ERR_NO_UPSTREAM"
> {}

/**
 * A Durable Object cannot be used:
 * - `ERR_CLASS_NOT_FOUND`: the script does not export the class, or nothing is bound under the name
 * - `ERR_CLASS_CONFLICT`: two workers bind different classes under one name
 * - `ERR_SCRIPT_NOT_FOUND`: there is no worker of the name `scriptName`
 * - `ERR_NO_HANDLER`: the class has no `fetch` method
 * - `ERR_RESPONSE_TYPE`: `fetch` returned something other than a `Response`
 * - `ERR_ALARM`: the handler of an alarm threw; the reason is the `cause`. Logged, not thrown
 * - `ERR_DESERIALIZATION`: the data under a key is not a serialized value
 */
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
 * A store failed. The message names the location, the operation and the reason:
 * - `ERR_STORAGE_LOCKED`: another process has the folder open, or another copy of this package in this process
 * - `ERR_STORAGE_CORRUPT`: the stored data cannot be read
 * - `ERR_STORAGE_FULL`: no space is left
 * - `ERR_STORAGE_READ_ONLY`: the folder cannot be written
 * - `ERR_STORAGE_NOT_A_FOLDER`: the path is a file
 * - `ERR_STORAGE_UNREACHABLE`: the server does not respond
 * - `ERR_STORAGE_CLAIMED`: another process or thread runs the same object
 * - `ERR_STORAGE`: any other failure, such as a folder that was deleted while it was in use
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
 * A module cannot be loaded. The message names the importer, the specifier and the reason:
 * - `ERR_MODULE_STRING_SCRIPT`: a script without a path has imports
 * - `ERR_MODULE_RULE`: no rule matches the file
 * - `ERR_MODULE_UNSUPPORTED`: the matching rule has an unknown type
 * - `ERR_MODULE_STALLED`: a top-level `await` can never settle; the message names file and line
 * - `ERR_CJS_MODULE_UNSUPPORTED`: a CommonJS module requires an ES module
 */
export class VMScriptRunnerError extends MiniflareError<
  | "ERR_MODULE_STRING_SCRIPT"
  | "ERR_MODULE_RULE"
  | "ERR_MODULE_UNSUPPORTED"
  | "ERR_MODULE_STALLED"
  | "ERR_CJS_MODULE_UNSUPPORTED"
> {}

/** An option has a value of a wrong type. The message names the option, the value and the expected type. */
export class OptionsError extends MiniflareError<"ERR_INVALID_OPTION"> {}

/**
 * A worker was ended, or cannot run:
 * - `ERR_DISPOSED`: the instance was disposed of
 * - `ERR_RELOADED`: the object belongs to a worker that has been reloaded since
 * - `ERR_CPU_LIMIT`, `ERR_HEAP_LIMIT`: the worker exceeded its limit; the next request starts a new one
 * - `ERR_PANIC`: a defect of this package; the next request starts a new worker
 * - `ERR_REPLAY`: a run leaves the recording that it replays, or has something that a recording cannot hold
 * - `ERR_BROKEN_REALM`: the worker changed built-ins of its realm and could not answer; `reload()` creates a new realm
 * - `ERR_CLOCK`: the clock could not be moved
 * - `ERR_LISTEN`: a server cannot listen where the options `host` and `port` say; the message says why and what to do,
 *   and `cause` is Node's error
 * - `ERR_CERTIFICATE`: the self-signed certificate of the option `https` cannot be stored
 * - `ERR_LOAD`: the addon for this platform is missing; thrown when the package is loaded
 * - `ERR_PROFILING`: the worker cannot be profiled now; the message says why
 */
export class InstanceError extends MiniflareError<
  | "ERR_DISPOSED"
  | "ERR_RELOADED"
  | "ERR_CPU_LIMIT"
  | "ERR_HEAP_LIMIT"
  | "ERR_PANIC"
  | "ERR_BROKEN_REALM"
  | "ERR_REPLAY"
  | "ERR_CLOCK"
  | "ERR_LISTEN"
  | "ERR_CERTIFICATE"
  | "ERR_LOAD"
  | "ERR_PROFILING"
> {}

/** A route has a query string or a star in the middle, or is not a URL. The message names the route and its worker. */
export class RouterError extends MiniflareError<"ERR_QUERY_STRING" | "ERR_INFIX_WILDCARD" | "ERR_INVALID_ROUTE"> {}
/**
 * A cache cannot be opened: `ERR_RESERVED` for the name `default`. Or an entry is not a response:
 * `ERR_DESERIALIZATION`.
 */
export class CacheError extends MiniflareError {}
/**
 * Two workers consume one queue: `ERR_CONSUMER_ALREADY_SET`. Or a queue is its own dead letter queue:
 * `ERR_DEAD_LETTER_QUEUE_CYCLE`.
 */
export class QueueError extends MiniflareError<"ERR_CONSUMER_ALREADY_SET" | "ERR_DEAD_LETTER_QUEUE_CYCLE"> {}
/** An expression of the option `crons` is invalid. The message contains the expression and the reason. */
export class SchedulerError extends MiniflareError<"ERR_INVALID_CRON"> {}
/**
 * The command of the option `buildCommand` failed. `code` is its exit code; -1 if it was terminated or did not start.
 */
export class BuildError extends Error {
  constructor(code: number, message?: string, cause?: unknown);
  readonly code: number;
}

// ---- Mocks

/**
 * Creates a mock of the network for the option `fetchMock`, with the API of undici's MockAgent. One mock may serve
 * several instances.
 *
 * @example
 * const fetchMock = createFetchMock();
 * fetchMock.disableNetConnect();
 * fetchMock.get("https://example.com").intercept({ path: "/thing" }).reply(200, "Mocked response!");
 */
export function createFetchMock(): MockAgent;

/**
 * Makes a listener for the `request` event of one of Node's servers. It dispatches each request to the worker. The promise
 * that it returns resolves when the request has been answered, and never rejects.
 *
 * @example
 * const server = http.createServer(createRequestListener(mf));
 */
export function createRequestListener(
  mf: Miniflare,
): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
