// R2 buckets from outside the worker: the same class as inside, over the addon.

import stream from "node:stream";
import { binding } from "../../node/binding/binding.ts";
import { outside } from "../../node/binding/outside.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { streamFromSource } from "../../web/node/node-streams.ts";
import { numbersOf, R2Bucket } from "../r2-bucket.ts";
import type { R2Backend, R2Calls } from "../r2-bucket.ts";

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
  const calls: R2Calls = {
    head: (...args) => binding.r2Head(instance(), ...args),
    get: (...args) => binding.r2Get(instance(), ...args),
    read: (...args) => binding.r2Read(instance(), ...args),
    admits: (...args) => binding.r2Admits(instance(), ...args),
    receive: (...args) => binding.r2Receive(instance(), ...args),
    add: (...args) => binding.r2Add(instance(), ...args),
    put: (...args) => binding.r2Put(instance(), ...args),
    delete: (...args) => binding.r2Delete(instance(), ...args),
    list: (...args) => binding.r2List(instance(), ...args),
    createUpload: (...args) => binding.r2CreateUpload(instance(), ...args),
    putPart: (...args) => binding.r2PutPart(instance(), ...args),
    complete: (...args) => binding.r2Complete(instance(), ...args, least),
    abort: (...args) => binding.r2Abort(instance(), ...args),
  };
  return {
    ...outside,
    ...calls,
    close(number) {
      // A body may outlive its instance.
      try {
        binding.r2Close(instance(), number);
      } catch {}
    },
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
