// `HTMLRewriter` in a worker: a lazy script (`bundle.ts`).

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/html/bundle.ts": typeof import("./bundle.ts");
  }
}

export const room = { name: "html", lazyGlobals: { "ext:miniflare/html/bundle.ts": ["HTMLRewriter"] } };
