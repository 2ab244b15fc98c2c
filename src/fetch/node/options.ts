// The options of outbound fetches.

import { check, isNumber, isString, numeric } from "../../node/options/check.ts";
import { HOST } from "../../protocol.ts";
import { outboundSettings, readAuthorities } from "./outbound-settings.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { OptionRows } from "../../node/options/table.ts";

const stringOrStrings = check(
  "a string, or an array of strings",
  (value) => isString(value) || (Array.isArray(value) && value.every(isString)),
);
const timeout = numeric("a positive, finite number", (value) => isNumber(value) && Number.isFinite(value) && value > 0);

const options = {
  fetchCa: { check: stringOrStrings },
  fetchCaPath: {
    check: stringOrStrings,
    label: "Fetch CA",
    flag: "--fetch-ca",
    takes: "array",
    help: "Path to CA certs that fetch trusts",
    wrangler: "miniflare.fetch_ca",
  },
  fetchTimeoutMs: {
    check: timeout,
    default: 300_000,
    label: "Fetch Timeout",
    flag: "--fetch-timeout",
    help: "Time for a response, in milliseconds",
    wrangler: "miniflare.fetch_timeout_ms",
  },
} satisfies OptionRows;

/** Certificates are read at once, so that a broken one is reported when the worker is loaded. */
export function hooks(given: MiniflareOptions, root: string): RoomHooks {
  const authorities = readAuthorities(given, root);
  const { fetchTimeoutMs = options.fetchTimeoutMs.default } = given;
  return { calls: { [HOST.OUTBOUND]: () => outboundSettings(authorities, fetchTimeoutMs) } };
}
export const section = "Fetch";
export { options };
