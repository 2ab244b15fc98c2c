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

const withEnv = <Result>(bindings: unknown, work: () => Result) => enterWith({ env: given(bindings) }, work);
const withExports = <Result>(own: unknown, work: () => Result) => enterWith({ exports: given(own) }, work);
const withEnvAndExports = <Result>(bindings: unknown, own: unknown, work: () => Result) =>
  enterWith({ env: given(bindings), exports: given(own) }, work);

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
