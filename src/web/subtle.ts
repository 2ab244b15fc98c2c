// What Workers' Web Crypto has besides the standard's, and what it does not have, in either realm: MD5, the old name of
// Ed25519, comparison in constant time; no curves 448.

const DIGESTS = new Set(["md5", "sha-1", "sha-256", "sha-384", "sha-512"]);
const DERIVATIONS = new Set(["PBKDF2", "HKDF"]);
const USAGES = new Set(["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"]);
const OLD_ED25519 = "NODE-ED25519";
const ANY_BYTES = { name: "HMAC", hash: "SHA-256" };
const ABSENT = new Set(["ed448", "x448"]);

/** An algorithm as it is given: its name, or an object with its parameters. Nothing is certain of one. */
type Algorithm = Partial<Record<"name" | "hash" | "namedCurve", unknown>>;
/** A method of `crypto.subtle`, called on the realm's `SubtleCrypto`. */
type SubtleMethod = (this: unknown, ...args: never[]) => unknown;
type SubtleMethods = Record<string, SubtleMethod>;
/** A method of the realm's, whose arguments are what a script gave. */
type Standard = (this: unknown, ...args: unknown[]) => unknown;

interface SubtleRealm {
  DOMException: typeof DOMException;
  standard: object;
  begin(): void;
  importJwk(jwk: unknown, importAs: (data: unknown) => Promise<CryptoKey>): Promise<CryptoKey>;
  md5(bytes: Uint8Array): ArrayBuffer;
  equal(a: Uint8Array, b: Uint8Array): boolean;
  isArrayBuffer(value: unknown): value is ArrayBuffer;
  textOf(buffer: ArrayBuffer): string;
}

const nameOf = (algorithm: unknown) =>
  String(Object(algorithm) === algorithm ? (algorithm as Algorithm).name : algorithm);

/**
 * The methods of `crypto.subtle` that differ from the standard's, as `methods`; and `digestOf`, the name of a digest's
 * algorithm in lower case, which throws if there is no such one.
 * @param standard the realm's methods of the same names
 * @param begin throws where nothing may be random
 * @param importJwk `(data, importAs)` imports a JSON Web Key, by calling `importAs` with what it is read as
 * @param md5 the digest of bytes, an `ArrayBuffer`
 * @param equal compares bytes of the same length in constant time
 * @param isArrayBuffer of any realm
 * @param textOf decodes a buffer of UTF-8
 */
function createSubtle({ DOMException, standard, begin, importJwk, md5, equal, isArrayBuffer, textOf }: SubtleRealm): {
  digestOf(algorithm: unknown): string;
  methods: SubtleMethods;
} {
  const { digest, exportKey, generateKey, importKey, sign, unwrapKey, verify } = standard as Record<string, Standard>;
  const notSupported = (message: string) => new DOMException(message, "NotSupportedError");

  const methods = {
    async digest(algorithm: unknown, data: unknown) {
      if (nameOf(algorithm).toLowerCase() !== "md5") return digest.call(this, algorithm, data);
      return md5(bufferSource(data, "digest"));
    },
    async generateKey(algorithm: unknown, extractable: unknown, usages: unknown) {
      begin();
      return generateKey.call(this, known(algorithm), extractable, usages);
    },
    async importKey(format: unknown, data: unknown, algorithm: unknown, extractable: unknown, usages: unknown) {
      checkImport(algorithm, extractable, usages);
      const asked = known(algorithm);
      const importAs = (one: unknown) =>
        importKey.call(this, format, one, asked, extractable, usages) as Promise<CryptoKey>;
      return format === "jwk" ? importJwk(data, importAs) : importAs(data);
    },
    async sign(algorithm: unknown, key: unknown, data: unknown) {
      return sign.call(this, known(algorithm), key, data);
    },
    async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown) {
      return verify.call(this, known(algorithm), key, signature, data);
    },
    async unwrapKey(
      format: unknown,
      wrapped: unknown,
      unwrappingKey: unknown,
      unwrapping: unknown,
      algorithm: unknown,
      extractable: unknown,
      usages: unknown,
    ) {
      if (format !== "jwk") {
        const by = [format, wrapped, unwrappingKey, unwrapping];
        return unwrapKey.call(this, ...by, known(algorithm), extractable, usages);
      }
      const text = await unwrapText.call(this, wrapped, unwrappingKey, unwrapping);
      return methods.importKey.call(this, format, jwkOf(text), algorithm, extractable, usages);
    },
    timingSafeEqual(a: unknown, b: unknown) {
      const [left, right] = [bufferSource(a, "timingSafeEqual"), bufferSource(b, "timingSafeEqual")];
      if (left.byteLength !== right.byteLength) throw new RangeError("Input buffers must have the same byte length");
      return equal(left, right);
    },
  };
  return { digestOf, methods };

  /** What a key is wrapped in, as text: the bytes of an HMAC key may be any. */
  async function unwrapText(this: unknown, wrapped: unknown, unwrappingKey: unknown, unwrapping: unknown) {
    const bytes = await unwrapKey.call(this, "raw", wrapped, unwrappingKey, unwrapping, ANY_BYTES, true, ["sign"]);
    return textOf((await exportKey.call(this, "raw", bytes)) as ArrayBuffer);
  }

  function jwkOf(text: string): object {
    let jwk: unknown;
    try {
      jwk = JSON.parse(text);
    } catch {}
    if (typeof jwk === "object" && jwk !== null) return jwk;
    throw new DOMException("The wrapped key is no JSON Web Key", "DataError");
  }

  /** The algorithm by the name that the standard has for it. */
  function known(algorithm: unknown) {
    const name = nameOf(algorithm);
    if (ABSENT.has(name.toLowerCase())) throw notSupported("Unrecognized name.");
    if (name.toUpperCase() !== OLD_ED25519) return algorithm;
    const curve = (algorithm as Algorithm).namedCurve ?? OLD_ED25519;
    if (curve !== OLD_ED25519)
      throw notSupported(`The namedCurve of ${OLD_ED25519} must be "${OLD_ED25519}", not "${curve}".`);
    return { name: "Ed25519" };
  }

  function digestOf(algorithm: unknown) {
    const name = nameOf(algorithm).toLowerCase();
    if (!DIGESTS.has(name)) throw notSupported("Unrecognized name.");
    return name;
  }

  /** What upstream takes although the standard refuses it. */
  function checkImport(algorithm: unknown, extractable: unknown, usages: unknown) {
    const name = nameOf(algorithm).toUpperCase();
    if (DERIVATIONS.has(name) && extractable) throw new DOMException(`${name} keys are not extractable`, "SyntaxError");
    const hash = name === "HMAC" ? (algorithm as Algorithm).hash : undefined;
    if (hash !== undefined && !DIGESTS.has(nameOf(hash).toLowerCase()))
      throw notSupported("Unrecognized algorithm name");
    const unknown = Array.isArray(usages) ? usages.find((usage) => !USAGES.has(String(usage))) : undefined;
    if (unknown !== undefined) {
      throw new TypeError(
        `Failed to execute 'importKey' on 'SubtleCrypto': "${String(unknown)}" is no usage of keys; there are ${[...USAGES].join(", ")}.`,
      );
    }
  }

  function bufferSource(value: unknown, method: string) {
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (isArrayBuffer(value)) return new Uint8Array(value);
    const type = value === null ? "null" : typeof value;
    throw new TypeError(
      `Failed to execute '${method}' on 'SubtleCrypto': expected an ArrayBuffer or a view of one, got ${type}.`,
    );
  }
}

export { createSubtle };
