// Passes what is recorded of an event on to the tails of its worker, once the turn is over in which it has ended.

import type { Worker } from "../../node/instance/instance-worker.ts";
import type { TraceFields } from "../../wire.ts";

export interface Consumer {
  worker: Worker;
  entrypoint?: string | undefined;
  props?: unknown;
}

/** The name that a worker has on the way of an item. */
const known = ({ name }: Worker) => name ?? "";

/**
 * Passes an item on. One of a tail does not come back to a worker that it has come from: workers that are tails of each other, or
 * of themselves, would never end.
 */
export async function passOn(item: TraceFields, from: Worker, consumers: readonly Consumer[]): Promise<void> {
  const { path: way, ...event } = item.event as { path?: string[] };
  const path = way === undefined ? [] : [...way, known(from)];
  const passed: TraceFields = { ...item, scriptName: from.name ?? null, event };
  // The worker's turn ends first.
  await undefined;
  for (const consumer of consumers)
    if (!path.includes(known(consumer.worker))) void deliver(passed, consumer, from, path);
}

async function deliver(item: TraceFields, { worker, entrypoint, props }: Consumer, from: Worker, path: string[]) {
  try {
    const { control } = await worker.lane();
    const way = path.length === 0 ? [known(from)] : path;
    await control.tail([item], { entrypoint, props, path: way });
  } catch (error) {
    if (!worker.isDisposed) worker.report(error);
  }
}
