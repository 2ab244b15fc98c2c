// Errors of Miniflare's own classes, as the worker throws them: plain errors whose name tells Node which class to rebuild.

import { core } from "ext:core/mod.js";
import { STORE_ERROR } from "ext:miniflare/realm/port.ts";

/** An error of the class `name` with a code, e.g. `FetchError [ERR_NO_HANDLER]`. */
export function miniflareError(name: string, code: string, message: string) {
  const error: Error & { code?: string } = new Error(message);
  Object.defineProperty(error, "name", { value: `${name} [${code}]`, writable: true, configurable: true });
  error.code = code;
  return error;
}

/** The text that shows what was thrown, whatever it is. */
export function describeThrown(thrown: unknown) {
  try {
    return String((thrown as Partial<Error> | undefined)?.stack ?? thrown);
  } catch {
    return "a value that cannot be read";
  }
}

/** The message of what was thrown, whatever it is. */
export function messageOf(thrown: unknown) {
  try {
    return String((thrown as Partial<Error> | undefined)?.message ?? thrown);
  } catch {
    return "a value that cannot be read";
  }
}

export const fetchError = (code: string, message: string) => miniflareError("FetchError", code, message);

for (const code of Object.values(STORE_ERROR)) {
  // An object says of itself what it cannot read.
  if (code === STORE_ERROR.FOREIGN) continue;
  core.registerErrorBuilder(code, (message) => miniflareError("StorageError", code, message));
}
