// Sockets in a worker: the module `cloudflare:sockets`, a lazy script (`bundle.ts`).

import { provideConnections } from "ext:miniflare/realm/connections.ts";
import { load } from "ext:miniflare/realm/lazy.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/sockets/bundle.ts": typeof import("./bundle.ts");
  }
}

const bundle = () => load("ext:miniflare/sockets/bundle.ts");

provideConnections((...args) => bundle().connect(...args));

export const room = {
  name: "sockets",
  builtins: { "cloudflare:sockets": () => ({ connect: bundle().connect }) },
};
