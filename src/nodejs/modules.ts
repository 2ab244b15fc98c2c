// Node's modules by name, and the lazy scripts that they are in: what one is made of is loaded when a worker imports it, or a
// module that needs it.

import { internals } from "ext:core/mod.js";
import { load } from "ext:miniflare/realm/lazy.ts";
import { worker } from "ext:miniflare/realm/worker.ts";

/** What a script exports: the values of modules, as `require` returns them. */
export interface NodeScript {
  readonly modules: Readonly<Record<string, object>>;
}

type Script = "hooks" | "base" | "text" | "checks" | "stream" | "crypto" | "zlib" | "net" | "files" | "http" | "stubs";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/nodejs/scripts/base.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/checks.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/crypto.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/files.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/hooks.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/http.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/net.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/stream.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/stubs.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/text.ts": NodeScript;
    "ext:miniflare/nodejs/scripts/zlib.ts": NodeScript;
  }
}

/** The names of the modules in each script, separated by spaces. */
const NAMES: Readonly<Record<Script, string>> = {
  hooks: "async_hooks",
  base: "buffer events process string_decoder timers timers/promises util util/types sys",
  text: "path path/posix path/win32 punycode querystring url",
  checks: "assert assert/strict diagnostics_channel module",
  stream:
    "internal/lazy_transform stream stream/consumers stream/promises stream/web _stream_duplex _stream_passthrough _stream_readable _stream_transform _stream_writable",
  crypto: "crypto",
  zlib: "zlib",
  net: "dns dns/promises net tls _tls_common _tls_wrap",
  files: "fs fs/promises",
  http: "internal/cloudflare_node http https _http_agent _http_client _http_common _http_incoming _http_outgoing _http_server",
  stubs:
    "child_process cluster console constants dgram domain http2 inspector inspector/promises os perf_hooks readline readline/promises repl sqlite trace_events tty v8 vm wasi worker_threads _stream_wrap",
};

/** What modules share, which no script can import. */
const INTERNAL = "internal/";
/** Modules that are imported with their prefix only. */
const PREFIXED = new Set(["sqlite"]);

let scriptOf: Map<string, Script> | undefined;

function scripts(): Map<string, Script> {
  if (scriptOf !== undefined) return scriptOf;
  scriptOf = new Map();
  for (const script of Object.keys(NAMES) as Script[]) {
    for (const name of NAMES[script].split(" ")) scriptOf.set(name, script);
  }
  return scriptOf;
}

/** The name of the module that a specifier stands for, with the prefix `node:` or, where `isBare` allows it, without. */
export function nameOf(specifier: string, isBare: boolean): string | undefined {
  const hasPrefix = specifier.startsWith("node:");
  const name = hasPrefix ? specifier.slice("node:".length) : specifier;
  if (!hasPrefix && (!isBare || PREFIXED.has(name))) return undefined;
  return scripts().has(name) && !name.startsWith(INTERNAL) ? name : undefined;
}

/** The names of all modules. */
export const names = () => [...scripts().keys()].filter((name) => !name.startsWith(INTERNAL));

/** Without this flag, the parts of `node:fs` throw in use. */
const FILES_FLAG = "enable_nodejs_fs_module";

/** The value of a module, as `require` returns it. */
export function nodeModule(name: string): object {
  const found = scripts().get(name) as Script;
  const script = found === "files" && !worker.flags.has(FILES_FLAG) ? "stubs" : found;
  return load(`ext:miniflare/nodejs/scripts/${script}.ts`).modules[name];
}

// Scripts find each other's modules there.
Object.assign(internals, { nodeModule });
