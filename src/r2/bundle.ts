// R2 buckets over the ops of an instance: a lazy script, of the classes that Node has too and what they need of a worker.

import { core } from "ext:core/mod.js";
import {
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
import {
  advance,
  countInternalSubrequest,
  countOperation,
  depart,
  requireContext,
} from "ext:miniflare/realm/context.ts";
import { later } from "ext:miniflare/realm/waits.ts";
import { USAGE } from "ext:miniflare/r2/usage.ts";
import { load, STREAMS } from "ext:miniflare/realm/lazy.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { numbersOf, R2Bucket, R2MultipartUpload, R2Object, R2ObjectBody } from "ext:miniflare/r2/r2-bucket.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import type { R2Backend } from "./r2-bucket.ts";

const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");

/** The places of the numbers that are counted. */
const [CLASS_A, CLASS_B, DELETES] = USAGE.counts.keys();

const backend: R2Backend = {
  begin() {
    requireContext("globalAsyncIO");
    countInternalSubrequest();
  },
  depart,
  advance,
  later,
  head(bucket, key) {
    countOperation(USAGE, bucket, CLASS_B);
    return op_r2_head(bucket, key);
  },
  get(bucket, key, options) {
    countOperation(USAGE, bucket, CLASS_B);
    return op_r2_get(bucket, key, options);
  },
  read: op_r2_read,
  admits: op_r2_admits,
  receive: op_r2_receive,
  add: op_r2_add,
  tag: op_r2_tag,
  close: op_r2_close,
  put(bucket, key, value, options) {
    countOperation(USAGE, bucket, CLASS_A);
    return op_r2_put(bucket, key, value, options);
  },
  delete(bucket, keys) {
    countOperation(USAGE, bucket, DELETES);
    return op_r2_delete(bucket, keys);
  },
  list(bucket, query) {
    countOperation(USAGE, bucket, CLASS_A);
    return op_r2_list(bucket, query);
  },
  createUpload(bucket, key, options) {
    countOperation(USAGE, bucket, CLASS_A);
    return op_r2_create_upload(bucket, key, options);
  },
  putPart(bucket, { key, id }, content, options) {
    countOperation(USAGE, bucket, CLASS_A);
    return op_r2_put_part(bucket, key, id, content, options);
  },
  complete(bucket, { key, id }, parts) {
    countOperation(USAGE, bucket, CLASS_A);
    return op_r2_complete(bucket, key, id, parts);
  },
  abort(bucket, { key, id }) {
    countOperation(USAGE, bucket, DELETES);
    return op_r2_abort(bucket, key, id);
  },
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
