// JSON Web Keys: read once, as the standard converts them, and refused when they are no key of their algorithm. Upstream
// imports the private half of a pair whatever stands beside it, fills up what is too short, and knows no curve but the one
// it was asked for.

import { core } from "ext:core/mod.js";
import { op_web_is_ec_key } from "ext:core/ops";

const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const TEXTS = ["alg", "crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "q", "qi", "use", "x", "y"];
const OPERATIONS = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
const CRT = ["p", "q", "dp", "dq", "qi"];
/** Of a coordinate and of the private number, in bytes. */
const FIELD_BYTES = { "P-256": 32, "P-384": 48, "P-521": 66 };

const refused = (problem) => new DOMException(`Invalid JWK: ${problem}`, "DataError");

/** What upstream is to import for a JWK; anything else it refuses itself. */
export function readJwk(data) {
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return data;
  const jwk = { __proto__: null };
  for (const name of TEXTS) {
    const value = data[name];
    if (value !== undefined) jwk[name] = `${value}`;
  }
  for (const name of ["ext", "oth"]) if (data[name] !== undefined) jwk[name] = data[name];
  if (data.key_ops !== undefined) jwk.key_ops = readOperations(data.key_ops);
  if (jwk.kty === "RSA" && jwk.d !== undefined && CRT.every((name) => jwk[name] === undefined)) {
    throw refused(`a private key needs ${CRT.map((name) => `"${name}"`).join(", ")}`);
  }
  return jwk;
}

/** Others than the standard's are allowed, and mean nothing. */
function readOperations(given) {
  if (typeof given !== "object" || typeof given?.[Symbol.iterator] !== "function") {
    throw new TypeError(
      `Failed to execute 'importKey' on 'SubtleCrypto': "key_ops" of the key is no sequence but ${given === null ? "null" : typeof given}.`,
    );
  }
  const operations = Array.from(given, (one) => `${one}`);
  if (new Set(operations).size < operations.length) throw refused('"key_ops" names an operation twice');
  return operations.filter((one) => OPERATIONS.includes(one));
}

/** Refuses a JWK that upstream has imported as `key`; `publicHalf` gives the public JWK of a private key. */
export async function checkJwk(jwk, key, publicHalf) {
  const { name, namedCurve } = key.algorithm;
  switch (name) {
    case "ECDSA":
    case "ECDH":
      return checkCurve(jwk, namedCurve);
    case "Ed25519":
    case "X25519":
      return checkPair(jwk, key, name, publicHalf);
    case "RSA-OAEP":
    case "RSA-PSS":
    case "RSASSA-PKCS1-v1_5":
      if (jwk.kty !== "RSA") throw refused(`"kty" is "${jwk.kty}", not "RSA"`);
  }
}

function checkCurve({ crv, x, y, d }, curve) {
  if (crv !== curve) throw refused(`"crv" is "${crv}", and the algorithm's curve "${curve}"`);
  const size = FIELD_BYTES[curve];
  const point = new Uint8Array(1 + 2 * size);
  point[0] = 4; // uncompressed
  point.set(bytesOf("x", x, size), 1);
  point.set(bytesOf("y", y, size), 1 + size);
  const secret = d === undefined ? new Uint8Array(0) : bytesOf("d", d, size);
  if (op_web_is_ec_key(curve, point, secret)) return;
  throw refused(d === undefined ? `no point of ${curve}` : `no key pair of ${curve}`);
}

async function checkPair({ alg, x }, key, name, publicHalf) {
  if (name === "Ed25519" && alg !== undefined && alg !== "Ed25519" && alg !== "EdDSA") {
    throw refused(`"alg" is "${alg}", not "EdDSA"`);
  }
  if (key.type === "public") return;
  const right = await publicHalf(key);
  if (x === undefined || x.replace(/=+$/, "") !== right.x)
    throw refused('"x" is not the public key that belongs to "d"');
}

function bytesOf(name, text, size) {
  let bytes;
  try {
    bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    throw refused(`"${name}" is not base64url`);
  }
  if (bytes.length === size) return bytes;
  throw refused(`"${name}" has ${bytes.length} bytes, not ${size}`);
}
