"use strict";
// The `Miniflare` class: options in, a worker on a lane, requests through it; reloads and the end of it.
//
// The constructor starts at once and never throws: what goes wrong rejects the first method that is awaited.

const { enabledFlags } = require("./compat.js");
const { MiniflareCoreError } = require("./errors.js");
const { closeInstance, disposed, Lane, openInstance } = require("./lane.js");
const { NoOpLog } = require("./log.js");
const { idParts, objectBindings, objectNamespaces } = require("./objects.js");
const { mergeOptions, OPTION_DEFAULTS, validateOptions } = require("./options.js");
const { splitRequest } = require("./request.js");
const { formatSize, moduleRules, readBindings, readScript } = require("./script.js");

const SIZE_LIMIT = 1_048_576;

/** Dispatched after each load of the worker. `initial` is true for the first. */
class ReloadEvent extends Event {
  constructor(init) {
    super("reload");
    this.plugins = init.plugins;
    this.initial = init.initial;
  }
}

class Miniflare extends EventTarget {
  #options;
  #lane;
  #instance;
  #flags;
  #namespaceOf;
  #ready;
  #loading = 0;
  #loaded = false;
  #disposed = false;

  constructor(options = {}) {
    super();
    this.log = options?.log ?? new NoOpLog();
    this.#namespaceOf = objectNamespaces({
      dispatch: (target, request) => this.#dispatch(target, request),
      isEnabled: (flag) => this.#flags.includes(flag),
      warn: (text) => this.log.warn(text),
    });
    this.#begin(() => this.#init(options));
  }

  async #init(options) {
    validateOptions(options);
    this.#options = mergeOptions({}, options);
    this.log.debug("Initialising worker...");
    await this.#load();
  }

  /** Begins a load. Calls that come meanwhile wait for it; when it fails there is no worker until another succeeds. */
  #begin(load) {
    this.#loading++;
    this.#ready = this.#finish(load);
    return this.#ready;
  }

  async #finish(load) {
    try {
      await load();
    } catch (error) {
      this.#lane?.retire();
      this.#lane = undefined;
      throw error;
    } finally {
      this.#loading--;
    }
  }

  /** Loads the worker from scratch; the one before it goes when its requests are done. */
  async #load(announced = true) {
    this.log.debug("Reloading worker...");
    const options = this.#options;
    const root = options.rootPath ?? process.cwd();
    const script = readScript(options, root);
    checkUpstream(options.upstream);
    const { wasm, values } = readBindings(options, root);
    const durableObjects = objectBindings(options);
    const flags = enabledFlags(options);
    this.#instance ??= openInstance();
    const lane = new Lane(
      {
        cpuLimitMs: options.cpuLimitMs ?? OPTION_DEFAULTS.cpuLimitMs,
        heapLimitMb: options.heapLimitMb ?? OPTION_DEFAULTS.heapLimitMb,
      },
      this.#instance,
      this.#hooks(options.sourceMap === true ? require("./source_map.js").stackMapper(script) : undefined),
    );
    try {
      const modules = options.modules === true;
      const settings = { ...script, modules, rules: moduleRules(options), flags, durableObjects };
      await lane.control.start(settings, Object.entries(options.globals ?? {}).flat(), values, wasm);
    } catch (error) {
      lane.dispose();
      throw error;
    }
    if (this.#disposed) return lane.dispose();
    this.#lane?.retire();
    this.#lane = lane;
    this.#flags = flags;
    this.#announce(script, announced);
  }

  #announce({ text }, announced) {
    const initial = !this.#loaded;
    this.#loaded = true;
    if (announced) this.dispatchEvent(new ReloadEvent({ plugins: {}, initial }));
    const size = Buffer.byteLength(text);
    this.log.info(`Worker reloaded!${size > 0 ? ` (${formatSize(size)})` : ""}`);
    if (size > SIZE_LIMIT) {
      this.log.warn(
        "Worker's uncompressed size exceeds the 1MiB limit! Note that your worker will be compressed during upload so you may still be able to deploy it.",
      );
    }
  }

  #hooks(showStack) {
    return {
      showStack,
      warn: (text) => this.log.warn(text),
      unhandled: (error) => this.#unhandled(error),
      condemned: (lane) => {
        if (this.#lane === lane) this.#lane = undefined;
      },
    };
  }

  /** What nobody in the worker caught: logged when asked for, otherwise Node's own unhandled rejection. */
  #unhandled(error) {
    if (!this.#options.logUnhandledRejections) return void Promise.reject(error);
    const text = `Unhandled Promise Rejection: ${error?.stack ?? error}`;
    this.log.error(new Error(text));
  }

  /** The worker, once it is loaded; one that was stopped by a limit is loaded again. */
  async #worker() {
    await this.#ready;
    if (this.#disposed) throw disposed();
    if (this.#lane === undefined && this.#loading === 0) this.#begin(() => this.#load());
    await this.#ready;
    if (this.#disposed) throw disposed();
    return this.#lane;
  }

  // No `async` on the way: each promise that another resolves to is three turns of the microtask queue.
  dispatchFetch(input, init) {
    try {
      return this.#dispatch(null, splitRequest(input, init));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Dispatches to the worker, or to `[binding, id]` of one of its objects. */
  #dispatch(target, request) {
    const isReady = this.#lane !== undefined && this.#loading === 0 && !this.#disposed;
    if (isReady) return this.#lane.dispatch(target, request);
    return this.#worker().then((lane) => lane.dispatch(target, request));
  }

  async dispatchScheduled(scheduledTime = Date.now(), cron = "", _url = undefined) {
    const lane = await this.#worker();
    return lane.control.scheduled(scheduledTime, cron);
  }

  async getBindings() {
    return (await this.#worker()).control.bindings();
  }

  async getGlobalScope() {
    return (await this.#worker()).control.globalScope();
  }

  async getModuleExports() {
    return (await this.#worker()).control.moduleExports();
  }

  /** The namespace of a binding. It stays valid: its stubs reach whichever worker is loaded. */
  async getDurableObjectNamespace(name) {
    await this.#worker();
    return this.#namespaceOf(name);
  }

  /** The storage of the object with this id, whether the object has been constructed or not. */
  async getDurableObjectStorage(id) {
    const parts = idParts("getDurableObjectStorage", id);
    return (await this.#worker()).control.durableStorage(...parts);
  }

  async reload() {
    await this.#ready.catch(() => {});
    if (this.#disposed) throw disposed();
    await this.#begin(() => this.#load());
  }

  /** Options that are invalid change nothing; a worker that cannot be loaded leaves none. */
  async setOptions(options, dispatchReloadEvent = true) {
    await this.#ready.catch(() => {});
    if (this.#disposed) throw disposed();
    validateOptions(options);
    this.#options = mergeOptions(this.#options ?? {}, options);
    await this.#begin(() => this.#load(dispatchReloadEvent));
  }

  async dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#ready.catch(() => {});
    this.#lane?.dispose();
    this.#lane = undefined;
    if (this.#instance !== undefined) closeInstance(this.#instance);
    this.#instance = undefined;
  }
}

function checkUpstream(upstream) {
  if (upstream === undefined || URL.canParse(upstream)) return;
  const text = `Invalid upstream URL: "${upstream}". Make sure you've included the protocol.`;
  throw new MiniflareCoreError("ERR_INVALID_UPSTREAM", text);
}

module.exports = { Miniflare, ReloadEvent };
