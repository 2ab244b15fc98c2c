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

export { outside };
