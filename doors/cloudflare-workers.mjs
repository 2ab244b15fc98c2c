// `miniflare-rs/cloudflare-workers` as an ES module. The names are written out, so that each is an export to Node, bundlers and
// test runners.
import door from "../lib/node/cloudflare-workers.js";

export const {
  DurableObject,
  cache,
  env,
  exports,
  RpcPromise,
  RpcProperty,
  RpcStub,
  RpcTarget,
  ServiceStub,
  tracing,
  waitUntil,
  withEnv,
  withEnvAndExports,
  withExports,
  WorkerEntrypoint,
  WorkflowEntrypoint,
} = door;
export default door;
