// What a worker's `node:crypto` computes in Node. Functions get plain data, bytes and keys, and return the same.

import crypto from "node:crypto";

type AnyFunction = (...args: never[]) => unknown;
type Data = crypto.BinaryLike;

/** Passed on as they are. */
const PASSED = [
  ...["checkPrimeSync", "createPrivateKey", "createPublicKey", "createSecretKey", "diffieHellman"],
  ...["generateKeyPairSync", "generateKeySync", "generatePrimeSync"],
  ...["getCipherInfo", "getCiphers", "getCurves", "getHashes", "hkdfSync", "pbkdf2Sync"],
  ...["privateDecrypt", "privateEncrypt", "publicDecrypt", "publicEncrypt", "scryptSync", "sign", "verify"],
] as const;

const functions: Record<string, AnyFunction> = {
  ...Object.fromEntries(PASSED.map((name) => [name, crypto[name] as AnyFunction])),
  convertKey: (key: Data, curve: string, format: "compressed") =>
    crypto.ECDH.convertKey(key, curve, undefined, undefined, format),
  export: (key: crypto.KeyObject, options: crypto.KeyExportOptions<"pem">) => key.export(options),
  isIssuedBy: (certificate: Data, issuer: Data) =>
    new crypto.X509Certificate(certificate as Buffer).checkIssued(new crypto.X509Certificate(issuer as Buffer)),
  hash: (data: Data, algorithm: string, options: crypto.HashOptions) =>
    crypto.createHash(algorithm, options).update(data).digest(),
  hmac: (data: Data, algorithm: string, key: Data, options?: object) =>
    crypto.createHmac(algorithm, key, options).update(data).digest(),
  isSignature: (algorithm: string, data: Buffer, key: crypto.KeyLike, signature: Buffer) =>
    crypto.createVerify(algorithm).update(data).verify(key, signature),
  signature: (algorithm: string, data: Buffer, key: crypto.KeyLike) =>
    crypto.createSign(algorithm).update(data).sign(key),
};

/** Kinds of objects: how one is made, and the methods that a worker may call. */
const objects: Record<string, [make: AnyFunction, ...methods: string[]]> = {
  hash: [(algorithm: string, options: object) => crypto.createHash(algorithm, options), "update", "digest"],
  hmac: [
    (algorithm: string, key: Data, options: object) => crypto.createHmac(algorithm, key, options),
    "update",
    "digest",
  ],
  cipher: [crypto.createCipheriv, "update", "final", "setAAD", "getAuthTag", "setAutoPadding"],
  decipher: [crypto.createDecipheriv, "update", "final", "setAAD", "setAuthTag", "setAutoPadding"],
  diffieHellman: [
    crypto.createDiffieHellman,
    ...["computeSecret", "generateKeys", "getGenerator", "getPrime", "getPrivateKey", "getPublicKey"],
    ...["setPrivateKey", "setPublicKey", "verifyError"],
  ],
  diffieHellmanGroup: [
    crypto.createDiffieHellmanGroup,
    ...["computeSecret", "generateKeys", "getGenerator", "getPrime", "getPrivateKey", "getPublicKey"],
  ],
  certificate: [
    (data: Buffer) => new crypto.X509Certificate(data),
    ...["ca", "fingerprint", "fingerprint256", "fingerprint512", "infoAccess", "issuer", "keyUsage", "publicKey"],
    ...["raw", "serialNumber", "subject", "subjectAltName", "validFrom", "validTo", "checkEmail", "checkHost"],
    ...["checkIP", "checkPrivateKey", "toJSON", "toLegacyObject", "toString", "verify"],
  ],
  ecdh: [
    crypto.createECDH,
    ...["computeSecret", "generateKeys", "getPrivateKey", "getPublicKey", "setPrivateKey", "setPublicKey"],
  ],
};

export { functions, objects };
