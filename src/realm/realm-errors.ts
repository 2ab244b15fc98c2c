// Errors of Miniflare's own classes, as the worker throws them: plain errors whose name tells Node which class to rebuild.

import { core } from "ext:core/mod.js";
import { STORE_ERROR } from "ext:miniflare/realm/port.ts";

/** An error of the class `name` with a code, e.g. `FetchError [ERR_NO_HANDLER]`. */
export function miniflareError(name, code, message) {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: `${name} [${code}]`, writable: true, configurable: true });
  error.code = code;
  return error;
}

/** The text that shows what was thrown, whatever it is. */
export function describeThrown(thrown) {
  try {
    return String(thrown?.stack ?? thrown);
  } catch {
    return "a value that cannot be read";
  }
}

/** The message of what was thrown, whatever it is. */
export function messageOf(thrown) {
  try {
    return String(thrown?.message ?? thrown);
  } catch {
    return "a value that cannot be read";
  }
}

export const fetchError = (code, message) => miniflareError("FetchError", code, message);

for (const code of Object.values(STORE_ERROR)) {
  // An object says of itself what it cannot read.
  if (code === STORE_ERROR.FOREIGN) continue;
  core.registerErrorBuilder(code, (message) => miniflareError("StorageError", code, message));
}
