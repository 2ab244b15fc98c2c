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
const FIELD_BYTES: Record<string, number> = { "P-256": 32, "P-384": 48, "P-521": 66 };

const refused = (problem: string) => new DOMException(`Invalid JWK: ${problem}`, "DataError");

/** A JSON Web Key as it is given, and as it is read: of what is given nothing is certain. */
type GivenJwk = Record<string, unknown>;
export type Jwk = Record<string, string | undefined> & { ext?: never; oth?: never; key_ops?: never };

/** What upstream is to import for a JWK; anything else it refuses itself. */
export function readJwk(data: unknown): Jwk {
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data) || data instanceof ArrayBuffer)
    return data as unknown as Jwk;
  const jwk: GivenJwk = { __proto__: null };
  for (const name of TEXTS) {
    const value = (data as GivenJwk)[name];
    if (value !== undefined) jwk[name] = `${value}`;
  }
  for (const name of ["ext", "oth"]) if ((data as GivenJwk)[name] !== undefined) jwk[name] = (data as GivenJwk)[name];
  if ((data as GivenJwk).key_ops !== undefined) jwk.key_ops = readOperations((data as GivenJwk).key_ops);
  if (jwk.kty === "RSA" && jwk.d !== undefined && CRT.every((name) => jwk[name] === undefined)) {
    throw refused(`a private key needs ${CRT.map((name) => `"${name}"`).join(", ")}`);
  }
  return jwk as Jwk;
}

/** Others than the standard's are allowed, and mean nothing. */
function readOperations(given: unknown) {
  if (
    typeof given !== "object" ||
    typeof (given as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] !== "function"
  ) {
    throw new TypeError(
      `Failed to execute 'importKey' on 'SubtleCrypto': "key_ops" of the key is no sequence but ${given === null ? "null" : typeof given}.`,
    );
  }
  const operations = Array.from(given as Iterable<unknown>, (one) => `${one}`);
  if (new Set(operations).size < operations.length) throw refused('"key_ops" names an operation twice');
  return operations.filter((one) => OPERATIONS.includes(one));
}

type PublicHalf = (key: CryptoKey) => Promise<JsonWebKey>;

/** Refuses a JWK that upstream has imported as `key`; `publicHalf` gives the public JWK of a private key. */
export async function checkJwk(jwk: Jwk, key: CryptoKey, publicHalf: PublicHalf) {
  const { name, namedCurve } = key.algorithm as KeyAlgorithm & { namedCurve: string };
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

function checkCurve({ crv, x, y, d }: Jwk, curve: string) {
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

async function checkPair({ alg, x }: Jwk, key: CryptoKey, name: string, publicHalf: PublicHalf) {
  if (name === "Ed25519" && alg !== undefined && alg !== "Ed25519" && alg !== "EdDSA") {
    throw refused(`"alg" is "${alg}", not "EdDSA"`);
  }
  if (key.type === "public") return;
  const right = await publicHalf(key);
  if (x === undefined || x.replace(/=+$/, "") !== right.x)
    throw refused('"x" is not the public key that belongs to "d"');
}

/** Newer than the library of ES2024. */
interface Base64 {
  fromBase64(text: string | undefined, options: { alphabet: "base64url" }): Uint8Array;
}

function bytesOf(name: string, text: string | undefined, size: number) {
  let bytes: Uint8Array;
  try {
    bytes = (Uint8Array as unknown as Base64).fromBase64(text, { alphabet: "base64url" });
  } catch {
    throw refused(`"${name}" is not base64url`);
  }
  if (bytes.length === size) return bytes;
  throw refused(`"${name}" has ${bytes.length} bytes, not ${size}`);
}
