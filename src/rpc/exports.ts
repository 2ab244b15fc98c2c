// `ctx.exports`: the script's own exports, as services and namespaces of objects.

import { EntrypointHook } from "ext:miniflare/rpc/services.ts";
import { exportedAs } from "ext:miniflare/rpc/entrypoints.ts";
import { isEntrypointClass } from "ext:miniflare/rpc/receivers.ts";
import { memberOf } from "ext:miniflare/rpc/stubs.ts";
import { enter, serviceContext } from "ext:miniflare/realm/context.ts";
import { deliverAt } from "ext:miniflare/realm/remote.ts";
import { tracedFetch } from "ext:miniflare/realm/trace.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { Request } from "ext:miniflare/web/request-class.ts";
import { arrivingResponse } from "ext:miniflare/web/wire-request.ts";
import type { Entrypoint } from "ext:miniflare/rpc/entrypoints.ts";
import type { Hook } from "ext:miniflare/rpc/hook.ts";

interface Options {
  props?: unknown;
}

/** The class of what `ctx.exports` has for an entrypoint: it is a service, and gives one with props when it is called. */
export class LoopbackServiceStub {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}

const hooks = new WeakMap<object, Hook>();
export const hookOfLoopback = (value: object) => hooks.get(value);

function loopback(entrypoint: Entrypoint, isCallable: boolean): object {
  const hook = new EntrypointHook(entrypoint);
  const target = isCallable ? () => {} : {};
  Reflect.deleteProperty(target, "name");
  Reflect.deleteProperty(target, "length");
  Object.setPrototypeOf(target, LoopbackServiceStub.prototype);
  const stub = new Proxy(target, {
    get(_, name) {
      if (name === "fetch") return (input: RequestInfo | URL, init?: RequestInit) => fetchAt(entrypoint, input, init);
      if (typeof name === "symbol" || name === "then" || name in target) return Reflect.get(target, name);
      return memberOf(hook, name);
    },
    set: () => false,
    defineProperty: () => false,
    apply: (_target, _self, [options]: [options?: Options]) =>
      loopback({ ...entrypoint, props: options?.props ?? {} }, false),
  });
  hooks.set(stub, hook);
  return stub;
}

async function fetchAt({ name, props }: Entrypoint, input: RequestInfo | URL, init?: RequestInit) {
  const request = new Request(input, init);
  const exported = exportedAs(name) as object;
  const context = serviceContext();
  const work = async () => (await enter(context, () => deliverAt(exported, request, props))) as Response;
  return arrivingResponse(await tracedFetch(context, request, () => ({ entrypoint: name }), work));
}

let made: Record<string, unknown> | undefined;

/** One member per export that is an entrypoint, or a class of objects that is bound. */
export function ownExports(): Record<string, unknown> {
  if (made !== undefined) return made;
  const members: Record<string, unknown> = {};
  for (const name of Object.keys(worker.exports)) {
    const exported = worker.exports[name];
    const isService = isEntrypointClass(exported) || (typeof exported === "object" && exported !== null);
    if (isService) members[name] = loopback({ name }, true);
    else if (typeof exported === "function") {
      const namespace = worker.namespaceOf?.(name);
      if (namespace !== undefined) members[name] = namespace;
    }
  }
  // While the script runs, it has no exports yet.
  if (worker.handlers !== undefined) made = members;
  return members;
}
