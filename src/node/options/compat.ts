// Compatibility dates and flags: which behaviours are on.

import type { MiniflareOptions } from "../../../index.d.ts";

/** `[enable flag, disable flag, on since]`, newest first; the disable flag wins. */
const FLAGS: readonly [enable: string, disable: string | undefined, since: string | undefined][] = [
  ["nodejs_compat", "no_nodejs_compat", "2026-08-04"],
  ["web_socket_auto_reply_to_close", "web_socket_manual_reply_to_close", "2026-04-07"],
  ["websocket_standard_binary_type", "websocket_no_standard_binary_type", "2026-03-17"],
  ["websocket_close_reason_byte_limit", "no_websocket_close_reason_byte_limit", "2026-03-03"],
  ["delete_all_deletes_alarm", "delete_all_preserves_alarm", "2026-02-24"],
  ["enable_nodejs_global_timers", "no_nodejs_global_timers", "2026-02-10"],
  ["enable_ctx_exports", "disable_ctx_exports", "2025-11-17"],
  ["enable_nodejs_fs_module", "disable_nodejs_fs_module", "2025-09-15"],
  ["enable_nodejs_http_server_modules", "disable_nodejs_http_server_modules", "2025-09-01"],
  ["bind_asynclocalstorage_snapshot_to_request", "do_not_bind_asynclocalstorage_snapshot_to-request", "2025-06-16"],
  ["enable_navigator_language", "disable_navigator_language", "2025-05-19"],
  ["assets_navigation_prefers_asset_serving", "assets_navigation_has_no_effect", "2025-04-01"],
  ["nodejs_compat_populate_process_env", "nodejs_compat_do_not_populate_process_env", "2025-04-01"],
  ["upper_case_all_http_methods", "no_upper_case_all_http_methods", "2024-10-14"],
  ["nodejs_compat_v2", "no_nodejs_compat_v2", "2024-09-23"],
  ["rpc", "no_rpc", "2024-04-03"],
  ["queues_json_messages", "no_queues_json_messages", "2024-03-18"],
  ["web_socket_compression", "no_web_socket_compression", "2023-08-15"],
  ["streams_enable_constructors", "streams_disable_constructors", "2022-11-30"],
  ["transformstream_enable_standard_constructor", "transformstream_disable_standard_constructor", "2022-11-30"],
  ["export_commonjs_default", "export_commonjs_namespace", "2022-10-31"],
  ["r2_list_honor_include", undefined, "2022-08-04"],
  ["global_navigator", "no_global_navigator", "2022-03-21"],
  ["durable_object_fetch_requires_full_url", "durable_object_fetch_allows_relative_url", "2021-11-10"],
  ["fetch_refuses_unknown_protocols", "fetch_treats_unknown_protocols_as_http", "2021-11-10"],
  ["formdata_parser_supports_files", "formdata_parser_converts_files_to_strings", "2021-11-03"],
  ["nodejs_als", "no_nodejs_als", undefined],
  ["disallow_importable_env", "allow_importable_env", undefined],
  ["html_rewriter_treats_esi_include_as_void_tag", undefined, undefined],
];

/** What only adds to what a worker has. Without a date a worker has it, though its flag is not listed among those enabled. */
const ADDITIONS = ["enable_ctx_exports", "rpc"];

/** The enabled flags of an instance. */
function enabledFlags({ compatibilityDate = "1970-01-01", compatibilityFlags = [] }: MiniflareOptions): string[] {
  return FLAGS.filter(([enable, disable, since]) => {
    if (disable !== undefined && compatibilityFlags.includes(disable)) return false;
    return compatibilityFlags.includes(enable) || (since !== undefined && compatibilityDate >= since);
  }).map(([enable]) => enable);
}

/** The flags by which a worker behaves. */
function flagsInForce(options: MiniflareOptions): string[] {
  const enabled = enabledFlags(options);
  if (options.compatibilityDate !== undefined) return enabled;
  const isOff = (flag: string) =>
    FLAGS.some(([enable, disable = ""]) => enable === flag && options.compatibilityFlags?.includes(disable));
  return [...enabled, ...ADDITIONS.filter((flag) => !enabled.includes(flag) && !isOff(flag))];
}

/** What a date in the future and unknown flags are told of. */
function compatWarnings({ compatibilityDate = "", compatibilityFlags = [] }: MiniflareOptions): string[] {
  const today = new Date().toISOString().slice(0, 10);
  const isEarly = compatibilityDate > today;
  const early = `The compatibility date ${compatibilityDate} is in the future: today is ${today}. Workers cannot be deployed with it.`;
  return [...(isEarly ? [early] : []), ...compatibilityFlags.flatMap((flag) => unknownFlag(flag) ?? [])];
}

function unknownFlag(flag: string): string | undefined {
  const isOf = (flags: readonly (readonly (string | undefined)[])[]) =>
    flags.some(([enable, disable]) => flag === enable || flag === disable);
  if (isOf(FLAGS)) return undefined;
  const { FAMILIES, NEWEST, WITHOUT_EFFECT } = require("./compat-known.ts") as typeof import("./compat-known.ts");
  if (isOf(NEWEST) || isOf(WITHOUT_EFFECT) || FAMILIES.test(flag)) return undefined;
  const { nearest } = require("./nearest.ts") as typeof import("./nearest.ts");
  const names = [...FLAGS, ...NEWEST, ...WITHOUT_EFFECT].flatMap(([enable, disable = enable]) => [enable, disable]);
  const near = nearest(flag, names);
  return `Unknown compatibility flag "${flag}".${near === undefined ? "" : ` Did you mean "${near}"?`}`;
}

export { compatWarnings, enabledFlags, FLAGS, flagsInForce };
