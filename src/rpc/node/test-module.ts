// `cloudflare:workers` for code that a test imports and that runs in Node: the classes that Node's half of RPC knows, over the
// instance of the environment that the test runs in.

import { AsyncLocalStorage } from "node:async_hooks";
import { current } from "../../node/env/current.ts";
import { latestContext } from "../../node/env/env-events.ts";
import { DurableObject, RpcTarget, WorkerEntrypoint, WorkflowEntrypoint } from "../base-classes.ts";
import { proxyOver } from "../imported.ts";
import { cache, tracing } from "../observing.ts";
import { ServiceStub } from "../service-stub.ts";
import { RpcPromise, RpcProperty, RpcStub } from "../stubs.ts";
import { INSIDE } from "../../node/instance/miniflare.ts";
import { objectBindings } from "../../durable/node/options.ts";
import { loopback } from "./node-rpc.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { TestInstance } from "../../node/env/test-instance.ts";
import type { Inside } from "../../node/instance/inside.ts";

type Members = Record<PropertyKey, unknown>;
/** What `withEnv` and `withExports` have set. */
interface Overrides {
  env?: Members;
  exports?: Members;
}

const NO_CONTEXT =
  "waitUntil() can only be called while handling a request. In a test, call createExecutionContext() before: the promise is then one of that context.";
const NO_SCRIPT =
  "is not there: the environment's worker runs no script. It runs its script if durableObjects or queueConsumers are configured.";

const overrides = new AsyncLocalStorage<Overrides>();

/** The members of `exports`, made when they are looked at. */
function exportsOf({ mf, bindings }: TestInstance): Members {
  const inside = mf[INSIDE];
  const { running, options } = inside.worker;
  if (running === undefined) return runsNoScript(options) ? withoutScript({}) : exportsLater(inside, bindings);
  const own = running.ownExports() as Members;
  const members: Members = namespacesByClass(inside, bindings);
  for (const name of Object.keys(own)) {
    if (Object.hasOwn(members, name)) continue;
    const get = () => {
      const value = own[name];
      // What can be called is a service.
      return typeof value === "function" ? loopback(() => inside.worker, name) : value;
    };
    Object.defineProperty(members, name, { get, enumerable: true, configurable: true });
  }
  return Object.keys(members).length > 0 ? members : withoutScript(members);
}

const runsNoScript = ({ script, scriptPath }: MiniflareOptions) => script === "" && scriptPath === undefined;

/** Of a script that runs when a test first needs it: classes of objects are known by their bindings, other names are entrypoints. */
function exportsLater(inside: Inside, bindings: Members): Members {
  const { worker } = inside;
  const members = namespacesByClass(inside, bindings);
  return new Proxy(members, {
    get: (_, name) =>
      typeof name === "symbol" || name === "then" || Object.hasOwn(members, name)
        ? Reflect.get(members, name)
        : loopback(() => worker, name),
  });
}

/** The namespaces of the script's own classes of objects that are bound. */
function namespacesByClass({ worker }: Inside, bindings: Members): Members {
  const members: Members = {};
  for (const [binding, className, scriptName] of objectBindings(worker.options)) {
    if (scriptName === undefined) members[className] = bindings[binding];
  }
  return members;
}

const withoutScript = (members: Members) =>
  new Proxy(members, {
    get(_, name) {
      if (typeof name === "string") throw new Error(`exports.${name} ${NO_SCRIPT}`);
      return undefined;
    },
  });

/** What code of the worker imports, unless a flag makes that empty. */
function imported(read: (instance: TestInstance) => Members): Members {
  const instance = current();
  return instance.mf[INSIDE].worker.flags.includes("disallow_importable_env") ? {} : read(instance);
}

const env = proxyOver(() => overrides.getStore()?.env ?? imported(({ bindings }) => bindings));
const exports = proxyOver(() => overrides.getStore()?.exports ?? imported(exportsOf));

function waitUntil(promise: unknown) {
  const context = latestContext();
  if (context === undefined) throw new Error(NO_CONTEXT);
  context.waits.push(promise);
}

const given = (value: unknown) => (value ?? {}) as Members;
const enter = <Result>(changes: Overrides, work: () => Result): Result =>
  overrides.run({ ...overrides.getStore(), ...changes }, work);
const withEnv = <Result>(bindings: unknown, work: () => Result) => enter({ env: given(bindings) }, work);
const withExports = <Result>(own: unknown, work: () => Result) => enter({ exports: given(own) }, work);
const withEnvAndExports = <Result>(bindings: unknown, own: unknown, work: () => Result) =>
  enter({ env: given(bindings), exports: given(own) }, work);

export const testModule = {
  DurableObject,
  RpcPromise,
  RpcProperty,
  RpcStub,
  RpcTarget,
  ServiceStub,
  WorkerEntrypoint,
  WorkflowEntrypoint,
  cache,
  env,
  exports,
  tracing,
  waitUntil,
  withEnv,
  withEnvAndExports,
  withExports,
};
