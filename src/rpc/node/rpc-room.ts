// What the room of RPC adds to an instance in Node: services for tests.

import { messageKind } from "../message.ts";
import { MiniflareCoreError } from "../../node/errors.ts";
import type { Fetcher, FetcherOptions } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { RemoteCall } from "../../node/instance/remote.ts";

const kinds = [messageKind];

const methods = {
  /** A worker of the instance as a service: its `fetch`, and the methods of an entrypoint. */
  async getWorker(inside: Inside, name?: string, { entrypoint, props }: FetcherOptions = {}): Promise<Fetcher> {
    await inside.worker.lane();
    const find = () => workerOf(inside, name);
    find();
    const { openService } = require("./node-rpc.ts") as typeof import("./node-rpc.ts");
    return openService(find, entrypoint, props);
  },
};

function workerOf({ group, worker }: Inside, name: string | undefined): Worker {
  const found = name === undefined ? worker : group.named(name);
  if (found !== undefined) return found;
  const known = group.workers.map((one) => `"${one.name ?? ""}"`).join(", ");
  throw new MiniflareCoreError(
    "ERR_SERVICE_NOT_MOUNTED",
    `Worker "${name}" not found (known: ${known}). Name it by the option "name", or mount it.`,
  );
}

/** Node's half of what a member of a service or an object is, loaded with the first of them. */
const member = (call: RemoteCall, name: string): unknown =>
  (require("./node-rpc.ts") as typeof import("./node-rpc.ts")).openMember(call, name);

export { kinds, member, methods };
