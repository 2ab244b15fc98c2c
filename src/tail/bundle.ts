// What a worker does for tails: a lazy script of its own.

export { itemsOf } from "ext:miniflare/tail/items.ts";
export { record } from "ext:miniflare/tail/tracer.ts";
