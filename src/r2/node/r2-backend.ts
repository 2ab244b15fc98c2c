// R2 buckets from outside the worker: the same class as inside, over the addon.

import stream from "node:stream";
import { binding } from "../../node/binding/binding.ts";
import { outside } from "../../node/binding/outside.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { streamFromSource } from "../../web/node/node-streams.ts";
import { numbersOf, R2Bucket } from "../r2-bucket.js";
import type { R2Backend, R2Calls } from "../r2-bucket.js";

/** Of any stream; the types of Node know it for its own only. */
const { isDisturbed } = stream as unknown as { isDisturbed(stream: ReadableStream): boolean };

makeFair(R2Bucket, ["resumeMultipartUpload"]);

/**
 * The bucket of this name.
 * @param instance gives the number of the instance; it throws when that is disposed of
 * @param honorsInclude whether lists leave out the metadata that they are not asked for
 */
function r2Bucket(name: string, instance: () => number, honorsInclude: () => boolean): R2Bucket {
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
    complete: (...args) => binding.r2Complete(instance(), ...args),
    abort: (...args) => binding.r2Abort(instance(), ...args),
  };
  const backend: R2Backend = {
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
  return new R2Bucket(name, backend);
}

export { r2Bucket };
