// Tails in the worker's realm: items as events of the worker, and what is recorded of its own events.

import { itemsOf } from "ext:miniflare/tail/items.ts";
import { record } from "ext:miniflare/tail/tracer.ts";
import { moduleEvent } from "ext:miniflare/web/module-event.ts";
import type { TailTarget, TraceFields } from "../wire.ts";

/** The items for a handler, and where those that were recorded go. */
interface Given {
  items: object[];
  target: TailTarget | undefined;
}

const TAIL = {
  ...moduleEvent<Given>("tail", "Tails"),
  from: (items: object[], target?: TailTarget): Given =>
    target === undefined ? { items, target } : { items: itemsOf(items as TraceFields[]), target },
  make: ({ items }: Given) => items,
  entrypointOf: ({ target }: Given) => target,
  traced: ({ items, target }: Given) => ({
    consumedEvents: items.map((item) => ({ scriptName: (item as { scriptName?: unknown }).scriptName ?? null })),
    path: target?.path,
  }),
};

export const room = {
  name: "tail",
  events: [TAIL],
  control: {
    /** Records events from now on, each of which `send` is called with once it is over. */
    recordEvents: (send: (item: TraceFields) => void) => record(send),
  },
};
