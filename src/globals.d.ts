// What the realm has beside the global scope of workers: deno_core's own way to its parts, until a worker starts.

declare var __bootstrap: object | undefined;

/** Starts an isolate: returns what Rust calls. Called with false while the snapshot is made. */
declare var __boot: ((isStart: boolean) => unknown[] | undefined) | undefined;
declare var Deno: object | undefined;

/** Written by `scripts/bundle.mjs`. */
declare module "ext:miniflare/worker/own.js";
