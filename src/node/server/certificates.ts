// Certificates that a server signs itself, for the option `https`: made when there is none, and again before it expires.

import { generateKeyPair, X509Certificate } from "node:crypto";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { binding } from "../binding/binding.ts";
import { InstanceError } from "../errors.ts";

const DAY = 86_400_000;
/** For how long a certificate is valid, and when there is another one. */
const VALID_DAYS = 30;
const RENEWED_AFTER = (VALID_DAYS - 2) * DAY;
/** Of the folder that the process was started in, as suites expect. */
const DEFAULT_FOLDER = path.resolve(".mf", "cert");
const OWNER_ONLY = 0o600;
const KEY_BITS = 2048;

export interface CertificateFiles {
  keyPath: string;
  certPath: string;
}

/**
 * The files of a self-signed certificate, `key.pem` and `cert.pem`, which are made if one is missing or both are old.
 * @param option of the worker: a folder, or true for the default one
 * @throws InstanceError `ERR_CERTIFICATE` if they cannot be written
 */
export async function certificateFiles(option: true | string, info: (text: string) => void): Promise<CertificateFiles> {
  const folder = option === true ? DEFAULT_FOLDER : path.resolve(option);
  const files = { keyPath: path.join(folder, "key.pem"), certPath: path.join(folder, "cert.pem") };
  if (await areYoung(files)) return files;
  info("Generating new self-signed certificate...");
  await store(folder, files, await generate(["localhost", ...addresses()]));
  return files;
}

/** The newer of the two counts. */
async function areYoung({ keyPath, certPath }: CertificateFiles): Promise<boolean> {
  try {
    const made = Math.max((await stat(keyPath)).mtimeMs, (await stat(certPath)).mtimeMs);
    return Date.now() - made <= RENEWED_AFTER;
  } catch {
    return false;
  }
}

/** New files, put in place together: a key that is there may be readable by all, and another process may read the pair. */
async function store(folder: string, { keyPath, certPath }: CertificateFiles, { key, cert }: Secret): Promise<void> {
  const temporary = (file: string) => `${file}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary(keyPath), key, { mode: OWNER_ONLY });
    await writeFile(temporary(certPath), cert);
    await rename(temporary(keyPath), keyPath);
    await rename(temporary(certPath), certPath);
  } catch (error) {
    const { message } = error as Error;
    const text = `Cannot store a self-signed certificate in "${folder}": ${message}. Set the option "https" to a folder that can be written.`;
    throw new InstanceError("ERR_CERTIFICATE", text, error);
  }
}

/** Every address of this machine. */
function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return [...new Set(all.map(({ address }) => address))];
}

/** As PEM. */
interface Secret {
  key: string;
  cert: string;
}

/** A key, and a certificate for these names and addresses. */
async function generate(names: string[]): Promise<Secret> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: KEY_BITS });
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
  const cert = binding.selfSignedCertificate(pkcs8, names, Date.now(), VALID_DAYS);
  return {
    key: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    cert: new X509Certificate(Buffer.from(cert, "base64")).toString(),
  };
}
