// `miniflare-rs/kv`, in the place of `@miniflare/kv`.

import type * as miniflare from "../index";
import type { Clock, Storage } from "./storage";

export type {
  KVGetOptions,
  KVListKey,
  KVListOptions,
  KVListResult,
  KVPutOptions,
  KVType as KVGetValueType,
} from "../index";

/** A KV namespace over a storage, without an instance. `getKVNamespace()` of an instance gives such, too. */
export type KVNamespace = miniflare.KVNamespace;
export const KVNamespace: {
  prototype: KVNamespace;
  /**
   * @param storage where the values are, and whose clock says which have expired
   * @param options `clock` says when what is put expires, default: `Date.now`; with `blockGlobalAsyncIO` every call is
   *   refused, as outside of a worker's requests
   * @throws {TypeError} for storages that are not this package's
   */
  new (storage: Storage, options?: { clock?: Clock; blockGlobalAsyncIO?: boolean }): KVNamespace;
};

/** A name for `MiniflareCore`; it cannot be constructed. */
export class KVPlugin {
  private constructor();
}
