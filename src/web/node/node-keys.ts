// Keys of Web Crypto that go to a worker or come from one, by what they are made of: bytes of the format that holds a key
// of its type, whether or not it may be exported.

import type { KeyObject } from "node:crypto";

const crypto = () => require("node:crypto") as typeof import("node:crypto");

/** Not every version of Node has the method. */
type Convertible = KeyObject & {
  toCryptoKey?(algorithm: object, extractable: boolean, usages: KeyUsage[]): CryptoKey;
};

/** What a key of some algorithm says of it. */
interface Algorithm {
  name: string;
  hash?: { name: string };
  length?: number;
  namedCurve?: string;
}

/** A key as it crosses. */
export type KeyParts = [
  type: KeyType,
  bytes: Uint8Array,
  algorithm: [name: string, hash: string | undefined, length: number | undefined, namedCurve: string | undefined],
  extractable: boolean,
  usages: KeyUsage[],
];

/** The algorithms whose keys a worker can have; other keys stay in Node. */
const SHARED = new Set([
  "HMAC",
  "AES-CBC",
  "AES-CTR",
  "AES-GCM",
  "AES-KW",
  "RSASSA-PKCS1-v1_5",
  "RSA-PSS",
  "RSA-OAEP",
  "ECDSA",
  "ECDH",
  "Ed25519",
  "X25519",
  "HKDF",
  "PBKDF2",
]);

const FORMATS = {
  public: { type: "spki", format: "der" },
  private: { type: "pkcs8", format: "der" },
} as const;

/** What of a key crosses; undefined for one that stays. */
function partsOfKey(key: CryptoKey): KeyParts | undefined {
  const { name, hash, length, namedCurve } = key.algorithm as Algorithm;
  if (!SHARED.has(name)) return undefined;
  const { type } = key;
  const bytes = new Uint8Array(exported(keyObject(key), type));
  return [type, bytes, [name, hash?.name, length, namedCurve], key.extractable, [...key.usages]];
}

/** A secret key has no format. */
function exported(key: KeyObject, type: KeyType): Buffer {
  if (type === "public") return key.export(FORMATS.public);
  return type === "private" ? key.export(FORMATS.private) : key.export();
}

/** Node 24 warns of keys that are not extractable here. What it is about, that they get into other hands, is not done. */
function keyObject(key: CryptoKey): KeyObject {
  const { KeyObject } = crypto();
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    return KeyObject.from(key);
  } finally {
    process.noDeprecation = noDeprecation;
  }
}

/** The key of these parts; undefined where Node makes keys in promises only, as it does before version 24. */
function keyFromParts(
  ...[type, bytes, [name, hash, length, namedCurve], extractable, usages]: KeyParts
): CryptoKey | undefined {
  const { createPrivateKey, createPublicKey, createSecretKey, KeyObject } = crypto();
  if ((KeyObject.prototype as Convertible).toCryptoKey === undefined) return undefined;
  const key = Buffer.from(bytes);
  const material: Record<KeyType, () => Convertible> = {
    secret: () => createSecretKey(key),
    public: () => createPublicKey({ key, ...FORMATS.public }),
    private: () => createPrivateKey({ key, ...FORMATS.private }),
  };
  return material[type]().toCryptoKey?.({ name, hash, length, namedCurve }, extractable, usages);
}

export { keyFromParts, partsOfKey };
