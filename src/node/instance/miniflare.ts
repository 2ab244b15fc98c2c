// The `Miniflare` class: what users call, of an instance's main worker or of a mount. The workers are in group.js. Rooms add
// methods of their own (`rooms.js`).
//
// The constructor starts at once and never throws: what goes wrong rejects the first method that is awaited.

import { LOADS_LATER } from "../options/config.ts";
import { Group } from "./group.ts";
import { Inside } from "./inside.ts";
import { NoOpLog } from "../log/log.ts";
import { splitRequest } from "../http/http-request.ts";
import { rooms } from "../rooms.ts";

/** Dispatched after each load of the worker. `initial` is true for the first. */
class ReloadEvent extends Event {
  constructor(init) {
    super("reload");
    this.plugins = init.plugins;
    this.initial = init.initial;
  }
}

/** Loaded when it is first asked for. */
const pluginsOf = (options) => require("../options/plugins.ts").pluginsOf(options);

/** How a mount is made into what `getMount` returns. */
const MOUNT = Symbol("mount");
/** The method by which an environment's tests fetch as the worker does. */
const FETCH = Symbol("fetch");
/** What servers need: a dispatch of a request in parts, the options in force, and who ends the servers with the instance. */
const DISPATCH = Symbol("dispatch");
const OPTIONS = Symbol("options");
const SERVERS = Symbol("servers");

class Miniflare extends EventTarget {
  #group;
  #worker;
  #inside;
  #mounts = new WeakMap();
  #servers;
  /** Whether somebody has ever listened. An event for nobody is not made: it costs as much as a dispatch. */
  #isHeard = false;

  constructor(options = {}, mount = undefined) {
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

  #load(options) {
    const load = () => this.#init(options);
    if (options?.[LOADS_LATER] !== true) return void this.#worker.begin(load);
    this.#worker.configure(options);
    this.#worker.beginLater(load);
  }

  async #init(options) {
    this.#worker.configure(options);
    await this.#group.load();
  }

  addEventListener(...args) {
    this.#isHeard = true;
    super.addEventListener(...args);
  }

  /** The time of this instance, for tests to steer. */
  get clock() {
    return this.#group.clock;
  }

  get #isMount() {
    return this.#worker !== this.#group.main;
  }

  /** The worker that the routes say a URL is for: a mount has none to choose from. */
  #routed(url) {
    return this.#isMount ? this.#worker : this.#group.workerFor(url);
  }

  // No `async` on the way: each promise that another resolves to is three turns of the microtask queue.
  dispatchFetch(input, init) {
    try {
      return this[DISPATCH](splitRequest(input, init));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Dispatches a request in parts, as `splitRequest` gives them. */
  [DISPATCH](request) {
    if (this.#worker.isReady) return this.#routed(request.url).dispatchFetch(request);
    return this.#worker.lane().then(() => this.#routed(request.url).dispatchFetch(request));
  }

  /** The options in force; undefined until they are read. */
  get [OPTIONS]() {
    return this.#worker.options;
  }

  /** The functions that end the servers which were started here and on mounts, with the instance or mount of each. */
  get [SERVERS]() {
    return this.#servers;
  }

  /** A server of Node's that dispatches its requests to the worker, and listens nowhere yet. */
  async createServer(options = undefined) {
    await this.#worker.lane();
    return require("../server/server.ts").createServer(this, options);
  }

  /** A server that listens where the options `host` and `port` say, until it is closed or the instance is disposed of. */
  async startServer(options = undefined) {
    await this.#worker.lane();
    return require("../server/server.ts").startServer(this, options);
  }

  /** `[FETCH](input, init, length)`, as `Lane.fetch` has them. */
  [FETCH](...args) {
    return this.#worker.fetch(...args);
  }

  async dispatchScheduled(scheduledTime = this.clock.now(), cron = "", url = undefined) {
    await this.#worker.lane();
    const worker = url === undefined ? this.#worker : this.#routed(url);
    return (await worker.lane()).control.scheduled(scheduledTime, cron);
  }

  /** The options in force, by the plugin of Miniflare 2 that each belonged to. */
  async getPlugins() {
    await this.#worker.lane();
    return pluginsOf(this.#worker.options);
  }

  async getBindings() {
    return (await this.#worker.lane()).control.bindings();
  }

  async getGlobalScope() {
    return (await this.#worker.lane()).control.globalScope();
  }

  async getModuleExports() {
    return (await this.#worker.lane()).control.moduleExports();
  }

  /** The worker that is mounted by this name, or undefined. */
  async getMount(name) {
    await this.#worker.lane();
    const worker = this.#isMount ? undefined : this.#group.mount(name);
    if (worker === undefined) return undefined;
    if (!this.#mounts.has(worker)) {
      const mount = { [MOUNT]: this.#group, worker, servers: this.#servers };
      this.#mounts.set(worker, new Miniflare({}, mount));
    }
    return this.#mounts.get(worker);
  }

  /** Remembers all that is stored, at once if the worker is loaded; the function that brings it back, as often as it is called. */
  async snapshotStorage() {
    if (!this.#worker.isReady) await this.#inside.begun();
    return this.#group.snapshotStorage();
  }

  /** Begins a simulation with this seed, or begins it anew: as the option `simulate`, without a reload. */
  async simulate(seed) {
    await this.#worker.lane();
    await this.#group.simulate(seed);
  }

  async reload() {
    await this.#worker.settled();
    await this.#worker.begin(() => this.#group.reload(this.#worker, true, true));
  }

  /** Options that are invalid change nothing; a worker that cannot be loaded leaves none. */
  async setOptions(options, dispatchReloadEvent = true) {
    await this.#worker.settled();
    this.#worker.configure(options);
    await this.#worker.begin(() => this.#group.reload(this.#worker, dispatchReloadEvent, false));
  }

  /** Dispatches scheduled events when the option `crons` says so, until what it resolves with is disposed of. */
  async startScheduler() {
    await this.#worker.lane();
    const { CronScheduler } = require("./crons.ts");
    return new CronScheduler(this, this.#group.instance, () => this.#worker.options.crons ?? []);
  }

  async dispose() {
    const servers = [...this.#servers].filter(([, of]) => !this.#isMount || of === this);
    const ended = servers.map(([end]) => end());
    await (this.#isMount ? this.#worker : this.#group).dispose();
    await Promise.all(ended);
  }

  static {
    for (const { methods = {} } of rooms) {
      for (const name of Reflect.ownKeys(methods)) {
        const of = methods[name];
        const { [name]: value } = {
          [name](...args) {
            return of(this.#inside, ...args);
          },
        };
        Object.defineProperty(value, "length", { value: of.length - 1, configurable: true });
        Object.defineProperty(Miniflare.prototype, name, { value, writable: true, configurable: true });
      }
    }
  }
}

export { DISPATCH, FETCH, Miniflare, OPTIONS, ReloadEvent, SERVERS };
