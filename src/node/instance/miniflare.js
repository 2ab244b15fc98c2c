"use strict";
// The `Miniflare` class: what users call, of an instance's main worker or of a mount. The workers are in group.js.
//
// The constructor starts at once and never throws: what goes wrong rejects the first method that is awaited.

const { LOADS_LATER } = require("../options/config.js");
const { Group } = require("./group.js");
const { NoOpLog } = require("../log/log.js");
const { idParts, likelyParts, objectNamespaces, soon } = require("../../durable/node/node-objects.js");
const { splitRequest } = require("../http/http-request.js");

/** Dispatched after each load of the worker. `initial` is true for the first. */
class ReloadEvent extends Event {
  constructor(init) {
    super("reload");
    this.plugins = init.plugins;
    this.initial = init.initial;
  }
}

/** Loaded when it is first asked for. */
const pluginsOf = (options) => require("../options/plugins.js").pluginsOf(options);

/** How a mount is made into what `getMount` returns. */
const MOUNT = Symbol("mount");
/** The methods by which an environment's tests fetch as the worker does, and get a state to construct an object with. */
const FETCH = Symbol("fetch");
const STATE = Symbol("state");

class Miniflare extends EventTarget {
  #group;
  #worker;
  #namespaceOf;
  #caches;
  #mounts = new WeakMap();
  /** Whether somebody has ever listened. An event for nobody is not made: it costs as much as a dispatch. */
  #isHeard = false;

  constructor(options = {}, mount = undefined) {
    super();
    this.#group = mount?.[MOUNT] ?? new Group(options?.log ?? new NoOpLog());
    this.#worker = mount?.worker ?? this.#group.main;
    this.log = this.#worker.log;
    this.#worker.onLoad = ({ initial }) => {
      if (this.#isHeard) this.dispatchEvent(new ReloadEvent({ plugins: pluginsOf(this.#worker.options), initial }));
    };
    this.#namespaceOf = objectNamespaces({
      dispatch: (target, request) => this.#dispatchObject(target, request),
      isEnabled: (flag) => this.#worker.flags.includes(flag),
      warn: (text) => this.log.warn(text),
    });
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
      const request = splitRequest(input, init);
      if (this.#worker.isReady) return this.#routed(request.url).dispatchFetch(request);
      return this.#worker.lane().then(() => this.#routed(request.url).dispatchFetch(request));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Dispatches to `[binding, id]` of an object that this worker is bound to, wherever it lives. */
  #dispatchObject(target, request) {
    if (this.#worker.isReady) return this.#home(target[0]).dispatch(target, request);
    return this.#worker.lane().then(() => this.#home(target[0]).dispatch(target, request));
  }

  #home(binding) {
    return this.#group.home(this.#worker, binding);
  }

  /** `[FETCH](input, init, length)`, as `Lane.fetch` has them. */
  [FETCH](...args) {
    return this.#worker.fetch(...args);
  }

  /** `{ state, run(work), depart(), arrive() }` of the worker, for an object that is constructed in Node. */
  async [STATE](id) {
    const parts = idParts("getMiniflareDurableObjectState", id);
    return (await this.#controlOf(parts)).stateForGuest(...parts, soon);
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
    if (!this.#mounts.has(worker)) this.#mounts.set(worker, new Miniflare({}, { [MOUNT]: this.#group, worker }));
    return this.#mounts.get(worker);
  }

  /** The namespace of a binding. It stays valid: its stubs reach whichever worker is loaded. */
  async getDurableObjectNamespace(name) {
    await this.#worker.lane();
    return this.#namespaceOf(name);
  }

  /** Waits for the worker, unless nothing has been asked of it yet that only it can answer. */
  async #begun() {
    if (this.#worker.isBegun) await this.#worker.lane();
  }

  /** A KV namespace, whether it is bound or not. */
  async getKVNamespace(name) {
    await this.#begun();
    const { kvNamespace } = require("../stores.js");
    return kvNamespace(String(name), () => this.#group.instance);
  }

  /** The caches. They stay valid, as namespaces do. */
  async getCaches() {
    await this.#begun();
    const { cacheStorage } = require("../stores.js");
    return (this.#caches ??= cacheStorage(
      () => this.#group.instance,
      () => this.#worker.cacheSettings,
      (text) => this.log.warn(text),
    ));
  }

  /** The storage of the object with this id, whether the object has been constructed or not. It stays valid. */
  async getDurableObjectStorage(id) {
    const parts = idParts("getDurableObjectStorage", id) ?? (await this.#likelyParts("getDurableObjectStorage", id));
    const { DurableObjectStorage } = require("../../durable/node/object-storage.js");
    const open = async () => {
      const control = await this.#controlOf(parts);
      return [control, await control.objectStorage(...parts)];
    };
    return DurableObjectStorage.open(() => this.#home(parts[0]).control, open);
  }

  /** The ids of the objects of a binding that live or have stored something, in the order of their digits. */
  async getDurableObjectIds(name) {
    const namespace = await this.getDurableObjectNamespace(name);
    const digits = await (await this.#controlOf([name])).objectIds(name);
    return digits.map((hex) => namespace.idFromString(hex));
  }

  /** Calls `work(instance, state)` as an event of the object, constructed if it does not live. */
  async runWithDurableObject(id, work) {
    const parts = idParts("runWithDurableObject", id) ?? (await this.#likelyParts("runWithDurableObject", id));
    return (await this.#controlOf(parts)).runWithObject(...parts, work, soon);
  }

  /** Has the object constructed anew when it is next asked for something; whether it lived. */
  async evictDurableObject(id) {
    const parts = idParts("evictDurableObject", id) ?? (await this.#likelyParts("evictDurableObject", id));
    return (await this.#controlOf(parts)).evictObject(...parts);
  }

  /** Delivers the alarms that are set, of all objects or of those with these ids, and awaits their handlers. */
  async flushDurableObjectAlarms(ids, { onlyDue = false } = {}) {
    const partsOf = (id) =>
      idParts("flushDurableObjectAlarms", id) ?? this.#likelyParts("flushDurableObjectAlarms", id);
    const chosen = ids && (await Promise.all([ids].flat().map(partsOf)));
    await this.#worker.lane();
    return this.#group.flushAlarms(chosen, onlyDue);
  }

  /** Remembers all that is stored, at once if the worker is loaded; the function that brings it back, as often as it is called. */
  async snapshotStorage() {
    if (!this.#worker.isReady) await this.#begun();
    return this.#group.snapshotStorage();
  }

  /** Begins a simulation with this seed, or begins it anew: as the option `simulate`, without a reload. */
  async simulate(seed) {
    await this.#worker.lane();
    await this.#group.simulate(seed);
  }

  async #likelyParts(method, id) {
    await this.#worker.lane();
    return likelyParts(method, id, this.#group.objectNames);
  }

  /** What the worker that an object lives in can be asked. */
  async #controlOf([binding]) {
    await this.#worker.lane();
    return (await this.#home(binding).lane()).control;
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
    const { CronScheduler } = require("./crons.js");
    return new CronScheduler(this, this.#group.instance, () => this.#worker.options.crons ?? []);
  }

  async dispose() {
    await (this.#isMount ? this.#worker : this.#group).dispose();
  }
}

module.exports = { FETCH, Miniflare, ReloadEvent, STATE };
