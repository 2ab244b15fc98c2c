// R2 buckets from outside the worker: the same class as inside, over the addon.

import stream from "node:stream";
import { binding } from "../../node/binding/binding.ts";
import { roomBackend } from "../../node/binding/outside.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { streamFromSource } from "../../web/node/node-streams.ts";
import { numbersOf, R2Bucket } from "../r2-bucket.ts";
import type { R2Backend, R2Calls } from "../r2-bucket.ts";

/** The number of no instance. */
const NO_INSTANCE = 0;

/** Of any stream; the types of Node know it for its own only. */
const { isDisturbed } = stream as unknown as { isDisturbed(stream: ReadableStream): boolean };

makeFair(R2Bucket, ["head", "get", "put", "delete", "list", "createMultipartUpload"]);

/** The bucket of this name; the rest is as for `r2Backend`. */
function r2Bucket(name: string, ...of: Parameters<typeof r2Backend>): R2Bucket {
  return new R2Bucket(name, r2Backend(...of));
}

/**
 * What buckets are over in Node.
 * @param instance gives the number of the instance; it throws when that is disposed of
 * @param honorsInclude whether lists leave out the metadata that they are not asked for
 * @param least bytes of the parts of an upload, if they may be fewer than those of R2
 */
function r2Backend(instance: () => number, honorsInclude: () => boolean, least?: number): R2Backend {
  const backend = roomBackend<R2Calls>(instance, {
    head: binding.r2Head,
    get: binding.r2Get,
    read: binding.r2Read,
    admits: binding.r2Admits,
    receive: binding.r2Receive,
    add: binding.r2Add,
    put: binding.r2Put,
    delete: binding.r2Delete,
    list: binding.r2List,
    createUpload: binding.r2CreateUpload,
    putPart: binding.r2PutPart,
    complete: (...args) => binding.r2Complete(...args, least),
    abort: binding.r2Abort,
  });
  /** Objects and bodies may outlive their instance. */
  const instanceIfOpen = () => {
    try {
      return instance();
    } catch {
      return NO_INSTANCE;
    }
  };
  return {
    ...backend,
    tag: (...args) => binding.r2Tag(instanceIfOpen(), ...args),
    close: (number) => binding.r2Close(instanceIfOpen(), number),
    streamFromSource,
    isDisturbed,
    // Node does not say which streams are bodies: any stream will do.
    hasKnownLength: () => true,
    blobOf: (bytes) => new Blob([bytes as Uint8Array<ArrayBuffer>]),
    honorsInclude,
    numbers: numbersOf(binding.r2Numbers() as number[]),
  };
}

export { r2Backend, r2Bucket };
