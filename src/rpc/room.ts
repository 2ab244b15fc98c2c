// RPC in a worker. Nearly all of it is a lazy script (`bundle.ts`), which is loaded once a script imports `cloudflare:workers`,
// or a member of a service or an object is used.

import { load } from "ext:miniflare/realm/lazy.ts";
import { live } from "ext:miniflare/realm/port.ts";
import { provideRemote } from "ext:miniflare/realm/remote.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { callElsewhereWith } from "ext:miniflare/rpc/elsewhere.ts";
import { messageKind } from "ext:miniflare/rpc/message.ts";
import { ExecutionContext } from "ext:miniflare/web/events.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/rpc/bundle.ts": typeof import("./bundle.ts");
  }
}

type Bundle = typeof import("./bundle.ts");
type Call = Parameters<Bundle["serveEntrypoint"]>;

const bundle = () => load("ext:miniflare/rpc/bundle.ts");

provideRemote({
  member: (...args) => bundle().member(...args),
  serveObject: (...args) => bundle().serveObject(...args),
});

worker.ownExports = () => (worker.flags.has("enable_ctx_exports") ? bundle().ownExports() : undefined);
Object.defineProperty(ExecutionContext.prototype, "exports", {
  get: () => worker.ownExports(),
  configurable: true,
  enumerable: true,
});

export const room = {
  name: "rpc",
  kinds: [messageKind],
  builtins: { "cloudflare:workers": () => bundle().workersModule },
  control: {
    callElsewhereWith,
    /** What the script exports, which crosses as itself. */
    ownExports() {
      const members = bundle().ownExports();
      live(members);
      return members;
    },
    /** Calls or reads a member of an entrypoint. */
    callEntrypoint: (...args: Call) => bundle().serveEntrypoint(...args),
  },
};
