// The module `cloudflare:workers`.

import { DurableObject, RpcTarget, WorkerEntrypoint, WorkflowEntrypoint } from "ext:miniflare/rpc/base-classes.ts";
import { ownExports } from "ext:miniflare/rpc/exports.ts";
import { proxyOver } from "ext:miniflare/rpc/imported.ts";
import { cache, tracing } from "ext:miniflare/rpc/observing.ts";
import { ServiceStub } from "ext:miniflare/rpc/service-stub.ts";
import { RpcPromise, RpcProperty, RpcStub } from "ext:miniflare/rpc/stubs.ts";
import { currentContext, currentContinuation, enterWith } from "ext:miniflare/realm/context.ts";
import { worker } from "ext:miniflare/realm/worker.ts";

type Bindings = Record<PropertyKey, unknown>;

const NO_REQUEST = "waitUntil() can only be called while handling a request.";

/** The bindings and exports of the code that runs: a flag makes them empty for code that sets none itself. */
const env = proxyOver(() => (currentContinuation()?.env ?? (isEmpty() ? {} : worker.env)) as Bindings);
const exports = proxyOver(() => (currentContinuation()?.exports ?? (isEmpty() ? {} : ownExports())) as Bindings);
const isEmpty = () => worker.flags.has("disallow_importable_env");

function waitUntil(promise: unknown) {
  const context = currentContext();
  if (context === undefined) throw new Error(NO_REQUEST);
  // An object lives on while anything is pending.
  context.root.waits?.push(promise);
}

const given = (value: unknown) => (value ?? {}) as object;

function checkWork(method: string, parameter: number, work: unknown) {
  if (typeof work === "function") return;
  throw new TypeError(
    `Failed to execute '${method}' on 'EnvModule': parameter ${parameter} is not of type 'function'.`,
  );
}

function withEnv<Result>(bindings: unknown, work: () => Result) {
  checkWork("withEnv", 2, work);
  return enterWith({ env: given(bindings) }, work);
}

function withExports<Result>(own: unknown, work: () => Result) {
  checkWork("withExports", 2, work);
  return enterWith({ exports: given(own) }, work);
}

function withEnvAndExports<Result>(bindings: unknown, own: unknown, work: () => Result) {
  checkWork("withEnvAndExports", 3, work);
  return enterWith({ env: given(bindings), exports: given(own) }, work);
}

export const workersModule = {
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
