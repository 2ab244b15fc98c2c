// The rooms, as Node knows them.

import * as cache from "../cache/node/cache-room.ts";
import * as cloud from "../cloud/node/cloud-room.ts";
import * as d1 from "../d1/node/d1-room.ts";
import * as durable from "../durable/node/durable-room.ts";
import * as email from "../email/node/email-room.ts";
import * as html from "../html/node/html-room.ts";
import * as kv from "../kv/node/kv-room.ts";
import * as pending from "../pending/node/pending-room.ts";
import * as queues from "../queues/node/queues-room.ts";
import * as r2 from "../r2/node/r2-room.ts";
import * as rpc from "../rpc/node/rpc-room.ts";
import * as tail from "../tail/node/tail-room.ts";
import * as web from "../web/node/web-room.ts";
import * as websocket from "../websocket/node/websocket-room.ts";
import type { RemoteCall } from "./instance/remote.ts";
import type { Kind } from "../membrane/kinds.ts";
import type { Operations } from "../wire.ts";
import type { Control, ObjectParts } from "../worker/contract.ts";
import type { Group } from "./instance/group.ts";
import type { Inside } from "./instance/inside.ts";
import type { Worker } from "./instance/instance-worker.ts";

/** What a room adds to Node's half. */
export interface NodeRoom {
  /** Methods of `Miniflare`. They get what they may ask of the instance before the arguments that they are called with. */
  readonly methods?: Readonly<Record<string | symbol, (inside: Inside, ...args: never[]) => unknown>>;
  /** What is counted of the operations on its bindings. */
  readonly usage?: Operations;
  /** Kinds of objects that cross the membrane. */
  readonly kinds?: readonly Kind[];
  /** A member of what is reached by calls, such as an object: the room's by which methods are called from Node. */
  member?(call: RemoteCall, name: string): unknown;
  /** Globals of test environments, made when a test looks at one, by the enabled compatibility flags. */
  readonly testGlobals?: Readonly<Record<string, (flags: readonly string[]) => unknown>>;
  /** Checks, once all scripts have run, that what the workers of an instance bind fits together. */
  check?(group: Group): void;
  /** Gives a script that has run what the workers of its group bind of it. */
  bind?(group: Group, script: Worker): void;
  /** The worker that a target within `worker` lives in. */
  home?(group: Group, worker: Worker, target: ObjectParts): Worker;
  /** Drops what a worker keeps of stored data, before the data is replaced. */
  forget?(control: Control): void;
  /** Ends at once what a worker does with stored data, before all of it is deleted. */
  reset?(control: Control): void;
  /** Deletes what the room remembers of an instance in Node, once all that is stored has been deleted. */
  cleared?(group: Group): void;
}

const rooms: readonly NodeRoom[] = [
  web,
  cache,
  d1,
  durable,
  html,
  kv,
  queues,
  r2,
  rpc,
  websocket,
  cloud,
  email,
  tail,
  pending,
];

/** The methods that rooms add for users; each is in the contract. */
export type MethodsOfRooms = typeof cache.methods &
  typeof d1.methods &
  typeof durable.methods &
  typeof kv.methods &
  typeof queues.methods &
  typeof r2.methods &
  typeof rpc.methods &
  typeof web.methods &
  typeof cloud.methods &
  typeof email.methods &
  typeof tail.methods &
  typeof pending.methods;
export type RoomMethods = Extract<keyof MethodsOfRooms, string>;

export { rooms };
