// WebAssembly in a realm: what belongs to it (`wasm.ts`) is loaded once a worker speaks of it.

import { load } from "ext:miniflare/realm/lazy.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/web/bundle.ts": typeof import("./bundle.ts");
  }
}

const bundle = () => load("ext:miniflare/web/bundle.ts");

export const feedCompiler = (source: unknown, compilation: number) => bundle().feedCompiler(source, compilation);

/**
 * Has errors about memories that are too large name the limit, once the worker speaks of WebAssembly. That is in no
 * snapshot: V8 adds it to each new realm.
 */
export function explainMemory() {
  const global = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly");
  if (global === undefined) return;
  const set = (value: unknown) => Object.defineProperty(globalThis, "WebAssembly", { ...global, value });
  const get = () => {
    set(global.value);
    bundle().explain(global.value);
    return global.value;
  };
  Object.defineProperty(globalThis, "WebAssembly", { get, set, configurable: true, enumerable: false });
}
