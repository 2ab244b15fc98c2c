// AES-GCM with the nonces and tags that upstream does not have. Whatever else it has, and each refusal, is upstream's.

import { core } from "ext:core/mod.js";
import { op_web_gcm_decrypt, op_web_gcm_encrypt } from "ext:core/ops";
import { extend } from "ext:miniflare/web/interface.ts";

const { CryptoKey, SubtleCrypto } = core.loadExtScript("ext:deno_crypto/00_crypto.js");

const NAME = "AES-GCM";
const UPSTREAM_NONCES = new Set([12, 16]);
const UPSTREAM_TAG = 128;
/** In bits. */
const TAGS = new Set([32, 64, 96, 104, 112, 120, UPSTREAM_TAG]);
const NOTHING = new Uint8Array(0);

const { decrypt, encrypt } = SubtleCrypto.prototype;

extend(SubtleCrypto.prototype, {
  async encrypt(algorithm: Algorithm | null | undefined, key: unknown, data: unknown) {
    const parts = partsOf(algorithm, key, data, "encrypt");
    if (parts === undefined || UPSTREAM_NONCES.has(parts.iv.length)) return encrypt.call(this, algorithm, key, data);
    return op_web_gcm_encrypt(parts.key, parts.iv, parts.additional, parts.data, parts.tag).buffer;
  },
  async decrypt(algorithm: Algorithm | null | undefined, key: unknown, data: unknown) {
    const parts = partsOf(algorithm, key, data, "decrypt");
    const isUpstreams = parts === undefined || (UPSTREAM_NONCES.has(parts.iv.length) && parts.tag === UPSTREAM_TAG);
    if (isUpstreams) return decrypt.call(this, algorithm, key, data);
    return op_web_gcm_decrypt(parts.key, parts.iv, parts.additional, parts.data, parts.tag).buffer;
  },
});

/** What a call is about, as bytes; undefined when it is not about AES-GCM, or not as it should be. */
/** An algorithm as it is given. */
interface Algorithm {
  name?: unknown;
  iv?: unknown;
  additionalData?: unknown;
  tagLength?: number;
}

function partsOf(algorithm: Algorithm | null | undefined, key: unknown, data: unknown, usage: KeyUsage) {
  if (!(key instanceof CryptoKey) || key.algorithm.name !== NAME || !key.usages.includes(usage)) return undefined;
  if (String(algorithm?.name).toUpperCase() !== NAME) return undefined;
  const tag = (algorithm as Algorithm).tagLength ?? UPSTREAM_TAG;
  const [iv, additional, bytes] = [
    (algorithm as Algorithm).iv,
    (algorithm as Algorithm).additionalData ?? NOTHING,
    data,
  ].map(bytesOf);
  if (!TAGS.has(tag) || iv === undefined || additional === undefined || bytes === undefined) return undefined;
  return { key: CryptoKey.exportNodeMaterial(key).data, iv, additional, data: bytes, tag };
}

function bytesOf(source: unknown) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return undefined;
}
