// The rooms in the worker's realm, by their descriptors; nothing else of the assembly names a room. `rooms.rs` is the same list
// in Rust.

import { room as cache } from "ext:miniflare/cache/room.ts";
import { room as durable } from "ext:miniflare/durable/room.ts";
import { room as fetch } from "ext:miniflare/fetch/room.ts";
import { room as kv } from "ext:miniflare/kv/room.ts";
import { room as mock } from "ext:miniflare/mock/room.ts";
import { room as web } from "ext:miniflare/web/room.ts";
import type { Kind } from "../membrane/kinds.ts";

/** A room's descriptor: its name, and what the room has of the others. */
interface Room {
  readonly name: string;
  /** Takes what `start` was given, of which a room knows its part, and returns its bindings. */
  bind?(settings: never): Iterable<[name: string, value: unknown]>;
  /** The settings of a worker that uses nothing of the room, for the warm-up. */
  readonly empty?: object;
  /** Globals. */
  readonly functions?: object;
  /** Globals whose value is made when it is asked for. */
  readonly getters?: Record<string, () => unknown>;
  /** Names of globals by the lazy script that they are exports of. */
  readonly lazyGlobals?: Record<string, string[]>;
  /** What Node's side may call. */
  readonly control?: object;
  /** Rows of objects that cross the membrane. */
  readonly kinds?: readonly Kind[];
  /** The response, or a promise of it, of what an event is for besides the worker itself. */
  fetchTarget?(target: never, request: Request): unknown;
}

/** In the order in which they bind: of two bindings with one name, the later room's is there. */
export const rooms: readonly Room[] = [web, fetch, mock, cache, kv, durable];

/** What rooms have together: of functions, those that the assembly itself calls. */
type Parts = Required<Omit<Room, "functions">> & { functions: (typeof fetch)["functions"] };
type FetchTarget = { fetchTarget(target: unknown, request: Request): unknown };

/** What the rooms have under a name of their descriptors, in one object. */
export const ofRooms = <Part extends keyof Room>(part: Part): Parts[Part] =>
  Object.assign({}, ...rooms.map((room) => room[part]));

export const { fetchTarget }: FetchTarget = Object.assign({}, ...rooms);
