// Web Crypto: upstream's, with what `subtle.ts` says of Workers, and streamed digests.

import { core, internals } from "ext:core/mod.js";
import {
  op_web_digest_finish,
  op_web_digest_new,
  op_web_digest_update,
  op_web_equal,
  op_web_key_symbols,
} from "ext:core/ops";
import { bytesOfChunk } from "ext:miniflare/web/bytes.ts";
import { kept, outsideOf, whenRecorded } from "ext:miniflare/realm/outside.ts";
import { requireContext } from "ext:miniflare/realm/context.ts";
import { extend, unconstructible } from "ext:miniflare/web/interface.ts";
import { define, load, STREAMS } from "ext:miniflare/realm/lazy.ts";
import { isArrayBuffer } from "ext:miniflare/web/chunks.ts";
import { createSubtle } from "ext:miniflare/web/subtle.ts";

// A name that upstream looks for: the key objects of Node, which workers do not have.
internals.kKeyObject = Symbol("kKeyObject");
const upstream = core.loadExtScript("ext:deno_crypto/00_crypto.js");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/web/digest-stream.ts": typeof import("./digest-stream.ts");
  }
}

const ABSENT_METHODS = ["decapsulateBits", "decapsulateKey", "encapsulateBits", "encapsulateKey", "getPublicKey"];

const subtle = upstream.SubtleCrypto.prototype;
const { exportKey, getPublicKey } = subtle;
const publicHalf = async (key: CryptoKey) =>
  exportKey.call(undefined, "jwk", await getPublicKey.call(undefined, key, [])) as Promise<JsonWebKey>;

const { digestOf, methods } = createSubtle({
  DOMException,
  standard: subtle,
  begin: () => requireContext("globalRandom"),
  async importJwk(data, importAs) {
    const { checkJwk, readJwk } = load("ext:miniflare/web/bundle.ts");
    const jwk = readJwk(data);
    const key = await importAs(jwk);
    await checkJwk(jwk, key, publicHalf);
    return key;
  },
  md5(bytes) {
    const state = op_web_digest_new("md5");
    op_web_digest_update(state, bytes);
    return op_web_digest_finish(state).buffer;
  },
  equal: (a, b) => op_web_equal(a, b),
  isArrayBuffer,
  textOf: (buffer) => core.decode(new Uint8Array(buffer)),
});
extend(subtle, methods);
for (const name of ABSENT_METHODS) delete subtle[name];
whenRecorded((outside) => load("ext:miniflare/web/bundle.ts").recordSubtle(subtle, outside));
const { getRandomValues, randomUUID } = upstream.Crypto.prototype;

extend(upstream.Crypto.prototype, {
  getRandomValues(this: Crypto | undefined, array: ArrayBufferView<ArrayBuffer>) {
    requireContext("globalRandom");
    if (array === undefined) {
      throw new TypeError("Failed to execute 'getRandomValues' on 'Crypto': 1 argument required, but only 0 present.");
    }
    const filled = getRandomValues.call(this ?? upstream.crypto, array);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    if (outsideOf() !== undefined) bytes.set(kept("crypto.getRandomValues", bytes.slice()));
    return filled;
  },
  randomUUID(this: Crypto | undefined) {
    return kept("crypto.randomUUID", randomUUID.call(this as Crypto));
  },
});

define(upstream.Crypto.prototype, ["DigestStream"], makeDigestStream, true);

function makeDigestStream() {
  const { createDigestStream } = load("ext:miniflare/web/digest-stream.ts");
  const DigestStream = createDigestStream({
    WritableStream: load(STREAMS).WritableStream,
    nameOf: digestOf,
    bytesOfChunk,
    digest: { start: op_web_digest_new, update: op_web_digest_update, finish: op_web_digest_finish },
  });
  webidl.configureInterface(DigestStream);
  return DigestStream;
}

export const Crypto = unconstructible(upstream.Crypto);
export const CryptoKey = unconstructible(upstream.CryptoKey);
export const SubtleCrypto = unconstructible(upstream.SubtleCrypto);
/** The one `crypto`; made when it is asked for first, as native memory cannot be in the snapshot. */
export function getCrypto() {
  op_web_key_symbols(() => upstream.Crypto.registerSymbols(webidl.brand, internals.kKeyObject));
  return upstream.crypto;
}
