// What a room says of its half in the worker's realm, once: its descriptor, a row of `rooms.ts`.

import type { Kind } from "../membrane/kinds.ts";
import type { EventKind } from "ext:miniflare/worker/event-kind.ts";

type Fetch = (input: RequestInfo | URL, init?: RequestInit | null) => Promise<Response>;

/** A room's descriptor: its name, and what the room has of the others. */
export interface Room {
  readonly name: string;
  /** Takes what `start` was given, of which a room knows its part, and returns its bindings. */
  bind?(settings: never): Iterable<[name: string, value: unknown]>;
  /** `[specifier, text]` of modules that a script can import, each with the text as its default export. */
  modules?(settings: never): Iterable<[specifier: string, text: string]>;
  /**
   * The built-in modules that a script can import or require, by specifier: each returns its exports by name, or undefined if
   * this worker has no such module. Called once, when a script imports the specifier first.
   */
  readonly builtins?: Record<string, () => object | undefined>;
  /** The same for a room with many: the exports of the module with this specifier, if there is one. */
  findBuiltin?(specifier: string): object | undefined;
  /** Names of bindings that a module may look for among the globals, where they are not. */
  readonly lookedFor?: readonly string[];
  /** The kinds of events that the worker has handlers for. */
  readonly events?: readonly EventKind[];
  /** The settings of a worker that uses nothing of the room, for the warm-up. */
  readonly empty?: object;
  /** Globals. */
  readonly functions?: object;
  /** Globals whose value is made when it is asked for. */
  readonly getters?: Record<string, () => unknown>;
  /** Names of globals by the lazy script that they are exports of. */
  readonly lazyGlobals?: Record<string, string[]>;
  /** Calls of Node's side that are no operations of the membrane, by their numbers in `CALL`. */
  readonly calls?: Record<number, (...args: never[]) => void>;
  /** What Node's side may call. */
  readonly control?: object;
  /** Rows of objects that cross the membrane. */
  readonly kinds?: readonly Kind[];
  /** The response, or a promise of it, of what an event is for besides the worker itself. */
  fetchTarget?(target: never, request: Request): unknown;
}

/** What rooms have together: of functions, those that the assembly itself calls. */
export type Parts = Required<Omit<Room, "functions">> & { functions: { fetch: Fetch } };
export type FetchTarget = { fetchTarget(target: unknown, request: Request): unknown };
