// What a worker's `fetch` is made with: options, and what the environment says, read as Node and other clients read it.

import fs from "node:fs";
import path from "node:path";
import { OptionsError } from "../../node/errors.ts";
import { readFile } from "../../node/script/files.ts";
import type { MiniflareOptions } from "../../../index.d.ts";

/** What the worker's half asks for at its first fetch. */
export type OutboundSettings = [certificates: string, verifies: boolean, proxies: string, timeoutMs: number];

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const UNVERIFIED =
  "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections and HTTPS requests insecure by disabling certificate verification.";
/** Ways to speak to a proxy that native code knows. */
const PROXY_PROTOCOLS = new Set(["http:", "https:", "socks5:", "socks5h:"]);

const warned = new Set<string>();

function warnOnce(text: string): void {
  if (!warned.has(text)) process.emitWarning(text);
  warned.add(text);
}

/** The certificates that the options name, as PEM; throws for an invalid one. */
function readAuthorities({ fetchCa, fetchCaPath }: MiniflareOptions, root: string): string {
  const texts = list(fetchCa).map((text) => certificates(text, 'Invalid option "fetchCa"'));
  for (const file of list(fetchCaPath)) {
    const full = path.resolve(root, file);
    texts.push(certificates(readFile(full, "fetchCaPath", "utf8"), `Invalid option "fetchCaPath": ${full}`));
  }
  return texts.join("\n");
}

const list = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());

/** The certificates of a text, without what stands between them. */
function certificates(text: string, where: string): string {
  // Loaded when there is something to read: it is a large part of Node.
  const { X509Certificate } = require("node:crypto") as typeof import("node:crypto");
  const found = text.match(CERTIFICATE);
  if (found === null) throw new OptionsError("ERR_INVALID_OPTION", `${where}: expected certificates in PEM, got none`);
  for (const certificate of found) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw new OptionsError(
        "ERR_INVALID_OPTION",
        `${where}: expected certificates in PEM, got one that is broken`,
        error,
      );
    }
  }
  return found.join("\n");
}

function outboundSettings(authorities: string, timeoutMs: number, env = process.env): OutboundSettings {
  const extra = extraAuthorities(env.NODE_EXTRA_CA_CERTS);
  return [`${authorities}\n${extra}`, verifies(env), proxies(env), timeoutMs];
}

/** Whether servers' certificates are verified. Where they are not, Node's user is told so once. */
function verifies(env = process.env): boolean {
  const verify = env.NODE_TLS_REJECT_UNAUTHORIZED !== "0";
  if (!verify) warnOnce(UNVERIFIED);
  return verify;
}

/** The certificates that Node itself trusts, as PEM. */
function trustedByNode(env = process.env): string {
  const { rootCertificates } = require("node:tls") as typeof import("node:tls");
  return [...rootCertificates, extraAuthorities(env.NODE_EXTRA_CA_CERTS)].join("\n");
}

/** As Node does, ignores certificates that cannot be had, and says so. */
function extraAuthorities(file: string | undefined): string {
  if (file === undefined || file === "") return "";
  try {
    return certificates(fs.readFileSync(file, "utf8"), file);
  } catch (error) {
    warnOnce(`Ignoring extra certs from \`${file}\`, load failed: ${(error as Error).message}`);
    return "";
  }
}

/** One line each, in the order that native code takes them. */
function proxies(env: NodeJS.ProcessEnv): string {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || "";
  const urls = ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"].map((name) => proxyUrl(name, read(name)));
  return [...urls, read("NO_PROXY")].join("\n");
}

/** The value of a variable, if it names a proxy; the warning leaves out what may be a secret. */
function proxyUrl(name: string, value: string): string {
  if (value === "") return "";
  const url = value.includes("://") ? value : `http://${value}`;
  if (URL.canParse(url) && PROXY_PROTOCOLS.has(new URL(url).protocol)) return value;
  const protocols = [...PROXY_PROTOCOLS].map((protocol) => `${protocol}//`).join(", ");
  warnOnce(`Ignoring the environment variable ${name}: it is no URL of a proxy (${protocols}).`);
  return "";
}

export { outboundSettings, readAuthorities, trustedByNode, verifies };
