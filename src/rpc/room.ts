// RPC in a worker. Nearly all of it is a lazy script (`bundle.ts`), which is loaded once a script imports `cloudflare:workers`,
// or a member of a service or an object is used.

import { load } from "ext:miniflare/realm/lazy.ts";
import { CALL, decode, live } from "ext:miniflare/realm/port.ts";
import { callObject, provideRemote } from "ext:miniflare/realm/remote.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { answered, serve } from "ext:miniflare/rpc/elsewhere.ts";
import { messageKind } from "ext:miniflare/rpc/message.ts";
import { ExecutionContext } from "ext:miniflare/web/events.ts";

import { parsed } from "ext:miniflare/rpc/keys.ts";
import type { Served } from "ext:miniflare/rpc/keys.ts";
import type { Message } from "ext:miniflare/rpc/message.ts";
import type { WireValue } from "../wire.ts";

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

const members = parsed<Served>();

function serveCall(depth: number, pipelineDepth: number, key: string, props: WireValue, ...parts: WireValue[]) {
  const [address, entrypoint, path] = members.get(key);
  return serve(parts, (message) => {
    if (address.length > 0) return callObject(address, path, message, depth) as Promise<Message>;
    const target = { name: entrypoint ?? undefined, props: decode(props) };
    return bundle().serveEntrypoint(target, path, message, [depth, pipelineDepth]);
  });
}

export const room = {
  name: "rpc",
  calls: { [CALL.RPC_ANSWERED]: answered },
  serveCall,
  kinds: [messageKind],
  builtins: {
    "cloudflare:workers": () => bundle().workersModule,
    "cloudflare:workflows": () => bundle().workflowsModule,
  },
  control: {
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
