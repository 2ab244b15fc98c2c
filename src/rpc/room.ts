// RPC in a worker. Nearly all of it is a lazy script (`bundle.ts`), which is loaded once a script imports `cloudflare:workers`.

import { load } from "ext:miniflare/realm/lazy.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/rpc/bundle.ts": typeof import("./bundle.ts");
  }
}

const bundle = () => load("ext:miniflare/rpc/bundle.ts");

export const room = {
  name: "rpc",
  builtins: { "cloudflare:workers": () => bundle().workersModule },
};
