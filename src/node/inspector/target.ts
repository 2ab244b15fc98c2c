// A worker as debuggers see it: one target, whichever isolate the worker runs in at the time.

import { binding, waiting } from "../binding/binding.ts";
import type { WireValue } from "../binding/exports.d.ts";
import type { ClientSession } from "./client-session.ts";
import type { TargetInfo } from "./wire.ts";

/** Methods that leave a pause which is none of the worker's. If debuggers want different ones, the first of these. */
const WAYS = ["Debugger.stepInto", "Debugger.stepOut", "Debugger.resume"] as const;
export type WayOut = (typeof WAYS)[number];

/** What a target needs of the server. */
export interface TargetHost {
  /** Tells the server of the target, and of the number of the inspector that it has now. */
  announce(target: Target): void;
  /** Takes what clients have sent. */
  drain(): void;
  /** The same until the function returns false; waits in between. */
  drainWhile(goesOn: () => boolean): void;
}

export class Target {
  readonly info: TargetInfo;
  /** By which other threads interrupt the worker. */
  inspector: number | undefined;

  #host: TargetHost;
  #lane: InspectedLane | undefined;
  #sessions = new Map<number, ClientSession>();
  /** Resolves when a debugger lets the worker run; undefined unless the worker waits for that. */
  #run: ((session: number | undefined) => void) | undefined;
  /** The message of an error whose exceptions pause the worker, whatever debuggers want. */
  #error: string | undefined;
  #whenUndebugged: (() => void)[] = [];

  constructor(info: TargetInfo, host: TargetHost) {
    this.info = info;
    this.#host = host;
    host.announce(this);
  }

  get host(): TargetHost {
    return this.#host;
  }

  /** The next lane of the worker. */
  lane(): InspectedLane {
    return new InspectedLane(this);
  }

  connect(session: ClientSession): void {
    this.#sessions.set(session.number, session);
    if (this.#error !== undefined) session.pauseAt(this.#error);
    if (this.#lane !== undefined) session.attach(this.#lane.id);
  }

  disconnect(session: ClientSession): void {
    if (this.#sessions.delete(session.number)) session.detach();
    if (this.#sessions.size === 0) for (const resolve of this.#whenUndebugged.splice(0)) resolve();
  }

  /** Resolves when no debugger is connected; calls back if one is. */
  async undebugged(waits: () => void): Promise<void> {
    if (this.#sessions.size === 0) return;
    waits();
    waiting(1);
    await new Promise<void>((resolve) => this.#whenUndebugged.push(resolve));
    waiting(-1);
  }

  /** The lane has an isolate, in which nothing of the worker has been compiled yet. */
  begin(lane: InspectedLane): void {
    this.#lane = lane;
    this.inspector = binding.inspectorNumber(lane.id) ?? undefined;
    this.#host.announce(this);
    for (const session of this.#sessions.values()) session.attach(lane.id);
  }

  end(lane: InspectedLane): void {
    if (this.#lane !== lane) return;
    for (const session of this.#sessions.values()) session.detach();
    this.#lane = undefined;
    this.inspector = undefined;
    this.#host.announce(this);
  }

  /** Goes on from a pause that is none of the worker's, or shows it to debuggers; whether it is shown. */
  pause(): boolean {
    const sessions = [...this.#sessions.values()];
    const ways = sessions.map((session) => session.wayOut());
    const way = WAYS.find((method) => ways.includes(method));
    if (way === undefined) {
      for (const session of sessions) session.showPause();
      return true;
    }
    for (const session of sessions) session.hidePause();
    sessions[ways.indexOf(way)].goOn(way);
    return false;
  }

  /** Lets a paused worker go on, for good. */
  leave(): void {
    this.ran(undefined);
    for (const session of this.#sessions.values()) session.detach();
  }

  answered(lane: InspectedLane, session: number, text: string): void {
    this.#sessions.get(session)?.answered(lane.id, text);
  }

  /** Waits until a debugger lets the worker run; `pauses` it at its first statement then. */
  async untilRun(pauses: boolean): Promise<void> {
    waiting(1);
    try {
      const session = await new Promise<number | undefined>((resolve) => {
        this.#run = resolve;
      });
      if (session !== undefined && pauses) this.pauseNext([session]);
    } finally {
      waiting(-1);
    }
  }

  /** Pauses the worker at the next statement that it runs, by some sessions. */
  pauseNext(by: Iterable<number> = this.#sessions.keys()): void {
    const lane = this.#lane;
    if (lane === undefined) return;
    for (const session of by) {
      this.#sessions.get(session)?.awaitPause();
      binding.inspectorPauseNext(lane.id, session);
    }
  }

  /** Pauses the worker at each exception that has this message. */
  pauseAt(message: string): void {
    this.#error = message;
    for (const session of this.#sessions.values()) session.pauseAt(message);
  }

  /** A debugger has set what it wants to, by its session; or nothing is to wait for one any more. */
  ran(session: number | undefined): void {
    this.#run?.(session);
    this.#run = undefined;
  }
}

/** What a lane calls of its target. */
export class InspectedLane {
  /** The number of the lane. */
  id = 0;
  #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** How debuggers call the isolate. */
  get name(): string {
    return this.#target.info.title;
  }

  begin(id: number): void {
    this.id = id;
    this.#target.begin(this);
  }

  /** Called while the worker is paused; it goes on when this returns. */
  paused(): void {
    if (this.#target.pause()) this.#target.host.drainWhile(() => binding.inspectorIsPaused(this.id));
  }

  interrupted(): void {
    this.#target.host.drain();
  }

  /** Takes `[session, text]`, which V8 says to a debugger. */
  answered([session, text]: WireValue[]): void {
    this.#target.answered(this, session as number, text as string);
  }

  end(): void {
    this.#target.end(this);
  }
}
