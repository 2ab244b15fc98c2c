// Items of a tail as events of the worker.

import { moduleEvent } from "ext:miniflare/web/module-event.ts";

export const room = { name: "tail", events: [moduleEvent<unknown[]>("tail", "Tails")] };
