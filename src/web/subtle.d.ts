// The contract of `subtle.js`: the methods of `crypto.subtle` that differ from the standard's.

/** Methods by their names, called on the realm's `SubtleCrypto`. */
export type SubtleMethods = Record<string, (...args: never[]) => unknown>;

/** @param parts `begin` throws where nothing may be random; the others are the realm's means */
export function createSubtle(parts: {
  DOMException: typeof DOMException;
  standard: SubtleMethods;
  begin(): void;
  /** Imports a JSON Web Key by calling `importAs` with what it is read as. */
  importJwk(jwk: unknown, importAs: (data: unknown) => Promise<CryptoKey>): Promise<CryptoKey>;
  md5(bytes: Uint8Array): ArrayBuffer;
  /** Compares bytes of the same length in constant time. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  isArrayBuffer(value: unknown): boolean;
  /** Decodes UTF-8. */
  textOf(buffer: ArrayBuffer): string;
}): {
  /**
   * The name of a digest's algorithm, in lower case.
   * @throws a `NotSupportedError` if there is no such one
   */
  digestOf(algorithm: unknown): string;
  methods: SubtleMethods;
};
