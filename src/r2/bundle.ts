// R2 buckets over the ops of an instance: a lazy script, of the classes that Node has too and what they need of a worker.

import { core } from "ext:core/mod.js";
import {
  op_later,
  op_r2_abort,
  op_r2_add,
  op_r2_admits,
  op_r2_close,
  op_r2_complete,
  op_r2_create_upload,
  op_r2_delete,
  op_r2_get,
  op_r2_head,
  op_r2_list,
  op_r2_numbers,
  op_r2_put,
  op_r2_put_part,
  op_r2_read,
  op_r2_receive,
  op_r2_tag,
} from "ext:core/ops";
import { hasKnownLength, noteBodies } from "ext:miniflare/r2/known-lengths.ts";
import { streamFromSource } from "ext:miniflare/web/wire-body.ts";
import { advance, countInternalSubrequest, depart, requireContext } from "ext:miniflare/realm/context.ts";
import { load, STREAMS } from "ext:miniflare/realm/lazy.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { numbersOf, R2Bucket, R2MultipartUpload, R2Object, R2ObjectBody } from "ext:miniflare/r2/r2-bucket.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import type { R2Backend } from "./r2-bucket.ts";

const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");

const backend: R2Backend = {
  begin() {
    requireContext("globalAsyncIO");
    countInternalSubrequest();
  },
  depart,
  advance,
  later: op_later,
  head: op_r2_head,
  get: op_r2_get,
  read: op_r2_read,
  admits: op_r2_admits,
  receive: op_r2_receive,
  add: op_r2_add,
  tag: op_r2_tag,
  close: op_r2_close,
  put: op_r2_put,
  delete: op_r2_delete,
  list: op_r2_list,
  createUpload: op_r2_create_upload,
  putPart: (bucket, { key, id }, content, options) => op_r2_put_part(bucket, key, id, content, options),
  complete: (bucket, { key, id }, parts) => op_r2_complete(bucket, key, id, parts),
  abort: (bucket, { key, id }) => op_r2_abort(bucket, key, id),
  streamFromSource,
  isDisturbed: (stream) => load(STREAMS).isReadableStreamDisturbed(stream),
  hasKnownLength,
  blobOf: (bytes) => new Blob([bytes as Uint8Array<ArrayBuffer>]),
  honorsInclude: () => worker.flags.has("r2_list_honor_include"),
  // There with the first bucket.
  numbers: numbersOf(op_r2_numbers()),
};

noteBodies();
refuseClones([R2Bucket, R2MultipartUpload, R2Object, R2ObjectBody]);

export const bucketNamed = (name: string) => new R2Bucket(name, backend);
