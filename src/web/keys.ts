// Keys of Web Crypto that come from Node or go there, by what they are made of: bytes of the format that holds a key of
// its type, whether or not it may be exported.

import { core } from "ext:core/mod.js";
import { getCrypto } from "ext:miniflare/web/crypto.ts";

const { CryptoKey } = core.loadExtScript("ext:deno_crypto/00_crypto.js");

const FORMATS = { secret: "raw", public: "spki", private: "pkcs8" };

/** The key of these parts. */
export function keyOfParts(type, bytes, [name, hash, length, namedCurve], extractable, usages) {
  getCrypto();
  const algorithm = { name, hash, length, namedCurve };
  for (const key of Object.keys(algorithm)) if (algorithm[key] === undefined) delete algorithm[key];
  return CryptoKey.importSync(FORMATS[type], bytes, algorithm, extractable, usages);
}

/** What `keyOfParts` takes. */
export function partsOfKey(key) {
  const { type, data } = CryptoKey.exportNodeMaterial(key);
  const { name, hash, length, namedCurve } = key.algorithm;
  return [type, data, [name, hash?.name, length, namedCurve], key.extractable, [...key.usages]];
}

export const isKey = (value) => value instanceof CryptoKey;
