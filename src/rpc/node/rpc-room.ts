// What the room of RPC adds to an instance in Node: calls between its workers, and services for tests.

import { messageKind } from "../message.ts";
import { MiniflareCoreError } from "../../node/errors.ts";
import { entrypointOf } from "../../node/instance/services.ts";
import type { Fetcher, FetcherOptions, MiniflareOptions } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { Group } from "../../node/instance/group.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { RemoteCall } from "../../node/instance/remote.ts";
import type { ObjectParts } from "../../worker/contract.ts";

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

/** Gives a worker that is bound to others the function by which it calls them. */
function bind(group: Group, script: Worker): void {
  if (!reachesOthers(script.options)) return;
  script.running?.callElsewhereWith(async (address, path, message, depth, pipelineDepth) => {
    // Other workers get their turns once this one's is over, never within it.
    await undefined;
    if (address.length > 1) return callObject(group, script, address as ObjectParts, path, message, depth);
    return callService(group, script, address[0], path, message, [depth, pipelineDepth]);
  });
}

function reachesOthers({ serviceBindings = {}, durableObjects = {} }: MiniflareOptions): boolean {
  if (Object.keys(serviceBindings).length > 0) return true;
  return Object.values(durableObjects).some((one) => typeof one === "object" && one.scriptName !== undefined);
}

async function callObject(
  group: Group,
  script: Worker,
  target: ObjectParts,
  path: readonly string[],
  message: object | undefined,
  depth: number,
): Promise<object> {
  const { control } = await group.home(script, target).lane();
  return control.callObject(target, path, message, depth);
}

async function callService(
  group: Group,
  script: Worker,
  binding: string,
  path: readonly string[],
  message: object | undefined,
  nesting: [depth: number, pipelineDepth: number],
): Promise<object> {
  const service = script.options.serviceBindings?.[binding];
  if (typeof service === "function") {
    throw new TypeError(
      `The RPC receiver does not implement the method "${path.join(".")}": service binding "${binding}" stands for a function in Node, which has \`fetch\` alone.`,
    );
  }
  const { control } = await group.service(binding, service).lane();
  const [, name, props] = entrypointOf(service) ?? [null, null, undefined];
  return control.callEntrypoint({ name: name ?? undefined, props }, path, message, nesting);
}

export { bind, kinds, member, methods };
