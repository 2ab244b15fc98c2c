// KV namespaces from outside the worker: the same class as inside, over the addon.

import { binding } from "../../node/binding/binding.ts";
import { outside, roomBackend } from "../../node/binding/outside.ts";
import { streamFromSource } from "../../web/node/node-streams.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { KVNamespace } from "../kv-namespace.ts";
import type { KVBackend, KVCalls } from "../kv-namespace.ts";

makeFair(KVNamespace);

/** The namespace of this name. `instance()` gives the number of the instance; it throws when that is disposed of. */
function kvNamespace(name: string, instance: () => number): KVNamespace {
  const { kvGet, kvPut, kvDelete, kvList } = binding;
  const calls = roomBackend<KVCalls>(instance, { get: kvGet, put: kvPut, delete: kvDelete, list: kvList });
  return new KVNamespace(name, kvBackend(calls));
}

/** What a namespace is over in Node, with the `calls` that reach its entries. */
function kvBackend(calls: KVCalls): KVBackend {
  return { ...outside, ...calls, streamFromSource, valueLimit: binding.kvValueLimit() };
}

export { kvBackend, kvNamespace };
