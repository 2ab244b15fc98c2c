// Keys of Web Crypto that go to a worker or come from one, by what they are made of: bytes of the format that holds a key
// of its type, whether or not it may be exported.

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
};

/** `[type, bytes, [name, hash, length, namedCurve], extractable, usages]` of a key; undefined for one that stays. */
function partsOfKey(key) {
  const { name, hash, length, namedCurve } = key.algorithm;
  if (!SHARED.has(name)) return undefined;
  const { type } = key;
  const bytes = new Uint8Array(keyObject(key).export(FORMATS[type]));
  return [type, bytes, [name, hash?.name, length, namedCurve], key.extractable, [...key.usages]];
}

/** Node 24 warns of keys that are not extractable here. What it is about, that they get into other hands, is not done. */
function keyObject(key) {
  const { KeyObject } = require("node:crypto");
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    return KeyObject.from(key);
  } finally {
    process.noDeprecation = noDeprecation;
  }
}

/** The key of these parts; undefined where Node makes keys in promises only, as it does before version 24. */
function keyFromParts(type, bytes, [name, hash, length, namedCurve], extractable, usages) {
  const { createPrivateKey, createPublicKey, createSecretKey, KeyObject } = require("node:crypto");
  if (KeyObject.prototype.toCryptoKey === undefined) return undefined;
  const key = Buffer.from(bytes);
  const material = {
    secret: () => createSecretKey(key),
    public: () => createPublicKey({ key, ...FORMATS.public }),
    private: () => createPrivateKey({ key, ...FORMATS.private }),
  };
  return material[type]().toCryptoKey({ name, hash, length, namedCurve }, extractable, usages);
}

export { keyFromParts, partsOfKey };
