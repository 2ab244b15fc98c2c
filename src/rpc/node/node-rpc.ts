// Calls from Node: services and members for tests, and functions of a test as targets.

import { Serializer } from "node:v8";
import { capabilityOver } from "../capability.ts";
import { complete } from "../complete.ts";
import { CountedHook } from "../counted-hook.ts";
import { ask, pack, passArguments, passHere, passIn, received } from "../passing.ts";
import { isTarget, use } from "../receivers.ts";
import { constructWith, disposeOf, findHooksWith, isPlain, keepWith, memberOf, watchStubs } from "../stubs.ts";
import { references } from "../../node/instance/references.ts";
import { splitRequest } from "../../node/http/http-request.ts";
import type { Fetcher, RequestInfo, RequestInit, Response } from "../../../index.d.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { EntrypointTarget } from "../../node/instance/lane.ts";
import type { RemoteCall } from "../../node/instance/remote.ts";
import type { Counted } from "../counted-hook.ts";
import type { Hook, Path } from "../hook.ts";
import type { Message } from "../message.ts";

/** What is reached by calls, and is no reference that ends. */
class AddressHook implements Hook {
  readonly isAddress = true;
  #call: RemoteCall;

  constructor(call: RemoteCall) {
    this.#call = call;
  }

  send(path: Path, args: unknown[] | undefined): Promise<unknown> {
    return ask((message) => this.#call(path, message) as Promise<Message>, args);
  }

  dup() {
    return this;
  }

  dispose() {}
}

/** A function or a target of the test. All hooks of one share the count. */
class NodeTargetHook extends CountedHook {
  #value: object;

  constructor(value: object, shared: Counted = { count: 0, end: () => disposeLater(value) }) {
    super(shared);
    this.#value = value;
  }

  async send(path: Path, args: unknown[] | undefined): Promise<unknown> {
    return complete(
      (given) => use(this.#value, path, given),
      args && passArguments(args),
      (value) => received(passHere(value)),
    );
  }

  dup() {
    return new NodeTargetHook(this.#value, this.shared);
  }
}

function disposeLater(value: object) {
  const dispose: unknown = (value as Partial<Disposable>)[Symbol.dispose];
  if (typeof dispose === "function") queueMicrotask(() => Reflect.apply(dispose, value, []));
}

const hookOfTarget = (value: object): Hook => new NodeTargetHook(value);

const CROSSING = new Set([
  ...["AbortSignal", "Blob", "DOMException", "File", "Headers", "ReadableStream", "Request", "Response"],
  ...["WritableStream", "DurableObjectId"],
]);

/** Whether the membrane makes an object one of the worker's realm. */
function crosses(value: object): boolean {
  for (let one = Object.getPrototypeOf(value); one !== null; one = Object.getPrototypeOf(one)) {
    if (CROSSING.has((one as { constructor?: { name?: string } }).constructor?.name ?? "")) return true;
  }
  return false;
}

/** Node's default serializer would write typed arrays in a way of its own. */
function sizeOf(value: unknown): number | undefined {
  const serializer = new Serializer();
  serializer.writeHeader();
  try {
    serializer.writeValue(value);
  } catch {
    return undefined;
  }
  return serializer.releaseBuffer().byteLength;
}

passIn({
  hook: hookOfTarget,
  isTarget,
  platform: (value) => (crosses(value) ? value : undefined),
  crossing: (value) => (crosses(value) ? value : undefined),
  capability: capabilityOver(
    (hook, path, args) => hook.send(path, args?.value).then(pack),
    (error) => error,
  ),
  sizeOf,
  refuse: (text) => new DOMException(text, "DataCloneError"),
});

findHooksWith((value) => hooks.get(value));

keepWith((args) => {
  const { value, stubs } = passArguments(args);
  return { args: value, dispose: () => stubs.forEach(disposeOf) };
});

constructWith((target) => {
  if (typeof target === "function" || isPlain(target)) return hookOfTarget(target);
  if (typeof target === "object" && target !== null && isTarget(target)) return hookOfTarget(target);
  throw new TypeError("RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives.");
});

watchStubs(references);

const hooks = new WeakMap<object, Hook>();

/** A service: `fetch` is its own, everything else is a member of the entrypoint. */
class Service {
  #find: () => Worker;
  #target: EntrypointTarget | null;

  constructor(find: () => Worker, entrypoint: string | undefined, props: unknown) {
    this.#find = find;
    this.#target = entrypoint === undefined && props === undefined ? null : [null, entrypoint ?? null, props];
    const hook = new AddressHook(async (path, message) => {
      const worker = find();
      const { control } = await worker.lane();
      const { run } = worker.group;
      const call = () => control.callEntrypoint({ name: entrypoint, props }, path, message);
      if (run === undefined) return call();
      return run.event({ kind: "call", target: [worker.mountName ?? null, entrypoint ?? null], path: [...path] }, call);
    });
    hooks.set(this, hook);
  }

  async fetch(input: RequestInfo, init?: RequestInit): Promise<Response> {
    return this.#find().dispatch(this.#target, splitRequest(input, init)) as unknown as Promise<Response>;
  }
}

Object.setPrototypeOf(
  Service.prototype,
  new Proxy(
    {},
    {
      get(target, name, service) {
        const hook = hooks.get(service);
        // A service is no promise: awaiting it gives the service.
        const isOwn = typeof name === "symbol" || name === "then" || name in target || hook === undefined;
        return isOwn ? Reflect.get(target, name, service) : memberOf(hook, name as string);
      },
    },
  ),
);

/** A worker, as it is at the time of each call, as a service. */
export const openService = (find: () => Worker, entrypoint: string | undefined, props: unknown): Fetcher =>
  new Service(find, entrypoint, props) as unknown as Fetcher;

/** The same as what `exports` has for an entrypoint, which gives a service with props when it is called. */
export function loopback(find: () => Worker, entrypoint: string): Fetcher {
  const service = openService(find, entrypoint, undefined);
  const callable = Object.setPrototypeOf(() => {}, Service.prototype) as object;
  for (const name of ["name", "length"]) Reflect.deleteProperty(callable, name);
  const stub = new Proxy(callable, {
    get(_, name) {
      const value: unknown = Reflect.get(service, name);
      return name === "fetch" ? (value as Fetcher["fetch"]).bind(service) : value;
    },
    apply: (_target, _self, [options]: [options?: { props?: unknown }]) =>
      openService(find, entrypoint, options?.props ?? {}),
  });
  hooks.set(stub, hooks.get(service) as Hook);
  return stub as Fetcher;
}

export const openMember = (call: RemoteCall, name: string): unknown => memberOf(new AddressHook(call), name);
