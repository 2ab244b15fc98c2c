// The secrets of an HTTPS server: texts, files, or a certificate that it has signed itself.

import { readFile } from "node:fs/promises";
import type { ServerOptions } from "./meta.ts";

export interface Secrets {
  key?: string | Buffer;
  cert?: string | Buffer;
  ca?: string | Buffer;
  pfx?: string | Buffer;
  passphrase?: string;
}

/**
 * The secrets that the options name. A text is used before a file of the same name; a path is relative to the folder that the
 * process runs in.
 * @throws an error with the code `ENOENT` that names the first file which is missing, in the order key, cert, ca, pfx
 */
export async function tlsOptions(options: ServerOptions, info: (text: string) => void): Promise<Secrets> {
  const signed = options.https ? await selfSigned(options.https, info) : undefined;
  const secrets: Secrets = {};
  const add = async (name: "key" | "cert" | "ca" | "pfx", text: Secrets["key"], file: string | undefined) => {
    const value = text ?? (file ? await readFile(file) : undefined);
    if (value !== undefined) secrets[name] = value;
  };
  await add("key", options.httpsKey, signed?.keyPath ?? options.httpsKeyPath);
  await add("cert", options.httpsCert, signed?.certPath ?? options.httpsCertPath);
  await add("ca", options.httpsCa, options.httpsCaPath);
  await add("pfx", options.httpsPfx as Secrets["pfx"], options.httpsPfxPath);
  if (options.httpsPassphrase !== undefined) secrets.passphrase = options.httpsPassphrase;
  return secrets;
}

/** Loaded for servers that sign their own. */
function selfSigned(https: true | string, info: (text: string) => void) {
  const { certificateFiles } = require("./certificates.ts") as typeof import("./certificates.ts");
  return certificateFiles(https, info);
}
