// One worker of an instance: its options, and the lane that its script runs on at the time; loads, reloads and the end.
//
// A load that goes wrong rejects the first method that is awaited; there is no worker then until another load succeeds.

import { inspect, types } from "node:util";
import { folderOfCounts } from "../coverage/switches.ts";
import { compatWarnings, enabledFlags, flagsInForce } from "../options/compat.ts";
import { OUTER_SCOPE } from "../options/config.ts";
import { describeThrown, disposed, MiniflareCoreError } from "../errors.ts";
import { Lane } from "./lane.ts";
import { contextLimits } from "../options/context-limits.ts";
import { NoOpLog } from "../log/log.ts";
import { mergeOptions, validateOptions } from "../options/options.ts";
import { allOf, OPTIONS, roomHooks } from "../options/table.ts";
import { formatSize, moduleRules, readBindings, readScript } from "../script/script.ts";
import { callFunction, entrypointOf, serviceNames } from "./services.ts";
import { Sources } from "../script/script-sources.ts";
import type { Log, MiniflareOptions } from "../../../index.d.ts";
import type { Control, ObjectParts } from "../../worker/contract.ts";
import type { RequestParts } from "../http/http-request.ts";
import type { WorkerOptions } from "../options/config.ts";
import type { Response } from "../http/http-response.ts";
import type { LaneCounts } from "../coverage/lane-counts.ts";
import type { InspectedWorker } from "../inspector/inspected-worker.ts";
import type { Script } from "../script/script.ts";
import type { Group } from "./group.ts";
import type { RoomHooks } from "./lane-hooks.ts";
import type { Target, UnansweredRequest } from "./lane.ts";

type RoomServices = NonNullable<RoomHooks["services"]>;

const SIZE_LIMIT = 1_048_576;
/** The plugins of Miniflare 2 that something ended with. */
const ENDING = ["DurableObjectsPlugin", "WebSocketPlugin", "BindingsPlugin"];

class Worker {
  readonly log: Log;
  /** What it is mounted as; undefined for the main worker. */
  readonly mountName: string | undefined;
  /** Told of each load. */
  onLoad: ((load: { initial: boolean }) => void) | undefined;
  /** Those in force: what it was given, and what the files say that these name. */
  options: WorkerOptions = {};
  flags: string[] = [];
  /** Bytes of the script. */
  size = 0;

  #given: WorkerOptions = {};
  #sources: Sources;
  #changes: Promise<void> = Promise.resolve();
  #group: Group;
  #lane: Lane | undefined;
  /** The lane whose script is being run. */
  #starting: Lane | undefined;
  #upstream: URL | undefined;
  #front: RoomHooks["front"];
  #roomServices: RoomServices = {};
  #inspected: InspectedWorker | undefined;
  #whenInspected: (() => void)[] = [];
  #ready: Promise<void> | undefined;
  #later: (() => Promise<void>) | undefined;
  #loading = 0;
  #loaded = false;
  #disposed = false;

  /**
   * @param group what it shares with the other workers of its instance
   * @param log where it tells its user
   */
  constructor(group: Group, log: Log, name: string | undefined = undefined) {
    this.#group = group;
    this.log = log;
    this.mountName = name;
    this.#sources = new Sources(log, (rebuild: boolean) => this.#changed(rebuild));
  }

  /** The options that it was given. */
  get given(): WorkerOptions {
    return this.#given;
  }

  /** The name that other workers know it by. */
  get name(): string | undefined {
    return this.mountName ?? this.options.name;
  }

  /** Takes its options; they are checked before anything changes. */
  configure(options: WorkerOptions): void {
    validateOptions(options);
    this.#given = mergeOptions(this.#given, options);
    this.options = this.#given;
  }

  /** Completes its options by what their files say at the time, and builds its script if there is a build to run. */
  async prepare(rebuild: boolean): Promise<void> {
    this.log.debug("Initialising worker...");
    this.options = await this.#sources.prepare(this.#given, rebuild);
    if (this.#disposed) throw disposed();
    if (this.options.crons !== undefined) {
      const { checkCrons } = require("./crons.ts") as typeof import("./crons.ts");
      checkCrons(this.options);
    }
    this.#logOptions();
  }

  #logOptions(): void {
    // A log without output shows nothing.
    if (this.log.log === NoOpLog.prototype.log) return;
    const { optionLines } = require("../options/plugins.ts") as typeof import("../options/plugins.ts");
    this.log.debug("Options:");
    for (const line of optionLines(this.options)) this.log.debug(`- ${line}`);
  }

  /** Reloads the worker after files have changed, once the load under way has ended. */
  #changed(rebuild: boolean): void {
    const reload = async () => {
      if (this.#disposed) return;
      await this.#ready?.catch(() => {});
      if (!this.#disposed) await this.begin(() => this.#group.reload(this, true, rebuild));
    };
    this.#changes = this.#changes.then(reload).catch((error) => this.report(error));
  }

  /** Begins a load. Calls that come meanwhile wait for it; when it fails there is no worker until another succeeds. */
  begin(load: () => Promise<void>): Promise<void> {
    this.#later = undefined;
    this.#loading++;
    this.#ready = this.#finish(load);
    return this.#ready;
  }

  /** A load that begins when something is first asked of the worker. */
  beginLater(load: () => Promise<void>): void {
    this.#later = load;
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Whether it has ever been loaded, or is to be at once. */
  get isBegun(): boolean {
    return this.#ready !== undefined;
  }

  async #finish(load: () => Promise<void>): Promise<void> {
    try {
      await load();
    } catch (error) {
      this.#lane?.retire();
      this.#lane = undefined;
      throw error;
    } finally {
      this.#loading--;
      if (!this.#disposed) this.#sources.watch();
    }
  }

  /** Resolves when no load is under way, however the last one ended; rejects after the worker's end. */
  async settled(): Promise<void> {
    await this.#ready?.catch(() => {});
    if (this.#disposed) throw disposed();
  }

  /** Runs the script on a lane of its own; the lane before it goes when its requests are done. */
  async run(): Promise<void> {
    const options = this.options;
    const enabled = enabledFlags(options);
    const flags = flagsInForce(options);
    for (const text of compatWarnings(options)) this.log.warn(text);
    this.log.debug(`Enabled Compatibility Flags:${enabled.length === 0 ? " <none>" : ""}`);
    for (const flag of enabled) this.log.debug(`- ${flag}`);
    this.log.debug("Reloading worker...");
    const root = options.rootPath ?? process.cwd();
    const rooms = roomHooks(options, root, (error) => this.report(error), this.log, this.#group);
    const front = rooms.find((room) => room.front !== undefined)?.front;
    const roomServices: RoomServices = Object.assign({}, ...rooms.map(({ services }) => services));
    const isRequired = front === undefined && (this.mountName !== undefined || this.#group.isEmpty);
    const script = readScript(options, root, isRequired);
    this.#upstream = upstreamOf(options);
    const { wasm, values } = readBindings(options, root);
    if (this.#isInspected) await this.#inspect(script);
    const lane = this.#open(rooms, laneCounts(script));
    const endProgress = this.#showProgress();
    this.#starting = lane;
    try {
      if (this.#inspected !== undefined) await this.#inspected.ready(this.#group.run?.ending);
      this.#group.startSimulation(lane.control, options);
      const settings = {
        ...script,
        modules: options.modules === true,
        rules: moduleRules(options),
        flags,
        limits: contextLimits(options, (text: string) => this.log.warn(text)),
        services: [...serviceNames(options), ...Object.keys(roomServices)],
        proxies: this.#upstream !== undefined,
        sourceMap: options.sourceMap === true,
        inspected: this.#inspected !== undefined,
        ...allOf("settings", options),
      };
      const { has, get } = options[OUTER_SCOPE] ?? {};
      const { run } = this.#group;
      const bound = [
        ...rooms.flatMap(({ bindings = {} }) => run?.ofRooms(bindings) ?? Object.entries(bindings).flat()),
        ...(run?.values(values, "bindings") ?? values),
      ];
      const globals = Object.entries(options.globals ?? {}).flat();
      await lane.start(settings, run?.values(globals, "globals") ?? globals, bound, wasm, has, get);
    } catch (error) {
      this.#noteImports(lane);
      const lasting = outliving(error);
      lane.dispose();
      throw lasting;
    } finally {
      this.#starting = undefined;
      endProgress?.();
    }
    this.#noteImports(lane);
    if (this.#disposed) {
      lane.dispose();
      throw disposed();
    }
    this.#lane?.retire();
    this.#lane = lane;
    this.#front = front;
    this.#roomServices = roomServices;
    this.flags = flags;
    this.size = Buffer.byteLength(script.text);
  }

  /** Tells the log, if it has an output, of a script that takes long to start. */
  #showProgress(): (() => void) | undefined {
    if (this.log.log === NoOpLog.prototype.log) return undefined;
    const { showProgress } = require("../log/progress.ts") as typeof import("../log/progress.ts");
    return showProgress(this.log, "Starting worker");
  }

  #noteImports(lane: Lane): void {
    if (this.#sources.isWatching && lane.ended === undefined) this.#sources.imported(lane.control.moduleFiles());
  }

  /** Whether debuggers may connect, or could until now. */
  get #isInspected(): boolean {
    return this.#group.main.options.inspectorPort !== undefined || this.#inspected !== undefined;
  }

  /** Lets debuggers find the worker if the options of the instance say so. */
  async #inspect({ path, fromFile }: Script): Promise<void> {
    const { options } = this.#group.main;
    const before = this.#inspected;
    if (options.inspectorPort === undefined) {
      this.#inspected = undefined;
      return before?.close();
    }
    const { InspectedWorker } =
      require("../inspector/inspected-worker.ts") as typeof import("../inspector/inspected-worker.ts");
    this.#inspected = await InspectedWorker.open(before, options, this.name, fromFile ? path : undefined, this.log);
    for (const found of this.#whenInspected.splice(0)) found();
    if (this.#disposed) throw disposed();
  }

  /** Where debuggers connect to the worker, as soon as they can: it may wait for one. */
  async inspectorURL(): Promise<URL> {
    if (this.#later !== undefined) this.begin(this.#later);
    if (this.#inspected === undefined) {
      const found = new Promise<void>((resolve) => this.#whenInspected.push(resolve));
      await Promise.race([this.#ready, found]);
    }
    if (this.#disposed) throw disposed();
    if (this.#inspected !== undefined) return this.#inspected.url;
    const text = 'The instance has no inspector. Set the option "inspectorPort" to have one.';
    throw new MiniflareCoreError("ERR_NO_INSPECTOR", text);
  }

  #open(rooms: readonly RoomHooks[], coverage: LaneCounts | undefined): Lane {
    const { cpuLimitMs = OPTIONS.cpuLimitMs.default, heapLimitMb = OPTIONS.heapLimitMb.default } = this.options;
    return new Lane({ cpuLimitMs, heapLimitMb }, this.#group.instance, {
      owner: this,
      warn: (text) => this.log.warn(text),
      unhandled: (error) => this.#unhandled(error),
      condemned: (lane) => {
        if (this.#lane === lane) this.#lane = undefined;
      },
      fetch: (target, request) => this.#fetch(target, request),
      rooms,
      coverage,
      inspector: this.#inspected?.lane(),
    });
  }

  announce(announced = true): void {
    const initial = !this.#loaded;
    this.#loaded = true;
    if (announced) this.onLoad?.({ initial });
    this.log.info(`Worker reloaded!${this.size > 0 ? ` (${formatSize(this.size)})` : ""}`);
    if (this.size > SIZE_LIMIT) {
      this.log.warn(
        "Worker's uncompressed size exceeds the 1MiB limit! Note that your worker will be compressed during upload so you may still be able to deploy it.",
      );
    }
  }

  /** Handles an error that the worker has not caught: logs it if the options say so; otherwise it becomes an unhandled rejection in Node. */
  #unhandled(error: unknown): void {
    if (!this.options.logUnhandledRejections) return void Promise.reject(error);
    const text = `Unhandled Promise Rejection: ${describeThrown(error)}`;
    // The log shows the stack, and this one says all.
    this.log.error(Object.defineProperty(new Error(text), "stack", { value: text }));
  }

  /** Reports an error of work that no code awaits. If the log shows no errors, and throws them, the error becomes a warning of Node's. */
  report(thrown: unknown): void {
    const error = thrown as Error & { detail?: string };
    try {
      this.log.error(error);
    } catch {
      if (error.cause !== undefined) error.detail = describeThrown(error.cause);
      process.emitWarning(error);
    }
  }

  /** The lane, once the worker is loaded; one that was stopped by a limit is loaded again. */
  async lane(): Promise<Lane> {
    if (this.#later !== undefined) this.begin(this.#later);
    await this.#ready;
    if (this.#disposed) throw disposed();
    if (this.#lane === undefined && this.#loading === 0) this.begin(() => this.#group.restore(this));
    await this.#ready;
    if (this.#disposed) throw disposed();
    // A load that succeeds leaves one.
    return this.#lane as Lane;
  }

  /** Whether a request can be dispatched at once. */
  get isReady(): boolean {
    return this.readyLane !== undefined;
  }

  /** The workers of the instance. */
  get group(): Group {
    return this.#group;
  }

  /** The lane, unless the worker is being loaded. */
  get readyLane(): Lane | undefined {
    return this.#loading === 0 && !this.#disposed ? this.#lane : undefined;
  }

  /** What the script that runs can be asked, also while another load is under way; undefined when none runs. */
  get running(): Control | undefined {
    return this.#lane?.control;
  }

  /** The requests that have no answer yet. */
  get unanswered(): UnansweredRequest[] {
    return this.#lane?.unanswered() ?? [];
  }

  /** What a worker that is loaded can be asked; undefined when there is none. */
  get control(): Control | undefined {
    return this.readyLane?.control;
  }

  /** Dispatches a request from outside. One that is not for the upstream becomes one for it. */
  dispatchFetch(request: RequestParts): Promise<Response> {
    if (this.#upstream === undefined || request.url.startsWith(this.#upstream.href))
      return this.dispatch(null, request);
    const { pathname, search } = new URL(request.url);
    const { href } = new URL(`.${pathname}${search}`, this.#upstream);
    return this.dispatch(null, { ...request, url: href });
  }

  /** Dispatches to the worker, or to `[binding, id]` of one of its own objects. */
  dispatch(target: Target, request: RequestParts): Promise<Response> {
    const { run } = this.#group;
    if (run === undefined) return this.deliver(target, request);
    return run.dispatch(this.mountName, target, request, (...given) => this.deliver(...given));
  }

  /** Dispatches what another worker of the instance asks for. */
  deliver(target: Target, request: RequestParts): Promise<Response> {
    const ready = this.readyLane;
    if (ready !== undefined) return this.#dispatchOn(ready, target, request);
    return this.lane().then((lane) => this.#dispatchOn(lane, target, request));
  }

  #dispatchOn(lane: Lane, target: Target, request: RequestParts): Promise<Response> {
    const answer = target === null ? this.#front?.(request) : undefined;
    return answer ?? lane.dispatch(target, request);
  }

  /** Calls the worker's own `fetch`, as `Lane.fetch` does. */
  fetch(...args: Parameters<Lane["fetch"]>): Promise<Response> {
    const ready = this.readyLane;
    if (ready !== undefined) return ready.fetch(...args);
    return this.lane().then((lane) => lane.fetch(...args));
  }

  /** A request that the worker makes of a service it is bound to, by the binding's name, or of `[binding, id]`. */
  async #fetch(target: string | ObjectParts, request: RequestParts): Promise<globalThis.Response> {
    if (Array.isArray(target)) return this.#group.home(this, target).deliver(target, request);
    if (Object.hasOwn(this.#roomServices, target)) return this.#roomServices[target](request);
    const service = this.options.serviceBindings?.[target];
    if (typeof service === "function") {
      const call = () => callFunction(target, service, request);
      return this.#group.run?.call(target, request, call) ?? call();
    }
    return this.#group.service(target, service).deliver(entrypointOf(service), request);
  }

  /** Resolves when no debugger is connected; calls back if one is. */
  async undebugged(waits: () => void): Promise<void> {
    await this.#inspected?.undebugged(waits);
  }

  /** Ends a start whose script still waits for something. */
  breakOff(): void {
    this.#starting?.dispose();
    this.#inspected?.breakOff();
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#later = undefined;
    this.#sources.close();
    this.breakOff();
    await this.#ready?.catch(() => {});
    for (const plugin of ENDING) this.log.verbose(`- dispose(${plugin})`);
    this.#lane?.dispose();
    this.#lane = undefined;
    await this.#inspected?.close();
  }
}

/** What the script threw, for when its realm is gone: a stand-in for a live object would answer nothing any more. */
function outliving(thrown: unknown): unknown {
  return types.isProxy(thrown)
    ? new TypeError(`The script threw a value that is not an error: ${inspect(thrown)}`)
    : thrown;
}

function upstreamOf({ upstream }: MiniflareOptions): URL | undefined {
  if (upstream === undefined) return undefined;
  if (URL.canParse(upstream)) return new URL(upstream);
  const text = `Invalid upstream URL: "${upstream}". Make sure you've included the protocol.`;
  throw new MiniflareCoreError("ERR_INVALID_UPSTREAM", text);
}

/** The counts of a lane that runs this script, when code outside of workers is counted as well. */
function laneCounts(script: Script): LaneCounts | undefined {
  if (folderOfCounts() === undefined) return undefined;
  const { LaneCounts } = require("../coverage/lane-counts.ts") as typeof import("../coverage/lane-counts.ts");
  return new LaneCounts(script);
}

export { Worker };
