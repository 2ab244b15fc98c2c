// How Node calls methods of what lives in workers: the room that says so is found by its descriptor, since rooms do not know
// each other.

import { rooms } from "../rooms.ts";

/** Calls or reads, without a message of arguments, the member at a path. */
export type RemoteCall = (path: readonly string[], message: object | undefined) => Promise<object>;

/** A member, which can be called, awaited and followed. */
export function remoteMember(call: RemoteCall, name: string): unknown {
  return rooms.find(({ member }) => member !== undefined)?.member?.(call, name);
}
