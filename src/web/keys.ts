// Keys of Web Crypto that come from Node or go there, by what they are made of: bytes of the format that holds a key of
// its type, whether or not it may be exported.

import { core } from "ext:core/mod.js";
import { getCrypto } from "ext:miniflare/web/crypto.ts";

const { CryptoKey } = core.loadExtScript("ext:deno_crypto/00_crypto.js");

/** The name of an algorithm, of its hash, the length of its keys in bits, and the name of its curve. */
type AlgorithmParts = [
  name: string,
  hash: string | undefined,
  length: number | undefined,
  namedCurve: string | undefined,
];
export type KeyParts = [
  type: KeyType,
  bytes: Uint8Array<ArrayBuffer>,
  algorithm: AlgorithmParts,
  extractable: boolean,
  usages: string[],
];
/** What algorithms have, each something of it. */
type AnyAlgorithm = { name: string; hash?: { name: string }; length?: number; namedCurve?: string };

const FORMATS = { secret: "raw", public: "spki", private: "pkcs8" };

/** The key of these parts. */
export function keyOfParts(
  type: KeyType,
  bytes: Uint8Array<ArrayBuffer>,
  [name, hash, length, namedCurve]: AlgorithmParts,
  extractable: boolean,
  usages: string[],
) {
  getCrypto();
  const algorithm: Record<string, unknown> = { name, hash, length, namedCurve };
  for (const key of Object.keys(algorithm)) if (algorithm[key] === undefined) delete algorithm[key];
  return CryptoKey.importSync(FORMATS[type], bytes, algorithm, extractable, usages);
}

/** What `keyOfParts` takes. */
export function partsOfKey(key: CryptoKey): KeyParts {
  const { type, data } = CryptoKey.exportNodeMaterial(key);
  const { name, hash, length, namedCurve } = key.algorithm as AnyAlgorithm;
  return [type, data, [name, hash?.name, length, namedCurve], key.extractable, [...key.usages]];
}

export const isKey = (value: unknown) => value instanceof CryptoKey;
