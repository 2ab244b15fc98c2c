// The options that a worker's configuration file stands for: wrangler.toml, wrangler.json or wrangler.jsonc. Each option's
// row has its keys.

import path from "node:path";
import { isForWrangler1, readConfigFile } from "./config-file.ts";
import { devVars } from "./dev-vars.ts";
import { OPTIONS } from "./table.ts";
import { inherit, inheritAll } from "./wrangler-environments.ts";
import { warnOfKeys } from "./wrangler-known.ts";
import type { AssetsOptions, Log, MiniflareOptions, ModuleRule, SendEmailBinding } from "../../../index.d.ts";
import type { WorkerOptions } from "./config.ts";
import type { ConfigPlace } from "./find-config.ts";
import type { OptionRow } from "./table.ts";

export interface HttpsConfig {
  key?: string;
  cert?: string;
  ca?: string;
  pfx?: string;
  passphrase?: string;
}

export interface ServiceConfig {
  service: string;
  environment?: string;
  entrypoint?: string;
  props?: Record<string, unknown>;
  binding?: string;
  /** Its name before it was `binding`. */
  name?: string;
}

export interface ConsumerConfig {
  queue: string;
  max_batch_size?: number;
  /** In seconds. */
  max_batch_timeout?: number;
  max_retries?: number;
  max_concurrency?: number | null;
  /** In seconds. */
  retry_delay?: number;
  dead_letter_queue?: string;
  /** The names that Miniflare 2 read. */
  batch_size?: number;
  batch_timeout?: number;
  message_retries?: number;
}

/** What a worker sends to a queue by. */
export interface ProducerConfig {
  binding: string;
  queue: string;
  /** In seconds. */
  delivery_delay?: number;
}

/** Bindings of the platform. */
export interface RateLimitConfig {
  name: string;
  namespace_id: string | number;
  simple: { limit: number; period: 10 | 60 };
}

export interface SecretConfig {
  binding: string;
  store_id: string;
  secret_name: string;
}

/** Static assets. */
export interface AssetsConfig {
  directory?: string;
  binding?: string;
  html_handling?: AssetsOptions["htmlHandling"];
  not_found_handling?: AssetsOptions["notFoundHandling"];
  run_worker_first?: boolean | string[];
}

/** The class of a Durable Object. */
export interface ObjectConfig {
  name: string;
  class_name: string;
  script_name?: string;
}

/** A step in the life of the classes of Durable Objects, as far as it says how they are stored. */
export interface ObjectMigration {
  new_sqlite_classes?: string[];
  renamed_classes?: { from: string; to: string }[];
  deleted_classes?: string[];
}

/** What a worker exports, as far as it says how objects of a class are stored. */
export interface ExportConfig {
  type?: string;
  storage?: string;
  state?: string;
  renamed_to?: string;
}

export interface Rule {
  type: ModuleRule["type"];
  globs: string[];
  fallthrough?: boolean;
}

export type Route = string | { pattern: string };

/**
 * The content of a file, as far as functions of rows read it and as wrangler documents it. Nothing has checked it: what the
 * rows make of it is checked as the options that it stands for.
 */
export interface WranglerConfig {
  [key: string]: unknown;
  type?: string;
  vars?: Record<string, unknown>;
  env?: Record<string, WranglerConfig>;
  route?: Route;
  routes?: Route[];
  build?: {
    command?: string;
    watch_dir?: string | string[];
    upload?: {
      main?: string;
      dir?: string;
      format?: string;
      rules?: Rule[];
    };
  };
  miniflare?: {
    https?: boolean | string | HttpsConfig;
    watch?: boolean;
    live_reload?: boolean;
    mounts?: Record<string, string>;
    build_watch_dirs?: string[];
    route?: Route;
    routes?: Route[];
  };
  services?: ServiceConfig[];
  experimental_services?: ServiceConfig[];
  kv_namespaces?: { binding: string }[];
  r2_buckets?: { binding: string }[];
  d1_databases?: { binding: string }[];
  durable_objects?: { bindings?: ObjectConfig[] };
  assets?: AssetsConfig;
  migrations?: ObjectMigration[];
  exports?: Record<string, ExportConfig>;
  ratelimits?: RateLimitConfig[];
  send_email?: SendEmailBinding[];
  tail_consumers?: { service: string }[];
  worker_loaders?: { binding: string }[];
  version_metadata?: { binding: string };
  analytics_engine_datasets?: { binding: string; dataset?: string }[];
  secrets_store_secrets?: SecretConfig[];
  hyperdrive?: { binding: string; localConnectionString?: string }[];
  name?: string;
  main?: string;
  compatibility_date?: string;
  compatibility_flags?: string[];
  rules?: Rule[];
  no_bundle?: boolean;
  minify?: boolean;
  keep_names?: boolean;
  define?: Record<string, string>;
  alias?: Record<string, string>;
  tsconfig?: string;
  jsx_factory?: string;
  jsx_fragment?: string;
  secrets?: { required?: string[] };
  queues?: { producers?: ProducerConfig[]; consumers?: ConsumerConfig[] };
}

/** What functions of rows get with the content: the file's folder, and where they warn. */
export interface WranglerFile {
  folder: string;
  log: Log;
}

/** A project whose script is built from its `main`. */
export interface Project {
  config: WranglerConfig;
  /** Paths. */
  main: string;
  folder: string;
}

/** What is read of a file. */
export interface WranglerOptions {
  /** Those that were read, or that may come to be. */
  files: string[];
  options: MiniflareOptions;
  vars: Record<string, unknown>;
  project?: Project;
}

/** Reads the configuration that was found, in the environment that the options name. */
function readWrangler({ wranglerConfigEnv }: WorkerOptions, place: ConfigPlace, log: Log): WranglerOptions {
  const { file, config } = readConfigFile(place);
  const isOld = isForWrangler1(config, file);
  log.debug(`Reading ${file}, for wrangler ${isOld ? "1" : "2 and later"}...`);
  return isOld ? readOld(config, wranglerConfigEnv, file, log) : readProject(config, wranglerConfigEnv, file, log);
}

/** A file for wrangler 1, as Miniflare 2 reads it. */
function readOld(given: WranglerConfig, environment: string | undefined, file: string, log: Log): WranglerOptions {
  const config = withoutEmpty(inheritAll(given, environment, file, log), NAMED) ?? {};
  const vars = Object.entries(config.vars ?? {}).map(([name, value]) => [name, String(value)]);
  return {
    files: [file],
    options: wranglerOptions(config, path.dirname(file), log),
    vars: Object.fromEntries(vars),
  };
}

/** A file for wrangler 2 or later, with what stands beside it. */
function readProject(
  given: WranglerConfig,
  environment: string | undefined = process.env.CLOUDFLARE_ENV || undefined,
  file: string,
  log: Log,
): WranglerOptions {
  warnOfKeys(given, file, log);
  const config = withoutEmpty(inherit(given, environment, file, log), NAMED) ?? {};
  const folder = path.dirname(file);
  const known = given.env?.[environment ?? ""] === undefined ? undefined : environment;
  const { values, files } = devVars(folder, known, config, log);
  return {
    files: [file, ...files],
    options: wranglerOptions(config, folder, log),
    vars: { ...config.vars, ...values },
    project: config.main === undefined ? undefined : { config, main: path.resolve(folder, config.main), folder },
  };
}

/** Tables whose keys are names of the user's own, and by section: an empty text is a value there. */
interface Named {
  [section: string]: true | Named;
}

const NAMED: Named = {
  vars: true,
  wasm_modules: true,
  text_blobs: true,
  data_blobs: true,
  miniflare: { globals: true, mounts: true },
};

/** Keys that say nothing are as if they were absent: templates leave texts empty for the user to fill, tables and lists too. */
function withoutEmpty(value: WranglerConfig, named: Named): WranglerConfig | undefined;
function withoutEmpty(value: unknown, named?: Named): unknown;
function withoutEmpty(value: unknown, named: Named = {}): unknown {
  if (value === "") return undefined;
  if (Array.isArray(value)) return list(value.flatMap((item) => withoutEmpty(item) ?? []));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]): [string, unknown] => {
    const inside = named[key];
    return [key, inside === true ? item : withoutEmpty(item, inside)];
  });
  return table(entries.filter(([, item]) => item !== undefined));
}

const list = (items: unknown[]) => (items.length === 0 ? undefined : items);
const table = (entries: [string, unknown][]) => (entries.length === 0 ? undefined : Object.fromEntries(entries));

/** What the rows of options read from the file, by the options' names. */
function wranglerOptions(config: WranglerConfig, folder: string, log: Log): MiniflareOptions {
  if (config.build === undefined && (config.type === "webpack" || config.type === "rust")) {
    log.warn(`wrangler.toml: type = "${config.type}" builds nothing here; name the build in [build]`);
  }
  const read = ({ wrangler }: OptionRow) =>
    typeof wrangler === "string" ? at(config, wrangler) : wrangler?.(config, { folder, log });
  const rows = Object.entries<OptionRow>(OPTIONS).filter(([, { wrangler }]) => wrangler !== undefined);
  return Object.fromEntries(rows.map(([name, row]) => [name, read(row)]).filter(([, value]) => value !== undefined));
}

/** The value at a path of keys, "miniflare.cache". */
const at = (config: WranglerConfig, keys: string): unknown =>
  keys.split(".").reduce<unknown>((section, key) => (section as Record<string, unknown> | undefined)?.[key], config);

export { readWrangler };
