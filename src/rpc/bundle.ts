// What the realm asks of RPC (`room.ts`): a lazy script of its own, made of the modules that only this one imports.

import { core } from "ext:core/mod.js";
import { ownExports } from "ext:miniflare/rpc/exports.ts";
import { hookOfLoopback } from "ext:miniflare/rpc/exports.ts";
import { passArguments, passIn } from "ext:miniflare/rpc/passing.ts";
import { platformCrossing, platformHere } from "ext:miniflare/rpc/platform.ts";
import { isEntrypointClass, isTarget } from "ext:miniflare/rpc/receivers.ts";
import { hookOfReach, member, serveEntrypoint, serveObject } from "ext:miniflare/rpc/services.ts";
import { constructWith, disposeOf, findHooksWith, findOwnersWith, isPlain, keepWith } from "ext:miniflare/rpc/stubs.ts";
import { ownerNow } from "ext:miniflare/rpc/owners.ts";
import { capability, hookOfTarget } from "ext:miniflare/rpc/targets.ts";
import { workersModule } from "ext:miniflare/rpc/workers-module.ts";
import { workflowsModule } from "ext:miniflare/rpc/workflows-module.ts";
import { reachOf } from "ext:miniflare/realm/remote.ts";
import { worker } from "ext:miniflare/realm/worker.ts";

const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

passIn({
  hook: hookOfTarget,
  isTarget,
  platform: platformHere,
  crossing: platformCrossing,
  capability,
  sizeOf(value) {
    try {
      return core.serialize(value).byteLength;
    } catch {
      return undefined;
    }
  },
  refuse: (text) => new DOMException(text, "DataCloneError"),
});

findOwnersWith(ownerNow);

findHooksWith((value) => {
  const reach = reachOf(value);
  return reach === undefined ? hookOfLoopback(value) : hookOfReach(reach);
});

keepWith((args) => {
  const { value, stubs } = passArguments(args);
  return { args: value, dispose: () => stubs.forEach(disposeOf) };
});

constructWith((target) => {
  if (typeof target === "function" || isPlain(target)) return hookOfTarget(target);
  if (typeof target === "object" && target !== null && isTarget(target)) return hookOfTarget(target);
  throw new TypeError("RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives.");
});

worker.isEntrypoint = isEntrypointClass;

export { member, ownExports, serveEntrypoint, serveObject, workersModule, workflowsModule };
