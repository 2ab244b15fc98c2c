// One worker of an instance, as its options let debuggers find it.

import { Inspector } from "./inspector.ts";
import type { Log, MiniflareOptions } from "../../../index.d.ts";
import type { Ending } from "../replay/recorded-run.ts";
import type { InspectedLane, Target } from "./target.ts";

type InspectorOptions = Pick<MiniflareOptions, "inspectorPort" | "inspectorHost" | "inspectorBreak">;

/** Only programs of this machine can connect, unless the user says something else. */
const LOOPBACK = "127.0.0.1";
/** What an instance's only worker is called if it has no name. */
const UNNAMED = "worker";

export class InspectedWorker {
  #place: string;
  #inspector: Inspector;
  #target: Target;
  #breaks: boolean;
  #isReady = false;

  private constructor(place: string, inspector: Inspector, target: Target, breaks: boolean) {
    this.#place = place;
    this.#inspector = inspector;
    this.#target = target;
    this.#breaks = breaks;
  }

  /**
   * Lets debuggers find a worker as these options say.
   * @param before how they have found it so far, which stays if the options say the same
   * @param file of its script
   */
  static async open(
    before: InspectedWorker | undefined,
    options: InspectorOptions,
    name: string | undefined,
    file: string | undefined,
    log: Log,
  ): Promise<InspectedWorker> {
    const { inspectorHost = LOOPBACK, inspectorPort = 0, inspectorBreak = false } = options;
    const place = `${inspectorHost} ${inspectorPort} ${name}`;
    if (before !== undefined && before.#place === place) return before;
    const inspector = await Inspector.at(inspectorHost, inspectorPort, log);
    const target = inspector.add(name ?? UNNAMED, file);
    // The server stays where it is.
    await before?.close();
    return new InspectedWorker(place, inspector, target, inspectorBreak);
  }

  /** Where debuggers connect to the worker. */
  get url(): URL {
    return this.#inspector.urlOf(this.#target);
  }

  /** What the next lane of the worker tells debuggers. */
  lane(): InspectedLane {
    return this.#target.lane();
  }

  /**
   * Waits for a debugger before the script first starts, if the options say so.
   * @param ending where a replay ends in the debugger
   */
  async ready(ending: Ending | undefined): Promise<void> {
    if (this.#isReady) return;
    this.#isReady = true;
    const target = this.#target;
    if (this.#breaks || ending !== undefined) await target.untilRun(this.#breaks);
    if (ending === undefined) return;
    if (ending.failure === undefined) ending.whenLast(() => target.pauseNext());
    else target.pauseAt(ending.failure);
  }

  /** Resolves when no debugger is connected; calls back if one is. */
  undebugged(waits: () => void): Promise<void> {
    return this.#target.undebugged(waits);
  }

  /** Ends that wait, and any pause. */
  breakOff(): void {
    this.#target.leave();
  }

  async close(): Promise<void> {
    this.breakOff();
    await this.#inspector.remove(this.#target);
  }
}
