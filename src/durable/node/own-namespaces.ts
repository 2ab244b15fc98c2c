// The namespaces of an instance in Node: they stay valid, and load the worker when an object is first used.

import { flagsInForce } from "../../node/options/compat.ts";
import { objectNamespaces } from "./node-objects.ts";
import { controlOf, homeIn } from "./reach.ts";
import type * as contract from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { RequestParts } from "../../node/http/http-request.ts";
import type { ObjectParts } from "../../worker/contract.ts";
import type { DurableObjectNamespace } from "../object-namespace.ts";

/** What makes the namespaces of an instance; each call makes another one. */
function openNamespaces(inside: Inside): (binding: string) => DurableObjectNamespace {
  return objectNamespaces({
    dispatch: (target, request) => dispatch(inside, target, request),
    call: async (target, path, message) => {
      const call = async () => (await controlOf(inside, target)).callObject(target, path, message);
      const { run } = inside.group;
      return run === undefined
        ? call()
        : run.event({ kind: "call", target: target.map((part) => part ?? null), path: [...path] }, call);
    },
    isEnabled: (flag) => flagsOf(inside).includes(flag),
    warn: (text) => inside.log.warn(text),
  });
}

/** Those in force, or those that will be once the worker is loaded. */
function flagsOf({ worker }: Inside): readonly string[] {
  return worker.isReady ? worker.flags : flagsInForce(worker.options);
}

/** Dispatches to an object that this worker is bound to, wherever it lives. */
function dispatch(inside: Inside, target: ObjectParts, request: RequestParts): Promise<contract.Response> {
  const { worker } = inside;
  if (worker.isReady) return homeIn(inside, target).dispatch(target, request);
  return worker.lane().then(() => homeIn(inside, target).dispatch(target, request));
}

export { openNamespaces };
