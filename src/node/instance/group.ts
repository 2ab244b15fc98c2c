// The workers of one instance: the main one and its mounts, by name. They share a clock, storage and a log, and reach each
// other through this: as services, by routes, and as rooms connect them.

import { disposed, MiniflareCoreError, OptionsError } from "../errors.ts";
import {
  clearStores,
  closeInstance,
  forgetSnapshot,
  openInstance,
  restoreSnapshot,
  settleStores,
  takeSnapshot,
} from "../binding/binding.ts";
import { Log } from "../log/log.ts";
import { places } from "../options/persist.ts";
import { rooms } from "../rooms.ts";
import { Router } from "./router.ts";
import { checkServices, notMounted, workerName } from "./services.ts";
import { soon } from "./soon.ts";
import { Worker } from "./instance-worker.ts";
import type { Log as GivenLog, MiniflareOptions, ServiceBinding } from "../../../index.d.ts";
import type { Control, ObjectParts } from "../../worker/contract.ts";
import type { RecordedRun } from "../replay/recorded-run.ts";
import type { Clock } from "./clock.ts";

/** A snapshot is dropped when the function that restores it is collected. */
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
  /** While a run is recorded or replayed. */
  run: RecordedRun | undefined;
  #runOf: string | undefined;

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

  get workers(): Worker[] {
    return [this.main, ...this.#mounts.values()];
  }

  /** The worker with this name; undefined without a name, or when there is none. */
  named(name: string | undefined): Worker | undefined {
    if (name === undefined) return undefined;
    return this.#mounts.get(name) ?? (name === this.main.name ? this.main : undefined);
  }

  /** Loads a worker from scratch: the main one with all its mounts. */
  reload(worker: Worker, announced: boolean, rebuild: boolean): Promise<void> {
    return worker === this.main ? this.load(announced, rebuild) : this.#loadMount(worker, announced, rebuild);
  }

  async load(announced?: boolean, rebuild = false): Promise<void> {
    await this.main.prepare(rebuild);
    this.#openRun();
    settleStores(this.instance, places(this.main.options));
    await this.#loadMounts(rebuild);
    await this.#runMain(announced);
  }

  #openRun(): void {
    const { simulate } = this.main.options;
    // A reload goes on with the same run.
    const key = JSON.stringify(simulate);
    if (key === this.#runOf) return;
    this.#runOf = key;
    this.run?.close();
    this.run = undefined;
    if (simulate === undefined || !("replay" in simulate || "record" in simulate)) return;
    if ("pause" in simulate && simulate.pause && this.main.options.inspectorPort === undefined) {
      const text = 'The option "simulate.pause" needs an inspector. Set the option "inspectorPort" as well.';
      throw new OptionsError("ERR_INVALID_OPTION", text);
    }
    const { RecordedRun } = require("../replay/recorded-run.ts") as typeof import("../replay/recorded-run.ts");
    this.run = new RecordedRun(simulate, this.main.given, this.clock, () => this.instance);
  }

  /** Starts the simulation of a worker whose options ask for it, and of all workers while a run is recorded or replayed. */
  startSimulation(control: Control, { simulate }: MiniflareOptions): void {
    if (this.run !== undefined) this.run.start(control);
    else if (simulate !== undefined && "seed" in simulate) control.simulate(simulate.seed, soon);
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
    for (const worker of this.workers) checkServices(worker.options, names, worker.log);
    for (const [name, { options, log }] of this.#mounts) {
      const { warnOfPlaces } = require("./mounts.ts") as typeof import("./mounts.ts");
      warnOfPlaces(name, options, this.main.options, log);
    }
    for (const room of rooms) room.check?.(this);
    for (const worker of this.workers) this.#bind(worker);
  }

  #route(): void {
    for (const [name, { options }] of this.#mounts) {
      if (options.name === undefined || options.name === name) continue;
      const text = `Mounted name "${name}" must match service name "${options.name}"`;
      throw new MiniflareCoreError("ERR_MOUNT_NAME_MISMATCH", text);
    }
    const routed = this.workers.flatMap(({ name, options }): [string, string[]][] =>
      name === undefined ? [] : [[name, options.routes ?? []]],
    );
    this.#router.update(routed);
    if (this.isEmpty) return;
    const { routes } = this.#router;
    this.main.log.debug(`Mount Routes:${routes.length === 0 ? " <none>" : ""}`);
    for (const [index, { route, target }] of routes.entries())
      this.main.log.debug(`${index + 1}. ${route} => ${target}`);
  }

  /** Gives a script what the other workers ask of it. */
  #bind(script: Worker): void {
    for (const room of rooms) room.bind?.(this, script);
  }

  /** The worker that a target within `worker`, such as a Durable Object, lives in. */
  home(worker: Worker, target: ObjectParts): Worker {
    for (const room of rooms) if (room.home !== undefined) return room.home(this, worker, target);
    return worker;
  }

  /** The worker that a service binding stands for. */
  service(binding: string, service: ServiceBinding | undefined): Worker {
    const worker = this.named(workerName(service));
    if (worker === undefined) throw notMounted(binding, service);
    return worker;
  }

  /** Simulates with this seed from now on; objects are constructed again, so that the same seed gives the same run. */
  async simulate(seed: number): Promise<void> {
    await this.run?.choose(seed);
    for (const worker of this.workers) {
      if (this.run === undefined) worker.configure({ simulate: { seed } });
      const { control } = await worker.lane();
      this.startSimulation(control, { simulate: { seed } });
      forget(control);
    }
  }

  /** Objects are constructed again when their storage is restored. */
  snapshotStorage(): () => Promise<void> {
    const number = takeSnapshot(this.instance);
    const restore = async () => {
      for (const control of await this.#controls()) forget(control);
      await answered(restoreSnapshot(this.instance, number));
    };
    snapshots.register(restore, { instance: this.instance, number });
    return restore;
  }

  /** Deletes all that is stored. Objects are reset first. */
  async reset(): Promise<void> {
    const controls = await this.#controls();
    for (const room of rooms) for (const control of controls) room.reset?.(control);
    controls.forEach(forget);
    await answered(clearStores(this.instance));
    for (const room of rooms) room.cleared?.(this);
  }

  /** Those of the workers that are loaded. */
  async #controls(): Promise<Control[]> {
    const controls: Control[] = [];
    for (const worker of this.workers) {
      if (worker.isBegun) await worker.settled();
      if (worker.control !== undefined) controls.push(worker.control);
    }
    return controls;
  }

  /** The mount that a request for this URL is for, by the routes; the main worker when there is none. */
  workerFor(url: string | URL): Worker {
    if (this.isEmpty) return this.main;
    return this.named(this.#router.match(new URL(url))) ?? this.main;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    // The main worker waits for its mounts to start.
    for (const mount of this.#mounts.values()) mount.breakOff();
    await this.main.dispose();
    for (const [name, worker] of [...this.#mounts]) await this.#unmount(name, worker);
    this.run?.close();
    if (this.#instance !== undefined) closeInstance(this.#instance);
    this.#instance = undefined;
  }
}

/** Drops what rooms keep in a worker of stored data, which is about to be replaced. */
function forget(control: Control): void {
  for (const room of rooms) room.forget?.(control);
}

/** Waits for an answer of storage, which may come later. */
async function answered(answer: ReturnType<typeof clearStores>): Promise<void> {
  if (typeof answer !== "number") return;
  const { later } = require("../binding/later.ts") as typeof import("../binding/later.ts");
  await later(answer);
}

/** A mount's lines are marked with its name, in a log of our own making. */
function mountLog(log: GivenLog, name: string): GivenLog {
  return Object.getPrototypeOf(log) === Log.prototype ? (log as Log).withSuffix(name) : log;
}

export { Group };
