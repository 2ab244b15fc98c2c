// The workers of one instance: the main one and its mounts, by name. They share a clock, storage and a log, and reach each
// other through this: as services, as homes of each other's Durable Objects, and by routes.

import { disposed, DurableObjectError, MiniflareCoreError } from "../errors.ts";
import {
  closeInstance,
  forgetSnapshot,
  openInstance,
  restoreSnapshot,
  settleStores,
  takeSnapshot,
} from "../binding/binding.ts";
import { Log } from "../log/log.ts";
import { soon } from "../../durable/node/node-objects.ts";
import { objectBindings, scriptOf } from "../../durable/node/options.ts";
import { places } from "../options/persist.ts";
import { Router } from "./router.ts";
import { checkServices, notMounted, workerName } from "./services.ts";
import { Worker } from "./instance-worker.ts";
import type { Log as GivenLog, MiniflareOptions, ServiceBinding } from "../../../index.d.ts";
import type { ObjectBinding, ObjectParts } from "../../worker/control.js";
import type { Clock } from "./clock.ts";

/** The class of a Durable Object, and the worker that the objects live in. */
interface Home {
  className: string;
  home: Worker;
}

/** Snapshots go when nobody has the function any more that brings them back. */
const snapshots = new FinalizationRegistry<{ instance: number; number: number }>(({ instance, number }) =>
  forgetSnapshot(instance, number),
);

class Group {
  readonly main: Worker;
  #mounts = new Map<string, Worker>();
  #router = new Router();
  #clock: Clock | undefined;
  #instance: number | undefined;
  #disposed = false;

  constructor(log: GivenLog) {
    this.main = new Worker(this, log);
  }

  /** What the lanes of all its workers share, by number. */
  get instance(): number {
    if (this.#disposed) throw disposed();
    return (this.#instance ??= openInstance());
  }

  /** Loaded when it is first asked for. */
  get clock(): Clock {
    const { Clock } = require("./clock.ts") as typeof import("./clock.ts");
    return (this.#clock ??= new Clock(this));
  }

  /** Whether there is no worker but the main one, which must have a script then. */
  get isEmpty(): boolean {
    return this.#mounts.size === 0;
  }

  mount(name: string): Worker | undefined {
    return this.#mounts.get(name);
  }

  get #workers(): Worker[] {
    return [this.main, ...this.#mounts.values()];
  }

  #named(name: string | undefined): Worker | undefined {
    if (name === undefined) return undefined;
    return this.#mounts.get(name) ?? (name === this.main.name ? this.main : undefined);
  }

  /** Loads a worker from scratch: the main one with all its mounts. */
  reload(worker: Worker, announced: boolean, rebuild: boolean): Promise<void> {
    return worker === this.main ? this.load(announced, rebuild) : this.#loadMount(worker, announced, rebuild);
  }

  async load(announced?: boolean, rebuild = false): Promise<void> {
    await this.main.prepare(rebuild);
    settleStores(this.instance, places(this.main.options));
    await this.#loadMounts(rebuild);
    await this.#runMain(announced);
  }

  async #runMain(announced: boolean | undefined): Promise<void> {
    await this.main.run();
    this.#connect();
    this.main.announce(announced);
  }

  /** Loads a mount from scratch and, as what the others know of it may have changed, the main worker after it. */
  async #loadMount(mount: Worker, announced: boolean, rebuild: boolean): Promise<void> {
    await mount.prepare(rebuild);
    await mount.run();
    this.#bind(mount);
    mount.announce(announced);
    this.main.begin(() => this.#runMain(announced)).catch((error) => this.main.log.error(error));
  }

  /** Loads one worker again after a limit stopped it. */
  async restore(worker: Worker): Promise<void> {
    await worker.run();
    this.#bind(worker);
    worker.announce();
  }

  async #loadMounts(rebuild: boolean): Promise<void> {
    const given = Object.entries(this.main.options.mounts ?? {});
    for (const [name, worker] of [...this.#mounts]) {
      if (!given.some(([kept]) => kept === name)) await this.#unmount(name, worker);
    }
    if (given.length === 0) return;
    this.main.log.warn("Mounts are experimental. There may be breaking changes in the future.");
    const { inheritedOptions, mountOptions } = require("./mounts.ts") as typeof import("./mounts.ts");
    const inherited = inheritedOptions(this.main.options);
    for (const [name, options] of given) await this.#loadOne(name, mountOptions(name, options, inherited), rebuild);
  }

  async #loadOne(name: string, options: MiniflareOptions, rebuild: boolean): Promise<void> {
    const known = this.#mounts.get(name);
    const { log } = this.main;
    if (known !== undefined) log.verbose(`Updating mount "${name}"...`);
    else log.debug(`Mounting "${name}"...`);
    const worker = known ?? new Worker(this, mountLog(log, name), name);
    this.#mounts.set(name, worker);
    try {
      worker.configure(options);
      await worker.begin(async () => {
        await worker.prepare(rebuild);
        await worker.run();
        worker.announce(known === undefined);
      });
    } catch (error) {
      if (this.#disposed) throw error;
      if (known === undefined) await this.#unmount(name, worker);
      throw new MiniflareCoreError("ERR_MOUNT", `Error mounting "${name}"`, error);
    }
  }

  async #unmount(name: string, worker: Worker): Promise<void> {
    this.main.log.debug(`Unmounting "${name}"...`);
    this.#mounts.delete(name);
    await worker.dispose();
  }

  /** Makes the workers known to each other, once the scripts of all have run. */
  #connect(): void {
    this.#route();
    const names = new Set([...this.#mounts.keys(), this.main.name]);
    for (const worker of this.#workers) checkServices(worker.options, names, worker.log);
    for (const [name, { options, log }] of this.#mounts) {
      const { warnOfPlaces } = require("./mounts.ts") as typeof import("./mounts.ts");
      warnOfPlaces(name, options, this.main.options, log);
    }
    this.#checkClasses();
    for (const worker of this.#workers) this.#bind(worker);
  }

  #route(): void {
    for (const [name, { options }] of this.#mounts) {
      if (options.name === undefined || options.name === name) continue;
      const text = `Mounted name "${name}" must match service name "${options.name}"`;
      throw new MiniflareCoreError("ERR_MOUNT_NAME_MISMATCH", text);
    }
    const routed = this.#workers.flatMap(({ name, options }): [string, string[]][] =>
      name === undefined ? [] : [[name, options.routes ?? []]],
    );
    this.#router.update(routed);
    if (this.isEmpty) return;
    const { routes } = this.#router;
    this.main.log.debug(`Mount Routes:${routes.length === 0 ? " <none>" : ""}`);
    for (const [index, { route, target }] of routes.entries())
      this.main.log.debug(`${index + 1}. ${route} => ${target}`);
  }

  /** Objects of one name share ids, storage and lives: all who bind it must mean the same class. */
  #checkClasses(): void {
    const known = new Map<string, Home>();
    for (const worker of this.#workers) {
      for (const [binding, className, scriptName] of objectBindings(worker.options)) {
        const found = { className, home: this.#homeOf(worker, binding, scriptName) };
        const first = known.get(binding) ?? found;
        if (first.className !== className || first.home !== found.home) throw classConflict(binding, first, found);
        known.set(binding, first);
      }
    }
  }

  /** Gives a script the classes of its own that the Durable Objects of any worker are bound to. */
  #bind(script: Worker): void {
    const classes = new Map<string, ObjectBinding>();
    for (const worker of this.#workers) {
      for (const object of objectBindings(worker.options)) {
        if (this.#homeOf(worker, object[0], object[2]) === script) classes.set(object[0], object);
      }
    }
    script.bindClasses([...classes.values()]);
  }

  #homeOf(worker: Worker, binding: string, scriptName: string | undefined): Worker {
    if (scriptName === undefined) return worker;
    const home = this.#named(scriptName);
    if (home !== undefined) return home;
    throw new DurableObjectError(
      "ERR_SCRIPT_NOT_FOUND",
      `Script "${scriptName}" for Durable Object "${binding}" not found.\n` +
        `Make sure "${scriptName}" is mounted so Miniflare knows where to find it.`,
    );
  }

  /** The worker that the objects live in which `worker` has bound to this name. */
  home(worker: Worker, binding: string): Worker {
    return this.#homeOf(worker, binding, scriptOf(worker.options, binding));
  }

  /** The names that Durable Objects are bound by, in whichever worker. */
  get objectNames(): string[] {
    const bound = this.#workers.flatMap(({ options }) => objectBindings(options).map(([binding]) => binding));
    return [...new Set(bound)];
  }

  /** The worker that a service binding stands for. */
  service(binding: string, service: ServiceBinding | undefined): Worker {
    const worker = this.#named(workerName(service));
    if (worker === undefined) throw notMounted(binding, service);
    return worker;
  }

  /** Delivers the alarms that are set, of all objects or of `[binding, id]` each; how many there were. */
  async flushAlarms(ids: ObjectParts[] | undefined, onlyDue: boolean): Promise<number> {
    let handled = 0;
    const thrown: unknown[] = [];
    for (const worker of this.#workers) {
      const { count, errors } = await (await worker.lane()).control.flushAlarms(ids, onlyDue);
      handled += count;
      thrown.push(...errors);
    }
    if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} alarms failed`);
    if (thrown.length > 0) throw thrown[0];
    return handled;
  }

  /** Simulates with this seed from now on; objects are constructed anew, so that the same seed gives the same run. */
  async simulate(seed: number): Promise<void> {
    for (const worker of this.#workers) {
      worker.configure({ simulate: { seed } });
      const { control } = await worker.lane();
      control.simulate(seed, soon);
      control.evictObjects();
    }
  }

  /** Objects are constructed anew when what they have stored is brought back. */
  snapshotStorage(): () => Promise<void> {
    const number = takeSnapshot(this.instance);
    const restore = async () => {
      for (const worker of this.#workers) if (worker.isBegun) (await worker.lane()).control.evictObjects();
      const answer = restoreSnapshot(this.instance, number);
      // Loaded when storage answers later.
      if (typeof answer !== "number") return;
      const { later } = require("../binding/later.ts") as typeof import("../binding/later.ts");
      await later(answer);
    };
    snapshots.register(restore, { instance: this.instance, number });
    return restore;
  }

  /** The mount that a request for this URL is for, by the routes; the main worker when there is none. */
  workerFor(url: string | URL): Worker {
    if (this.isEmpty) return this.main;
    return this.#named(this.#router.match(new URL(url))) ?? this.main;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    // The main worker waits for its mounts to start.
    for (const mount of this.#mounts.values()) mount.breakOff();
    await this.main.dispose();
    for (const [name, worker] of [...this.#mounts]) await this.#unmount(name, worker);
    if (this.#instance !== undefined) closeInstance(this.#instance);
    this.#instance = undefined;
  }
}

function classConflict(binding: string, ...two: Home[]): DurableObjectError {
  const [one, other] = two.map(({ className, home: { name } }) => {
    return `class "${className}" of ${name === undefined ? "the main worker" : `"${name}"`}`;
  });
  return new DurableObjectError(
    "ERR_CLASS_CONFLICT",
    `Durable Object "${binding}" is bound to ${one} and to ${other}.\n` +
      "Objects of one name share ids and storage: use two names, or bind one class, by its scriptName where it is another worker's.",
  );
}

/** A mount's lines are marked with its name, in a log of our own making. */
function mountLog(log: GivenLog, name: string): GivenLog {
  return Object.getPrototypeOf(log) === Log.prototype ? (log as Log).withSuffix(name) : log;
}

export { Group };
