// Errors of Miniflare's own classes, as the worker throws them: plain errors whose name tells Node which class to rebuild.

/** An error of the class `name` with a code, e.g. `FetchError [ERR_NO_HANDLER]`. */
export function miniflareError(name, code, message) {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: `${name} [${code}]`, writable: true, configurable: true });
  error.code = code;
  return error;
}

export const fetchError = (code, message) => miniflareError("FetchError", code, message);
