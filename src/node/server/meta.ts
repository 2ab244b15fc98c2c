// What a server needs of the options of a worker, read when they change; `request.cf` as text, which most workers never read.

import type { MiniflareOptions, RequestMeta } from "../../../index.d.ts";

/** The options of a worker that its servers follow. */
export type ServerOptions = Pick<
  MiniflareOptions,
  | "host"
  | "port"
  | "https"
  | "httpsKey"
  | "httpsKeyPath"
  | "httpsCert"
  | "httpsCertPath"
  | "httpsCa"
  | "httpsCaPath"
  | "httpsPfx"
  | "httpsPfxPath"
  | "httpsPassphrase"
  | "cfFetch"
  | "metaProvider"
  | "liveReload"
  | "inaccurateCpu"
  | "rootPath"
  | "script"
>;

/** `request.cf` unless something else is said: https://developers.cloudflare.com/workers/runtime-apis/request/ */
export const PLACEHOLDER: Record<string, unknown> = {
  asn: 395747,
  colo: "DFW",
  city: "Austin",
  region: "Texas",
  regionCode: "TX",
  metroCode: "635",
  postalCode: "78701",
  country: "US",
  continent: "NA",
  timezone: "America/Chicago",
  latitude: "30.27130",
  longitude: "-97.74260",
  clientTcpRtt: 0,
  httpProtocol: "HTTP/1.1",
  requestPriority: "weight=192;exclusive=0",
  tlsCipher: "AEAD-AES128-GCM-SHA256",
  tlsVersion: "TLSv1.3",
  tlsClientAuth: {
    certIssuerDNLegacy: "",
    certIssuerDN: "",
    certPresented: "0",
    certSubjectDNLegacy: "",
    certSubjectDN: "",
    certNotBefore: "",
    certNotAfter: "",
    certSerial: "",
    certFingerprintSHA1: "",
    certVerified: "NONE",
  },
};

/** Clients accept few different encodings, unless one plays. */
const MAX_TEXTS = 64;

/** Meta whose texts of `cf` are made once. */
export class KnownMeta {
  readonly meta: RequestMeta;
  #texts = new Map<string | undefined, string>();

  constructor(cf: Record<string, unknown>) {
    this.meta = { cf };
  }

  /** Bound, so that it can be handed on. */
  cfText = (acceptEncoding: string | undefined): string => {
    let text = this.#texts.get(acceptEncoding);
    if (text !== undefined) return text;
    if (this.#texts.size === MAX_TEXTS) this.#texts.clear();
    text = cfText(this.meta.cf, acceptEncoding);
    this.#texts.set(acceptEncoding, text);
    return text;
  };
}

/** `request.cf` as JSON: without an Accept-Encoding it has no `clientAcceptEncoding`. */
export function cfText(cf: Record<string, unknown> | undefined, acceptEncoding: string | undefined): string {
  return JSON.stringify({ ...cf, clientAcceptEncoding: acceptEncoding });
}
