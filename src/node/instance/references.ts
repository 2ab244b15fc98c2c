// References of code in Node to something in a worker that end when that code disposes of them: stubs of RPC. While they are
// watched, each is known with the place in the code that got it, until it is disposed of. One that was collected without having
// been disposed of stays known, as whether it is collected depends on memory.

import type { AsyncLocalStorage } from "node:async_hooks";

/** Where code stood: the stack of that moment. */
export interface Place {
  stack?: string;
}

const FRAMES = 24;

/** The place of the call that a result is of. There while references are watched. */
let calls: AsyncLocalStorage<Place> | undefined;
let watchers = 0;
const held = new Map<object, Place>();

function here(): Place {
  const place: Place = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(place, here);
  Error.stackTraceLimit = stackTraceLimit;
  return place;
}

/** Watches references until the function that is returned is called. The last one that ends forgets them. */
export function watchReferences(): () => void {
  const { AsyncLocalStorage } = require("node:async_hooks") as typeof import("node:async_hooks");
  calls ??= new AsyncLocalStorage<Place>();
  watchers++;
  return () => {
    if (--watchers > 0) return;
    calls?.disable();
    calls = undefined;
    held.clear();
  };
}

/** What the room of RPC tells of its stubs. */
export const references = {
  made(reference: object): void {
    if (calls !== undefined) held.set(reference, calls.getStore() ?? here());
  },
  disposed(reference: object): void {
    held.delete(reference);
  },
  /** A call whose result may hold references, to be made later by the code that asks for it now. */
  call<Result>(work: () => Result): () => Result {
    if (calls === undefined) return work;
    const [store, place] = [calls, here()];
    return () => store.run(place, work);
  },
};

/** The stacks of the code that got what was not disposed of. */
export const undisposed = (): string[] => [...held.values()].map(({ stack }) => String(stack ?? ""));
