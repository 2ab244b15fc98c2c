// Options of the HTTP server (`node/server/`).

import path from "node:path";
import { boolean, booleanOrString, check, func, isString, port, string } from "./check.ts";
import type { OptionRows } from "./table.ts";
import type { HttpsConfig, WranglerConfig } from "./wrangler.ts";

const stringOrBytes = check("a string or a Uint8Array", (value) => isString(value) || value instanceof Uint8Array);

/** A key of `[miniflare.https]`. */
const inHttps =
  (key: keyof HttpsConfig) =>
  ({ miniflare }: WranglerConfig) =>
    typeof miniflare?.https === "object" ? miniflare.https?.[key] : undefined;

/** The options of Miniflare 2. */
interface HttpOptions {
  host: string;
  port: number;
  open: boolean | string;
  https: boolean | string;
  httpsKey: string;
  httpsKeyPath: string;
  httpsCert: string;
  httpsCertPath: string;
  httpsCa: string;
  httpsCaPath: string;
  httpsPfx: string;
  httpsPfxPath: string;
  httpsPassphrase: string;
  cfFetch: boolean | string;
  metaProvider: (...args: unknown[]) => unknown;
  liveReload: boolean;
}

const options = {
  host: {
    check: string,
    flag: "-H, --host",
    help: "Host for HTTP(S) server to listen on",
    wrangler: "miniflare.host",
  },
  port: {
    check: port,
    flag: "-p, --port",
    help: "Port for HTTP(S) server to listen on",
    wrangler: "miniflare.port",
  },
  open: {
    check: booleanOrString,
    flag: "-O, --open",
    help: "Automatically open browser to URL",
    wrangler: "miniflare.open",
  },
  https: {
    check: booleanOrString,
    label: "HTTPS",
    flag: "--https",
    help: "Enable self-signed HTTPS (with optional cert path)",
    wrangler: ({ miniflare }) => (typeof miniflare?.https === "object" ? undefined : miniflare?.https),
  },
  httpsKey: { check: string },
  httpsKeyPath: {
    check: string,
    label: "HTTPS Key",
    flag: "--https-key",
    help: "Path to PEM SSL key",
    wrangler: inHttps("key"),
  },
  httpsCert: { check: string },
  httpsCertPath: {
    check: string,
    label: "HTTPS Cert",
    flag: "--https-cert",
    help: "Path to PEM SSL cert chain",
    wrangler: inHttps("cert"),
  },
  httpsCa: { check: string },
  httpsCaPath: {
    check: string,
    label: "HTTPS CA",
    flag: "--https-ca",
    help: "Path to SSL trusted CA certs",
    wrangler: inHttps("ca"),
  },
  httpsPfx: { check: stringOrBytes },
  httpsPfxPath: {
    check: string,
    label: "HTTPS PFX",
    flag: "--https-pfx",
    help: "Path to PFX/PKCS12 SSL key/cert chain",
    wrangler: inHttps("pfx"),
  },
  httpsPassphrase: {
    check: string,
    secret: true,
    label: "HTTPS Passphrase",
    flag: "--https-passphrase",
    help: "Passphrase to decrypt SSL files",
    wrangler: inHttps("passphrase"),
  },
  cfFetch: {
    check: booleanOrString,
    file: path.join("node_modules", ".mf", "cf.json"),
    label: "Request cf Object Fetch",
    flag: "--(no-)cf-fetch",
    help: "Path for cached Request cf object from Cloudflare",
    wrangler: "miniflare.cf_fetch",
  },
  metaProvider: { check: func },
  liveReload: {
    check: boolean,
    flag: "--live-reload",
    help: "Reload HTML pages whenever worker is reloaded",
    implies: { watch: true },
    wrangler: "miniflare.live_reload",
  },
} satisfies OptionRows<HttpOptions>;

export const plugin = "HTTPPlugin";
export { options };
