// Keys of `node:crypto`: secret ones are bytes here, others are kept in the standard form that Node has made of them.

import { Buffer } from "node:buffer";
import { callLater, checkedCallback } from "./callbacks.ts";
import { call } from "./host.ts";
import { keys } from "./packed.ts";
import { invalidArgType, invalidArgValue } from "./errors.ts";
import type { KeyParts } from "./packed.ts";

const partsOf = new WeakMap<object, KeyParts>();

class KeyObject {
  constructor(type: KeyParts["type"], parts?: unknown) {
    if (type !== "secret" && type !== "public" && type !== "private") throw invalidArgValue("type", type);
    if (!isParts(parts)) throw invalidArgType("handle", "object", parts);
    partsOf.set(this, parts);
  }

  static from(key: unknown): KeyObject {
    if (!(key instanceof CryptoKey)) throw invalidArgType("key", "CryptoKey", key);
    throw invalidArgValue("key", key, "cannot be converted here: export it with crypto.subtle.exportKey()");
  }

  get type() {
    return partsIn(this).type;
  }

  equals(other: unknown) {
    if (!(other instanceof KeyObject)) throw invalidArgType("otherKeyObject", "KeyObject", other);
    const [mine, theirs] = [partsIn(this), partsIn(other)];
    return mine.type === theirs.type && Buffer.from(mine.data).equals(theirs.data);
  }

  export(options?: { format?: string }) {
    const { type, data } = partsIn(this);
    const isPlain = options?.format === undefined || options.format === "buffer";
    if (type === "secret" && isPlain) return Buffer.from(data);
    return call("crypto", "export", this, options);
  }

  get [Symbol.toStringTag]() {
    return "KeyObject";
  }
}

class SecretKeyObject extends KeyObject {
  get symmetricKeySize() {
    return partsIn(this).data.length;
  }
}

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyType() {
    return partsIn(this).asymmetricKeyType;
  }

  get asymmetricKeyDetails() {
    return { ...partsIn(this).asymmetricKeyDetails };
  }
}

class PublicKeyObject extends AsymmetricKeyObject {}
class PrivateKeyObject extends AsymmetricKeyObject {}

const CLASSES = { secret: SecretKeyObject, public: PublicKeyObject, private: PrivateKeyObject };

const isParts = (value: unknown): value is KeyParts =>
  (value as Partial<KeyParts> | undefined)?.data instanceof Uint8Array;
const partsIn = (key: object) => partsOf.get(key) as KeyParts;

keys.make = (parts) => new CLASSES[parts.type](parts.type, parts);
keys.partsOf = (key) => partsOf.get(key);

interface KeyPair {
  publicKey: unknown;
  privateKey: unknown;
}

const createSecretKey = (key: unknown, encoding?: unknown) => call("crypto", "createSecretKey", key, encoding);
const createPublicKey = (key: unknown) => call("crypto", "createPublicKey", key);
const createPrivateKey = (key: unknown) => call("crypto", "createPrivateKey", key);
const generateKeySync = (type: unknown, options: unknown) => call("crypto", "generateKeySync", type, options);
const generateKeyPairSync = (type: unknown, options?: unknown) =>
  call("crypto", "generateKeyPairSync", type, options) as KeyPair;

function generateKey(type: unknown, options: unknown, callback: unknown) {
  checkedCallback(callback);
  callLater(() => [generateKeySync(type, options)], callback);
}

function generateKeyPair(type: unknown, given: unknown, last?: unknown) {
  const [options, callback] = typeof given === "function" ? [undefined, given as unknown] : [given, last];
  checkedCallback(callback);
  callLater(() => {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    return [publicKey, privateKey];
  }, callback);
}
Object.defineProperty(generateKeyPair, Symbol.for("nodejs.util.promisify.custom"), {
  value: async (type: unknown, options: unknown) => generateKeyPairSync(type, options),
});

export {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  KeyObject,
  PrivateKeyObject,
  PublicKeyObject,
  SecretKeyObject,
};
