// Random results of `crypto.subtle` in a run that is recorded or replayed: those of the recording.

import { keyOfParts, partsOfKey } from "ext:miniflare/web/keys.ts";
import type { Outside } from "ext:miniflare/realm/outside.ts";
import type { KeyParts } from "./keys.ts";

type Method = (this: unknown, ...args: unknown[]) => Promise<unknown>;
type Keys = CryptoKey | CryptoKeyPair;
type Kept = { secret: KeyParts } | { publicKey: KeyParts; privateKey: KeyParts };

/** Methods whose results are random bytes, by some algorithms, and where those stand among the arguments. */
const RANDOM: Record<string, [algorithms: readonly string[], at: number]> = {
  encrypt: [["RSA-OAEP"], 0],
  sign: [["ECDSA", "RSA-PSS"], 0],
  wrapKey: [["RSA-OAEP"], 3],
};

function nameOf(algorithm: unknown): string {
  const name = Object(algorithm) === algorithm ? (algorithm as { name?: unknown }).name : algorithm;
  return String(name).toUpperCase();
}

/** Has the methods ask for what is random. */
export function recordSubtle(subtle: object, outside: Outside) {
  const methods = subtle as Record<string, Method>;
  const replace = (name: string, make: (method: Method) => Method) => {
    const value = make(methods[name]);
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(methods, name, { value });
  };
  for (const [name, [algorithms, at]] of Object.entries(RANDOM)) {
    replace(
      name,
      (method) =>
        async function (this: unknown, ...args) {
          const algorithm = nameOf(args[at]);
          if (!algorithms.includes(algorithm)) return method.apply(this, args);
          const answer = async () => new Uint8Array((await method.apply(this, args)) as ArrayBuffer);
          const bytes = await outside.ask(`crypto.subtle.${name}`, [algorithm], answer);
          return bytes.slice().buffer;
        },
    );
  }
  replace(
    "generateKey",
    (method) =>
      async function (this: unknown, ...args) {
        const answer = async () => partsOf((await method.apply(this, args)) as Keys);
        return keysOf(await outside.ask("crypto.subtle.generateKey", [nameOf(args[0])], answer));
      },
  );
}

const partsOf = (keys: Keys): Kept =>
  "publicKey" in keys
    ? { publicKey: partsOfKey(keys.publicKey), privateKey: partsOfKey(keys.privateKey) }
    : { secret: partsOfKey(keys) };

const keysOf = (kept: Kept) =>
  "secret" in kept
    ? keyOfParts(...kept.secret)
    : { publicKey: keyOfParts(...kept.publicKey), privateKey: keyOfParts(...kept.privateKey) };
