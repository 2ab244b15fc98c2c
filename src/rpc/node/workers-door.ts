// `miniflare-rs/cloudflare-workers`, in the place of `cloudflare:workers`: what code of Workers imports, for code that a test
// imports. In an environment it is of the environment's copy of this package, so that instances of its classes pass as arguments.

import { currentIn } from "../../node/env/current.ts";

const own = () => require("./test-module.ts") as typeof import("./test-module.ts");

export const {
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
} = currentIn()?.workersModule() ?? own().testModule;
