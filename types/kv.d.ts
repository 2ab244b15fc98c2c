// `miniflare-rs/kv`, which replaces `@miniflare/kv`.

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

/** A KV namespace over a storage, without an instance. `getKVNamespace()` returns instances of this class too. */
export type KVNamespace = miniflare.KVNamespace;
export const KVNamespace: {
  prototype: KVNamespace;
  /**
   * @param storage contains the values; its clock determines which entries have expired
   * @param options `clock` determines the expiration of stored values, default: `Date.now`; with `blockGlobalAsyncIO`,
   *   every call is refused, as outside of a worker's requests
   * @throws {TypeError} for storages of other packages
   */
  new (storage: Storage, options?: { clock?: Clock; blockGlobalAsyncIO?: boolean }): KVNamespace;
};

/** A name for `MiniflareCore`. It cannot be constructed. */
export class KVPlugin {
  private constructor();
}
