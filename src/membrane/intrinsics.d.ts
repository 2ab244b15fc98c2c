// The types of `intrinsics.js`.

/** Names of the classes of the Web APIs that both realms have. */
export const WEB: readonly string[];

/** Classes that both realms have, with their prototypes. */
export interface Intrinsics {
  nameOf(object: object): string | undefined;
  byName(name: string): unknown;
}

/** Finds those of a realm, by its global object; it does not touch those named by `late` until they are needed. */
export function createIntrinsics(global: object, options: { late: readonly string[] }): Intrinsics;
