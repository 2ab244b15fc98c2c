// `miniflare-rs/r2`: R2 buckets over a storage, without an instance in the test. The objects lie where the storage's entries
// do, in a store of their own, which belongs to an instance that the storage takes along.

import { binding, closeInstance, openInstance } from "../../node/binding/binding.ts";
import { r2Backend } from "./r2-backend.ts";
import { R2Bucket as Bucket } from "../r2-bucket.ts";
import { beginner, constructible } from "../../node/names/constructible.ts";
import { R2Plugin } from "../../node/names/plugin-classes.ts";
import { adopt } from "../../node/names/names-realm.ts";
import { storageOf } from "../../node/names/named-storage.ts";
import type * as contract from "../../../types/r2.d.ts";
import type { R2Backend } from "../r2-bucket.ts";

interface Options {
  blockGlobalAsyncIO?: boolean;
  listRespectInclude?: boolean;
  minMultipartUploadSize?: number;
}

/** The instances that hold the objects of storages. */
const instances = new WeakMap<object, number>();
const collected = new FinalizationRegistry<number>(closeInstance);

/** The number of a storage's instance. */
function instanceOf({ storage, place }: ReturnType<typeof storageOf>): number {
  const known = instances.get(storage);
  if (known !== undefined) return known;
  const instance = openInstance();
  binding.settleStores(instance, { r2: place });
  instances.set(storage, instance);
  collected.register(storage, instance);
  return instance;
}

function backendOf(
  given: unknown,
  { blockGlobalAsyncIO = false, listRespectInclude = true, minMultipartUploadSize }: Options = {},
): R2Backend & { storage: unknown } {
  const over = storageOf("R2Bucket", given);
  const instance = instanceOf(over);
  const backend = r2Backend(
    () => instance,
    () => listRespectInclude,
    minMultipartUploadSize,
  );
  const later = async (answer: number) => adopt(await backend.later(answer));
  return { ...backend, begin: beginner(blockGlobalAsyncIO), later, storage: over.storage };
}

const R2Bucket: typeof contract.R2Bucket = constructible(Bucket, (storage: unknown, options?: Options) => [
  "",
  backendOf(storage, options),
]);

export { R2Bucket, R2Plugin };
