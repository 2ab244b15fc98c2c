// The environments of a configuration file: `env.staging` over the top level. Wrangler 1 inherits every key; later versions
// inherit some, and the others are those of the environment alone.
// https://developers.cloudflare.com/workers/wrangler/configuration/#environments

import type { Log } from "../../../index.d.ts";
import type { WranglerConfig } from "./wrangler.ts";

/** Keys that an environment does not inherit: if it has none, there is none. */
const OWN = [
  ...["vars", "secrets", "define", "durable_objects", "kv_namespaces", "r2_buckets", "d1_databases", "queues"],
  ...["services", "workflows", "vectorize", "hyperdrive", "send_email", "analytics_engine_datasets"],
  ...["dispatch_namespaces", "mtls_certificates", "tail_consumers", "streaming_tail_consumers", "browser", "ai"],
  ...["images", "stream", "media", "pipelines", "secrets_store_secrets", "ratelimits", "worker_loaders"],
  ...["version_metadata", "unsafe", "containers", "cloudchamber"],
];

/** Keys that only the top level has. */
const TOP_LEVEL = [
  ...["alias", "keep_vars", "send_metrics", "dev", "site", "wasm_modules", "text_blobs", "data_blobs"],
  ...["pages_build_output_dir", "env", "$schema", "miniflare"],
];

/** Keys that an environment inherits unless it has its own. */
const INHERITED = [
  ...["name", "main", "account_id", "compatibility_date", "compatibility_flags", "route", "routes", "workers_dev"],
  ...["preview_urls", "tsconfig", "jsx_factory", "jsx_fragment", "rules", "build", "no_bundle", "minify"],
  ...["keep_names", "find_additional_modules", "preserve_file_names", "base_dir", "triggers", "assets", "limits"],
  ...["placement", "observability", "logpush", "migrations", "exports", "upload_source_maps", "cache", "access"],
  ...["python_modules", "usage_model", "type", "zone_id", "node_compat", "legacy_env"],
];

const KEYS: readonly string[] = [...OWN, ...TOP_LEVEL, ...INHERITED];

/** The section of an environment of wrangler 1 over the rest: each of its keys replaces the one outside, unless it is empty. */
function inheritAll(config: WranglerConfig, name: string | undefined, file: string, log: Log): WranglerConfig {
  const section = sectionOf(config, name, file, log);
  const given = Object.entries(section ?? {}).filter(([, value]) => value !== "");
  return { ...config, ...Object.fromEntries(given) };
}

/** The configuration of an environment as wrangler 2 and later versions read it. Without a name, the top level. */
function inherit(config: WranglerConfig, name: string | undefined, file: string, log: Log): WranglerConfig {
  const section = sectionOf(config, name, file, log);
  if (name === undefined || section === undefined) return config;
  const top = Object.entries(config).filter(([key]) => !OWN.includes(key));
  const lost = OWN.filter((key) => Object.hasOwn(config, key) && !Object.hasOwn(section, key));
  for (const key of lost) {
    log.warn(
      `"${key}" exists at the top level of ${file}, but not in "env.${name}": environments do not inherit it. Repeat it in "env.${name}" if the environment needs it.`,
    );
  }
  const own = Object.entries(section).filter(([key]) => !TOP_LEVEL.includes(key));
  const named = config.name === undefined ? {} : { name: `${config.name}-${name}` };
  return { ...Object.fromEntries(top), ...named, ...Object.fromEntries(own) };
}

function sectionOf(
  config: WranglerConfig,
  name: string | undefined,
  file: string,
  log: Log,
): WranglerConfig | undefined {
  if (name === undefined) return undefined;
  const section = config.env?.[name];
  if (section === undefined) log.warn(`${file} has no environment "${name}" (option "wranglerConfigEnv")`);
  return section;
}

export { inherit, inheritAll, KEYS };
