// Tails in the worker's realm: items as events of the worker, and what is recorded of its own events, a lazy script (`bundle.ts`).

import { load } from "ext:miniflare/realm/lazy.ts";
import { moduleEvent } from "ext:miniflare/web/module-event.ts";
import type { TailTarget, TellEvent, TraceFields } from "../wire.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/tail/bundle.ts": typeof import("./bundle.ts");
  }
}

const bundle = () => load("ext:miniflare/tail/bundle.ts");

/** The items for a handler, and where those that were recorded go. */
interface Given {
  items: object[];
  target: TailTarget | undefined;
}

const TAIL = {
  ...moduleEvent<Given>("tail", "Tails"),
  from: (items: object[], target?: TailTarget): Given =>
    target === undefined ? { items, target } : { items: bundle().itemsOf(items as TraceFields[]), target },
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
    /** Records events from now on. */
    recordEvents: (tell: TellEvent) => bundle().record(tell),
  },
};
