// What the classes of rooms are over in Node, where the worker's are over the context of a request.

import { later } from "./later.ts";
import type { WireValue } from "./exports.d.ts";

/** What a room does around what it asks of the addon. */
export interface RoomContext {
  begin(): void;
  depart(): undefined;
  advance(): undefined;
  /** Awaits what a call answered with a number. */
  later(number: number): Promise<WireValue>;
}

/** Calls from outside a request are not counted as subrequests, wait for no gate and advance no request's time. */
const outside: RoomContext = { begin() {}, depart: () => undefined, advance: () => undefined, later };

/** Calls of the addon, which take the number of an instance first. */
type OfInstance<Calls> = {
  [Name in keyof Calls]: Calls[Name] extends (...args: infer Args) => infer Answer
    ? (instance: number, ...args: Args) => Answer
    : never;
};

/**
 * What the classes of a room are over in Node: the context of `outside`, and the calls of an instance.
 * @param instance gives its number; it throws when the instance is disposed of
 */
function roomBackend<Calls extends object>(instance: () => number, calls: OfInstance<Calls>): RoomContext & Calls {
  const named = Object.entries(calls) as [string, (instance: number, ...args: unknown[]) => unknown][];
  const bound = named.map(([name, call]) => [name, (...args: unknown[]) => call(instance(), ...args)]);
  return { ...outside, ...(Object.fromEntries(bound) as Calls) };
}

export { outside, roomBackend };
