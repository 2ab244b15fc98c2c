// Web Crypto: upstream's, with MD5, the old name of Ed25519, streamed digests and comparison in constant time; without
// the algorithms that Workers do not have.

import { core, internals } from "ext:core/mod.js";
import {
  op_web_digest_finish,
  op_web_digest_new,
  op_web_digest_update,
  op_web_equal,
  op_web_key_symbols,
} from "ext:core/ops";
import { bytesOfChunk } from "ext:miniflare/web/bytes.js";
import { requireContext } from "ext:miniflare/worker/context.js";
import { extend, unconstructible } from "ext:miniflare/web/interface.js";
import { checkJwk, readJwk } from "ext:miniflare/web/jwk.js";
import { define, load, STREAMS } from "ext:miniflare/worker/lazy.js";

// A name that upstream looks for: the key objects of Node, which workers do not have.
internals.kKeyObject = Symbol("kKeyObject");
const upstream = core.loadExtScript("ext:deno_crypto/00_crypto.js");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const DIGESTS = new Set(["md5", "sha-1", "sha-256", "sha-384", "sha-512"]);
const DERIVATIONS = new Set(["PBKDF2", "HKDF"]);
const USAGES = new Set(["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"]);
const OLD_ED25519 = "NODE-ED25519";
const ABSENT_ALGORITHMS = new Set(["ed448", "x448"]);
const ABSENT_METHODS = ["decapsulateBits", "decapsulateKey", "encapsulateBits", "encapsulateKey", "getPublicKey"];

const notSupported = (message) => new DOMException(message, "NotSupportedError");
const nameOf = (algorithm) => String(Object(algorithm) === algorithm ? algorithm.name : algorithm);

/** The algorithm by the name that the standard has for it. */
function standard(algorithm) {
  const name = nameOf(algorithm);
  if (ABSENT_ALGORITHMS.has(name.toLowerCase())) throw notSupported("Unrecognized name.");
  if (name.toUpperCase() !== OLD_ED25519) return algorithm;
  const curve = algorithm.namedCurve ?? OLD_ED25519;
  if (curve !== OLD_ED25519)
    throw notSupported(`The namedCurve of ${OLD_ED25519} must be "${OLD_ED25519}", not "${curve}".`);
  return { name: "Ed25519" };
}

const subtle = upstream.SubtleCrypto.prototype;
const { digest, exportKey, generateKey, getPublicKey, importKey, sign, unwrapKey, verify } = subtle;
const publicHalf = async (key) => exportKey.call(undefined, "jwk", await getPublicKey.call(undefined, key, []));

extend(subtle, {
  async digest(algorithm, data) {
    if (nameOf(algorithm).toLowerCase() !== "md5") return digest.call(this, algorithm, data);
    const state = op_web_digest_new("md5");
    op_web_digest_update(state, bufferSource(data, "digest"));
    return op_web_digest_finish(state).buffer;
  },
  async generateKey(algorithm, extractable, usages) {
    requireContext("globalRandom");
    return generateKey.call(this, standard(algorithm), extractable, usages);
  },
  async importKey(format, data, algorithm, extractable, usages) {
    checkImport(algorithm, extractable, usages);
    const asked = standard(algorithm);
    if (format !== "jwk") return importKey.call(this, format, data, asked, extractable, usages);
    const jwk = readJwk(data);
    const key = await importKey.call(this, format, jwk, asked, extractable, usages);
    await checkJwk(jwk, key, publicHalf);
    return key;
  },
  async sign(algorithm, key, data) {
    return sign.call(this, standard(algorithm), key, data);
  },
  async verify(algorithm, key, signature, data) {
    return verify.call(this, standard(algorithm), key, signature, data);
  },
  async unwrapKey(format, wrapped, unwrappingKey, unwrapping, algorithm, extractable, usages) {
    return unwrapKey.call(this, format, wrapped, unwrappingKey, unwrapping, standard(algorithm), extractable, usages);
  },
  timingSafeEqual(a, b) {
    const [left, right] = [bufferSource(a, "timingSafeEqual"), bufferSource(b, "timingSafeEqual")];
    if (left.byteLength !== right.byteLength) throw new RangeError("Input buffers must have the same byte length");
    return op_web_equal(left, right);
  },
});
for (const name of ABSENT_METHODS) delete subtle[name];
const { getRandomValues } = upstream.Crypto.prototype;

extend(upstream.Crypto.prototype, {
  getRandomValues(array) {
    requireContext("globalRandom");
    if (array === undefined) {
      throw new TypeError("Failed to execute 'getRandomValues' on 'Crypto': 1 argument required, but only 0 present.");
    }
    return getRandomValues.call(this ?? upstream.crypto, array);
  },
});

define(upstream.Crypto.prototype, ["DigestStream"], makeDigestStream, true);

function makeDigestStream() {
  const { createDigestStream } = load("ext:miniflare/web/digest-stream.js");
  const DigestStream = createDigestStream({
    WritableStream: load(STREAMS).WritableStream,
    nameOf: digestOf,
    bytesOfChunk,
    digest: { start: op_web_digest_new, update: op_web_digest_update, finish: op_web_digest_finish },
  });
  webidl.configureInterface(DigestStream);
  return DigestStream;
}

function digestOf(algorithm) {
  const name = nameOf(algorithm).toLowerCase();
  if (!DIGESTS.has(name)) throw notSupported("Unrecognized name.");
  return name;
}

/** What upstream takes although the standard refuses it. */
function checkImport(algorithm, extractable, usages) {
  const name = nameOf(algorithm).toUpperCase();
  if (DERIVATIONS.has(name) && extractable) throw new DOMException(`${name} keys are not extractable`, "SyntaxError");
  const hash = name === "HMAC" ? algorithm.hash : undefined;
  if (hash !== undefined && !DIGESTS.has(nameOf(hash).toLowerCase())) throw notSupported("Unrecognized algorithm name");
  const unknown = Array.isArray(usages) ? usages.find((usage) => !USAGES.has(String(usage))) : undefined;
  if (unknown !== undefined) {
    throw new TypeError(
      `Failed to execute 'importKey' on 'SubtleCrypto': "${String(unknown)}" is no usage of keys; there are ${[...USAGES].join(", ")}.`,
    );
  }
}

function bufferSource(value, method) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const type = value === null ? "null" : typeof value;
  throw new TypeError(
    `Failed to execute '${method}' on 'SubtleCrypto': expected an ArrayBuffer or a view of one, got ${type}.`,
  );
}

export const Crypto = unconstructible(upstream.Crypto);
export const CryptoKey = unconstructible(upstream.CryptoKey);
export const SubtleCrypto = unconstructible(upstream.SubtleCrypto);
/** The one `crypto`; made when it is asked for first, as native memory cannot be in the snapshot. */
export function getCrypto() {
  op_web_key_symbols(() => upstream.Crypto.registerSymbols(webidl.brand, internals.kKeyObject));
  return upstream.crypto;
}
