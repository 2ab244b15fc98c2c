// `node:url`: the library's port of Node's legacy parser, beside the realm's own classes.

import legacy from "unenv/node/url";
import { nodeError, validateObject, validateString } from "./errors.ts";

const { format, urlToHttpOptions } = legacy as {
  format(url: unknown, options?: unknown): string;
  urlToHttpOptions(url: URL): { port?: number };
};

const url: Record<string, unknown> = {
  ...legacy,
  URL,
  URLSearchParams,
  domainToASCII(domain: unknown) {
    try {
      return new URL(`ws://${domain}`).hostname;
    } catch {
      return "";
    }
  },
  fileURLToPath(given: unknown) {
    const file = typeof given === "string" ? new URL(given) : (given as URL);
    if (!(file instanceof URL)) validateString(given, "path");
    if (file.protocol !== "file:")
      throw nodeError(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
    if (file.hostname !== "") {
      const message = 'File URL host must be "localhost" or empty on linux';
      throw nodeError(TypeError, "ERR_INVALID_FILE_URL_HOST", message);
    }
    if (/%2f/i.test(file.pathname)) {
      const message = "File URL path must not include encoded / characters";
      throw Object.assign(nodeError(TypeError, "ERR_INVALID_FILE_URL_PATH", message), { input: file });
    }
    return decodeURIComponent(file.pathname);
  },
  toPathIfFileURL(given: unknown) {
    return given instanceof URL ? (url.fileURLToPath as (given: URL) => string)(given) : given;
  },
  format(given: unknown, options?: unknown) {
    if (given instanceof URL && options !== undefined && options !== null) validateObject(options, "options");
    return format(given, options);
  },
  urlToHttpOptions(given: URL) {
    validateObject(given, "url");
    const { port, ...options } = urlToHttpOptions(given);
    return port === undefined ? options : { ...options, port };
  },
};

export default url;
