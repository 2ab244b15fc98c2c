// The rooms, as Node knows them.

import * as cache from "../cache/node/cache-room.ts";
import * as durable from "../durable/node/durable-room.ts";
import * as kv from "../kv/node/kv-room.ts";
import * as web from "../web/node/web-room.ts";
import type { Kind } from "../membrane/kinds.js";
import type { Inside } from "./instance/inside.ts";

/** What a room adds to Node's half. */
export interface NodeRoom {
  /** Methods of `Miniflare`. They get what they may ask of the instance before the arguments that they are called with. */
  readonly methods?: Readonly<Record<string | symbol, (inside: Inside, ...args: never[]) => unknown>>;
  /** Kinds of objects that cross the membrane. */
  readonly kinds?: readonly Kind[];
}

const rooms: readonly NodeRoom[] = [web, cache, durable, kv];

/** The methods that rooms add for users; each is in the contract. */
export type MethodsOfRooms = typeof cache.methods & typeof durable.methods & typeof kv.methods;
export type RoomMethods = Extract<keyof MethodsOfRooms, string>;

export { rooms };
