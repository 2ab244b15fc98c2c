// The `Miniflare` class: what users call, of an instance's main worker or of a mount. The workers are in group.ts. Rooms add
// methods of their own (`rooms.ts`).
//
// The constructor starts at once and never throws: what goes wrong rejects the first method that is awaited.

import { LOADS_LATER } from "../options/config.ts";
import { Group } from "./group.ts";
import { Inside } from "./inside.ts";
import { NoOpLog } from "../log/log.ts";
import { splitRequest } from "../http/http-request.ts";
import { rooms } from "../rooms.ts";
import type * as contract from "../../../index.d.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { RequestParts } from "../http/http-request.ts";
import type { Response, ResponseParts } from "../http/http-response.ts";
import type { Repl } from "../cli/repl.ts";
import type { WorkerOptions } from "../options/config.ts";
import type { RoomMethods } from "../rooms.ts";
import type { Clock } from "./clock.ts";
import type { Worker } from "./instance-worker.ts";
import type { Lane } from "./lane.ts";

type ServerOptions = NonNullable<Parameters<contract.Miniflare["createServer"]>[0]>;
type Server = Awaited<ReturnType<contract.Miniflare["createServer"]>>;
type Plugins = contract.ReloadEvent["plugins"];

/** Dispatched after each load of the worker. `initial` is true for the first. */
class ReloadEvent extends Event {
  readonly plugins: Plugins;
  readonly initial: boolean;

  constructor(init: { plugins: Plugins; initial: boolean }) {
    super("reload");
    this.plugins = init.plugins;
    this.initial = init.initial;
  }
}

/** Loaded when it is first asked for. */
const pluginsOf = (options: MiniflareOptions): Plugins =>
  (require("../options/plugins.ts") as typeof import("../options/plugins.ts")).pluginsOf(options);

/** How a mount is made into what `getMount` returns. */
const MOUNT = Symbol("mount");
/** The method by which an environment's tests fetch as the worker does. */
const FETCH = Symbol("fetch");
/** What rooms have of an instance, for an environment. */
const INSIDE = Symbol("inside");
/** What servers need: a dispatch of a request in parts, the options in force, and who ends the servers with the instance. */
const DISPATCH = Symbol("dispatch");
const OPTIONS = Symbol("options");
const SERVERS = Symbol("servers");
/** The method by which the command knows the end of a REPL. */
const REPL = Symbol("REPL");

/** A method of a room, as users call it. */
type RoomMethod = (this: Miniflare, ...args: never[]) => unknown;

/** The functions that end servers, with the instance or the mount that each was started on. */
type Servers = Map<() => Promise<void>, Miniflare>;

/** A mount, as `getMount` makes one of these of it. */
interface Mounted {
  [MOUNT]: Group;
  servers: Servers;
  worker: Worker;
}

/** The methods of rooms, which the class adds to itself. */
// biome-ignore lint/correctness/noUnusedVariables: it is merged with the class
interface Miniflare extends Pick<contract.Miniflare, RoomMethods> {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the static block adds those methods
class Miniflare extends EventTarget {
  readonly log: contract.Log;
  #group: Group;
  #worker: Worker;
  #inside: Inside;
  #mounts = new WeakMap<Worker, Miniflare>();
  #servers: Servers;
  /** Whether a listener has ever been added. Without one no event is made, which would cost as much as a dispatch. */
  #isHeard = false;

  constructor(options: WorkerOptions = {}, mount: Mounted | undefined = undefined) {
    super();
    this.#group = mount?.[MOUNT] ?? new Group(options?.log ?? new NoOpLog());
    this.#worker = mount?.worker ?? this.#group.main;
    this.#inside = new Inside(this.#group, this.#worker);
    this.#servers = mount?.servers ?? new Map();
    this.log = this.#worker.log;
    this.#worker.onLoad = ({ initial }) => {
      if (this.#isHeard) this.dispatchEvent(new ReloadEvent({ plugins: pluginsOf(this.#worker.options), initial }));
    };
    if (mount === undefined) this.#load(options);
  }

  #load(options: WorkerOptions): void {
    const load = () => this.#init(options);
    if (options?.[LOADS_LATER] !== true) return void this.#worker.begin(load);
    this.#worker.configure(options);
    this.#worker.beginLater(load);
  }

  async #init(options: WorkerOptions): Promise<void> {
    this.#worker.configure(options);
    await this.#group.load();
  }

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    this.#isHeard = true;
    super.addEventListener(...args);
  }

  /** The time of this instance, for tests to steer. */
  get clock(): Clock {
    return this.#group.clock;
  }

  get #isMount(): boolean {
    return this.#worker !== this.#group.main;
  }

  /** The worker that the routes say a URL is for: a mount has none to choose from. */
  #routed(url: string | URL): Worker {
    return this.#isMount ? this.#worker : this.#group.workerFor(url);
  }

  // No `async` on the way: each promise that another resolves to is three turns of the microtask queue.
  dispatchFetch(input: contract.RequestInfo, init?: contract.RequestInit): Promise<Response> {
    try {
      return this[DISPATCH](splitRequest(input, init));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Dispatches a request in parts, as `splitRequest` gives them. */
  [DISPATCH](request: RequestParts & { takesParts: true }): Promise<Response> | ResponseParts;
  [DISPATCH](request: RequestParts): Promise<Response>;
  [DISPATCH](request: RequestParts): Promise<Response> | ResponseParts {
    if (this.#worker.isReady) return this.#routed(request.url).dispatchFetch(request);
    return this.#worker.lane().then(() => this.#routed(request.url).dispatchFetch(request));
  }

  get [INSIDE](): Inside {
    return this.#inside;
  }

  /** The options in force; undefined until they are read. */
  get [OPTIONS](): WorkerOptions {
    return this.#worker.options;
  }

  /** The functions that end the servers which were started here and on mounts, with the instance or mount of each. */
  get [SERVERS](): Servers {
    return this.#servers;
  }

  /** A server of Node's that dispatches its requests to the worker, and listens nowhere yet. */
  async createServer(options?: ServerOptions): Promise<Server> {
    await this.#worker.lane();
    const { createServer } = require("../server/server.ts") as typeof import("../server/server.ts");
    return createServer(this, options);
  }

  /** A server that listens where the options `host` and `port` say, until it is closed or the instance is disposed of. */
  async startServer(options?: ServerOptions): Promise<Server> {
    await this.#worker.lane();
    const { startServer } = require("../server/server.ts") as typeof import("../server/server.ts");
    return startServer(this, options ?? {}, () => this.#worker.isDisposed);
  }

  /** A REPL of Node's in the worker's global scope, on standard input and output. */
  async startREPL(): Promise<void> {
    await this[REPL]();
  }

  /** The same, with its end. */
  async [REPL](): Promise<Repl> {
    await this.#worker.lane();
    const { startRepl } = require("../cli/repl.ts") as typeof import("../cli/repl.ts");
    return startRepl(this.log, async () => (await this.#worker.lane()).control);
  }

  /** The page that the option `open` says; undefined if it says none. */
  async getOpenURL(): Promise<string | undefined> {
    await this.#worker.lane();
    const { open } = this.#worker.options;
    if (!open) return undefined;
    const { pageOf } = require("../cli/open.ts") as typeof import("../cli/open.ts");
    return typeof open === "string" ? open : pageOf(this.#worker.options);
  }

  /** Where debuggers connect to the worker, if the option `inspectorPort` says that they may. */
  async getInspectorURL(): Promise<URL> {
    return this.#worker.inspectorURL();
  }

  /** A profile of what the worker runs while a function does. */
  async profile(work: () => unknown, options?: contract.ProfileOptions): Promise<contract.CpuProfile> {
    const lane = await this.#worker.lane();
    const { profile } = require("../inspector/profile.ts") as typeof import("../inspector/profile.ts");
    return profile(lane, work, options);
  }

  /** A profile of what the worker allocates while a function runs. */
  async heapProfile(work: () => unknown, options?: contract.HeapProfileOptions): Promise<contract.HeapProfile> {
    const lane = await this.#worker.lane();
    const { heapProfile } = require("../inspector/profile.ts") as typeof import("../inspector/profile.ts");
    return heapProfile(lane, work, options);
  }

  /** What events of the worker use that begin while a function runs. */
  async usage(work: () => unknown): Promise<contract.Usage> {
    const lane = await this.#worker.lane();
    const { usageWhile } = require("./usage-while.ts") as typeof import("./usage-while.ts");
    return usageWhile(lane, work);
  }

  /** Writes what is on the worker's heap to a file. */
  async heapSnapshot(file: string): Promise<string> {
    const lane = await this.#worker.lane();
    const { heapSnapshot } = require("../inspector/profile.ts") as typeof import("../inspector/profile.ts");
    return heapSnapshot(lane, file);
  }

  /** `[FETCH](input, init, length)`, as `Lane.fetch` has them. */
  [FETCH](...args: Parameters<Lane["fetch"]>): Promise<Response> {
    return this.#worker.fetch(...args);
  }

  async dispatchScheduled<WaitUntil extends unknown[] = unknown[]>(
    scheduledTime = this.clock.now(),
    cron = "",
    url: string | URL | undefined = undefined,
  ): Promise<WaitUntil> {
    await this.#worker.lane();
    const worker = url === undefined ? this.#worker : this.#routed(url);
    const { control } = await worker.lane();
    const dispatch = () => control.scheduled(scheduledTime, cron) as Promise<WaitUntil>;
    const event = { kind: "scheduled", worker: worker.mountName ?? null, scheduledTime: Number(scheduledTime), cron };
    return this.#group.run === undefined ? dispatch() : this.#group.run.event(event, dispatch);
  }

  /** The options in force, by the plugin of Miniflare 2 that each belonged to. */
  async getPlugins(): Promise<Plugins> {
    await this.#worker.lane();
    return pluginsOf(this.#worker.options);
  }

  async getBindings<Bindings = object>(): Promise<Bindings> {
    return (await this.#worker.lane()).control.bindings() as Bindings;
  }

  async getGlobalScope(): Promise<object> {
    return (await this.#worker.lane()).control.globalScope();
  }

  async getModuleExports<Exports = object>(): Promise<Exports> {
    return (await this.#worker.lane()).control.moduleExports() as Exports;
  }

  /** The worker that is mounted by this name, or undefined. */
  async getMount(name: string): Promise<Miniflare | undefined> {
    await this.#worker.lane();
    const worker = this.#isMount ? undefined : this.#group.mount(name);
    if (worker === undefined) return undefined;
    if (!this.#mounts.has(worker)) {
      const mount = { [MOUNT]: this.#group, worker, servers: this.#servers };
      this.#mounts.set(worker, new Miniflare({}, mount));
    }
    return this.#mounts.get(worker);
  }

  /** Remembers all that is stored, at once unless the worker is being loaded; the function that brings it back, as often as it is called. */
  async snapshotStorage(): Promise<() => Promise<void>> {
    if (this.#worker.isBegun && !this.#worker.isReady) await this.#worker.lane();
    return this.#group.snapshotStorage();
  }

  /** Deletes all that is stored, and resets the objects. */
  async reset(): Promise<void> {
    if (this.#worker.isBegun && !this.#worker.isReady) await this.#worker.lane();
    await this.#group.reset();
  }

  /** Starts or restarts a simulation with this seed, like the option `simulate`, without a reload. */
  async simulate(seed: number): Promise<void> {
    await this.#worker.lane();
    await this.#group.simulate(seed);
  }

  async reload(): Promise<void> {
    await this.#worker.settled();
    await this.#worker.begin(() => this.#group.reload(this.#worker, true, true));
  }

  /** Options that are invalid change nothing; a worker that cannot be loaded leaves none. */
  async setOptions(options: MiniflareOptions, dispatchReloadEvent = true): Promise<void> {
    await this.#worker.settled();
    this.#worker.configure(options);
    await this.#worker.begin(() => this.#group.reload(this.#worker, dispatchReloadEvent, false));
  }

  /** Dispatches scheduled events when the option `crons` says so, until what it resolves with is disposed of. */
  async startScheduler(): Promise<contract.CronScheduler> {
    await this.#worker.lane();
    if ((this.#worker.options.crons ?? []).length > 0) {
      this.#group.run?.refuse("a scheduler of cron triggers", "Dispatch their events with dispatchScheduled().");
    }
    const { CronScheduler } = require("./crons.ts") as typeof import("./crons.ts");
    return new CronScheduler(this, this.#group.instance, () => this.#worker.options.crons ?? []);
  }

  async dispose({ reportPending = false }: contract.DisposeOptions = {}): Promise<void> {
    if (reportPending) this.#reportPending();
    const servers = [...this.#servers].filter(([, of]) => !this.#isMount || of === this);
    const ended = servers.map(([end]) => end());
    await (this.#isMount ? this.#worker : this.#group).dispose();
    await Promise.all(ended);
  }

  #reportPending(): void {
    const pending = this.pending();
    if (pending.events.length + pending.stubs.length > 0) console.warn(String(pending));
  }

  static {
    for (const { methods = {} } of rooms) {
      for (const name of Reflect.ownKeys(methods)) {
        const of = methods[name];
        const { [name]: value }: Record<PropertyKey, RoomMethod> = {
          [name](this: Miniflare, ...args: never[]) {
            return of(this.#inside, ...args);
          },
        };
        Object.defineProperty(value, "length", { value: of.length - 1, configurable: true });
        Object.defineProperty(Miniflare.prototype, name, { value, writable: true, configurable: true });
      }
    }
  }
}

export { DISPATCH, FETCH, INSIDE, Miniflare, OPTIONS, ReloadEvent, REPL, SERVERS };
