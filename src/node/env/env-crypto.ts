// `crypto` as a worker has it, over Node's.

import { createHash, timingSafeEqual, webcrypto } from "node:crypto";
import { bytesOfChunk, isArrayBuffer } from "../../web/chunks.ts";
import { createDigestStream } from "../../web/digest-stream.ts";
import { createSubtle } from "../../web/subtle.ts";
import { configure } from "./interfaces.ts";

/** Of Node's, those that a worker has. */
const METHODS = [
  "decrypt",
  "deriveBits",
  "deriveKey",
  "digest",
  "encrypt",
  "exportKey",
  "generateKey",
  "importKey",
  "sign",
  "unwrapKey",
  "verify",
  "wrapKey",
] as const;

type Hash = ReturnType<typeof createHash>;
type RandomView = Parameters<typeof webcrypto.getRandomValues>[0];

let subtle: SubtleCrypto;
let crypto: Crypto;

/** Methods that are taken out of their object go on working. */
function assertIs(object: unknown, expected: object) {
  if (object !== undefined && object !== expected) throw new TypeError("Illegal invocation");
}

const illegal = () => new TypeError("Illegal constructor");

class SubtleCrypto {
  constructor() {
    throw illegal();
  }
}

/** Node's method, called on the worker's object. */
function standardOf(name: (typeof METHODS)[number]) {
  const method = webcrypto.subtle[name] as (...args: unknown[]) => Promise<unknown>;
  const { [name]: ours } = {
    async [name](...args: unknown[]) {
      assertIs(this, subtle);
      return method.apply(webcrypto.subtle, args);
    },
  };
  return Object.defineProperty(ours, "length", { value: method.length });
}

const standard = Object.fromEntries(METHODS.map((name) => [name, standardOf(name)]));
const ownBytes = (hash: Hash) => new Uint8Array(hash.digest());

const { digestOf, methods } = createSubtle({
  DOMException,
  standard,
  begin() {},
  importJwk: (jwk, importAs) => importAs(jwk),
  md5: (bytes) => ownBytes(createHash("md5").update(bytes)).buffer,
  equal: timingSafeEqual,
  isArrayBuffer,
  textOf: (buffer) => Buffer.from(buffer).toString(),
});
for (const [name, value] of Object.entries({ ...standard, ...methods })) {
  Object.defineProperty(SubtleCrypto.prototype, name, { value, writable: true, configurable: true });
}

class Crypto {
  declare DigestStream: DigestStreamClass;

  constructor() {
    throw illegal();
  }

  get subtle() {
    assertIs(this, crypto);
    return subtle;
  }

  getRandomValues<View extends RandomView>(array: View): View {
    if (array === undefined) {
      throw new TypeError("Failed to execute 'getRandomValues' on 'Crypto': 1 argument required, but only 0 present.");
    }
    assertIs(this, crypto);
    return webcrypto.getRandomValues(array);
  }

  randomUUID() {
    assertIs(this, crypto);
    return webcrypto.randomUUID();
  }
}

type DigestStreamClass = ReturnType<typeof createDigestStream>;

const DigestStream = createDigestStream<Hash>({
  WritableStream,
  nameOf: digestOf,
  bytesOfChunk,
  digest: {
    start: (name) => createHash(name.replace("-", "")),
    update: (hash, bytes) => void hash.update(bytes),
    finish: ownBytes,
  },
});
Crypto.prototype.DigestStream = DigestStream;

configure(Crypto, DigestStream, SubtleCrypto);
subtle = Object.create(SubtleCrypto.prototype);
crypto = Object.create(Crypto.prototype);

export { Crypto, crypto, SubtleCrypto };
