// What a lane is given: its limits, and what it asks of its worker and of rooms.

import type { Membrane } from "../../membrane/membrane.ts";
import type { ObjectParts } from "../../worker/contract.ts";
import type { WireValue } from "../binding/exports.d.ts";
import type { LaneCounts } from "../coverage/lane-counts.ts";
import type { RequestParts } from "../http/http-request.ts";
import type { Response } from "../http/http-response.ts";
import type { InspectedLane } from "../inspector/target.ts";
import type { Worker } from "./instance-worker.ts";
import type { Lane } from "./lane.ts";

/** What stops a worker. */
export interface LaneLimits {
  /** CPU time of a turn, in milliseconds. */
  cpuLimitMs: number;
  /** Memory, in MiB. */
  heapLimitMb: number;
}

/** What a room does for a lane. */
export interface RoomHooks {
  /** Answers the host calls of the room, by their numbers in `HOST`. */
  calls?: Readonly<Record<number, (args: WireValue[], membrane: Membrane, lane: Lane) => WireValue>>;
  /** Answers a request in the worker's place; undefined if it is for the worker. Such a worker needs no script. */
  front?(request: RequestParts): Promise<Response> | undefined;
  /** Services that the worker binds and that Node answers, by the names of their bindings. */
  services?: Readonly<Record<string, (request: RequestParts) => Promise<Response>>>;
  /** What the worker binds of Node's objects, by name; the option `bindings` takes precedence. */
  bindings?: Readonly<Record<string, unknown>>;
  /** Called when the lane ends, with the code of the reason. */
  end?(code: string): void;
}

/** What a lane asks of the worker that it is of. */
export interface LaneHooks {
  owner: Worker;
  warn(text: string): void;
  /** Called with an error that the worker has not caught. */
  unhandled(error: unknown): void;
  /** Told that the lane was stopped. */
  condemned(lane: Lane): void;
  /** Answers what the worker asks of other workers: of a service, by its binding, or of an object. */
  fetch(target: string | ObjectParts, request: RequestParts): Promise<globalThis.Response>;
  rooms: readonly RoomHooks[];
  /** Takes the counts of what runs, if there are any. */
  coverage: LaneCounts | undefined;
  /** What debuggers see of the lane, if they may connect. */
  inspector: InspectedLane | undefined;
}
