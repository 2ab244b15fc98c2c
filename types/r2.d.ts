// `miniflare-rs/r2`, which replaces `@miniflare/r2`.

import type * as miniflare from "../index";
import type { Storage } from "./storage";

export type {
  R2Checksums,
  R2Conditional,
  R2GetOptions,
  R2HTTPMetadata,
  R2ListOptions,
  R2MultipartOptions,
  R2MultipartUpload,
  R2Object,
  R2ObjectBody,
  R2Objects,
  R2PutOptions,
  R2Range,
  R2UploadedPart,
} from "../index";

/** An R2 bucket over a storage, without an instance. `getR2Bucket()` returns instances of this class too. */
export type R2Bucket = miniflare.R2Bucket;
export const R2Bucket: {
  prototype: R2Bucket;
  /**
   * @param storage says where the objects are stored: in memory, in its folder, or on its server. They are no entries of the
   *   storage. Buckets over one storage have the same objects
   * @param options with `blockGlobalAsyncIO`, every call is refused, as outside of a worker's requests; with
   *   `listRespectInclude: false`, lists have all metadata, as before the flag `r2_list_honor_include`;
   *   `minMultipartUploadSize` is the size in bytes that parts of an upload have at least, default: 5 MiB
   * @throws {TypeError} for storages of other packages
   */
  new (
    storage: Storage,
    options?: { blockGlobalAsyncIO?: boolean; listRespectInclude?: boolean; minMultipartUploadSize?: number },
  ): R2Bucket;
};

/** A name for `MiniflareCore`. It cannot be constructed. */
export class R2Plugin {
  private constructor();
}
