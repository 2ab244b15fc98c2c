// wrangler.toml: the options that a worker's configuration file stands for. The keys are those of wrangler 1 and 2 that
// Miniflare 2 reads; each option's row has its own.

import path from "node:path";
import { MiniflareCoreError } from "../errors.ts";
import { readText } from "../script/files.ts";
import { parseToml } from "../binding/binding.ts";
import { OPTIONS } from "./full-table.ts";
import { fileOf } from "./table.ts";
import type { Log, MiniflareOptions, ModuleRule } from "../../../index.d.ts";
import type { WorkerOptions } from "./config.ts";
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

/** The class of a Durable Object. */
export interface ObjectConfig {
  name: string;
  class_name: string;
  script_name?: string;
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
      rules?: { type: ModuleRule["type"]; globs: string[]; fallthrough?: boolean }[];
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
  queues?: { producers?: ProducerConfig[]; consumers?: ConsumerConfig[] };
}

/** What functions of rows get with the content: the file's folder, and where they warn. */
export interface WranglerFile {
  folder: string;
  log: Log;
}

/** What is read of a file. */
export interface WranglerOptions {
  file?: string;
  options: MiniflareOptions;
  vars: Record<string, string>;
}

/**
 * Reads the file that the option `wranglerConfigPath` names, `wrangler.toml` when it is `true`.
 * @returns `{ file, options, vars }`; no `options` when there is no such file and need be none
 */
function readWrangler(
  { wranglerConfigPath, wranglerConfigEnv }: WorkerOptions,
  root: string,
  log: Log,
): WranglerOptions {
  if (!wranglerConfigPath) return { options: {}, vars: {} };
  const file = path.resolve(root, fileOf("wranglerConfigPath", wranglerConfigPath));
  const text = readText(file, "wranglerConfigPath", wranglerConfigPath === true);
  if (text === undefined) return { file, options: {}, vars: {} };
  const config = withoutEmpty(inEnvironment(parse(text, file), wranglerConfigEnv, file, log), NAMED) ?? {};
  return { file, options: wranglerOptions(config, path.dirname(file), log), vars: stringVars(config.vars) };
}

function parse(text: string, file: string): WranglerConfig {
  try {
    return parseToml(text) as WranglerConfig;
  } catch (error) {
    throw new MiniflareCoreError("ERR_INVALID_CONFIG", `${file} is not valid TOML: ${(error as Error).message}`);
  }
}

/** The section of an environment over the rest; each of its keys, unless it is empty, replaces the one outside as a whole. */
function inEnvironment(config: WranglerConfig, name: string | undefined, file: string, log: Log): WranglerConfig {
  if (name === undefined) return config;
  const section = config.env?.[name];
  if (section === undefined) log.warn(`${file} has no environment "${name}" (option "wranglerConfigEnv")`);
  const given = Object.entries(section ?? {}).filter(([, value]) => value !== "");
  return { ...config, ...Object.fromEntries(given) };
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

const stringVars = (vars: Record<string, unknown> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, String(value)]));

/** What the rows of options read from the file, by the options' names. */
function wranglerOptions(config: WranglerConfig, folder: string, log: Log): MiniflareOptions {
  if (config.build === undefined && (config.type === "webpack" || config.type === "rust")) {
    log.warn(`wrangler.toml: type = "${config.type}" builds nothing here; name the build in [build]`);
  }
  const read = ({ wrangler }: OptionRow) =>
    typeof wrangler === "string" ? at(config, wrangler) : wrangler?.(config, { folder, log });
  const rows = Object.entries(OPTIONS).filter(([, { wrangler }]) => wrangler !== undefined);
  return Object.fromEntries(rows.map(([name, row]) => [name, read(row)]).filter(([, value]) => value !== undefined));
}

/** The value at a path of keys, "miniflare.cache". */
const at = (config: WranglerConfig, keys: string): unknown =>
  keys.split(".").reduce<unknown>((section, key) => (section as Record<string, unknown> | undefined)?.[key], config);

export { readWrangler };
