// Which worker a call is for.

import { entrypointOf } from "../../node/instance/services.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { ObjectParts } from "../../worker/contract.ts";

/** A worker, and what of it is called. */
export interface Callee {
  worker: Worker;
  /** What is called, as `Served`. */
  key: string;
  /** What the binding gives an entrypoint. */
  props: unknown;
}

/**
 * Finds the callee by the address that the worker `caller` has of it: `[binding]` of a service, or `[binding, id]` of an object
 * and its name, if that is known.
 */
export function callee(caller: Worker, address: readonly string[], path: readonly string[]): Callee {
  const { group, options } = caller;
  if (address.length > 1) {
    const worker = group.home(caller, address as unknown as ObjectParts);
    return { worker, key: keyOf(address, null, path), props: undefined };
  }
  const [binding] = address;
  const service = options.serviceBindings?.[binding];
  if (typeof service === "function") {
    throw new TypeError(
      `The RPC receiver does not implement the method "${path.join(".")}": service binding "${binding}" stands for a function in Node, which has \`fetch\` alone.`,
    );
  }
  const [, name, props] = entrypointOf(service) ?? [null, null, undefined];
  return { worker: group.service(binding, service), key: keyOf([], name, path), props };
}

/** The keys that were made last, by the paths, which are the same lists for the same call (`Remembered`). */
const keys = new WeakMap<readonly string[], { entrypoint: string | null; key: string }>();

function keyOf(address: readonly string[], entrypoint: string | null, path: readonly string[]): string {
  const known = keys.get(path);
  if (known !== undefined && known.entrypoint === entrypoint) return known.key;
  const key = JSON.stringify([address, entrypoint, path]);
  keys.set(path, { entrypoint, key });
  return key;
}
