// `miniflare-rs/kv`: KV namespaces over a storage, without an instance.

import { binding } from "../../node/binding/binding.ts";
import { kvBackend } from "./kv-backend.ts";
import { KVNamespace as Namespace } from "../kv-namespace.ts";
import { beginner, constructible, inStep } from "../../node/names/constructible.ts";
import { KVPlugin } from "../../node/names/plugin-classes.ts";
import { adopt } from "../../node/names/names-realm.ts";
import { storageOf } from "../../node/names/named-storage.ts";
import type * as contract from "../../../types/kv.d.ts";
import type { Clock } from "../../../types/storage.d.ts";
import type { KVBackend, KVCalls } from "../kv-namespace.ts";

interface Options {
  clock?: Clock;
  blockGlobalAsyncIO?: boolean;
}

/** Of the two clocks, that of the storage says what has expired, and that of the namespace when what is put will. */
function backendOf(
  storage: unknown,
  { clock = () => Date.now(), blockGlobalAsyncIO = false }: Options = {},
): KVBackend & { storage: unknown } {
  const over = storageOf("KVNamespace", storage);
  const { number, now } = over;
  const calls: KVCalls = {
    get: (_, key, ...args) => inStep(over, [key], false, () => adopt(binding.kvGet(number, now(), key, ...args))),
    put: (_, key, ...args) => inStep(over, [key], true, () => binding.kvPut(number, Number(clock()), key, ...args)),
    delete: (_, key) => inStep(over, [key], true, () => binding.kvDelete(number, now(), key)),
    list: (_, query) => inStep(over, undefined, false, () => binding.kvList(number, now(), query)),
  };
  const backend = kvBackend(calls);
  const later = async (answer: number) => adopt(await backend.later(answer));
  return { ...backend, begin: beginner(blockGlobalAsyncIO), later, storage };
}

const KVNamespace: typeof contract.KVNamespace = constructible(Namespace, (storage: unknown, options?: Options) => [
  "",
  backendOf(storage, options),
]);

export { KVNamespace, KVPlugin };
