// The module `cloudflare:workers`.

import { importedEnv } from "ext:miniflare/rpc/imported-env.ts";
import { DurableObject, RpcTarget, WorkerEntrypoint } from "ext:miniflare/rpc/base-classes.ts";

export const workersModule = { DurableObject, RpcTarget, WorkerEntrypoint, env: importedEnv };
